"""Every key in one table: what the app binds, what the help screen lists, what the bottom line shows."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding

__all__ = ["COMMANDS", "HELP", "KEY_BAR", "VIEWS", "Command", "bindings"]

VIEWS = {"live": "Live", "checks": "Checks", "hubspot": "HubSpot", "mapping": "Mapping", "faults": "Faults"}
"""The views by key, with their titles; keys 1 to 5 open them."""


@dataclass(frozen=True, slots=True)
class Command:
    """A key and the action that it starts.

    Attributes:
        keys: Textual's names of the keys, separated by commas.
        action: the name of the action in the app's table of actions.
        says: what it does, for the command palette.
        arguments: what the action is called with.
        shown: how the key is written where that differs from its name.
        priority: the key works in dialogs, too.

    """

    keys: str
    action: str
    says: str
    arguments: tuple[str | int, ...] = ()
    shown: str = ""
    priority: bool = False

    @property
    def call(self) -> str:
        """The call in Textual's notation: `do('rate', 1)`."""
        return f"do({', '.join(map(repr, (self.action, *self.arguments)))})"

    @property
    def key(self) -> str:
        """The first key, as it is written."""
        return self.shown or self.keys.partition(",")[0]


COMMANDS = (
    *(Command(str(number), "view", name, (key,)) for number, (key, name) in enumerate(VIEWS.items(), 1)),
    Command("question_mark", "help", "Help", shown="?"),
    Command("q", "quit", "Quit"),
    Command("ctrl+c", "quit", "Quit", priority=True),
    Command("space", "pause", "Pause or resume the stream"),
    Command("full_stop", "step", "Take one event", shown="."),
    Command("plus,equals_sign", "rate", "Faster", (1,), shown="+"),
    Command("minus", "rate", "Slower", (-1,), shown="-"),
    Command("slash", "filter", "Filter or search", shown="/"),
    Command("f", "follow", "Follow the newest event"),
    Command("n", "failure", "Next failure", (1,)),
    Command("N", "failure", "Previous failure", (-1,)),
    Command("b", "batch", "Switch batching on or off"),
    Command("B", "batch_size", "Set the batch size"),
    Command("F", "flush", "Send what waits now"),
    Command("c", "consent", "Change the consent of the event's person"),
    Command("r", "again", "Run the event again"),
    Command("R", "again_all", "Run all failed events again"),
    Command("m", "rule", "Go to the event's rule in Mapping"),
    Command("k", "keep", "Keep the event: run it at every save"),
    Command("y", "copy", "Copy the calls as JSON", ("json",)),
    Command("u", "copy", "Copy the calls as curl", ("curl",)),
    Command("x", "clear_faults", "Clear all faults"),
    Command("D", "define_all", "Define every event and property that HubSpot does not know"),
    Command("w", "warnings", "Show the configuration's warnings"),
    Command("s", "seed", "Use another seed"),
    Command("z", "restart", "Restart the stream"),
    Command("e", "screenshot", "Write a screenshot (SVG)"),
    Command("E", "export", "Write the rows (JSON Lines) and a report (HTML)"),
    Command("d", "changes", "Show what the last save changed"),
    Command("t", "theme", "Next theme"),
    Command("T", "tour", "Start or leave the tour"),
    Command("right", "tour_next", "Tour: next step", (1,)),
    Command("left", "tour_next", "Tour: previous step", (-1,)),
    Command("p", "tour_auto", "Tour: play by itself or by key"),
    Command("escape", "clear", "Clear the filter, leave the tour"),
)


def bindings() -> list[Binding]:
    """Return the table as Textual's bindings."""
    return [
        Binding(
            command.keys,
            command.call,
            command.says,
            show=False,
            key_display=command.shown or None,
            priority=command.priority,
        )
        for command in COMMANDS
    ]


HELP = (
    ("the stream", (
        ("space", "pause, resume"), (".", "take one event"), ("+  -", "faster, slower"), ("s", "another seed"),
        ("z", "restart"), ("f", "follow the newest"), ("n  N", "next, previous failure"),
    )),
    ("one event", (
        ("enter", "details"), ("r", "run it again"), ("k", "keep: run at every save"),
        ("c", "consent: yes, no, its own"), ("y", "copy the calls as JSON"), ("u", "copy as curl"),
        ("m", "its rule in Mapping"),
    )),
    ("sending", (
        ("b", "batching on, off"), ("B", "batch size"), ("F", "send what waits now"), ("x", "clear faults"),
        ("R", "run failed ones again"), ("D", "define all (--strict)"),
    )),
    ("views", (
        ("1 … 5", "the views"), ("tab", "other pane or page"), ("/", "filter, search"), ("esc", "clear the filter"),
        ("g  G", "first, last (and follow)"), ("d", "what the last save changed"), ("w", "configuration warnings"),
        ("t", "theme"), ("^p", "every command"),
    )),
    ("the tour", (
        ("T", "start, leave"), ("→  ←", "next step, back"), ("p", "by itself, by key"),
    )),
    ("files", (
        ("e", "screenshot (SVG)"), ("E", "HTML report, JSON Lines"), ("q", "quit"),
    )),
)  # fmt: skip
"""The help screen: groups of keys, each with a few words."""

_STEERING = (
    ("space", "do('pause')", "pause"),
    (".", "do('step')", "step"),
    ("+", "do('rate', 1)", "faster"),
    ("-", "do('rate', -1)", "slower"),
)
KEY_BAR: dict[str, tuple[tuple[str, str, str], ...]] = {
    "live": (
        *_STEERING[:1], ("enter", "", "details"), ("/", "do('filter')", "filter"), ("n", "do('failure', 1)", "failure"),
        ("b", "do('batch')", "batch"), ("F", "do('flush')", "flush"), ("c", "do('consent')", "consent"),
        ("r", "do('again')", "again"), *_STEERING[1:], ("f", "do('follow')", "follow"),
        ("y", "do('copy', 'json')", "copy"), ("E", "do('export')", "export"), ("m", "do('rule')", "rule"),
        ("t", "do('theme')", "theme"), ("T", "do('tour')", "tour"),
    ),
    "checks": (("enter", "", "run"), ("tab", "", "other side"), *_STEERING[:1]),
    "hubspot": (
        ("tab", "", "page"), ("/", "do('filter')", "search"), *_STEERING[:1], ("F", "do('flush')", "flush"),
        *_STEERING[1:],
    ),
    "mapping": (
        ("enter", "", "its events"), ("tab", "", "other side"), ("/", "do('filter')", "search"), *_STEERING,
    ),
    "faults": (
        ("enter", "", "throw"), ("x", "do('clear_faults')", "clear"), ("F", "do('flush')", "flush"),
        ("R", "do('again_all')", "failed again"), ("n", "do('failure', 1)", "failure"), *_STEERING,
    ),
}  # fmt: skip
"""For each view: the key as it is written, the app's action (empty: the view's own), and a word."""
