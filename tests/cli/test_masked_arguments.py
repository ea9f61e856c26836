"""A password in an argument is in no message, whichever command quotes the argument, with a scheme or without."""

from __future__ import annotations

import pytest

from tests.cli.conftest import EXAMPLES, Run

SHOP, EVENTS = str(EXAMPLES / "shop.yaml"), str(EXAMPLES / "events.jsonl")
CLOSED = ("--base-url", "http://127.0.0.1:9", "--wait", "0")


@pytest.mark.parametrize("secret", ["me:s3cr3t@host/file", "https://me:s3cr3t@host/x.jsonl"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("hubspot_dest", "preview", "SECRET"),
        ("hubspot_dest", "preview", SHOP, "SECRET"),
        ("hubspot_dest", "verify", SHOP, EVENTS, "--account", "SECRET"),
        ("hubspot_dest", "send", SHOP, "SECRET", *CLOSED),
        ("hubspot_dest", "send", SHOP, EVENTS, "--outbox", "SECRET", *CLOSED),
        ("hubspot_dest", "outbox", "status", "SECRET"),
        ("hubspot_dest", "outbox", "retry", "SECRET"),
        ("hubspot_dest", "diff", SHOP, SHOP, "SECRET"),
        ("hubspot_dest", "scaffold", "SECRET"),
        ("hubspot_dest", "lint", "SECRET"),
        ("hubspot_dest", "follow", "id", "SECRET"),
        ("hubspot_dest", "work", SHOP, "SECRET"),
        ("hubspot_dest", "explain", "SECRET"),
        ("hubspot_dest", "SECRET"),
        ("hubspot_dest", "preview", SHOP, EVENTS, "SECRET"),
        ("hubspot_dest", "send", SHOP, EVENTS, "--metrics", "SECRET", *CLOSED),
        ("simulator", "run", "SECRET"),
        ("simulator", "serve", "--seed-file", "SECRET"),
        ("simulator", "replay", "SECRET"),
    ],
    ids=lambda arguments: " ".join(str(text).rpartition("/")[2] for text in arguments[:5]),
)
def test_a_password_in_an_argument_is_in_no_message(
    run: Run, arguments: tuple[str, ...], secret: str
) -> None:
    package, *given = (secret if text == "SECRET" else text for text in arguments)
    done = run(package, *given)
    assert done.returncode == 2
    assert "s3cr3t" not in done.stdout + done.stderr
    assert "rror" in done.stderr
