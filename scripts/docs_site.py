"""Hook of the documentation site: pages that are included from the top folder link to each other as on the site."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_INCLUDED = {
    "ARCHITECTURE.md": "architecture.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
_SNIPPET = re.compile(r'^--8<-- "(?P<name>[A-Z]+\.md)"\s*$')


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return a page's text; one that includes a file of the top folder gets that file, with links of the site."""
    found = _SNIPPET.match(markdown.strip())
    if found is None:
        return markdown
    text = Path(found["name"]).read_text(encoding="utf-8").replace("](docs/", "](")
    for name, page in _INCLUDED.items():
        text = text.replace(f"]({name}", f"]({page}")
    return text
