"""Hook of the documentation site: included pages link to each other; tables and code fit on a phone."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

_INCLUDED = {
    "ARCHITECTURE.md": "architecture.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
_SNIPPET = re.compile(r'^--8<-- "(?P<name>[A-Z]+\.md)"\s*$')
_SHORT_CODE = re.compile(r"<code>(?=[^<\n]{1,26}</code>)")
_TABLE = re.compile(r"<table>.*?</table>", re.S)
_HEADER = re.compile(r"<th[^>]*>(.*?)</th>", re.S)
_ROW = re.compile(r"<tr>.*?</tr>", re.S)
_CELL = re.compile(r"<td(?=[ >])")
_TAG = re.compile(r"<[^>]+>")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return a page's text.

    A page that includes a file of the top folder gets that file, with links of the site. A `synopsis` block gets its
    name as a class for the style sheet.
    """
    markdown = markdown.replace("```synopsis", "``` { .text .synopsis }")
    found = _SNIPPET.match(markdown.strip())
    if found is None:
        return markdown
    text = Path(found["name"]).read_text(encoding="utf-8").replace("](docs/", "](")
    for name, page in _INCLUDED.items():
        text = text.replace(f"]({name}", f"]({page}")
    return text


def on_page_content(content: str, **_: Any) -> str:
    """Return a page's HTML with short code marked, and the column's name on each cell of a wide table."""
    return _TABLE.sub(lambda table: _labelled(table[0]), _SHORT_CODE.sub('<code class="short">', content))


def _labelled(table: str) -> str:
    columns = [html.escape(html.unescape(_TAG.sub("", title)).strip()) for title in _HEADER.findall(table)]
    if len(columns) < 3:
        return table
    rows = _ROW.sub(lambda row: _labelled_row(row[0], columns), table)
    return rows.replace("<table>", f'<table data-columns="{len(columns)}">', 1)


def _labelled_row(row: str, columns: list[str]) -> str:
    # The first cell is the row's name; a column without a title gets no label.
    titles = iter(["", *columns[1:]])

    def cell(_: re.Match[str]) -> str:
        title = next(titles, "")
        return f'<td data-label="{title}"' if title else "<td"

    return _CELL.sub(cell, row)
