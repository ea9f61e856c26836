"""Every kind of outcome is known wherever kinds are listed: what to complete when one is added."""

from __future__ import annotations

from typing import get_args

import pytest

from hubspot_dest import outcome
from hubspot_dest.cli import counters
from hubspot_dest.report import text_report
from hubspot_dest.report.html import renderer
from hubspot_dest.verify.sections import events
from simulator.tui import theme
from simulator.tui.widgets import cards

KINDS = frozenset(get_args(outcome.Kind))
PREDICTED = {"refused"}  # only by commands that send nothing, so no terminal shows it
BATCHES = {"flushed"}  # of a batch, counted by its events
TABLES = {
    "symbol and colour in text": (KINDS, text_report._LOOKS),
    "tone in the HTML report": (KINDS, renderer._TONES),
    "meaning in the HTML report": (KINDS, renderer._MEANINGS),
    "order in the closing line": (KINDS - BATCHES, counters._ORDER),
    "order in verify": (KINDS - BATCHES, events._ORDER),
    "symbol in the terminal": (KINDS - PREDICTED, theme.SYMBOLS),
    "card in the terminal": (KINDS - PREDICTED, cards._KINDS),
}


@pytest.mark.parametrize("name", TABLES)
def test_no_kind_of_outcome_is_missing_where_people_read_about_it(name: str) -> None:
    kinds, table = TABLES[name]
    assert kinds - set(table) == set()


@pytest.mark.parametrize("palette", theme.PALETTES.values(), ids=theme.PALETTES)
def test_no_kind_of_outcome_is_without_a_colour_in_the_terminal(palette: theme.Palette) -> None:
    for kind in KINDS - PREDICTED:
        assert hasattr(palette, palette.outcome(kind))
