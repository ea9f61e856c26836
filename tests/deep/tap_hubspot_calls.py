"""The contact stream of `tap-hubspot`; run by its own interpreter: BASE_URL TOKEN. Prints Singer messages."""

from __future__ import annotations

import sys

import tap_hubspot  # type: ignore[import-not-found]

tap_hubspot.BASE_URL = sys.argv[1]
tap_hubspot.CONFIG.update(
    redirect_uri="https://example.org/",
    client_id="ours",
    client_secret="ours",
    refresh_token="ours",
    start_date="2020-01-01T00:00:00Z",
)
tap_hubspot.acquire_access_token_from_refresh_token = lambda: tap_hubspot.CONFIG.update(
    access_token=sys.argv[2]
)
stream = next(item for item in tap_hubspot.STREAMS if item.tap_stream_id == "contacts")
schema, metadata = tap_hubspot.load_discovered_schema(stream)
for entry in metadata:
    entry["metadata"]["selected"] = True
entry = {"stream": "contacts", "tap_stream_id": "contacts", "schema": schema, "metadata": metadata}
state = {"currently_syncing": "contacts", "bookmarks": {}}
stream.sync(state, tap_hubspot.Context({"streams": [entry]}))
