"""Colours of the three themes, and how an outcome looks: a symbol, a word and a colour, never a colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rich.style import Style
from textual.theme import Theme

__all__ = ["PALETTES", "SYMBOLS", "Palette", "themes"]

SYMBOLS = {
    "sent": "✔",
    "flushed": "✔",
    "queued": "◔",
    "identified": "◆",
    "skipped": "○",
    "ignored": "·",
    "denied": "⊘",
    "parked": "▽",
    "failed": "✘",
    "retrying": "↻",
    "bisected": "÷",
    "recovered": "✔",
    "paused": "‖",
}
"""By outcome, and by the other states of a row (`Row.state`)."""


@dataclass(frozen=True, eq=False)
class Palette:
    """The colours of one theme, as `#rrggbb`."""

    name: str
    dark: bool
    background: str
    surface: str
    panel: str
    text: str
    dim: str
    faint: str
    accent: str
    good: str
    info: str
    soft: str
    violet: str
    warn: str
    bad: str
    chosen: str

    @cache  # noqa: B019 - three palettes, a dozen colours
    def style(self, colour: str, *, bold: bool = False, on: str = "") -> Style:
        """Return the style of a colour by its name, such as `good`."""
        return Style(color=getattr(self, colour), bgcolor=getattr(self, on) if on else None, bold=bold)

    def outcome(self, kind: str) -> str:
        """Return the name of an outcome's colour."""
        return {
            "sent": "good",
            "flushed": "good",
            "queued": "info",
            "identified": "violet",
            "skipped": "warn",
            "ignored": "dim",
            "denied": "soft",
            "parked": "soft",
            "failed": "bad",
            "retrying": "warn",
            "bisected": "warn",
            "recovered": "good",
            "paused": "warn",
        }.get(kind, "text")


PALETTES = {
    palette.name: palette
    for palette in (
        Palette(
            "harbour", True, background="#0f1720", surface="#131d28", panel="#22303f", text="#d7e0ea",
            dim="#aebccb", faint="#90a2b4", accent="#ff7a59", good="#5fd7a2", info="#6db8ff", soft="#e7a6d4",
            violet="#b8a1ff", warn="#f2c86b", bad="#ff7b8b", chosen="#1c2f43",
        ),
        Palette(
            "paper", False, background="#fbfaf7", surface="#f3f1ec", panel="#dcd7cc", text="#22272e",
            dim="#4b535c", faint="#626459", accent="#b03808", good="#0f6b41", info="#0b5cad", soft="#9c2f7f",
            violet="#5b3fc4", warn="#7d5200", bad="#b4182d", chosen="#e3ecf7",
        ),
        Palette(
            "contrast", True, background="#000000", surface="#000000", panel="#ffffff", text="#ffffff",
            dim="#e0e0e0", faint="#c0c0c0", accent="#ffd700", good="#00ff87", info="#5fd7ff", soft="#ffafff",
            violet="#dcbaff", warn="#ffff00", bad="#ffa8a8", chosen="#00204f",
        ),
    )
}  # fmt: skip


def themes() -> list[Theme]:
    """Return the themes for Textual."""
    return [
        Theme(
            name=palette.name,
            primary=palette.accent,
            secondary=palette.info,
            accent=palette.accent,
            warning=palette.warn,
            error=palette.bad,
            success=palette.good,
            foreground=palette.text,
            background=palette.background,
            surface=palette.surface,
            panel=palette.panel,
            dark=palette.dark,
            variables={
                "dim": palette.dim,
                "faint": palette.faint,
                "chosen": palette.chosen,
                "footer-background": palette.surface,
                "footer-key-foreground": palette.accent,
                "footer-description-foreground": palette.dim,
                "scrollbar": palette.panel,
                "scrollbar-background": palette.background,
                "scrollbar-background-hover": palette.background,
                "scrollbar-background-active": palette.background,
                "scrollbar-hover": palette.dim,
                "scrollbar-active": palette.accent,
                "scrollbar-corner-color": palette.background,
                "block-cursor-text-style": "none",
            },
        )
        for palette in PALETTES.values()
    ]
