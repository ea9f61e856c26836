"""How HubSpot is reached: what is asked where, and what can be none of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from hubspot_dest.config.connection import ApiVersion, Connection, Proxy
from hubspot_dest.config.model import Config

PASSWORD = "s3cret-of-the-proxy"


@pytest.mark.parametrize(
    ("version", "send", "contact", "definition"),
    [
        ("v3", "/events/v3/send", "/crm/v3/objects/contacts", "/events/v3/event-definitions"),
        (
            "2025-09",
            "/events/custom/2025-09/send",
            "/crm/objects/2025-09/contacts",
            "/events/custom/2025-09/event-definitions",
        ),
        (
            "2026-03",
            "/events/2026-03/send",
            "/crm/objects/2026-03/contacts",
            "/events/2026-03/event-definitions",
        ),
        (
            "2026-09",
            "/events/custom/2026-09/send",
            "/crm/objects/2026-09/contacts",
            "/events/custom/2026-09/event-definitions",
        ),
        (
            "events/2026-09",
            "/events/2026-09/send",
            "/crm/objects/2026-09/contacts",
            "/events/2026-09/event-definitions",
        ),
    ],
)
def test_a_version_asks_at_the_paths_of_its_description(
    version: str, send: str, contact: str, definition: str
) -> None:
    paths = ApiVersion.parse(version)
    assert paths.path("/events/v3/send") == send
    assert paths.path("/events/v3/send/batch") == f"{send}/batch"
    assert paths.path("/crm/v3/objects/contacts") == contact
    assert paths.path("/crm/v3/objects/contacts/a%40b.c") == f"{contact}/a%40b.c"
    assert paths.path("/events/v3/event-definitions") == definition
    assert paths.path("/account-info/v3/details") == "/account-info/v3/details"


@pytest.mark.parametrize(
    "text", ["", "v4", "2026", "2026-13", "2026-04", "events/v3", "custom/2026-03", "../x"]
)
def test_a_version_that_hubspot_does_not_have_is_refused_with_those_that_it_has(text: str) -> None:
    with pytest.raises(ValueError, match="use v3, 2025-09, 2026-03, 2026-09"):
        ApiVersion.parse(text)


def test_a_proxys_password_is_never_shown() -> None:
    raw = {
        "accessToken": "pat-na1-x",
        "eventNamePrefix": "p_",
        "proxy": f"http://me:{PASSWORD}@proxy.example:8080",
    }
    config = Config.strict({"settings": raw})
    via = config.connection.via
    assert via is not None
    assert via.url == "http://proxy.example:8080"
    assert via.login is not None
    assert via.login.get_secret_value() == f"me:{PASSWORD}"
    assert PASSWORD not in repr(config) + repr(config.connection) + repr(via) + repr(config.raw)


def test_a_proxy_that_is_none_is_refused_without_quoting_it() -> None:
    with pytest.raises(ValueError, match="of the form http://host:port") as caught:
        Proxy.parse(f"socks5://me:{PASSWORD}@proxy.example")
    assert PASSWORD not in str(caught.value)


def test_an_ipv6_proxy_keeps_its_brackets() -> None:
    assert Proxy.parse("http://[::1]:3128").url == "http://[::1]:3128"


@pytest.mark.parametrize("port", ["0x50", "99999", "http"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(ValueError, match="base URL"):
        _ = Connection(f"http://127.0.0.1:{port}").host


def test_a_ca_bundle_that_is_none_is_named_before_the_first_event(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        Connection(ca_bundle=str(tmp_path / "missing.pem")).check_trust()
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate", encoding="ascii")
    with pytest.raises(ValueError, match="contains no certificate"):
        Connection(ca_bundle=str(empty)).check_trust()


def test_settings_that_are_no_text_mean_what_walkeros_makes_of_them_nothing() -> None:
    assert (
        Connection.of_settings({"baseUrl": 5, "apiVersion": None, "proxy": "", "caBundle": []})
        == Connection()
    )
    assert Connection.of_settings({"proxy": "http://h"}).proxy == SecretStr("http://h")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://me:s3cr3t@host",
        "me:s3cr3t@host",
        "http://host?key=s3cr3t",
        "http://host#s3cr3t",
        "ftp://me:s3/cr3t@host",
    ],
)
def test_a_wrong_base_url_is_refused_without_its_secrets(url: str) -> None:
    with pytest.raises(ValueError, match="is not an http:// or https:// address") as refused:
        _ = Connection(base_url=url).host
    assert "s3" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "part"), [("http://127.0.0.1:9901?x=y", "a query"), ("http://127.0.0.1:9901#x", "a fragment")]
)
def test_a_base_url_with_more_than_an_address_says_what_is_too_much(url: str, part: str) -> None:
    with pytest.raises(ValueError, match=f"{part} is not allowed"):
        _ = Connection(url).host
