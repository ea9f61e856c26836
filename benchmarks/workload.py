"""The events and configurations that everything is measured with."""

from __future__ import annotations

from typing import Any

import orjson

__all__ = ["CONFIG", "SINGLE", "events", "lines"]

CONFIG: dict[str, Any] = {
    "settings": {
        "accessToken": "pat-na1-benchmark",
        "eventNamePrefix": "pe12345678_",
        "batch": True,
        "batchSize": 500,
    },
    "mapping": {
        "order": {
            "complete": {
                "settings": {
                    "eventName": "purchase_completed",
                    "properties": {
                        "map": {
                            "revenue": "data.total",
                            "currency": {"key": "data.currency", "value": "EUR"},
                            "order_id": "data.id",
                            "shipping": "data.shipping",
                            "taxes": "data.taxes",
                            "coupon": "data.coupon",
                            "page_group": "globals.pagegroup",
                            "stage": "context.shopping.0",
                        }
                    },
                }
            }
        }
    },
}
SINGLE: dict[str, Any] = {**CONFIG, "settings": {**CONFIG["settings"], "batch": False}}
"""The same configuration, with one event per request."""


def _item(code: str, name: str, price: float) -> dict[str, Any]:
    data = {"id": code, "name": name, "color": "black", "size": "l", "price": price, "quantity": 1}
    return {"entity": "product", "data": data, "context": {"shopping": ["complete", 0]}, "nested": []}


def _event(number: int) -> dict[str, Any]:
    """Return a whole walkerOS 4 event of about 950 bytes, as `order complete` is in the documented examples."""
    return {
        "name": "order complete",
        "data": {
            "id": f"0rd3r{number}",
            "currency": "EUR",
            "shipping": 5.22,
            "taxes": 73.76,
            "total": 555 + number / 100,
            "coupon": "SPRING",
        },
        "context": {"shopping": ["complete", 0]},
        "globals": {"pagegroup": "shop", "lang": "en"},
        "custom": {"completely": "random"},
        "user": {
            "id": f"us3r{number}",
            "device": "c00k13",
            "session": "s3ss10n",
            "email": f"user{number}@example.com",
        },
        "nested": [
            _item("ers", "Everyday Ruck Snack", 420),
            _item("cc", "Cool Cap", 42),
            {"entity": "gift", "data": {"name": "Surprise"}, "nested": []},
        ],
        "consent": {"functional": True},
        "id": f"{number:016x}",
        "trigger": "load",
        "entity": "order",
        "action": "complete",
        "timestamp": 1_700_000_000_000 + number * 977,
        "timing": 3.14,
        "source": {
            "count": number,
            "trace": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "type": "collector",
            "schema": "4",
            "release": {"default": "4.4.0"},
        },
    }


def events(count: int) -> list[dict[str, Any]]:
    """Return so many different events."""
    return [_event(number) for number in range(count)]


def lines(count: int) -> list[bytes]:
    """Return so many different events as JSON."""
    return [orjson.dumps(event) for event in events(count)]
