"""Mask secrets in errors, trail, journal, cassettes and screens alike."""

from __future__ import annotations

from hubspot_dest.masking.masker import SECRET, Masker, mask_token

__all__ = ["SECRET", "Masker", "mask_token"]
