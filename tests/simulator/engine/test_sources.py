"""Where a stream may come from: a file at its own speed, a pipe that never ends, a website that posts."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from simulator.engine.dry_run import compare
from simulator.engine.engine import Engine
from simulator.engine.sources.file_source import FileSource
from simulator.engine.sources.http_source import ListeningSource
from simulator.engine.sources.pipe_source import PipeSource
from simulator.engine.sources.timeline import played
from simulator.engine.story import story_config
from simulator.synthesis import events
from tests import warm

RUN = [sys.executable, "-m", "simulator", "run"]


def lines(count: int, seed: int = 3) -> list[str]:
    return [json.dumps(event) for event in islice(events(seed), count)]


@pytest.fixture
def listening() -> Iterator[ListeningSource]:
    source = ListeningSource(0, limit=50).start()
    yield source
    source.close()


def ask(
    source: ListeningSource,
    body: Any = None,
    *,
    path: str = "/collect",
    method: str | None = None,
    **headers: str,
) -> tuple[int, Any, dict[str, str]]:
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"http://127.0.0.1:{source.port}{path}", data, named, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            raw, status, got = answer.read(), answer.status, dict(answer.headers)
    except urllib.error.HTTPError as error:
        raw, status, got = error.read(), error.code, dict(error.headers)
    found = {name.lower(): value for name, value in got.items()}
    is_json = found.get("content-type", "").startswith("application/json")
    return status, json.loads(raw) if is_json else raw, found


def until(condition: Callable[[], bool]) -> None:
    waiting = threading.Event()
    for _ in range(2000):
        if condition():
            return
        waiting.wait(0.005)
    raise AssertionError("it never came")


def read_until(terminal: int, wanted: bytes) -> bytes:
    """Read what a program says on its terminal until it said this; it ends, and reading fails, rather than hang."""
    said = b""
    while wanted not in said:
        said += os.read(terminal, 4096)
    return said[: said.index(wanted) + len(wanted)]


# ---- files


def test_every_line_of_a_file_is_one_row_and_a_bad_line_says_where_it_stands(tmp_path: Path) -> None:
    good = lines(20)
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join([*good[:10], '{"name": "broken', '{"name": "oneword"}', "17", *good[10:]]))
    with Engine(story_config(), simulated=True, source=FileSource(file), seed=1) as engine:
        engine.run(1000)
        assert engine.exhausted
        assert engine.trouble == ""
        rows = [row for row in engine.ring.rows() if not row.is_batch]
        bad = [row for row in rows if row.reason == "bad_input"]
        assert len(rows) == 23
        said = [row.sentence for row in bad]
        assert said[0].startswith("events.jsonl, line 11, column ")
        assert "invalid JSON" in said[0]
        assert said[1].startswith("events.jsonl, line 12: Event name is invalid")
        assert said[2].startswith("events.jsonl, line 13: an event must be a JSON object, not a number")
        assert {row.kind for row in bad} == {"failed"}
        assert engine.reconcile().problems == []


def test_a_bad_line_stays_what_it_is_when_it_is_run_again_or_planned_anew(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("{broken\n" + lines(1)[0])
    with Engine(story_config(), simulated=True, source=FileSource(file), seed=1) as engine:
        engine.run(10)
        row = engine.ring.get(0)
        assert row is not None
        before = row.sentence
        assert engine.again([0]).result(10) == 1
        assert (row.sentence, row.reason, row.runs) == (before, "bad_input", 2)
        assert compare(engine.config, engine.config, [row])[1] == ()


def test_an_array_and_a_packed_file_are_read_and_a_new_beginning_reads_from_the_first_event(
    tmp_path: Path,
) -> None:
    array, packed = tmp_path / "events.json", tmp_path / "events.jsonl.gz"
    array.write_text("[" + ",\n".join(lines(7)) + "]")
    packed.write_bytes(gzip.compress("\n".join(lines(7)).encode()))
    for file in (array, packed):
        with Engine(story_config(), simulated=True, source=FileSource(file)) as engine:
            engine.run(100)
            assert engine.counts.taken == 7
            engine.reset().result(10)
            engine.run(100)
            assert engine.counts.taken == 7


def test_events_play_at_the_speed_at_which_they_happened_and_ten_times_as_fast() -> None:
    stamps = [0, 1000, 1000, 3000, 500, 5000]
    made = [{"timestamp": 1_700_000_000_000 + stamp, "at": stamp} for stamp in stamps]

    def seen(speed: float) -> list[tuple[float, int]]:
        now = [0.0]
        found = []
        for event in played(made, speed, lambda: now[0]):
            if event is None:
                now[0] += 0.02
            else:
                found.append((round(now[0], 1), event["at"]))
        return found

    # What comes out of order is late already: it comes at once.
    assert seen(1) == [(0.0, 0), (1.0, 1000), (1.0, 1000), (3.0, 3000), (3.0, 500), (5.0, 5000)]
    assert [moment for moment, _ in seen(10)] == [0.0, 0.1, 0.1, 0.3, 0.3, 0.5]


def test_a_pause_is_not_made_up_for_by_a_burst() -> None:
    made = [{"timestamp": 1_700_000_000_000 + 1000 * number} for number in range(100)]
    now = [0.0]
    stream = played(made, 1, lambda: now[0])
    assert next(stream) is made[0]
    now[0] += 60.0  # paused for a minute
    assert next(stream) is None
    for _ in range(8):
        now[0] += 0.1
        found = next(stream)
    assert found is made[1]
    assert next(stream) is None


def test_events_without_a_time_do_not_hold_up_the_others() -> None:
    made = [{"timestamp": None}, {"name": "x"}, {"timestamp": "2026-01-01T00:00:00Z"}, {"timestamp": "never"}]
    assert list(played(made, 1)) == made


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_file_that_cannot_be_read_is_a_sentence_and_exit_code_2(name: str, tmp_path: Path) -> None:
    done = warm.run(
        [*RUN, "--from", str(tmp_path / name)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--speed", "2"],
        ["--from", "x", "--listen", "0"],
        ["--from", "x", "--odd", "0.1"],
        ["--locale", "xx_XX"],
    ],
)
def test_options_that_make_no_sense_together_are_refused(options: list[str]) -> None:
    done = warm.run([*RUN, *options], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


# ---- pipes


def test_a_pipe_that_never_ends_is_summed_up_when_it_is_interrupted() -> None:
    terminal, theirs = os.openpty()
    process = warm.Popen(
        [*RUN, "--from", "-", "--json", "--fail-on", "never"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    assert process.stdin is not None
    process.stdin.write("\n".join([*lines(40), "nonsense", ""]).encode())
    process.stdin.flush()
    read_until(terminal, b"41 events")  # the pipe stays open: nothing but this tells that they were taken
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    result = json.loads(out)
    assert result["counts"]["taken"] == 41
    assert result["books"]["agree"]
    assert process.returncode == 0


@pytest.mark.parametrize("piped", [True, False], ids=["pipe", "file"])
def test_packed_events_that_break_off_are_taken_told_once_and_no_success(piped: bool, tmp_path: Path) -> None:
    packed = gzip.compress("\n".join([*lines(60), ""]).encode())
    file = tmp_path / "events.gz"
    for content, code in ((packed, 0), (packed[:-6], 1)):
        file.write_bytes(content)
        done = warm.run(
            [*RUN, "--from", "-" if piped else str(file), "--json"],
            input=content if piped else b"",
            capture_output=True,
            timeout=60,
            check=False,
        )
        counts = json.loads(done.stdout)["counts"]
        assert counts["taken"] - counts["outcomes"].get("failed", 0) == 60
        assert counts["outcomes"].get("failed", 0) == code
        assert done.returncode == code
    name = "standard input" if piped else "events.gz"
    assert (
        f"{name} is damaged: the gzip ends in the middle, about {len(packed) - 6:,}" in done.stderr.decode()
    )
    assert "Traceback" not in done.stderr.decode()


def test_a_writer_that_is_faster_than_we_are_is_held_back(tmp_path: Path) -> None:
    fifo = tmp_path / "events"
    os.mkfifo(fifo)
    written = [0]

    def write() -> None:
        with fifo.open("w") as stream:
            for line in lines(3000):
                stream.write(line + "\n")
                written[0] += 1

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    source = PipeSource(str(fifo), waiting=10)
    stream = source(1)
    until(lambda: source.waiting == 10)
    assert source.waiting == 10
    assert written[0] < 1500  # the rest waits where it comes from
    found = [event for event in stream if event is not None]
    assert len(found) == 3000
    writer.join(10)


def test_a_stream_that_begins_anew_goes_on_where_a_pipe_stands(tmp_path: Path) -> None:
    fifo = tmp_path / "events"
    os.mkfifo(fifo)
    threading.Thread(target=lambda: fifo.write_text("\n".join(lines(30))), daemon=True).start()
    source = PipeSource(str(fifo))
    with Engine(story_config(), simulated=True, source=source) as engine:
        engine.run(10)
        engine.reset().result(10)
        engine.run(100)
        assert engine.counts.taken == 20
        assert engine.exhausted


# ---- a port


def test_a_website_that_posts_is_seen_event_by_event(listening: ListeningSource) -> None:
    item, *more = [json.loads(line) for line in lines(8)]
    with Engine(story_config(), simulated=True, source=listening) as engine:
        status, answer, _ = ask(listening, item, Content_Type="application/json")
        assert (status, answer["success"], answer["id"]) == (200, True, item["id"])
        status, answer, _ = ask(listening, {"batch": more[:3]}, Content_Type="text/plain")  # sendBeacon
        assert (status, answer["processed"], answer["ids"]) == (200, 3, [event["id"] for event in more[:3]])
        status, answer, _ = ask(listening, more[3:])
        assert (status, answer["processed"]) == (200, 4)
        status, picture, headers = ask(
            listening,
            path="/collect?name=page%20view&data[id]=7&nested[0][entity]=e&user[email]=a@example.org",
        )
        assert (status, picture[:3], headers["content-type"]) == (200, b"GIF", "image/gif")
        engine.run(9)
        rows = [row for row in engine.ring.rows() if not row.is_batch]
        assert [row.event_id for row in rows[:8]] == [item["id"], *[event["id"] for event in more]]
        assert rows[8].plain_event()["data"] == {"id": 7}
        assert engine.reconcile().problems == []


def test_a_page_of_any_origin_may_send_and_a_server_name_that_is_not_ours_may_not(
    listening: ListeningSource,
) -> None:
    status, _, headers = ask(
        listening, method="OPTIONS", Origin="https://shop.example", Access_Control_Request_Method="POST"
    )
    assert (status, headers["access-control-allow-origin"]) == (204, "*")
    assert "content-type" in headers["access-control-allow-headers"].lower()
    status, *_ = ask(listening, {"name": "page view"}, Host="evil.example")
    assert status == 421
    assert listening.waiting == 0
    assert ask(listening, path="/health")[:2] == (200, {"status": "ok"})
    assert ask(listening, path="/ready")[:2] == (200, {"status": "ready"})


def test_what_is_no_event_is_refused_as_walkeros_refuses_it_and_is_seen_all_the_same(
    listening: ListeningSource,
) -> None:
    assert ask(listening, {"data": {}})[0:1] == (400,)
    status, answer, _ = ask(listening, [{"name": "page view"}, {"name": "oneword"}])
    assert (status, answer["errors"][0]["index"]) == (207, 1)
    assert ask(listening, b"{broken")[0] == 400
    assert ask(listening, [{"name": "page view"}] * 101)[0] == 400
    with Engine(story_config(), simulated=True, source=listening) as engine:
        engine.run(3)
        rows = [row for row in engine.ring.rows() if not row.is_batch]
        assert [row.reason == "invalid_event" for row in rows] == [True, False, True]


def test_an_event_without_an_id_is_answered_with_the_one_that_its_row_has(listening: ListeningSource) -> None:
    made = [{"name": "page view"}, {"name": "page view", "id": 5}, {"name": "page view", "id": ""}]
    _, item, _ = ask(listening, made[0])
    _, several, _ = ask(listening, made[1:])
    told = [item["id"], *several["ids"]]
    assert all(len(text) == 16 and int(text, 16) for text in told)
    with Engine(story_config(), simulated=True, source=listening) as engine:
        engine.run(3)
        assert [row.event_id for row in engine.ring.rows() if not row.is_batch] == told


def test_what_is_no_http_is_answered_and_written_across_nobodys_screen(
    listening: ListeningSource, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection(("127.0.0.1", listening.port), timeout=10) as stranger:
        stranger.sendall(b"\x16\x03\x01\x02\x00 https to a port of http\r\n\r\n")
        assert b"400 Bad Request" in stranger.recv(4096)
    assert ask(listening, path="/health")[0] == 200
    assert caplog.records == []


def test_a_full_queue_says_so_and_takes_again_when_there_is_room(listening: ListeningSource) -> None:
    assert ask(listening, [{"name": "page view"}] * 45)[0] == 200
    status, answer, headers = ask(listening, [{"name": "page view"}] * 6)
    assert (status, answer["error"]) == (503, "Too many events at once")
    assert headers["retry-after"] == "1"
    assert ask(listening, path="/collect?name=page%20view")[0] == 200
    assert listening.waiting == 46
    stream = listening(1)
    assert len([next(stream) for _ in range(46)]) == 46
    assert next(stream) is None
    assert ask(listening, [{"name": "page view"}] * 6)[0] == 200


def test_the_headless_run_listens_until_it_is_told_to_end() -> None:
    terminal, theirs = os.openpty()
    process = warm.Popen([*RUN, "--listen", "0", "--json"], stdout=subprocess.PIPE, stderr=theirs)
    url = read_until(terminal, b"/collect").decode().rsplit(" ", 1)[1].strip()
    body = ("[" + ",".join(lines(25)) + "]").encode()
    with urllib.request.urlopen(urllib.request.Request(url, body), timeout=10) as answer:
        assert json.load(answer)["processed"] == 25
    read_until(terminal, b"25 events")
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    assert json.loads(out)["counts"]["taken"] == 25
    assert process.returncode == 0


def test_a_port_that_is_taken_is_a_sentence(listening: ListeningSource) -> None:
    done = warm.run(
        [*RUN, "--listen", str(listening.port)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert f"cannot listen on port {listening.port}" in done.stderr
    assert "Traceback" not in done.stderr
