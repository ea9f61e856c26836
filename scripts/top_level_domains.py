"""Write `hubspot_dest/checks/top_level_domains.txt` from the installed package `publicsuffixlist`.

    pip install publicsuffixlist && python scripts/top_level_domains.py

The last label of every rule of the list's ICANN section is a top-level domain, internationalized ones in both forms.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import files
from pathlib import Path

TARGET = Path(__file__).parents[1] / "hubspot_dest/checks/top_level_domains.txt"


def source() -> str:
    """Return the text of the list that the package ships."""
    for file in files("publicsuffixlist") or ():
        if file.name == "public_suffix_list.dat":
            return file.read_text(encoding="utf-8")
    sys.exit("error: the package publicsuffixlist holds no public_suffix_list.dat")


def top_level_domains(text: str) -> list[str]:
    """Return the top-level domains of the ICANN section, sorted, in lower case."""
    section = text.partition("===BEGIN ICANN DOMAINS===")[2].partition("===END ICANN DOMAINS===")[0]
    found: set[str] = set()
    for line in section.splitlines():
        rule = line.strip().lstrip("!")
        if rule and not rule.startswith("//"):
            label = rule.rpartition(".")[2].lower()
            found |= {label, label.encode("idna").decode("ascii")}
    return sorted(found)


def main() -> None:
    """Write the file."""
    text = source()
    version = re.search(r"^// VERSION: (\d{4}-\d{2}-\d{2})", text, re.MULTILINE)
    if version is None:
        sys.exit("error: the list has no line `// VERSION: YYYY-MM-DD`")
    names = top_level_domains(text)
    lines = [f"# top-level domains of the Public Suffix List (publicsuffix.org) of {version[1]}", *names]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    sys.stdout.write(f"{TARGET.name}: {len(names)} names of {version[1]}\n")


if __name__ == "__main__":
    main()
