"""Show the document to people: one page, no script, nothing from outside."""

from __future__ import annotations

import json
from html import escape
from typing import Any

__all__ = ["document_page"]


def document_page(document: dict[str, Any]) -> str:
    """Return the document as HTML: chapters, operations, and what each asks and answers."""
    chapters: dict[str, list[str]] = {}
    aliases: dict[tuple[str, str], list[str]] = {}
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            if "x-alias-of" in one:
                aliases.setdefault((one["x-alias-of"], method), []).append(path)
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            if "x-alias-of" not in one:
                shown = _operation(method, path, one, aliases.get((path, method), []))
                chapters.setdefault(one["tags"][0], []).append(shown)
    content = "".join(
        f"<section><h2>{escape(tag)}</h2>{''.join(all_)}</section>" for tag, all_ in chapters.items()
    )
    shapes = "".join(
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>{_json(schema)}</details>'
        for name, schema in sorted(document["components"]["schemas"].items())
    )
    about = f"<p>{escape(document['info']['description'])}</p>"
    link = '<p><a href="/_simulator/openapi.json">openapi.json</a></p>'
    return f"{about}{link}{content}<section><h2>Shapes</h2>{shapes}</section>"


def _operation(method: str, path: str, one: dict[str, Any], aliases: list[str]) -> str:
    parts = [f"<p>{escape(one['description'])}</p>"] if "description" in one else []
    if aliases:
        listed = ", ".join(f"<code>{escape(alias)}</code>" for alias in aliases)
        parts.append(f"<p>The same at {listed}.</p>")
    if one["parameters"]:
        rows = "".join(
            f"<tr><td><code>{escape(each['name'])}</code></td><td>{escape(each['in'])}</td>"
            f"<td>{escape(_short(each['schema']))}</td></tr>"
            for each in one["parameters"]
        )
        parts.append(f"<table><tbody>{rows}</tbody></table>")
    if "requestBody" in one:
        parts.append(f"<p>Body: {_shape(one['requestBody']['content'])}</p>")
    answers = "".join(
        f"<tr><td>{escape(status)}</td><td>{escape(each['description'])}</td>"
        f"<td>{_shape(each.get('content', {}))}</td></tr>"
        for status, each in one["responses"].items()
    )
    parts.append(f"<table><tbody>{answers}</tbody></table>")
    head = f"<code><b>{escape(method.upper())}</b> {escape(path)}</code> {escape(one['summary'])}"
    return f"<details><summary>{head}</summary>{''.join(parts)}</details>"


def _shape(content: dict[str, Any]) -> str:
    for media, each in content.items():
        reference = each.get("schema", {}).get("$ref")
        if reference is None:
            return escape(media)
        name = reference.rpartition("/")[2]
        return f'<a href="#{escape(name)}">{escape(name)}</a>'
    return ""


def _short(schema: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in schema.items())


def _json(schema: dict[str, Any]) -> str:
    return f"<pre>{escape(json.dumps(schema, indent=1))}</pre>"
