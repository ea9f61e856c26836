"""A path is a path: what is said to be on disk is there, and only its owner can read it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hubspot_dest import HubSpotDestination
from hubspot_dest.delivery.client.recording_client import RecordingClient
from hubspot_dest.delivery.outbox.queue import NewIntent, Outbox
from hubspot_dest.delivery.outbox.schema import OutboxError
from simulator.hubspot.state.store import Store, StoreError

SQLITE_WORDS = [
    ":memory:",
    "file:o.sqlite3",
    "file::memory:?cache=shared",
    "file:o?mode=memory",
    "o%20x",
    "o?x",
    "#o",
]


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("name", SQLITE_WORDS)
def test_an_outbox_is_in_the_file_of_that_very_name_for_its_owner_only(tmp_path: Path, name: str) -> None:
    outbox = Outbox(name)
    outbox.commit(outbox.add([NewIntent(1, ("e:a@b.co",), "e1", b"{}")]))
    # SQLite's own files have those rights too while it is open.
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == sorted([name, f"{name}-lock", f"{name}-reserve", f"{name}-shm", f"{name}-wal"])
    assert {rights(path) for path in tmp_path.iterdir()} == {0o600}
    outbox.close()
    again = Outbox(name)
    assert again.pending == 1
    again.close()


@pytest.mark.parametrize("name", SQLITE_WORDS)
def test_a_store_of_the_simulator_is_in_the_file_of_that_very_name_for_its_owner_only(
    tmp_path: Path, name: str
) -> None:
    store = Store(name)
    store.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, f"{name}-lock"])
    assert {rights(path) for path in tmp_path.iterdir()} == {0o600}


def test_what_cannot_be_made_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(OutboxError, match="cannot be written"):
        Outbox("file:///nowhere/o")
    with pytest.raises(StoreError, match="cannot be written"):
        Store(tmp_path)


def test_an_outbox_of_a_destination_in_python_survives_it(tmp_path: Path) -> None:
    config = {
        "settings": {"accessToken": "pat-na1-x", "eventNamePrefix": "pe1_"},
        "consent": {"marketing": True},
    }
    for expected in (0, 1):
        destination = HubSpotDestination(config, client=RecordingClient(), outbox=":memory:")
        assert destination.waiting == expected
        destination.push({"name": "page view", "id": f"e{expected}", "user": {"email": "a@b.co"}})
        destination.close()
