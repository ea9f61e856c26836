"""What all tests share."""

from __future__ import annotations

import os

# A container image may set it; users' terminals do not, and a program that does not flush would look as if it did.
os.environ.pop("PYTHONUNBUFFERED", None)
