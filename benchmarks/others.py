"""The Python senders that people use today for other services, each to the same local sink.

They are not dependencies of ours: `environment()` installs them into a folder of their own; without a package index
they are left out. This file also runs by itself inside that environment, `python others.py NAME BASE_URL COUNT`, and
prints what an event takes in µs: CPU of all threads, and wall.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import venv
from pathlib import Path

__all__ = ["NAMES", "environment", "spent"]

NAMES = ("snowplow-tracker", "posthog", "segment-analytics-python")
_PROPERTIES = {
    "revenue": 555.5,
    "currency": "EUR",
    "order_id": "0rd3r300",
    "shipping": 5.22,
    "taxes": 73.76,
    "coupon": "SPRING",
    "page_group": "shop",
    "stage": "complete",
}


def environment(folder: Path) -> Path | None:
    """Install the senders into `folder` and return its Python; None where that is not possible."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    done = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *NAMES],
        capture_output=True,
        check=False,
    )
    return python if done.returncode == 0 else None


def spent(python: Path, name: str, base_url: str, count: int) -> tuple[float, float]:
    """Return CPU and wall of an event in µs, from a sender's first call until everything was answered."""
    command = [str(python), str(Path(__file__)), name, base_url, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    cpu, wall = json.loads(done.stdout.splitlines()[-1])
    return float(cpu), float(wall)


def _snowplow(base_url: str, count: int) -> None:
    from snowplow_tracker import Emitter, SelfDescribing, SelfDescribingJson, Subject, Tracker

    host, _, port = base_url.removeprefix("http://").partition(":")
    emitter = Emitter(host, port=int(port), protocol="http", method="post", batch_size=500)
    subject = Subject()
    subject.set_user_id("ada@example.org")
    tracker = Tracker("bench", emitter, subject=subject)
    schema = "iglu:com.example/purchase/jsonschema/1-0-0"
    for number in range(count):
        data = SelfDescribingJson(schema, {**_PROPERTIES, "order_id": f"0rd3r{number}"})
        tracker.track(SelfDescribing(data))
    tracker.flush(is_async=False)


def _posthog(base_url: str, count: int) -> None:
    from posthog import Posthog

    client = Posthog("phc_bench", host=base_url, flush_at=500, max_queue_size=count + 1, gzip=False)
    for number in range(count):
        properties = {**_PROPERTIES, "order_id": f"0rd3r{number}"}
        client.capture("purchase_completed", distinct_id="ada@example.org", properties=properties)
    client.shutdown()


def _segment(base_url: str, count: int) -> None:
    from segment.analytics import Client

    client = Client("bench", host=base_url, upload_size=500, max_queue_size=count + 1, gzip=False)
    for number in range(count):
        properties = {**_PROPERTIES, "order_id": f"0rd3r{number}"}
        client.track("ada@example.org", "purchase_completed", properties)
    client.flush()
    client.join()


def _main(name: str, base_url: str, count: int) -> None:
    send = {"snowplow-tracker": _snowplow, "posthog": _posthog, "segment-analytics-python": _segment}[name]
    send(base_url, 10)  # imports and connections are not sending
    begun, cpu = time.perf_counter(), time.process_time()
    send(base_url, count)
    taken = (time.process_time() - cpu, time.perf_counter() - begun)
    sys.stdout.write(f"{json.dumps([seconds / count * 1e6 for seconds in taken])}\n")


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
