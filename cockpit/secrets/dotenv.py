"""Reading a `.env` file: names and values, nothing expanded, nothing run."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from cockpit.secrets.errors import KeysError
from venues.model.secret import Secret

MAX_BYTES = 1_000_000

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*", re.DOTALL)
_QUOTED = re.compile(r"(['\"])(.*?)(?<!\\)\1\s*(?:#.*)?", re.DOTALL)
_COMMENT = re.compile(r"(^|\s)#.*", re.DOTALL)


class Variables(msgspec.Struct, frozen=True):
    values: dict[str, Secret]
    """By name; of a name that stands twice the last."""
    odd: tuple[int, ...]
    """Numbers of the lines that are no assignment."""


def read_dotenv(file: Path) -> Variables:
    """Raises `KeysError` that names the file and never a line of it."""
    try:
        with file.open("rb") as source:
            raw = source.read(MAX_BYTES + 1)
    except OSError as error:
        raise KeysError(f"{file} cannot be read ({error.strerror})", "expected a file like .env") from None
    if len(raw) > MAX_BYTES:
        raise KeysError(f"{file} has more than {MAX_BYTES} bytes", "expected a file like .env")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise KeysError(f"{file} is no UTF-8 text (byte {error.start})", "save it as UTF-8") from None
    return parse_dotenv(text)


def parse_dotenv(text: str) -> Variables:
    """As `dotenv` and shells read it: `export` is skipped, quotes are taken off, ` #` begins a comment where there are
    no quotes. Values go over one line."""
    values: dict[str, Secret] = {}
    odd: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        value = None if match is None else _value(match[2])
        if match is None or value is None:
            odd.append(number)
        else:
            values[match[1]] = Secret(value)
    return Variables(values, tuple(odd))


def _value(text: str) -> str | None:
    if text[:1] in ("'", '"'):
        quoted = _QUOTED.fullmatch(text)
        return None if quoted is None else quoted[2]
    return _COMMENT.sub("", text).strip()
