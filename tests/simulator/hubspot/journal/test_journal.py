from __future__ import annotations

from simulator.hubspot.journal.journal import Entry, Filter, Journal
from simulator.hubspot.messages import Answer


def record(
    journal: Journal, target: bytes = b"/x", status: int = 200, body: bytes = b"", portal: int = 1
) -> None:
    journal.record(
        0.0,
        0.001,
        "POST",
        target,
        [(b"authorization", b"Bearer secret-token")],
        body,
        Answer(status, portal_id=portal),
    )


def test_memory_stays_bounded_by_entries_and_by_bytes_and_says_what_went() -> None:
    few = Journal(max_entries=3)
    for _ in range(5):
        record(few)
    assert ([entry.number for entry in few.entries()], few.dropped) == ([3, 4, 5], 2)
    small = Journal(max_bytes=10_000)
    for _ in range(5):
        record(small, body=b"x" * 4000)
    assert (len(small), small.dropped) == (2, 3)


def test_filters_find_what_is_asked_for() -> None:
    journal = Journal()
    record(journal, b"/crm/a")
    record(journal, b"/crm/b", status=400)
    record(journal, b"/events", portal=2)
    assert [entry.number for entry in journal.entries(Filter(path="crm"))] == [1, 2]
    assert [entry.number for entry in journal.entries(Filter(status=400))] == [2]
    assert [entry.number for entry in journal.entries(Filter(portal=2))] == [3]
    assert [entry.number for entry in journal.entries(Filter(verdict="bad"))] == [2]
    assert [entry.number for entry in journal.entries(Filter(after=1), limit=1)] == [3]


def test_a_failing_listener_is_left_out_and_others_still_hear() -> None:
    journal, heard = Journal(), list[int]()

    def fails(entry: Entry) -> None:
        raise RuntimeError(entry.number)

    journal.subscribe(fails)
    end = journal.subscribe(lambda entry: heard.append(entry.number))
    record(journal)
    record(journal)
    end()
    record(journal)
    assert heard == [1, 2]


def test_a_token_of_any_form_is_masked_wherever_it_stands() -> None:
    journal = Journal()
    journal.masker.learn("secret-token")
    record(journal, b"/oauth/v1/access-tokens/secret-token", body=b'{"t":"pat-eu1-12ab-34"}')
    told = str(journal.view(journal.entries()[0]))
    assert "secret-token" not in told
    assert "pat-eu1-12ab" not in told
    assert "pat-eu1-****" in told
