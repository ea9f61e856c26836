"""`preview --report`, `verify --report` and `report`: the page that people decide by."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tests.cli.conftest import EXAMPLES, Run
from tests.report.test_html_report import HOSTILE, HUGE, assert_self_contained

SHOP, EVENTS = str(EXAMPLES / "shop.yaml"), str(EXAMPLES / "events.jsonl")


def text_of(report: Path) -> str:
    return " ".join("".join(assert_self_contained(report.read_text(encoding="utf-8")).text).split())


def test_a_preview_writes_the_page_with_its_verdict_and_its_record(run: Run, tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    event = {
        "name": "page view",
        "data": {"url": HUGE, "title": HOSTILE},
        "user": {"email": "ada@example.org"},
    }
    events.write_text(json.dumps({**event, "consent": {"marketing": True}}) + "\n", encoding="utf-8")
    report = tmp_path / "report.html"
    config = EXAMPLES / "shop.yaml"
    done = run("hubspot_dest", "preview", str(config), str(events), "--report", str(report))
    assert done.returncode == 1
    html, text = report.read_text(encoding="utf-8"), text_of(report)
    assert "Of 1 events, 1 would be refused by HubSpot." in text
    assert "hs_page_url has 1,000,000 characters" in text
    assert "What to do: map a shorter value" in text
    for path in (config, events):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in text
    assert "pe12345678_page_view" in text
    assert len(html) < 100_000


def test_a_preview_without_an_account_proves_nothing_and_is_not_green(run: Run, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    run(
        "hubspot_dest",
        "preview",
        str(EXAMPLES / "shop.yaml"),
        str(EXAMPLES / "events.jsonl"),
        "--report",
        str(report),
    )
    assert 'class="verdict open"' in report.read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_says_so(run: Run, tmp_path: Path) -> None:
    where = str(tmp_path / "missing" / "report.html")
    done = run(
        "hubspot_dest",
        "preview",
        str(EXAMPLES / "shop.yaml"),
        str(EXAMPLES / "events.jsonl"),
        "--report",
        where,
    )
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_the_record_of_a_go_live_says_why_and_rests_on_digests(run: Run, tmp_path: Path) -> None:
    report, other = tmp_path / "report.html", tmp_path / "verify.html"
    flow = str(EXAMPLES / "flow.json")
    done = run("hubspot_dest", "report", flow, EVENTS, "-o", str(report))
    again = run("hubspot_dest", "verify", flow, EVENTS, "--report", str(other))
    assert done.returncode == again.returncode
    assert done.stdout == ""
    verdict = "GO" if done.returncode == 0 else "NO-GO"
    for page in (report, other):
        text = text_of(page)
        assert f"ready to go live? {verdict} " in text
        for question in (
            "Does HubSpot accept every event",
            "Do the events exercise enough of the mapping?",
        ):
            assert question in text
        for path in (EXAMPLES / "flow.json", EXAMPLES / "events.jsonl"):
            assert hashlib.sha256(path.read_bytes()).hexdigest() in text


def test_a_no_go_names_what_is_in_the_way_and_writes_its_page_all_the_same(run: Run, tmp_path: Path) -> None:
    report, config = tmp_path / "report.html", tmp_path / "bad.yaml"
    config.write_text(
        Path(SHOP).read_text("utf-8").replace("purchase_completed", "Purchase Completed!"), "utf-8"
    )
    done = run("hubspot_dest", "report", str(config), EVENTS, "-o", str(report))
    assert done.returncode == 1
    text = text_of(report)
    assert "NO-GO" in text
    assert "blocks going live" in text


def test_a_preview_that_sends_nothing_is_not_green(run: Run, tmp_path: Path) -> None:
    events, page = tmp_path / "events.jsonl", tmp_path / "report.html"
    events.write_text('{"name":"order complete","user":{"email":"ada@example.org"}}\n', encoding="utf-8")
    files = (str(EXAMPLES / "shop.yaml"), str(events), "--account", str(EXAMPLES / "account.json"))
    assert run("hubspot_dest", "preview", *files, "--report", str(page)).returncode == 0
    text = page.read_text("utf-8")
    assert 'class="verdict good"' not in text
    assert "None of 1 event is sent" in text
