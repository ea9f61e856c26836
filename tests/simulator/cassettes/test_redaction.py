"""Scrubbing: five hundred people and their tokens in every place that a request or an answer has; none survives."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from typing import Any
from urllib.parse import quote, quote_plus, unquote

import pytest
from faker import Faker

from simulator.cassettes.cassette import Cassette, Interaction
from simulator.cassettes.redaction.encodings import unpacked
from simulator.cassettes.redaction.scrubber import ScrubError, leaks, scrubbed
from simulator.cassettes.redaction.trie import one_of
from simulator.cassettes.replay import replay
from simulator.cassettes.session import RecordingSetup, record

MANY = pytest.mark.parametrize("count", [100, pytest.param(500, marks=pytest.mark.deep)])


def people(count: int = 100) -> list[dict[str, Any]]:
    faker = Faker(["en_US", "de_DE", "fr_FR", "pl_PL"])
    faker.seed_instance(7)
    found = []
    for number in range(count):
        first, last = faker.first_name(), faker.last_name()
        found.append(
            {
                "id": f"u-{number:05d}x",
                "email": f"{first}.{last}{number}@{faker.domain_word()}.example".replace(" ", ""),
                "firstname": f"{first}q{number}",
                "lastname": f"{last} O'{number}é",
                "phone": faker.numerify("+49 151 ########"),
                "mobilephone": faker.numerify("0049151########"),
                "company": f"{faker.company()} & Söhne {number}",
                "address": f"{faker.street_name()} {number}",
                "ip": f"10.{number % 250}.{number // 250}.77",
            }
        )
    return found


def token(number: int) -> str:
    return f"pat-na1-{number:08x}-aaaa-bbbb-cccc-{number:012x}"


def every_place(person: dict[str, Any], secret: str) -> list[Interaction]:
    """Return exchanges that carry the person and the token in every way that they can be carried."""
    email, name = person["email"], person["lastname"]
    whole = json.dumps(person, ensure_ascii=False)
    packed = base64.b64encode(whole.encode()).decode()
    said = f"Contact {person['firstname']} {name} <{email}> ({person['phone']}) of {person['company']} is unknown"
    page = f"<p title='{html.escape(name)}'>{html.escape(person['company'])} {email}</p>"
    inner = {"error": json.dumps({"who": email, "name": name}), "deep": {"list": [[{"user": person}]]}}
    json_type = {"content-type": "application/json"}
    return [
        Interaction("GET", f"/crm/v3/objects/contacts/{quote(email, safe='')}?idProperty=email", "", 200, said),
        Interaction("GET", f"/search?q={quote_plus(said)}&hapikey={secret}", "", 200, page),
        Interaction("GET", f"/r?to={quote(quote(said, safe=''), safe='')}", "", 404, said),
        Interaction("POST", "/crm/v3/objects/contacts", json.dumps({"properties": person}), 201, whole),
        Interaction("POST", "/x", json.dumps(inner), 400, json.dumps({"message": said, "context": {"v": [said]}})),
        Interaction("POST", "/form", f"email={quote_plus(email)}&n={quote_plus(name)}&t={secret}", 200, page),
        Interaction("POST", "/b", json.dumps({"blob": packed, "token": secret}), 200, f'"{packed}"'),
        Interaction(
            "POST",
            "/h",
            "",
            200,
            "",
            {"authorization": f"Bearer {secret}", "cookie": f"hubspotutk={person['id']}", "x-user": email},
            {**json_type, "set-cookie": f"who={email}", "location": f"/contacts/{quote(email)}"},
        ),
        Interaction("POST", "/oauth/v1/token", f"code={secret[4:]}", 200, f'{{"access_token":"{secret}"}}'),
    ]  # fmt: skip


@MANY
def test_of_many_people_and_their_tokens_in_every_place_nothing_survives(count: int) -> None:
    everybody = people(count)
    base = record({"settings": {"eventNamePrefix": "pe12345678_"}}, [])
    events = [
        {"name": "page view", "user": entry, "data": {"t": f"Hello {entry['firstname']}"}}
        for entry in everybody
    ]
    interactions = [
        interaction for n, person in enumerate(everybody) for interaction in every_place(person, token(n))
    ]
    meta = base.meta.model_copy(update={"events": events, "live": True})
    made = scrubbed(Cassette(meta, tuple(interactions)))
    text, each = made.text(), len(interactions) // count
    assert leaks(text) == []
    for number, person in enumerate(everybody):
        mine = made.interactions[number * each : (number + 1) * each]
        notify = json.dumps([interaction.as_vcr() for interaction in mine], ensure_ascii=False) + str(
            made.meta.events[number]
        )
        packed = base64.b64encode(json.dumps(person, ensure_ascii=False).encode()).decode()
        for value in (*person.values(), token(number)[4:], packed):
            for written in (value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1]):
                assert written not in notify, value
        assert person["email"].lower() not in notify.lower()
        assert person["email"] not in text
    assert "hubspotutk" not in text


def test_equal_stays_equal_in_every_writing() -> None:
    person = people()[3]
    base = record({"settings": {"eventNamePrefix": "pe12345678_"}}, [])
    meta = base.meta.model_copy(update={"events": [{"name": "page view", "user": person}], "live": True})
    made = scrubbed(Cassette(meta, tuple(every_place(person, token(1)))))
    email = made.meta.events[0]["user"]["email"].lower()
    name = made.meta.events[0]["user"]["lastname"]
    assert quote(email, safe="") in made.interactions[0].target.lower()
    assert email in made.interactions[0].answer.lower()
    assert quote_plus(name) in made.interactions[1].target
    assert json.loads(made.interactions[3].body)["properties"]["lastname"] == name
    assert json.loads(json.loads(made.interactions[4].body)["error"])["name"] == name


def test_a_recording_of_such_people_still_replays_after_scrubbing() -> None:
    identify = {
        "map": {
            "email": "user.email",
            "properties": {
                "map": {key: f"user.{key}" for key in ("firstname", "lastname", "phone", "company")}
            },
        }
    }
    page = {"settings": {"properties": {"map": {"hello": "data.t", "who": "user.email"}}}}
    config = {
        "settings": {"eventNamePrefix": "pe12345678_", "identify": identify},
        "mapping": {"page": {"view": page}},
    }
    events = [
        {
            "name": "page view",
            "id": f"{number:016x}",
            "timestamp": 1_767_225_600_000,
            "user": entry,
            "data": {"t": f"Hello {entry['firstname']} {entry['lastname']}, {entry['email']}"},
        }
        for number, entry in enumerate(people(60))
    ]
    made = scrubbed(record(config, events, RecordingSetup({}, {"auto_define": True})))
    assert {request.verdict for request in replay(made)} == {"same"}
    assert not any(entry["firstname"] in made.text() for entry in people(60))


def test_what_things_are_called_is_left_alone_though_somebody_is_called_so() -> None:
    base = record({"settings": {"eventNamePrefix": "pe12345678_"}}, [])
    config = {"mapping": {"page": {"view": {"name": "page view", "settings": {"eventName": "page"}}}}}
    events = [
        {"name": "page view", "entity": "page", "user": {"lastname": "page"}, "data": {"x": "page two"}}
    ]
    meta = base.meta.model_copy(update={"events": events, "config": config})
    made = scrubbed(Cassette(meta, ())).meta
    assert made.config == config
    assert (made.events[0]["name"], made.events[0]["entity"]) == ("page view", "page")
    assert made.events[0]["user"]["lastname"] == "Lastname1"
    assert made.events[0]["data"]["x"] == "Lastname1 two"


def test_hubspots_ids_are_taken_out_of_what_was_recorded_live_and_stay_the_same_contact() -> None:
    base = record({"settings": {"eventNamePrefix": "pe12345678_"}}, [])
    interactions = (
        Interaction(
            "POST", "/crm/v3/objects/contacts", "{}", 409, '{"message":"Contact exists. Existing ID: 8841207"}'
        ),
        Interaction("PATCH", "/crm/v3/objects/contacts/8841207", "{}", 200, '{"id":"8841207","properties":{}}'),
        Interaction("POST", "/events/v3/send", '{"objectId":"8841207"}', 204, ""),
    )  # fmt: skip
    made = scrubbed(Cassette(base.meta.model_copy(update={"live": True}), interactions))
    assert "8841207" not in made.text()
    (number,) = set(re.findall(r"\b1\d{10}\b", made.text()))
    assert made.interactions[1].target.endswith(f"/{number}")
    assert f"Existing ID: {number}" in made.interactions[0].answer
    kept = scrubbed(Cassette(base.meta, interactions))
    assert "8841207" in kept.text()  # of the simulator they are nobody's, and a comparison needs them


SENTENCE = "Hello Zylvora Qui Mokadré, +49 30 10000077 Anna.9x@mail7.example.net"
WRITINGS = {
    "capitals": SENTENCE.upper(),
    "small letters": SENTENCE.lower(),
    "base64": base64.b64encode(SENTENCE.encode()).decode(),
    "base64 of a name": base64.b64encode(b"Zylvora").decode(),
    "base64 for paths": base64.urlsafe_b64encode(SENTENCE.encode()).decode().rstrip("="),
    "zipped": base64.b64encode(gzip.compress(SENTENCE.encode(), mtime=0)).decode(),
    "hexadecimal": SENTENCE.encode().hex(),
    "percent": quote(SENTENCE),
    "percent twice": quote(quote(SENTENCE)),
    "plus": "a=1&who=Qui+Mokadré&b=2",
    "entities": "".join(f"&#{ord(current_text)};" for current_text in SENTENCE),
    "an entity in an address": "Anna.9x&#64;mail7.example.net",
    "escapes": SENTENCE.replace("Z", "\\u005a").replace("@", "\\u0040"),
    "an identifier": "zylvora_visits",
    "quoted": "'Anna.9x@mail7.example.net' is unknown",
    "a key": {"Zylvora": {"Anna.9x@mail7.example.net": 1}},
}


def someone(*interactions: Interaction) -> Cassette:
    user = {
        "email": "Anna.9x@mail7.example.net",
        "firstname": "Zylvora",
        "lastname": "Qui Mokadré",
        "phone": "+49 30 10000077",
    }
    base = record({"settings": {"eventNamePrefix": "pe12345678_"}}, [])
    return Cassette(
        base.meta.model_copy(update={"events": [{"name": "page view", "user": user}]}), interactions
    )


@pytest.mark.parametrize("written", WRITINGS.values(), ids=list(WRITINGS))
def test_a_person_is_found_in_every_writing_and_is_the_same_person_there(written: Any) -> None:
    made = scrubbed(someone(Interaction("POST", "/x", json.dumps({"a": written}), 200, str(written))))
    (interaction,) = made.interactions
    for text in (interaction.body, interaction.answer):
        bare = "\n".join(
            (text, html.unescape(text), unquote(unquote(text)), json.loads(interaction.body).__repr__())
        )
        for word in ("zylvora", "mokadr", "10000077", "anna.9x", "mail7"):
            assert word not in bare.casefold()
        assert "****" in text or re.search(r"(?i)person1(@|%40|%2540)|firstname1|lastname1", bare)
        assert "person2" not in bare.casefold()
        packed = [word for word in re.findall(r"[A-Za-z0-9+/_-]{8,}", text) if unpacked(word)]
        assert not [word for word in packed if "ylvora" in (unpacked(word) or "").lower()]


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEFghiJKL",
        "AKIAABCDEFGHIJKLMNOP",
        "glpat-abcdefghijkl",
        "Basic dXNlcjpwYXNzd29yZA==",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_a_secret_of_another_house_is_taken_out(secret: str) -> None:
    body = json.dumps({"a": secret, "password": "hunter2"})
    text = scrubbed(someone(Interaction("POST", "/x", body, 200, f"<p>{secret}</p>"))).text()
    assert secret not in text
    assert "MIIB" not in text
    assert "hunter2" not in text
    assert (
        "asiapacificmarketing1"
        in scrubbed(someone(Interaction("GET", "/asiapacificmarketing1", "", 200, ""))).text()
    )


def test_a_binary_body_that_nobody_can_look_into_is_not_saved() -> None:
    binary = bytes((31, 139, 8, 0, 3, 255, 17, 254)).decode("utf-8", "backslashreplace")
    hidden = "".join(f"\\x{ord(text):02x}" for text in binary)
    with pytest.raises(ScrubError, match="compressed or binary"):
        scrubbed(someone(Interaction("POST", "/x", hidden, 200, "")))


@pytest.mark.parametrize("pattern", [r"ord-\d+", r"(?i)secret-[a-z]+"])
def test_a_pattern_of_ones_own_is_taken_out_everywhere(pattern: str) -> None:
    base = record({"settings": {"eventNamePrefix": "pe12345678_"}}, [])
    interaction = Interaction(
        "GET", "/x/ord-17?y=Secret-abc", '{"z":"ord-18 secret-xyz"}', 200, "ord-19 SECRET-q"
    )
    text = scrubbed(Cassette(base.meta, (interaction,)), patterns=(pattern,)).text()
    assert re.search(pattern, text) is None


def test_nothing_is_saved_while_an_entropy_scan_finds_something() -> None:
    base = record({"settings": {"eventNamePrefix": "pe12345678_"}}, [])
    interaction = Interaction("POST", "/x", '{"note":"kJ8s9dLq0ZxWv7Yt5Rb3Nm1Pc2Hf4Gg6"}', 200, "")
    with pytest.raises(ScrubError, match="looks like a secret"):
        scrubbed(Cassette(base.meta, (interaction,)))


def test_one_pattern_finds_the_longest_of_many_words() -> None:
    pattern = re.compile(one_of(["Ada", "Adam", "Ad", "a.b", "Zoë", ""]))
    assert [match[0] for match in pattern.finditer("Adam Ada Ad a.b axb Zoë") if match[0]] == [
        "Adam", "Ada", "Ad", "a.b", "Zoë",
    ]  # fmt: skip
