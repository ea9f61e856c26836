"""What a saved configuration changed, equal changes grouped; or what is wrong with the file."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len

from hubspot_dest.amounts import amount
from hubspot_dest.diff.comparison import ChangeGroup, grouped_changes
from hubspot_dest.diff.json_difference import MISSING
from simulator.engine.dry_run import Reloaded
from simulator.tui.theme import Palette
from simulator.tui.widgets.json_lines import short
from simulator.tui.widgets.lines import TextLine, line
from simulator.tui.widgets.modals import Panel
from simulator.tui.widgets.row_detail import wrapped
from simulator.tui.widgets.text_width import fit, harmless

__all__ = ["ChangesScreen", "WarningsScreen", "change_lines", "wrong_lines"]

_GROUPS = 200
_DIFFERENCES = 8
_MARKS = {"gain": ("▲", "good"), "lose": ("▼", "bad"), "change": ("≈", "info")}
_CAUSES = 4


class ChangesScreen(Panel):
    """What the last save changed, or why it was not used.

    Args:
        name: the file's.
        reloaded: what changed; None where the file was broken.
        wrong: what is wrong with it, a line each.

    """

    def __init__(self, name: str, reloaded: Reloaded | None, wrong: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.title_text = f"{harmless(name, 60)} was saved"
        self.reloaded = reloaded
        self.wrong = wrong

    def lines(self, width: int, palette: Palette) -> list[TextLine]:
        """Return the changes."""
        del palette
        if self.reloaded is None:
            return wrong_lines(self.wrong, width)
        return change_lines(self.reloaded, width)


class WarningsScreen(Panel):
    """The warnings of a configuration, in full.

    Args:
        warnings: one sentence each.

    """

    title_text = "warnings of the configuration"

    def __init__(self, warnings: tuple[str, ...]) -> None:
        super().__init__()
        self._warnings = warnings

    def lines(self, width: int, palette: Palette) -> list[TextLine]:
        """Return the warnings, a long one on several lines."""
        del palette
        lines: list[TextLine] = []
        for warning in self._warnings:
            lines += [*wrapped(f"⚠ {warning}", "warn", width), line("")]
        return lines


def wrong_lines(wrong: Iterable[str], width: int) -> list[TextLine]:
    """Return what is wrong with a file; a long message continues on the next line."""
    lines = [line(("It is not used; the old mapping stays active.", "*bad"))]
    for text in wrong:
        lines.append(line(""))
        lines += wrapped(text, "text", width)
    return lines


def change_lines(reloaded: Reloaded, width: int) -> list[TextLine]:
    """Return what changed, the most telling first; events that change alike are one entry."""
    changes = reloaded.changes
    better = sum(change.kind == "gain" for change in changes)
    worse = sum(change.kind == "lose" for change in changes)
    lines = [
        line(
            (
                f"{len(changes)} of the last {amount(reloaded.looked_at, 'event')} {_change(len(changes))}",
                "*text",
            ),
            (f"   ▲ {better} gain", "good" if better else "faint"),
            (f"   ▼ {worse} lose", "bad" if worse else "faint"),
        )
    ]
    lines += [line((text, "info")) for text in _also(reloaded)]
    groups = grouped_changes(changes)
    for alike in groups[:_GROUPS]:
        lines += [line(""), *_group_lines(alike, width)]
    if len(groups) > _GROUPS:
        lines += [line(""), line((f"… and {len(groups) - _GROUPS} more kinds of change", "warn"))]
    return lines


def _also(reloaded: Reloaded) -> Iterable[str]:
    yield from reloaded.settings
    if others := reloaded.other_reasons:
        yield f"{others} more {'has' if others == 1 else 'have'} another rule or reason, with the same calls"
    again, left = reloaded.again, reloaded.stranded
    if again == 1:
        yield f"1 kept event was run again, and {'is sent now' if reloaded.through else 'is still not sent'}"
    elif again:
        yield f"{again} kept events were run again, {reloaded.through} of them are sent now"
    if left:
        yield f"HubSpot did not take {amount(left, 'waiting event')}, which failed; R runs failed events again"


def _change(number: int) -> str:
    return "changes" if number == 1 else "change"


def _group_lines(alike: ChangeGroup, width: int) -> Iterable[TextLine]:
    plan_change = alike.last
    if plan_change is None:
        return
    mark, colour = _MARKS[plan_change.kind]
    many = f"  {alike.count} times, the last " if alike.count > 1 else "  "
    yield line(
        (f"{mark} ", f"*{colour}"), (fit(plan_change.name, 20), "*text"), (many, "text"),
        (harmless(plan_change.person, 50), "dim"), (f"  #{plan_change.number}", "faint"),
    )  # fmt: skip
    if alike.causes:
        more = f" and {len(alike.causes) - _CAUSES} more" if len(alike.causes) > _CAUSES else ""
        yield line(
            ("  by   ", "faint"), (fit(", ".join(alike.causes[:_CAUSES]) + more, max(0, width - 8)), "info")
        )
    if plan_change.before != plan_change.after:
        yield line(("  was  ", "faint"), (fit(plan_change.before, max(0, width - 8)), "dim"))
        yield line(("  now  ", "faint"), (fit(plan_change.after, max(0, width - 8)), colour))
    for found in plan_change.differences[:_DIFFERENCES]:
        room = max(
            40, width - cell_len(found.path) - 20
        )  # where there was nothing, all the rest is for what is
        half = max(40, room // 2)
        yield line(
            (f"    {harmless(found.path, 60)}: ", "info"),
            (short(found.expected, room if found.actual is MISSING else half), "bad"),
            (" → ", "faint"),
            (short(found.actual, room if found.expected is MISSING else half), "good"),
        )
    if len(plan_change.differences) > _DIFFERENCES:
        yield line(
            (f"    … and {amount(len(plan_change.differences) - _DIFFERENCES, 'more difference')}", "dim")
        )
