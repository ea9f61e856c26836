"""What a person does in one visit: shopping, lead generation, account use. A journey yields steps, not events."""

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
    """One action of a person.

    Attributes:
        name: entity and action.
        wait: seconds since the previous step.
        knows: the site knows the person from this step on.

    """

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    context: dict[str, list[Any]] = field(default_factory=dict)
    nested: list[dict[str, Any]] = field(default_factory=list)
    trigger: str = "load"
    wait: float = 5.0
    page: str = "/"
    knows: bool = False


def _page(rng: random.Random, path: str, title: str) -> Step:
    return Step(
        "page view",
        {"id": path, "title": title, "domain": "www.example.com"},
        page=path,
        wait=rng.uniform(2, 40),
    )


def shop(rng: random.Random) -> Iterator[Step]:
    """Browse, and end with an order or an abandoned cart."""
    yield _page(rng, "/", "Home")
    cart: list[dict[str, Any]] = []
    for _ in range(rng.randint(1, 4)):
        code, name, category, price, sizes = rng.choice(_PRODUCTS)
        path = f"/{category}/{code}"
        yield _page(rng, path, name)
        product = {
            "id": code,
            "name": name,
            "category": category,
            "price": price,
            "size": rng.choice(sizes),
            "currency": "EUR",
        }
        stage: dict[str, list[Any]] = {
            "shopping": ["detail", 0],
            "position": [rng.choice(("list", "search", "teaser")), 1],
        }
        yield Step("product view", product, stage, trigger="visible", wait=rng.uniform(1, 20), page=path)
        if rng.random() < 0.55:
            quantity = rng.choice((1, 1, 1, 2, 3))
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
    if rng.random() < 0.3:
        return
    yield Step(
        "checkout start", {"step": "address"}, {"shopping": ["checkout", 0]}, page="/checkout", knows=True
    )
    if rng.random() < 0.2:
        return
    shipping = 0.0 if total > 50 else 5.22
    order: dict[str, Any] = {
        "id": f"0rd3r{rng.randrange(10**6):06d}",
        "total": round(total + shipping, 2),
        "currency": "EUR",
        "shipping": shipping,
        "taxes": round(total * 0.19, 2),
        "items": len(cart),
    }
    if rng.random() < 0.25:
        order["coupon"] = rng.choice(_COUPONS)
    wait = rng.uniform(30, 240)
    yield Step("order complete", order, {"shopping": ["complete", 0]}, nested, wait=wait, page="/thanks")


def leads(rng: random.Random) -> Iterator[Step]:
    """Read an article and fill in a form, sometimes with a demo and a login."""
    slug, title, kind = rng.choice(_ARTICLES)
    path = f"/library/{slug}"
    yield _page(rng, path, title)
    data = {"id": slug, "title": title, "type": kind}
    yield Step("content read", {**data, "depth": rng.choice((25, 50, 75, 100))}, trigger="scroll", page=path)
    if rng.random() < 0.35:
        return
    yield Step("content download", {**data, "format": "pdf"}, trigger="click", page=path)
    form = {"id": "newsletter", "fields": 3}
    yield Step("form view", form, trigger="visible", page=path)
    yield Step(
        "form submit", {**form, "topic": rng.choice(("pricing", "product", "news"))}, page=path, knows=True
    )
    if rng.random() < 0.5:
        size = rng.choice(("1-10", "11-50", "51-200", "201+"))
        yield Step("demo request", {"company_size": size, "product": "team"}, trigger="submit", page="/demo")
        login = {"method": rng.choice(("password", "google"))}
        yield Step("user login", login, trigger="submit", wait=rng.uniform(60, 600), page="/login")


def sign_up(rng: random.Random, plan: str) -> Iterator[Step]:
    """Create an account and explore it."""
    yield _page(rng, "/signup", "Sign up")
    signed = {"plan": plan, "method": rng.choice(("password", "google"))}
    yield Step("user signup", signed, trigger="submit", wait=rng.uniform(20, 120), page="/signup", knows=True)
    yield from _use(rng)


def log_in(rng: random.Random) -> Iterator[Step]:
    """Return to an existing account."""
    yield from _door(rng)
    yield from _use(rng)


def renew(rng: random.Random, plan: str, price: float) -> Iterator[Step]:
    """Renew a subscription for a month."""
    yield from _door(rng)
    paid = {"id": f"inv{rng.randrange(10**5):05d}", "plan": plan, "total": price, "currency": "EUR"}
    yield Step("subscription renew", paid, trigger="custom", wait=rng.uniform(5, 90), page="/billing")
    yield from _use(rng)


def cancel(rng: random.Random, plan: str) -> Iterator[Step]:
    """Cancel a subscription on its renewal day."""
    yield from _door(rng)
    reason = rng.choice(("price", "missing feature", "no longer needed"))
    yield Step(
        "subscription cancel",
        {"plan": plan, "reason": reason},
        trigger="click",
        wait=rng.uniform(20, 200),
        page="/billing",
    )


def _door(rng: random.Random) -> Iterator[Step]:
    yield _page(rng, "/login", "Log in")
    method = {"method": rng.choice(("password", "google"))}
    yield Step("user login", method, trigger="submit", wait=rng.uniform(3, 30), page="/login", knows=True)


def _use(rng: random.Random) -> Iterator[Step]:
    for _ in range(rng.randint(1, 3)):
        used = {"feature": rng.choice(("export", "invite", "report")), "count": rng.randint(1, 5)}
        yield Step("feature use", used, trigger="click", wait=rng.uniform(10, 120), page="/app")
