"""One masker takes secrets out of errors, trails, journals, cassettes and screens."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from hubspot_dest.delivery.client.errors import error_from_answer
from hubspot_dest.masking import Masker, mask_token
from simulator.cassettes.redaction.scrubber import leaks

PAT = "pat-na1-01234567-89ab-cdef-0123-456789abcdef"
CREDENTIALS = {
    "private app": PAT,
    "private app, upper case": PAT.upper(),
    "private app, newer region": PAT.replace("na1", "apac"),
    "private app, percent-encoded": quote(PAT).replace("-", "%2D"),
    "private app, twice encoded": PAT.replace("-", "%252d"),
    "private app, JSON escapes": PAT.replace("-", "\\u002d"),
    "bearer": "Bearer CPf5-AaBbCcDdEeFf0123",
    "basic": "Basic dXNlcjpwYXNzd29yZDE=",
    "JSON Web Token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF123-_x",
    "cloud key": "AKIAIOSFODNN7EXAMPLE",
    "repository token": "ghp_0123456789abcdefABCDEF",
    "chat token": "xoxb-0123456789-abcdef",
    "private key": "-----BEGIN PRIVATE KEY-----\nMIIEvQ==\n-----END PRIVATE KEY-----",
}


@pytest.mark.parametrize("secret", CREDENTIALS.values(), ids=CREDENTIALS.keys())
def test_no_credential_survives_in_an_error_a_journal_or_a_cassette(secret: str) -> None:
    tail = max(re.split(r"\s|-----", secret), key=len)[-8:]
    text = f"sent {secret} and failed"
    assert tail not in mask_token(text)
    assert tail not in str(Masker().body(text.encode(), b"/events/v3/send"))
    assert leaks(mask_token(text), people=False) == []
    error = error_from_answer(400, b'{"message": "no %s"}' % secret.replace("\n", " ").encode(), {})
    assert tail not in str(error)


def test_the_token_of_a_run_is_masked_whatever_it_looks_like() -> None:
    masked = mask_token("token my-odd-token, encoded my%2Dodd%2Dtoken", "my-odd-token")
    assert "odd" not in masked


@pytest.mark.parametrize(
    "text",
    [
        "plan: Basic subscription",
        "the bearer of news",
        "Basic membership-upgrade",
        "patio furniture, 12 % off",
        "https://shop.example/a%20b?c=d",
        "sku sk-1",
        "order ghost_writer",
    ],
)
def test_ordinary_values_are_shown_as_they_are(text: str) -> None:
    assert mask_token(text) == text
