"""Write a Node preload script that redirects requests for HubSpot to this server."""

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
    """Write the preload script for the server at `base_url`, replacing one of an earlier run.

    Raises:
        FileExistsError: the file exists and is not a preload script.
        OSError: the file cannot be written.

    """
    if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(_MARKER):
        raise FileExistsError(path)
    template = files(__package__).joinpath("node_preload.cjs").read_text(encoding="utf-8")
    write_whole_file(path, template.replace(_PLACEHOLDER, json.dumps(base_url)).encode())
