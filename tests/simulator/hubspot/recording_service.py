"""A small service behind the real wire: it stores what it is sent, so that tests can ask what was processed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.hubspot.messages import Answer, Request

JSON = (("Content-Type", "application/json;charset=utf-8"),)


class RecordingService:
    """Answer sends with 204 and everything else with a contact; remember every request."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.tokens: dict[str, dict[str, Any]] = {}
        self.resets = 0
        self.seeds: list[Mapping[str, Any]] = []

    def handle(self, request: Request) -> Answer:
        self.requests.append(request)
        if "/send" in request.path:
            return Answer(204, (), b"", "204: accepted", "send.accepted", 12345678)
        dates = b'"createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z"'
        body = b'{"id":"1","properties":{"firstname":"Jo"},%s}' % dates
        return Answer(200, JSON, body, "200: contact 1 read", "contact.get", 12345678)

    def add_account(self, token: str, **options: Any) -> None:
        self.tokens[token] = options

    def account_for(self, token: str) -> Any:
        return "account" if not token.startswith("unknown") else None

    def reset(self, account: Any) -> None:
        self.resets += 1

    def seed(self, account: Any, data: Mapping[str, Any]) -> None:
        if "contacts" not in data:
            raise ValueError("contacts are missing")
        self.seeds.append(data)

    def accounts(self) -> list[Any]:
        return []

    def portals(self) -> list[int]:
        return [12345678]

    def close(self) -> None:
        pass
