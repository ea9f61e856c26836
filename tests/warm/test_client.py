"""A warm process behaves as one of `subprocess` where two threads look after it."""

from __future__ import annotations

import subprocess
import sys
import threading

from tests import warm


def test_a_process_can_be_polled_and_ended_while_another_thread_waits_for_it() -> None:
    process = warm.Popen(
        [sys.executable, "-c", "print('up', flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    codes: list[int] = []
    waiting = threading.Thread(target=lambda: codes.append(process.wait(60)), daemon=True)
    waiting.start()
    polled: list[int | None] = []
    other = threading.Thread(target=lambda: polled.append(process.poll()), daemon=True)
    other.start()
    other.join(20)
    assert polled == [None]
    process.stdin.write("end\n")
    process.stdin.close()
    waiting.join(20)
    process.stdout.close()
    assert codes == [0]
    assert process.poll() == 0
