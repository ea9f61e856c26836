"""Use this project's cassettes with vcrpy: a serializer, a persister and matchers to register with a `vcr.VCR`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import vcr
from vcr.serialize import deserialize, serialize

from simulator.cassettes.matchers import match_json_body, match_target
from simulator.cassettes.redaction.scrubber import ScrubError, leaks

__all__ = ["SERIALIZER", "configure", "new_vcr"]

SERIALIZER: Final = "hubspot_dest"
_SECTION: Final = "hubspot_dest"


class _Serializer:
    """Serializes vcrpy's JSON format and keeps this project's metadata section."""

    @staticmethod
    def deserialize(cassette_string: str) -> dict[str, Any]:
        """Decode a file's text. Raises ValueError if it is not JSON."""
        decoded: dict[str, Any] = json.loads(cassette_string)
        return decoded

    @staticmethod
    def serialize(cassette_dict: dict[str, Any]) -> str:
        """Return the file's text, formatted like `Cassette.text`."""
        return json.dumps(cassette_dict, indent=1, ensure_ascii=False) + "\n"


class _Persister:
    """Writes cassettes atomically, keeps the metadata section, and refuses to save secrets."""

    @staticmethod
    def load_cassette(cassette_path: Any, serializer: Any) -> Any:
        """Return (requests, responses). Raises CassetteNotFoundError or CassetteDecodeError, as vcrpy expects."""
        from vcr.persisters.filesystem import CassetteDecodeError, CassetteNotFoundError

        path = Path(cassette_path)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise CassetteNotFoundError(f"there is no cassette {path}") from error
        except UnicodeDecodeError as error:
            raise CassetteDecodeError(f"{path} is not UTF-8 text") from error
        return deserialize(text, serializer)

    @staticmethod
    def save_cassette(cassette_path: Any, cassette_dict: dict[str, Any], serializer: Any) -> None:
        """Write the file.

        Raises:
            ScrubError: the recording contains a token or another secret; the file stays as it was.

        """
        path = Path(cassette_path)
        text: str = serialize(cassette_dict, serializer)
        section = _section(path)
        if section is not None:
            text = _Serializer.serialize({**json.loads(text), _SECTION: section})
        if secrets := leaks(text):
            raise ScrubError(f"{path} was not saved, it contains {secrets[0]}")
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(path.name + ".new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)


def _section(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8")).get(_SECTION)
    except (OSError, ValueError, AttributeError):
        return None


class _UnpatchingContext:
    """A `use_cassette` context that removes vcrpy's patches even if saving fails.

    vcrpy saves before it removes its patches, so an exception in the persister would leave every HTTP library of
    the process patched. The generator that holds the patches is a private attribute (vcrpy 8.2).
    """

    def __init__(self, context: Any) -> None:
        self._context = context

    def __enter__(self) -> Any:
        return self._context.__enter__()

    def __exit__(self, *exc_info: object) -> None:
        try:
            self._context.__exit__(*exc_info)
        finally:
            finish = getattr(self._context, "_CassetteContextDecorator__finish", None)
            if finish is not None:
                finish.close()

    def __call__(self, function: Any) -> Any:
        return self._context(function)


def configure(recorder: Any) -> None:
    """Register the serializer, persister and matchers with a `vcr.VCR`, and make them its defaults.

    Args:
        recorder: a `vcr.VCR`; its `match_on`, `serializer` and persister are replaced, and the `Authorization`
            header is filtered.

    """
    recorder.register_serializer(SERIALIZER, _Serializer)
    recorder.register_persister(_Persister)
    recorder.register_matcher("hubspot_target", match_target)
    recorder.register_matcher("hubspot_json_body", match_json_body)
    recorder.serializer = SERIALIZER
    recorder.match_on = ("method", "hubspot_target", "hubspot_json_body")
    recorder.filter_headers = (*recorder.filter_headers, ("authorization", "****"))
    recorder.decode_compressed_response = True
    use_cassette = recorder.use_cassette
    recorder.use_cassette = lambda *arguments, **options: _UnpatchingContext(
        use_cassette(*arguments, **options)
    )


def new_vcr(**options: Any) -> Any:
    """Return a configured `vcr.VCR`.

    Use it as `with new_vcr().use_cassette("cassettes/shop.json"): …`.

    Args:
        options: passed to `vcr.VCR`, e.g. `record_mode="none"`.

    """
    recorder = vcr.VCR(**options)
    configure(recorder)
    return recorder
