"""Everything on the screen can be read, in every theme, from the last row of the room."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from rich.segment import Segment

from simulator.engine.engine import Engine
from simulator.hubspot.faults.syntax import parse_fault
from simulator.tui.keymap import VIEWS
from simulator.tui.theme import PALETTES
from tests.simulator.tui.conftest import Opened, Screenful

READABLE = 4.5
"""WCAG 2.2, AA, for text."""
AT_HIGH_CONTRAST = 7.0
"""WCAG 2.2, AAA, for text."""

Colour = tuple[int, int, int]


def _light(colour: Colour) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(colour: Colour, other: Colour) -> float:
    dark, bright = sorted((_light(colour), _light(other)))
    return (bright + 0.05) / (dark + 0.05)


def _is_written(text: str) -> bool:
    """Tell whether there is anything to read: lines and bars stand beside their numbers."""
    return any(unicodedata.category(item)[0] in "LNP" or item in "✔◔◆○▽✘≠" for item in text)


def _segments(screen: Screenful, inside: str) -> Iterator[Segment]:
    region = screen.app.screen.query(inside).first().region if inside else screen.app.screen.region
    strips = screen.app.screen._compositor.render_strips()
    for strip in strips[region.y : region.bottom]:
        yield from strip.crop(region.x, region.right)


def _too_faint(screen: Screenful, least: float, inside: str = "") -> dict[str, str]:
    """Return what cannot be read. What lies behind a panel is dimmed on purpose: look `inside` it."""
    found = {}
    for text, style, _ in _segments(screen, inside):
        if style is None or not _is_written(text) or style.color is None or style.bgcolor is None:
            continue
        ink, ground = style.color.get_truecolor(), style.bgcolor.get_truecolor()
        ratio = _contrast((ink.red, ink.green, ink.blue), (ground.red, ground.green, ground.blue))
        if ratio < least:
            found[text.strip()] = f"{ink.hex} on {ground.hex}: {ratio:.2f}"
    return found


@pytest.mark.parametrize("theme", PALETTES)
async def test_every_word_can_be_read_in_every_theme(engine: Engine, opened: Opened, theme: str) -> None:
    least = AT_HIGH_CONTRAST if theme == "contrast" else READABLE

    async with opened(first_theme=theme) as screen:
        engine.run(300)
        engine.throw(parse_fault("503:count=9"))
        engine.run(100)
        await screen.press("T")
        found: dict[str, str] = {}
        for view in VIEWS:
            screen.app.open_view(view)
            await screen.settle()
            for place in ("stream", "detail", "cards", "") if view == "live" else ("left", "right", ""):
                screen.app.screen_layout.point_at(place, screen.app.header.view)
                await screen.settle()
                found |= {f"{view}: {text}": told for text, told in _too_faint(screen, least).items()}
        screen.app.open_view("live")
        await screen.press("escape")
        screen.app.notify("said in passing", title="a title", timeout=60)
        screen.app.notify("a warning", title="a title", severity="warning", timeout=60)
        screen.app.notify("an error", title="a title", severity="error", timeout=60)
        found |= {f"toast: {text}": told for text, told in _too_faint(screen, least).items()}
        for key, frame in (
            ("question_mark", "#panel"),
            ("slash", "#question"),
            ("ctrl+p", "#--container"),
        ):
            await screen.press(key)
            found |= {f"{key}: {text}": told for text, told in _too_faint(screen, least, frame).items()}
            await screen.press("escape")
        assert not found


def test_the_scrollbar_can_be_seen_in_every_theme() -> None:
    for palette in PALETTES.values():
        ink, ground = (_parts(colour) for colour in (palette.faint, palette.background))
        assert _contrast(ink, ground) >= 3.0, palette.name  # WCAG 2.2, 1.4.11


def _parts(colour: str) -> Colour:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@pytest.mark.parametrize("view", ["checks", "hubspot", "mapping", "faults"])
async def test_what_is_chosen_has_a_mark_that_is_no_colour(engine: Engine, opened: Opened, view: str) -> None:
    async with opened(width=80, height=24) as screen:
        engine.run(200)
        screen.app.open_view(view)
        await screen.settle()
        await screen.press("down", "down")
        marked = [line for line in screen.text().splitlines()[3:] if line.startswith("▌")]
        assert len(marked) == 1
