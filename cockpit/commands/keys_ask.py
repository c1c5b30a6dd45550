"""Asking for keys: unseen on a terminal, or one JSON object on stdin."""

from __future__ import annotations

import getpass
import sys
import warnings
from collections.abc import Mapping

import msgspec

from cockpit.secrets.errors import KeysError
from cockpit.secrets.fields import VenueKeys, checked, venue_keys
from venues.model.secret import Secret

_MAX_BYTES = 65_536


def on_keyboard() -> bool:
    """Whether somebody can type unseen here."""
    return sys.stdin.isatty()


def ask_hidden(prompt: str) -> Secret:
    """What is typed without being shown. Raises `KeysError` where it would be shown, or nothing comes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            return Secret(getpass.getpass(prompt))
    except getpass.GetPassWarning:
        raise KeysError("this terminal would show what is typed", "use --stdin") from None
    except (EOFError, UnicodeDecodeError):
        raise KeysError("nothing was typed; nothing was changed") from None


def ask_shown(prompt: str) -> str:
    """What is typed, shown as it is typed."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError:
        line = ""
    if not line:
        raise KeysError("nothing was typed; nothing was changed")
    return line.strip()


def credentials(venue: str, *, stdin: bool) -> dict[str, Secret]:
    """The credentials of a key, checked. Raises `KeysError`."""
    wanted = venue_keys(venue)
    if stdin:
        return checked(venue, _from_stdin())
    if not on_keyboard():
        raise KeysError(
            "there is no terminal to type a key on",
            f"hand it over as one JSON object: `… --stdin < FILE` with {_example(wanted)}",
        )
    return checked(venue, _typed(venue, wanted))


def _typed(venue: str, wanted: VenueKeys) -> dict[str, Secret]:
    if wanted.hint:
        sys.stderr.write(f"{venue}: {wanted.hint}\n")
    given: dict[str, Secret] = {}
    for field in wanted.fields:
        prompt = f"{field.label}{' (may be left empty)' if field.optional else ''}: "
        given[field.name] = Secret(ask_shown(prompt)) if field.public else ask_hidden(prompt)
    return given


def _from_stdin() -> Mapping[str, Secret]:
    if on_keyboard():
        raise KeysError("--stdin: a terminal would show what is typed", "leave --stdin out, or feed a file or a pipe")
    raw = sys.stdin.buffer.read(_MAX_BYTES + 1)
    expected = 'expected one JSON object of texts, like {"apiKey": "…", "secret": "…"}'
    if len(raw) > _MAX_BYTES:
        raise KeysError(f"--stdin: more than {_MAX_BYTES} bytes", expected)
    try:
        given = msgspec.json.decode(raw, type=dict[str, str | int])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise KeysError("--stdin: what came cannot be used", expected) from None
    return {name: Secret(str(value)) for name, value in given.items()}


def _example(wanted: VenueKeys) -> str:
    inner = ", ".join(f'"{field.name}": "…"' for field in wanted.fields if not field.optional)
    return "{" + inner + "}"
