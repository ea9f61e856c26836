"""The cassette marker: recorded once, held against the tape at every run, no person and no network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.simulator.test_pytest_plugin import pytest_in

TEST = """
import pytest

@pytest.fixture
def hubspot_config():
    identify = {"map": {"email": "user.email", "properties": {"map": {"firstname": "user.first"}}}}
    page = {"settings": {"properties": {"map": {"title": "data.title", "hello": "data.hello"}}}}
    return {"settings": {"eventNamePrefix": "pe12345678_", "identify": identify}, "mapping": {"page": {"view": page}}}

def visit(title="Home", **user):
    person = {"email": "Wilhelmina.Quist@corp.example", "first": "Wilhelmina", **user}
    return {"name": "page view", "data": {"title": title, "hello": "Dear Wilhelmina"}, "user": person}

@pytest.mark.hubspot_cassette("visit")
def test_a_visit(hubspot_destination):
    assert hubspot_destination.push(visit()).kind == "sent"
    assert hubspot_destination.push(visit("Shop")).kind == "sent"
"""
TAPE = "cassettes/visit.json"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "test_it.py").write_text(TEST, encoding="utf-8")
    return tmp_path


def change(project: Path, old: str, new: str) -> None:
    file = project / "test_it.py"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def recorded(project: Path, mode: str = "once") -> str:
    done = pytest_in(project, f"--hubspot-record={mode}", alone=True)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    return (project / TAPE).read_text(encoding="utf-8")


def test_without_a_cassette_the_test_says_how_to_record_one(project: Path) -> None:
    done = pytest_in(project, alone=True)
    assert "record it with --hubspot-record=once" in done.stdout
    assert not (project / TAPE).exists()


def test_recorded_once_it_replays_in_another_process_without_any_hubspot(project: Path) -> None:
    tape = recorded(project)
    for name in ("Wilhelmina", "Quist", "corp.example", "pat-na1"):
        assert name not in tape
    assert "Dear Firstname1" in tape
    (project / "conftest.py").write_text(
        "import simulator.hubspot.fake as fake\n\n"
        "def refuse(*a, **k):\n    raise AssertionError('a HubSpot was started')\n\n"
        "fake.FakeHubSpot.start = refuse\n",
        encoding="utf-8",
    )
    for mode in ("none", "once"):
        done = pytest_in(project, f"--hubspot-record={mode}", alone=True)
        assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert (project / TAPE).read_text(encoding="utf-8") == tape


def test_a_changed_property_fails_and_names_the_field(project: Path) -> None:
    recorded(project)
    change(project, '"title": "data.title"', '"titel": "data.title"')
    done = pytest_in(project, alone=True)
    assert "1 failed" in done.stdout, done.stdout
    assert "changed: POST /events/v3/send" in done.stdout
    assert "properties.titel" in done.stdout
    assert "--hubspot-record=all" in done.stdout


def test_a_call_less_and_a_call_more_fail(project: Path) -> None:
    recorded(project)
    change(project, 'push(visit("Shop"))', 'push(visit("Shop", first="Mina"))')
    done = pytest_in(project, alone=True)
    assert "new: PATCH" in done.stdout
    change(project, '    assert hubspot_destination.push(visit("Shop", first="Mina")).kind == "sent"\n', "")
    done = pytest_in(project, alone=True)
    assert "missing: POST /events/v3/send" in done.stdout


def test_another_persons_events_are_another_persons_on_the_tape(project: Path) -> None:
    recorded(project)
    change(project, 'visit("Shop")', 'visit("Shop", email="someone.else@corp.example")')
    done = pytest_in(project, alone=True)
    assert "1 failed" in done.stdout
    assert "someone.else" not in done.stdout.partition("short test summary")[0].partition("not what")[2]


def test_new_adds_what_the_tape_has_not_and_keeps_the_rest(project: Path) -> None:
    before = json.loads(recorded(project))["interactions"]
    change(project, 'push(visit("Shop"))', 'push(visit("Shop", first="Mina"))')
    after = json.loads(recorded(project, "new"))["interactions"]
    assert after[: len(before)] == before
    assert len(after) > len(before)
    assert "1 passed" in pytest_in(project, alone=True).stdout


def test_all_records_anew(project: Path) -> None:
    recorded(project)
    change(project, '"title": "data.title"', '"titel": "data.title"')
    assert "titel" in recorded(project, "all")
    assert "1 passed" in pytest_in(project, alone=True).stdout


def test_a_failing_test_saves_nothing(project: Path) -> None:
    change(project, '.kind == "sent"\n    assert', '.kind == "lost"\n    assert')
    assert "1 failed" in pytest_in(project, "--hubspot-record=all", alone=True).stdout
    assert not (project / TAPE).exists()


def test_a_batch_that_goes_out_at_the_end_is_part_of_it(project: Path) -> None:
    change(project, '"identify": identify}', '"batch": True}')
    change(project, '.kind == "sent"\n    assert', '.kind == "queued"\n    assert')
    change(project, 'visit("Shop")).kind == "sent"', 'visit("Shop")).kind == "queued"')
    assert "/events/v3/send/batch" in recorded(project)
    change(project, 'visit("Shop")', 'visit("Shops")')
    assert "inputs[1].properties.title: recorded 'Shop', now 'Shops'" in pytest_in(project, alone=True).stdout


def test_a_replayed_test_that_looks_into_hubspot_is_told_that_there_is_none(project: Path) -> None:
    recorded(project)
    change(
        project,
        "def test_a_visit(hubspot_destination)",
        "def test_a_visit(fake_hubspot, hubspot_destination)",
    )
    assert "there is no HubSpot to look into" in pytest_in(project, alone=True).stdout


def test_a_damaged_cassette_is_one_sentence_and_stays_as_it_was(project: Path) -> None:
    (project / "cassettes").mkdir()
    (project / TAPE).write_text('{"version": 1,', encoding="utf-8")
    done = pytest_in(project, alone=True)
    assert "was cut short" in done.stdout
    assert "Traceback" not in done.stdout
    assert (project / TAPE).read_text(encoding="utf-8") == '{"version": 1,'


def test_faults_are_recorded_with_the_marker_beside_it(project: Path) -> None:
    marker = '@pytest.mark.hubspot_cassette("visit")'
    change(project, marker, f'@pytest.mark.hubspot_fault("500:path=*/send,count=1")\n{marker}')
    change(project, '.kind == "sent"\n    assert', '.kind == "failed"\n    assert')
    assert '"code": 500' in recorded(project)
    assert "1 passed" in pytest_in(project, alone=True).stdout


def test_a_name_that_only_the_event_tells_is_not_on_the_tape_wherever_the_mapping_puts_it(
    project: Path,
) -> None:
    change(project, '"first": "Wilhelmina", **user', '"first": "Wilhelmina", "lastName": "Zylvora", **user')
    change(project, '"hello": "Dear Wilhelmina"', '"hello": "Dear ZYLVORA, or zylvora"')
    tape = recorded(project)
    assert "zylvora" not in tape.lower()
    assert "Dear LASTNAME1, or lastname1" in tape
    done = pytest_in(project, alone=True)
    assert "1 passed" in done.stdout, done.stdout


def test_people_of_events_that_are_pushed_together_are_not_on_the_tape_either(project: Path) -> None:
    change(project, '"first": "Wilhelmina", **user', '"first": "Wilhelmina", "lastName": "Zylvora", **user')
    change(project, '"hello": "Dear Wilhelmina"', '"hello": "Dear Zylvora"')
    change(project, "push(visit()).kind", "push_many([visit()])[0].kind")
    assert "zylvora" not in recorded(project).lower()
    assert "1 passed" in pytest_in(project, alone=True).stdout


def test_an_answer_about_the_twelfth_person_is_not_about_the_first() -> None:
    from simulator.cassettes.cassette import Interaction
    from simulator.cassettes.pseudonymous_player import PseudonymousPlayer, pseudonymise

    def contact(number: int) -> str:
        return json.dumps({"properties": {"email": f"p{number}@corp.example", "firstname": f'Zy"{number}a'}})

    raw = [Interaction("POST", "/c", contact(number), 200, contact(number)) for number in range(1, 15)]
    made, people = pseudonymise(raw)
    assert "corp.example" not in json.dumps([interaction.as_vcr() for interaction in made])
    player = PseudonymousPlayer(made, people)
    for interaction in raw:
        answer = player.request("POST", "http://h/c", body=interaction.body.encode(), headers={})
        assert json.loads(answer.data) == json.loads(interaction.answer)
    assert player.unused == []
