"""Small drawings from characters: bars, sparklines, gauges."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["bar", "compact", "gauge", "sparkline"]

_EIGHTHS = "▏▎▍▌▋▊▉█"
_LEVELS = "▁▂▃▄▅▆▇█"


def bar(part: float, whole: float, width: int) -> str:
    """Return a bar of at most `width` cells, to an eighth of a cell; anything above nothing can be seen."""
    if whole <= 0 or part <= 0 or width <= 0:
        return ""
    eighths = max(1, round(min(1.0, part / whole) * width * 8))
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest - 1] if rest else "")


def gauge(part: float, whole: float, width: int) -> tuple[str, str]:
    """Return the filled and the empty piece of a gauge."""
    filled = round(width * min(1.0, part / whole)) if whole > 0 else 0
    filled = max(filled, 1 if part > 0 and width else 0)
    return "━" * filled, "─" * (width - filled)


def sparkline(values: Sequence[float], width: int) -> str:
    """Return the last `width` values as a line of small columns; nothing is a dot."""
    shown = list(values)[-width:]
    top = max(shown, default=0)
    if top <= 0:
        return ("·" * len(shown)).rjust(width, " ")
    return "".join("·" if value <= 0 else _LEVELS[min(7, int(value / top * 7.999))] for value in shown).rjust(
        width, " "
    )


def compact(number: float) -> str:
    """Return a number in at most six characters: 1,234 or 45.6k."""
    if number < 10_000:
        return f"{number:,.0f}"
    return f"{number / 1000:.1f}k" if number < 1_000_000 else f"{number / 1_000_000:.2f}M"
