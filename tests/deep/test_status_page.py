"""The status pages in a real browser."""

from __future__ import annotations

import os
from pathlib import Path

import hubspot
import pytest
import urllib3

from simulator.hubspot.fake import FakeHubSpot
from tests.deep.browser import BROWSER, browser

pytestmark = [pytest.mark.deep, pytest.mark.skipif(BROWSER is None, reason="needs chromium or chrome")]

SEED = {
    "contacts": [{"email": "ada@example.org", "properties": {"firstname": "Ada", "lastname": "Lovelace"}}]
    + [{"email": f"p{number}@example.org"} for number in range(120)],
    "definitions": [{"name": "pe12345678_order_complete", "properties": ["order_id", "revenue"]}],
}
HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=1</script>'


def test_a_room_sees_contacts_timelines_and_the_live_journal_without_anything_from_outside(
    tmp_path: Path,
) -> None:
    with FakeHubSpot(faults=["429:path=/crm/*,every=50"]) as fake, browser(tmp_path / "profile") as tab:
        fake.service.seed(fake.account, SEED)
        api = hubspot.HubSpot(access_token=fake.token, host=fake.base_url, retry=False)
        send = api.events.send.basic_api.send
        order = {"eventName": "pe12345678_order_complete", "email": "ada@example.org"}
        send({**order, "properties": {"order_id": "0rd3r", "revenue": HOSTILE}})
        api.crm.contacts.basic_api.update("101", {"properties": {"jobtitle": HOSTILE}})

        tab.go(fake.base_url)
        assert "?token=" in tab.value("document.body.innerText")  # nothing for strangers
        complaints = [complaint for complaint in tab.complaints if "401" not in complaint]
        assert complaints == []
        tab.complaints.clear()

        tab.go(f"{fake.base_url}/?token={fake.control_token}")
        assert fake.control_token not in tab.value("location.href + document.documentElement.outerHTML")
        tab.until("document.querySelectorAll('#journal tbody tr').length === 2")
        send({**order, "properties": {"order_id": "next", "revenue": "1"}})
        with pytest.raises(hubspot.events.send.ApiException):
            send({**order, "eventName": "pe12345678_order_complet"})
        tab.until("document.querySelectorAll('#journal tbody tr').length === 4")  # without a reload
        assert tab.value("document.querySelector('#journal tbody tr').className") == "bad"
        with pytest.raises(urllib3.exceptions.ProtocolError):
            send({**order, "email": "jo+lost@example.org"})
        tab.until("document.querySelectorAll('#journal tbody tr').length === 5")
        lost = "document.querySelector('#journal tbody tr')"
        assert tab.value(f"{lost}.className") == "bad"  # stored, but nobody was told
        assert "no answer" in tab.value(f"{lost}.cells[4].textContent")
        told = tab.value("document.querySelector('#journal').innerText")
        tab.picture(tmp_path / "overview.png")
        tab.go(fake.base_url)
        assert (
            tab.value("document.querySelector('#journal').innerText") == told
        )  # live and rendered are the same

        tab.go(f"{fake.base_url}/_simulator/pages/contacts?q=LOVELACE")
        assert tab.value("document.querySelectorAll('#contacts tbody tr').length") == 1
        tab.click("#contacts a")
        tab.until("document.querySelector('#timeline') !== null")
        assert tab.value("document.querySelector('h1').textContent") == "Ada Lovelace"
        assert tab.value("document.querySelectorAll('#timeline tbody tr').length") == 2
        assert HOSTILE in tab.value("document.body.innerText")  # as text
        assert tab.value("document.title").startswith("Ada Lovelace · ")
        tab.picture(tmp_path / "contact.png")

        tab.go(f"{fake.base_url}/_simulator/pages/contacts")
        assert tab.value("document.querySelectorAll('#contacts tbody tr').length") == 50
        tab.value("document.querySelector('input[type=search]').value = 'p119@'; document.forms[0].submit()")
        tab.until("document.querySelectorAll('#contacts tbody tr').length === 1")
        fake.service.seed(
            fake.service.account_for(fake.new_account(portal_id=7)),
            {"contacts": [{"email": "only@example.org"}]},
        )
        tab.go(f"{fake.base_url}/_simulator/pages/contacts")
        tab.click(".choice a", 1)
        tab.until("document.querySelectorAll('#contacts tbody tr').length === 1")
        tab.click("#contacts a")
        tab.until("document.querySelector('#properties') !== null")
        tab.click("main .hint a")
        tab.until("document.querySelector('#contacts') !== null")
        assert "only@example.org" in tab.value(
            "document.body.innerText"
        )  # still in the account that was chosen
        tab.go(f"{fake.base_url}/_simulator/pages/definitions")
        assert "order_id" in tab.value("document.querySelector('#definitions').innerText")
        tab.go(f"{fake.base_url}/_simulator/api")
        assert tab.value("document.querySelectorAll('details').length") > 40

        assert tab.complaints == []
        assert {text for text in tab.asked if not text.startswith((fake.base_url, "data:"))} == set()

        tab.go(fake.base_url)
        fake.stop()
        tab.until("document.querySelector('#live').textContent.includes('does not answer')")
        if "STATUS_PAGE_PICTURES" in os.environ:
            for file in tmp_path.glob("*.png"):
                file.rename(Path(os.environ["STATUS_PAGE_PICTURES"]) / file.name)
