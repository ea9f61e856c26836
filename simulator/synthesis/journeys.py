"""What people do in one visit: a shop, lead generation, an account. A journey yields steps, not yet events."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

__all__ = ["PLANS", "Step", "cancel", "leads", "log_in", "renew", "shop", "sign_up"]

_PRODUCTS = (
    ("ers", "Everyday Ruck Snack", "snacks", 4.2, ("s", "m", "l")),
    ("cc", "Cool Cap", "caps", 42.0, ("one size",)),
    ("tee", "Tuesday Tee", "shirts", 24.9, ("xs", "s", "m", "l", "xl")),
    ("mug", "Morning Mug", "kitchen", 12.5, ("0.3 l", "0.5 l")),
    ("lamp", "Long Evening Lamp", "home", 89.0, ("white", "black")),
    ("bag", "Weekender Bag", "bags", 129.0, ("navy", "olive")),
    ("book", "The Quiet Collector", "books", 18.0, ("paper", "cloth")),
)
_ARTICLES = (
    ("consent-in-plain-words", "Consent in plain words", "guide"),
    ("events-that-last", "Events that last", "article"),
    ("mapping-without-fear", "Mapping without fear", "webinar"),
    ("why-timelines-matter", "Why timelines matter", "article"),
)
PLANS = (("free", 0.0), ("team", 49.0), ("business", 199.0))
_COUPONS = ("SPRING", "WELCOME10", "FRIENDS")


@dataclass(slots=True)
class Step:
    """One thing that somebody does.

    Attributes:
        name: entity and action.
        wait: seconds since the step before.
        knows: from this step on the site knows who it is.

    """

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    context: dict[str, list[Any]] = field(default_factory=dict)
    nested: list[dict[str, Any]] = field(default_factory=list)
    trigger: str = "load"
    wait: float = 5.0
    page: str = "/"
    knows: bool = False


def _page(dice: random.Random, path: str, title: str) -> Step:
    return Step(
        "page view",
        {"id": path, "title": title, "domain": "www.example.com"},
        page=path,
        wait=dice.uniform(2, 40),
    )


def shop(dice: random.Random) -> Iterator[Step]:
    """From a look around to an order, or to a cart that stays behind."""
    yield _page(dice, "/", "Home")
    cart: list[dict[str, Any]] = []
    for _ in range(dice.randint(1, 4)):
        code, name, category, price, sizes = dice.choice(_PRODUCTS)
        path = f"/{category}/{code}"
        yield _page(dice, path, name)
        product = {
            "id": code,
            "name": name,
            "category": category,
            "price": price,
            "size": dice.choice(sizes),
            "currency": "EUR",
        }
        stage: dict[str, list[Any]] = {
            "shopping": ["detail", 0],
            "position": [dice.choice(("list", "search", "teaser")), 1],
        }
        yield Step("product view", product, stage, trigger="visible", wait=dice.uniform(1, 20), page=path)
        if dice.random() < 0.55:
            quantity = dice.choice((1, 1, 1, 2, 3))
            item = {**product, "quantity": quantity}
            cart.append(item)
            yield Step("product add", item, {"shopping": ["intent", 0]}, trigger="click", page=path)
    if not cart:
        return
    nested = [{"entity": "product", "data": item, "nested": [], "context": {}} for item in cart]
    total = round(sum(item["price"] * item["quantity"] for item in cart), 2)
    yield Step(
        "cart view",
        {"value": total, "currency": "EUR", "items": len(cart)},
        {"shopping": ["cart", 0]},
        nested,
        page="/cart",
    )
    if dice.random() < 0.3:
        return
    yield Step(
        "checkout start", {"step": "address"}, {"shopping": ["checkout", 0]}, page="/checkout", knows=True
    )
    if dice.random() < 0.2:
        return
    shipping = 0.0 if total > 50 else 5.22
    order: dict[str, Any] = {
        "id": f"0rd3r{dice.randrange(10**6):06d}",
        "total": round(total + shipping, 2),
        "currency": "EUR",
        "shipping": shipping,
        "taxes": round(total * 0.19, 2),
        "items": len(cart),
    }
    if dice.random() < 0.25:
        order["coupon"] = dice.choice(_COUPONS)
    wait = dice.uniform(30, 240)
    yield Step("order complete", order, {"shopping": ["complete", 0]}, nested, wait=wait, page="/thanks")


def leads(dice: random.Random) -> Iterator[Step]:
    """From an article to a form, sometimes to a demo and a log-in."""
    slug, title, kind = dice.choice(_ARTICLES)
    path = f"/library/{slug}"
    yield _page(dice, path, title)
    data = {"id": slug, "title": title, "type": kind}
    yield Step("content read", {**data, "depth": dice.choice((25, 50, 75, 100))}, trigger="scroll", page=path)
    if dice.random() < 0.35:
        return
    yield Step("content download", {**data, "format": "pdf"}, trigger="click", page=path)
    form = {"id": "newsletter", "fields": 3}
    yield Step("form view", form, trigger="visible", page=path)
    yield Step(
        "form submit", {**form, "topic": dice.choice(("pricing", "product", "news"))}, page=path, knows=True
    )
    if dice.random() < 0.5:
        size = dice.choice(("1-10", "11-50", "51-200", "201+"))
        yield Step("demo request", {"company_size": size, "product": "team"}, trigger="submit", page="/demo")
        login = {"method": dice.choice(("password", "google"))}
        yield Step("user login", login, trigger="submit", wait=dice.uniform(60, 600), page="/login")


def sign_up(dice: random.Random, plan: str) -> Iterator[Step]:
    """Somebody makes an account, and looks around in it."""
    yield _page(dice, "/signup", "Sign up")
    signed = {"plan": plan, "method": dice.choice(("password", "google"))}
    yield Step(
        "user signup", signed, trigger="submit", wait=dice.uniform(20, 120), page="/signup", knows=True
    )
    yield from _use(dice)


def log_in(dice: random.Random) -> Iterator[Step]:
    """Somebody comes back to their account."""
    yield from _door(dice)
    yield from _use(dice)


def renew(dice: random.Random, plan: str, price: float) -> Iterator[Step]:
    """Somebody pays for another month of their subscription."""
    yield from _door(dice)
    paid = {"id": f"inv{dice.randrange(10**5):05d}", "plan": plan, "total": price, "currency": "EUR"}
    yield Step("subscription renew", paid, trigger="custom", wait=dice.uniform(5, 90), page="/billing")
    yield from _use(dice)


def cancel(dice: random.Random, plan: str) -> Iterator[Step]:
    """Somebody ends their subscription on the day on which it would go on."""
    yield from _door(dice)
    reason = dice.choice(("price", "missing feature", "no longer needed"))
    yield Step(
        "subscription cancel",
        {"plan": plan, "reason": reason},
        trigger="click",
        wait=dice.uniform(20, 200),
        page="/billing",
    )


def _door(dice: random.Random) -> Iterator[Step]:
    yield _page(dice, "/login", "Log in")
    method = {"method": dice.choice(("password", "google"))}
    yield Step("user login", method, trigger="submit", wait=dice.uniform(3, 30), page="/login", knows=True)


def _use(dice: random.Random) -> Iterator[Step]:
    for _ in range(dice.randint(1, 3)):
        used = {"feature": dice.choice(("export", "invite", "report")), "count": dice.randint(1, 5)}
        yield Step("feature use", used, trigger="click", wait=dice.uniform(10, 120), page="/app")
