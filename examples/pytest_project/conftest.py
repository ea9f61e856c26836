"""All that a project of your own needs: its configuration."""

from pathlib import Path
from typing import Any

import pytest
import yaml


@pytest.fixture
def hubspot_config() -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "shop.yaml").read_text(encoding="utf-8"))
    return config
