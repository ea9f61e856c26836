"""Pytest plugin: fixtures and markers for a simulated HubSpot, registered by entry point (docs/pytest.md).

Heavy modules are imported inside the fixtures, so that a test run without the fixtures loads only this file.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from hubspot_dest.amounts import amount

if TYPE_CHECKING:
    from hubspot_dest import HubSpotDestination
    from hubspot_dest.account.schema import AccountSchema
    from simulator.hubspot.fake import FakeHubSpot
    from simulator.hubspot.state.account import SimulatedAccount

__all__ = ["ContactSeen", "HubSpotSeen", "fake_hubspot", "hubspot_config", "hubspot_destination"]


@dataclass(frozen=True, slots=True)
class ContactSeen:
    """A contact of the account.

    Attributes:
        id: HubSpot's id.
        properties: its properties.
        timeline: its occurrences, oldest first, in the names of HubSpot's API.

    """

    id: str
    properties: dict[str, str]
    timeline: list[dict[str, Any]]

    @property
    def events(self) -> list[str]:
        """The event names of the timeline, without `pe12345678_`."""
        return [entry["eventName"].partition("_")[2] for entry in self.timeline]


class HubSpotSeen:
    """One test's account on the simulated HubSpot shared by all tests of the process.

    Attributes:
        token: the account's access token.
        base_url: HubSpot's base URL.

    """

    def __init__(self, server: FakeHubSpot, token: str) -> None:
        self._server = server
        self.token = token
        self.base_url = server.base_url

    def __repr__(self) -> str:
        return f"HubSpotSeen({self.base_url}, {amount(len(self.account.contacts()), 'contact')})"

    @property
    def account(self) -> SimulatedAccount:
        """The account's state."""
        account: SimulatedAccount = self._server.service.account_for(self.token)
        return account

    def seed(self, **data: Any) -> None:
        """Fill the account: `contacts`, `definitions`, `contactProperties`, `occurrences` (docs/simulator.md).

        Raises:
            ValueError: invalid seed data.

        """
        self._server.service.seed(self.account, data)

    def fault(self, *specs: str) -> None:
        """Activate a fault until the end of the test: `"429:every=3"`, `"lost:count=1"` (docs/simulator.md).

        Raises:
            FaultSyntaxError: invalid fault syntax; a ValueError.

        """
        from simulator.hubspot.faults.syntax import parse_fault

        self._server.faults.add(*map(parse_fault, specs), now=self._server.clock())

    def skip(self, seconds: float) -> None:
        """Advance HubSpot's clock."""
        self._server.clock.skip(seconds)

    @property
    def occurrences(self) -> list[dict[str, Any]]:
        """All stored occurrences, oldest first."""
        return self.account.occurrences

    def contact(self, email: str) -> ContactSeen:
        """Return a contact by its e-mail; the test fails and lists the known contacts if there is no such contact."""
        found = self.account.contact(email, by_email=True)
        if found is None:
            known = sorted(
                current_contact.properties.get("email", current_contact.id)
                for current_contact in self.account.contacts()
            )
            pytest.fail(
                f"HubSpot has no contact {email}; it has {', '.join(known) or 'nobody'}", pytrace=False
            )
        return ContactSeen(found.id, dict(found.properties), self.account.timeline(found.id))

    def requests(self) -> list[tuple[str, str, int, str]]:
        """Return (method, target, status, decision) of every request of this test, oldest first."""
        portal = self.account.portal_id
        views = [self._server.journal.view(entry) for entry in self._server.journal.entries()]
        return [
            (str(view["method"]), str(view["target"]), int(str(view["status"])), str(view["decision"]))
            for view in views
            if view["portalId"] == portal
        ]

    def assert_nothing_refused(self) -> None:
        """Assert that HubSpot refused no request; a failure lists each refusal with its reason."""
        refused = [request for request in self.requests() if request[2] >= 400]
        if refused:
            lines = "\n".join(f"  {method} {target}: {decision}" for method, target, _, decision in refused)
            pytest.fail(f"HubSpot refused {amount(len(refused), 'request')}:\n{lines}", pytrace=False)


_CASSETTE: pytest.StashKey[Any] = pytest.StashKey()
_PORTAL = 12345678


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--hubspot-record`, `--hubspot-account` and the ini options."""
    group = parser.getgroup("hubspot-dest")
    group.addoption(
        "--hubspot-record",
        choices=("none", "once", "new", "all"),
        default="none",
        help="Recording mode of tests with @pytest.mark.hubspot_cassette: replay only (none), record if there is no "
        "cassette (once), add missing requests (new), rerecord (all).",
    )
    group.addoption(
        "--hubspot-account",
        metavar="FILE",
        help="Account file of fake_hubspot, from `hubspot-dest account pull`; also the ini option hubspot_account.",
    )
    parser.addini(
        "hubspot_account",
        "Account file of fake_hubspot, relative to the root folder; names that it does not list are refused.",
        default="",
    )
    parser.addini(
        "hubspot_cassettes", "Folder of cassettes, relative to the test's file.", default="cassettes"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    config.addinivalue_line(
        "markers", "hubspot_fault(*specs): activate faults of fake_hubspot during the test"
    )
    text = "hubspot_cassette(name): replay hubspot_destination's requests from a cassette, made with --hubspot-record"
    config.addinivalue_line("markers", text)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Compare the requests of a passed test with its cassette."""
    try:
        result = yield
    except BaseException as error:
        cassette = item.stash.get(_CASSETTE, None)
        if cassette is not None and (difference := cassette.difference()):
            error.add_note(difference)  # the difference may explain the failure
        raise
    cassette = item.stash.get(_CASSETTE, None)
    if cassette is not None:
        cassette.judge()
    return result


@pytest.fixture(scope="session")
def _hubspot_server() -> Iterator[FakeHubSpot]:
    from simulator.hubspot.fake import FakeHubSpot

    with FakeHubSpot() as server:
        yield server


@pytest.fixture(scope="session")
def hubspot_account_schema(pytestconfig: pytest.Config) -> AccountSchema | None:
    """Provide the account of `--hubspot-account` or of the ini option `hubspot_account`; None without one."""
    given = pytestconfig.getoption("--hubspot-account")
    named = pytestconfig.getini("hubspot_account")
    if not (given or named):
        return None
    from hubspot_dest.account.account_file import AccountFileError, read_account_file

    path = pytestconfig.invocation_params.dir / given if given else pytestconfig.rootpath / str(named)
    try:
        return read_account_file(path)
    except AccountFileError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.fixture
def fake_hubspot(
    request: pytest.FixtureRequest,
    _hubspot_server: FakeHubSpot,
    hubspot_account_schema: AccountSchema | None,
) -> Iterator[HubSpotSeen]:
    """Provide an account of portal 12345678 that creates definitions and properties on first use.

    With an account file it has the listed definitions and properties and refuses others, as HubSpot does.
    `hubspot_account_options` sets portal, scopes and switches.
    """
    if _replays(request):
        text = (
            "this test is answered from its cassette: there is no HubSpot to look into; look at the outcomes"
        )
        pytest.fail(text, pytrace=False)
    options: dict[str, Any] = request.getfixturevalue("hubspot_account_options")
    seen = HubSpotSeen(_hubspot_server, _hubspot_server.new_account(**options))
    if hubspot_account_schema is not None:
        _hubspot_server.service.adopt(seen.account, hubspot_account_schema)
    _hubspot_server.journal.clear()
    for mark in request.node.iter_markers("hubspot_fault"):
        seen.fault(*mark.args)
    yield seen
    _hubspot_server.faults.clear()


@pytest.fixture
def hubspot_account_options(hubspot_account_schema: AccountSchema | None) -> dict[str, Any]:
    """Provide portal, scopes and switches of each test's account; override it in `conftest.py`."""
    if hubspot_account_schema is not None:
        return {"portal_id": hubspot_account_schema.portal_id, "switches": {"auto_define": False}}
    return {"portal_id": _PORTAL, "switches": {"auto_define": True}}


@pytest.fixture
def hubspot_config() -> dict[str, Any]:
    """Provide the destination's configuration; override it in `conftest.py`."""
    return {"settings": {"eventNamePrefix": "pe12345678_"}}


@pytest.fixture
def hubspot_destination(
    request: pytest.FixtureRequest, hubspot_config: dict[str, Any]
) -> Iterator[HubSpotDestination]:
    """Provide a destination with `hubspot_config` that sends to `fake_hubspot` and is closed after the test.

    Its outcomes have `findings`: what HubSpot refuses in each event, and what is doubtful (docs/checks.md).

    With `@pytest.mark.hubspot_cassette("name")`, requests are answered from the cassette and no server is started.
    """
    if request.node.get_closest_marker("hubspot_cassette") is not None:
        yield from _from_cassette(request, hubspot_config)
        return
    from hubspot_dest import HubSpotDestination
    from hubspot_dest.account.schema import UNKNOWN_ACCOUNT
    from hubspot_dest.verdict.judge import Judge

    fake: HubSpotSeen = request.getfixturevalue("fake_hubspot")
    settings = {**hubspot_config.get("settings", {}), "accessToken": fake.token}
    schema = request.getfixturevalue("hubspot_account_schema") or UNKNOWN_ACCOUNT
    switches = request.getfixturevalue("hubspot_account_options").get("switches")
    behaviours = (
        {name: str(value).lower() for name, value in switches.items()} if isinstance(switches, dict) else {}
    )
    judge = Judge(hubspot_config, account=schema, behaviours=behaviours)
    config = {**hubspot_config, "settings": settings}
    with HubSpotDestination(config, base_url=fake.base_url, judge=judge) as made:
        yield made


def _replays(request: pytest.FixtureRequest) -> bool:
    """Return whether a test's requests are answered from its cassette alone."""
    if request.node.get_closest_marker("hubspot_cassette") is None:
        return False
    from simulator.cassette_fixtures import cassette_path

    mode = request.config.getoption("--hubspot-record")
    path = cassette_path(request.node, str(request.config.getini("hubspot_cassettes")))
    return mode == "none" or (mode == "once" and path.exists())


def _from_cassette(request: pytest.FixtureRequest, config: dict[str, Any]) -> Iterator[HubSpotDestination]:
    from simulator.cassette_fixtures import CassetteTest, cassette_path

    path = cassette_path(request.node, str(request.config.getini("hubspot_cassettes")))
    mode = str(request.config.getoption("--hubspot-record"))
    about = f"Recorded by the test {request.node.nodeid}"
    test = CassetteTest(path, mode, lambda: request.getfixturevalue("fake_hubspot"), config, about)
    request.node.stash[_CASSETTE] = test
    yield test.destination
    test.close()
