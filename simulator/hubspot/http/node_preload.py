"""Write a preload for Node that leads a process's calls of HubSpot to this server."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Final

from hubspot_dest.storage.whole_file import write_whole_file

__all__ = ["write_node_preload"]

_MARKER: Final = "// Written by hubspot-sim serve --node-preload"
_PLACEHOLDER: Final = '"{BASE_URL}"'


def write_node_preload(path: Path, base_url: str) -> None:
    """Write the preload for this server's address; a preload of an earlier run is replaced.

    Raises:
        FileExistsError: the file exists and is anything else.
        OSError: it cannot be written.

    """
    if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(_MARKER):
        raise FileExistsError(path)
    template = files(__package__).joinpath("node_preload.cjs").read_text(encoding="utf-8")
    write_whole_file(path, template.replace(_PLACEHOLDER, json.dumps(base_url)).encode())
