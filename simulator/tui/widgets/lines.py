"""Lines of styled text, and the two widgets that show them lazily: only what is visible is ever rendered."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from simulator.tui.compat import set_virtual_size
from simulator.tui.theme import PALETTES, Palette
from simulator.tui.widgets.text_width import fit, harmless

__all__ = ["LineList", "Choice", "TextLine", "LineView", "Piece", "line"]

# Lines that are kept as they were drawn. More would grow old, and what is old is rarely collected.
_DRAWN = 300

Piece = tuple[str, str]
"""A text and the name of its colour; `*` before the name makes it bold."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of a board; with a key it can be chosen."""

    pieces: Sequence[Piece] = field(default_factory=tuple)
    key: Any = None


def line(*pieces: Piece | str, key: Any = None) -> TextLine:
    """Return a line; a piece without a colour is plain text."""
    return TextLine(tuple((piece, "text") if isinstance(piece, str) else piece for piece in pieces), key)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What all lines of one drawing have in common."""

    palette: Palette
    width: int
    top: int
    thumb: int
    length: int

    def bar(self, y: int) -> tuple[str, Style]:
        """Return the scrollbar's cell beside a visible line."""
        shown = self.thumb <= y < self.thumb + self.length
        return "┃" if shown else " ", self.palette.style("faint" if shown else "text", on="background")


class LineView(ScrollView, can_focus=True):
    """A scrolling list of lines with a cursor. A subclass defines their number and how each is drawn."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "edge(-1)", "First", show=False),
        Binding("end,G", "edge(1)", "Last", show=False),
        Binding("enter", "choose", "Open", show=False),
    ]

    class Moved(Message):
        """The cursor moved to another line."""

        def __init__(self, view: LineView) -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> LineView:
            """The view."""
            return self.view

    class Chosen(Moved):
        """A line was chosen, by Enter or a second click."""

    nothing: Sequence[Piece] = ()
    """The text shown while there are no lines."""
    scrolls = True
    """Whether a column is kept for a scrollbar."""
    marks = False
    """Whether a column is kept for a mark at the cursor: a background alone is lost on a projector."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.cursor = 0
        self._strips: dict[Hashable, Strip] = {}
        self._dragged = False
        self._drawn = _Drawn(PALETTES["harbour"], 0, 0, 0, 0)

    @property
    def palette(self) -> Palette:
        """The colours of the app's theme."""
        return PALETTES.get(self.app.theme, PALETTES["harbour"])

    @property
    def room(self) -> int:
        """How many cells a line has; the last column is the scrollbar's, the first may be the mark's."""
        return max(0, self.scrollable_content_region.width - self.scrolls - self.marks)

    def count(self) -> int:
        """Return how many lines there are."""
        raise NotImplementedError

    def pieces(self, index: int, width: int) -> Sequence[Piece]:
        """Return what a line looks like."""
        raise NotImplementedError

    def look(self, index: int) -> Hashable:  # noqa: ARG002 - for subclasses
        """Return what a line's look depends on, or None if that is unknown; equal looks are drawn once."""
        return None

    def resized(self) -> None:
        """Note that the number of lines changed."""
        size = Size(self.scrollable_content_region.width, self.count())
        if self.virtual_size != size:
            set_virtual_size(self, size)
        self.refresh()

    def on_resize(self) -> None:
        """Fit the lines to the width."""
        self.resized()

    def shows_cursor(self) -> bool:
        """Tell whether the cursor is drawn."""
        return True

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the visible lines; what they have in common is looked up once."""
        self._drawn = _Drawn(self.palette, self.room, self.scroll_offset.y, *self._thumb())
        if self.gutter.totals != (0, 0) or self.styles.tint.a or self.opacity != 1.0:
            return super().render_lines(crop)
        # Nothing around the lines and nothing over them: Textual's own way round would cost as much as drawing them.
        filters, (_, background) = self.get_line_filters(), self.background_colors
        strips = []
        for y in crop.line_range:
            strip = self.render_line(y)
            for search_filter in filters:
                strip = strip.apply_filter(search_filter, background)
            strips.append(strip)
        first, last = crop.column_span
        return (
            strips
            if (first, last) == (0, self.size.width)
            else [current_strip.crop(first, last) for current_strip in strips]
        )

    def render_line(self, y: int) -> Strip:
        """Draw one visible line."""
        drawn = self._drawn
        palette, width = drawn.palette, drawn.width
        index = drawn.top + y
        bar = drawn.bar(y) if self.scrolls else None
        if index >= self.count() or width <= 0:
            width = max(0, width + self.marks)
            said = "".join(text for text, _ in self.nothing) if index == 0 == self.count() else ""
            blank = Segment(fit(said, width), palette.style("dim", on="background"))
            return _beside(Strip([blank], width), bar, width)
        chosen = self.shows_cursor() and index == self.cursor
        look = self.look(index)
        key = None if look is None else (look, chosen, bar, width, palette.name)
        if key is not None and (known := self._strips.get(key)) is not None:
            return known
        strip = self._draw(index, width, palette, chosen=chosen)
        strip = _beside(strip, bar, width + self.marks)
        if key is not None:
            if len(self._strips) > _DRAWN:
                self._strips.clear()
            self._strips[key] = strip
        return strip

    def _draw(self, index: int, width: int, palette: Palette, *, chosen: bool) -> Strip:
        ground = "chosen" if chosen else "background"
        segments = [
            Segment(text, palette.style(colour.lstrip("*"), bold=colour[:1] == "*", on=ground))
            for text, colour in self.pieces(index, width)
            if text
        ]
        strip = Strip(segments)
        if strip.cell_length > width:
            strip = Strip([*strip.crop(0, width - 1), Segment("…", palette.style("faint", on=ground))])
        strip = strip.adjust_cell_length(width, _blank(palette, ground))
        mark = Segment("▌" if chosen else " ", palette.style("accent", on=ground))
        return Strip([mark, *strip], width + 1) if self.marks else strip

    def _thumb(self) -> tuple[int, int]:
        """Return where the scrollbar's thumb begins, and how long it is; 0 where everything is seen."""
        height, total = self.size.height, self.count()
        if height <= 0 or total <= height:
            return 0, 0
        length = max(1, height * height // total)
        return round(self.scroll_offset.y / (total - height) * (height - length)), length

    @property
    def place(self) -> int:
        """The line that moves are counted from: the cursor's."""
        return self.cursor

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.go(self.place + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by a page."""
        self.go(self.place + by * max(1, self.size.height - 1))

    def action_edge(self, to: int) -> None:
        """Go to the first or the last line."""
        self.go(0 if to < 0 else self.count() - 1)

    def action_choose(self) -> None:
        """Open the line under the cursor."""
        if self.count():
            self.post_message(self.Chosen(self))

    def go(self, index: int) -> None:
        """Put the cursor on a line and show it."""
        index = max(0, min(index, self.count() - 1))
        moved = index != self.cursor
        self.cursor = index
        self.reveal()
        self.refresh()
        if moved:
            self.post_message(self.Moved(self))

    def reveal(self) -> None:
        """Scroll so that the cursor can be seen."""
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, immediate=True)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the scrollbar."""
        offset = event.get_content_offset_capture(self)
        if self._is_bar(offset.x) and self.count() > self.size.height:
            self._dragged = True
            self.capture_mouse()
            self._drag(offset.y)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Go where the scrollbar is dragged."""
        if self._dragged:
            self._drag(event.get_content_offset_capture(self).y)

    def on_mouse_up(self) -> None:
        """Let go of the scrollbar."""
        if self._dragged:
            self._dragged = False
            self.release_mouse()

    def _is_bar(self, x: int) -> bool:
        return self.scrolls and x >= self.room + self.marks

    def _drag(self, y: int) -> None:
        share = max(0.0, min(1.0, y / max(1, self.size.height - 1)))
        self.go(round(share * (self.count() - 1)))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; a second click opens."""
        if self._is_bar(event.get_content_offset_capture(self).x):
            return
        index = self.scroll_offset.y + event.get_content_offset_capture(self).y
        if self.shows_cursor() and 0 <= index < self.count():
            self.go(index)
            if event.chain > 1:
                self.action_choose()


class LineList(LineView):
    """Shows a list of lines. Where some have keys the cursor jumps between these, else it only scrolls."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.lines: list[TextLine] = []
        self._keyed = False

    @property
    def key(self) -> Any:
        """The key of the line under the cursor."""
        return self.lines[self.cursor].key if self.cursor < len(self.lines) else None

    def show(self, lines: list[TextLine], *, top: bool = False) -> None:
        """Show other lines; the cursor stays on its key if that is still there."""
        key = self.key
        self.lines = lines
        self._keyed = any(text_line.key is not None for text_line in lines)
        if self._keyed:
            keys = [text_line.key for text_line in lines]
            if key is not None and key in keys:
                self.cursor = keys.index(key)
            else:
                self.cursor = next(index for index, item in enumerate(keys) if item is not None)
        self.cursor = min(self.cursor, max(0, len(lines) - 1))
        self.resized()
        if top:
            self.cursor = 0 if not self._keyed else self.cursor
            self.scroll_to(y=0, animate=False, immediate=True)

    def count(self) -> int:
        """Return how many lines there are."""
        return len(self.lines)

    def shows_cursor(self) -> bool:
        """Tell whether anything can be chosen."""
        return self._keyed

    def pieces(self, index: int, width: int) -> Sequence[Piece]:  # noqa: ARG002 - the shape of a line view
        """Return a line."""
        return self.lines[index].pieces

    @property
    def place(self) -> int:
        """The line that moves are counted from: without a cursor the topmost that is seen."""
        return self.cursor if self._keyed else self.scroll_offset.y

    def go(self, index: int) -> None:
        """Go to the nearest line with a key in the direction of the move; without keys, scroll to a line."""
        if not self._keyed:
            self.scroll_to(y=max(0, index), animate=False, immediate=True)
            return
        step = 1 if index >= self.cursor else -1
        wanted = max(0, min(index, len(self.lines) - 1))
        for start, direction in ((wanted, step), (wanted, -step)):
            found = start
            while 0 <= found < len(self.lines):
                if self.lines[found].key is not None:
                    super().go(found)
                    if found <= 3:
                        self.scroll_to(y=0, animate=False, immediate=True)
                    return
                found += direction


class Choice(LineList):
    """A board to choose from."""

    marks = True


def text_of(lines: Sequence[TextLine]) -> str:
    """Return lines as plain text."""
    return "\n".join("".join(harmless(text) for text, _ in text_line.pieces) for text_line in lines)


def _beside(strip: Strip, bar: tuple[str, Style] | None, width: int) -> Strip:
    """Return a line with its cell of the scrollbar."""
    return strip if bar is None else Strip([*strip, Segment(*bar)], width + 1)


def _blank(palette: Palette, ground: str) -> Style:
    return palette.style("text", on=ground)
