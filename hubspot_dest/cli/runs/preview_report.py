"""Write the report of a preview; a separate module, since its imports are slow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hubspot_dest.account.schema import AccountSchema
from hubspot_dest.cli.counters import RunCounters
from hubspot_dest.cli.report_file import input_files, write_report
from hubspot_dest.cli.report_pages import preview_page
from hubspot_dest.config.loading import file_of
from hubspot_dest.config.model import Config
from hubspot_dest.coverage.coverage import CoverageSummary
from hubspot_dest.definitions.needs import DefinitionNeeds
from hubspot_dest.definitions.planner import plan_definitions
from hubspot_dest.intake.reader import source_name
from hubspot_dest.outcome import Outcome
from hubspot_dest.report.html.sample_collector import SampleCollector
from hubspot_dest.verdict.finding_table import FindingTable

__all__ = ["PreviewReport"]


class PreviewReport:
    """Collects what the report of a preview shows in addition to findings and coverage."""

    def __init__(
        self,
        path: Path,
        config: Path,
        account: Path | None,
        loaded: Config,
        known: AccountSchema,
        options: dict[str, str],
    ) -> None:
        self.samples = SampleCollector()
        self._needs = DefinitionNeeds(loaded.raw, known)
        self._path = path
        self._config = config
        self._loaded = loaded
        self._account = account
        self._known = known
        self._options = options

    def add(self, outcome: Outcome, line: int | None) -> None:
        """Add an outcome."""
        self.samples.add(outcome, line)
        if outcome.plan is not None:
            self._needs.add_plan(outcome.plan)

    def write(
        self,
        source: str,
        counters: RunCounters,
        table: FindingTable,
        covered: CoverageSummary,
        notes: Iterator[str],
    ) -> None:
        """Write the page to the file."""
        account = "" if self._account is None else str(self._account)
        plan = plan_definitions(
            self._needs,
            self._loaded.raw,
            source=self._loaded.source,
            account=self._known,
            account_name=account,
        )
        files = (("configuration", file_of(self._config)), ("events", source), ("account", self._account))
        page = preview_page(
            config=str(self._config),
            events=source_name(source),
            account=account,
            outcomes=covered.outcomes,
            bad_lines=counters.bad_lines,
            reasons=table.reasons,
            samples=self.samples.samples,
            definitions=plan,
            coverage=covered,
            options=[(name, value) for name, value in self._options.items() if value],
            inputs=input_files(*files),
            notes=notes,
        )
        write_report(self._path, page)
