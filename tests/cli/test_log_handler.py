"""What the library warns of reaches whoever operates it, but an outage is not a flood."""

from __future__ import annotations

import logging

import pytest

from hubspot_dest.cli.log_handler import Complaints


def complaints() -> logging.Logger:
    logger = logging.Logger("test")
    logger.addHandler(Complaints())
    return logger


def test_a_warning_is_said_with_hubspots_reason_and_without_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    detail = {"error": {"status": 400, "message": "no\x1b[31m"}}
    complaints().error("Push failed", extra={"detail": detail})
    complaints().info("nothing to see")
    assert capsys.readouterr().err == "error: Push failed: 400 no\\x1b[31m\n"


def test_an_exception_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError("pat-na1-11111111-2222-3333-4444-555555555555")
    except ValueError:
        complaints().exception("it broke")
    assert capsys.readouterr().err == "error: it broke: ValueError: pat-na1-****\n"


def test_a_flood_is_cut_and_counted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("hubspot_dest.cli.log_handler.time.monotonic", lambda: now[0])
    logger = complaints()
    for number in range(500):
        logger.warning("trouble %d", number)
    assert len(capsys.readouterr().err.splitlines()) == 20
    now[0] += 11
    logger.warning("again")
    assert capsys.readouterr().err == "warning: 480 similar messages suppressed\nwarning: again\n"


def test_an_event_that_cannot_be_stored_is_one_line_a_second_and_not_three(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("hubspot_dest.cli.log_handler.time.monotonic", lambda: now[0])
    logger = complaints()
    full = "outbox /data/o.sqlite3: the disk is full; free some space"
    for second in range(3):
        for number in range(50):
            now[0] = 1000.0 + second + number / 100
            logger.error("Push failed", extra={"detail": {"error": {"kind": "impossible", "message": full}}})
            logger.error("%s", full)
            logger.warning("event %d was refused: %s", number, full)
    assert len(capsys.readouterr().err.splitlines()) == 3
