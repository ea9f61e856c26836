"""The options `--workers N` and `--via BROKER`, shared by every command that runs a worker group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["worker_options"]

F = TypeVar("F", bound=Callable[..., Any])


def worker_options(text: str) -> Callable[[F], F]:
    """Return a decorator that adds --via and --workers, with `text` as its help, to a command."""

    def add(function: F) -> F:
        via = click.option(
            "--via",
            type=click.Choice(["kafka", "redis"]),
            default="kafka",
            show_default=True,
            help="Broker for --workers: confluent-kafka's mock cluster, or a real redis-server.",
        )
        workers = click.option("--workers", type=click.IntRange(1, 8), metavar="N", help=text)
        return workers(via(function))

    return add
