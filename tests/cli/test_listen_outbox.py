"""`hubspot-dest listen` with its outbox: what was answered with 200 survives everything that a process can meet."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.hubspot import FakeHubSpot
from simulator.hubspot.faults.syntax import parse_fault
from tests.cli.conftest import SEED
from tests.cli.listening import listening
from tests.factories import make_event, write_config


def page(number: int) -> dict[str, Any]:
    return make_event(number, f"p{number % 7}@example.org")


@pytest.fixture
def hubspot() -> Iterator[FakeHubSpot]:
    with FakeHubSpot() as server:
        server.service.seed(server.account, SEED)
        yield server


@pytest.fixture
def config(tmp_path: Path, hubspot: FakeHubSpot) -> Path:
    return write_config(tmp_path, hubspot, batch=True)


def uuids(hubspot: FakeHubSpot) -> list[str]:
    return [occurrence["id"] for occurrence in hubspot.account.occurrences]


def test_what_was_answered_survives_kill_9_and_arrives_once(hubspot: FakeHubSpot, config: Path) -> None:
    hubspot.faults.add(parse_fault("503"), now=hubspot.clock())
    with listening(config) as running:
        answers = [running.post([page(number), page(number + 1)]) for number in range(0, 200, 2)]
        assert {answer.status for answer in answers} == {200}
        running.process.kill()
        running.process.wait(30)
    assert uuids(hubspot) == []
    hubspot.faults.clear()
    with listening(config, "--grace", "20") as running:
        code, said = running.stop()
    assert code == 0, said
    assert len(uuids(hubspot)) == len(set(uuids(hubspot))) == 200
    assert "nothing is left to deliver" in said


def test_what_waited_for_consent_survives_kill_9_and_goes_out_with_it(
    hubspot: FakeHubSpot, config: Path
) -> None:
    known = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps({**known, "consent": {"marketing": True}}), encoding="utf-8")
    with listening(config) as running:
        answers = [running.post([page(number), page(number + 1)]) for number in range(0, 100, 2)]
        assert {answer.status for answer in answers} == {200}
        running.process.kill()
        running.process.wait(30)
    with listening(config) as running:
        code, said = running.stop()
    assert (code, uuids(hubspot)) == (0, [])
    assert "100 wait for consent, safe in the outbox" in said
    assert "100 denied (wait for consent)" in said, "the two lines count the same events"
    with listening(config, "--consent", "marketing", "--grace", "20") as running:
        code, said = running.stop()
    assert code == 0, said
    assert len(uuids(hubspot)) == len(set(uuids(hubspot))) == 100
    assert "wait for consent" not in said


def test_senders_notice_nothing_of_an_outage_and_the_rest_stays_for_the_next_start(
    hubspot: FakeHubSpot, config: Path
) -> None:
    hubspot.faults.add(parse_fault("503"), now=hubspot.clock())
    with listening(config, "--grace", "0") as running:
        assert running.post([page(number) for number in range(100)]).json["processed"] == 100
        assert running.ask("GET", "/ready").status == 200
        code, said = running.stop()
    assert code == 0, said
    assert "100 are safe in the outbox" in said


def test_an_outbox_in_use_is_named_and_nobody_is_answered(hubspot: FakeHubSpot, config: Path) -> None:
    with listening(config), pytest.raises(AssertionError, match="outbox"), listening(config):
        pass


@pytest.mark.parametrize("harm", ["removed", "replaced", "truncated"])
def test_no_answer_of_200_for_what_is_not_on_disk(
    hubspot: FakeHubSpot, config: Path, tmp_path: Path, harm: str
) -> None:
    hubspot.faults.add(parse_fault("503"), now=hubspot.clock())
    box = tmp_path / "o"
    with listening(config, "--outbox", str(box), "--grace", "0") as running:
        assert running.post(page(1)).status == 200
        assert running.ask("GET", "/ready").status == 200
        if harm == "removed":
            box.unlink()
        elif harm == "replaced":
            (tmp_path / "new").touch()
            (tmp_path / "new").replace(box)
        else:
            os.truncate(box, 0)
        ready = running.ask("GET", "/ready")
        assert (ready.status, f"{harm}" in ready.json["reason"]) == (503, True)
        answer = running.post(page(2))
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert running.post([page(3), page(4)]).status == 503
        assert running.ask("GET", "/ready").status == 503
        assert running.ask("GET", "/health").status == 200
        code, said = running.stop()
    assert code == 1
    assert f"{harm}" in said
    assert "safe in the outbox" not in said
    copy = f"{box}.rescued1"
    assert f"1 was not delivered and is safe in a copy: deliver them with --outbox {copy}" in said
    assert Path(copy).stat().st_mode & 0o777 == 0o600
    hubspot.faults.clear()
    with listening(config, "--outbox", copy, "--grace", "20") as running:
        code, said = running.stop()
    assert (code, len(uuids(hubspot))) == (0, 1), said


def test_a_configuration_that_can_be_read_once_has_its_outbox_in_the_current_folder(
    hubspot: FakeHubSpot, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(
        target=lambda: pipe.write_text(config.read_text(encoding="utf-8"), encoding="utf-8")
    )
    writer.start()
    with listening(pipe) as running:
        assert running.post(page(1)).status == 200
        code, said = running.stop()
    writer.join(10)
    assert code == 0, said
    assert Path(f"{pipe}.outbox.sqlite3").exists()
