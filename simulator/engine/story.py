"""The configuration that ships: a shop with a few rules."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from hubspot_dest.config.loading import load_config
from hubspot_dest.config.model import Config

__all__ = ["story_config", "story_path"]


def story_path() -> Path:
    """Return the path of the story's configuration."""
    return Path(str(resources.files("simulator.engine").joinpath("story.yaml")))


def story_config() -> Config:
    """Return the story's configuration."""
    return load_config(story_path())[0]
