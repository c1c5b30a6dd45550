"""What a client put into a question: numbers and stamps out of text, and answers of many rows into JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import msgspec

from cockpit.desk.refusals import LaunchError

Args: TypeAlias = Mapping[str, str]

ALWAYS = 1 << 62
"""A stamp after every other, ns."""

MOST_BYTES = 15_000_000
"""Of one answer, so that it goes into one frame."""


def whole(args: Args, name: str, default: int, most: int) -> int:
    """A number from 1 to `most`. Raises `LaunchError`."""
    text = args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:12]) <= most):
        raise LaunchError(f"{name}: {text!r} is not valid; expected a whole number from 1 to {most}")
    return int(text)


def stamp(args: Args, name: str, default: int) -> int:
    """Ns since the epoch. Raises `LaunchError`."""
    text = args.get(name, "")
    if not text:
        return default
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19):
        raise LaunchError(f"{name}: {text!r} is not a time; expected ns since the epoch")
    return max(-ALWAYS, min(int(text), ALWAYS))


def span(args: Args) -> tuple[int, int]:
    """`from`, inclusive, and `to`, exclusive."""
    return stamp(args, "from", 0), stamp(args, "to", ALWAYS)


def json_rows(rows: Iterable[object]) -> msgspec.Raw:
    """A JSON list, made row by row: one call for all of them would keep every other thread waiting.

    Raises `LaunchError` where it comes to more than one message holds."""
    parts: list[bytes] = []
    size = 0
    for row in rows:
        part = msgspec.json.encode(row)
        size += len(part) + 1
        if size > MOST_BYTES:
            raise LaunchError(
                f"the answer of over {len(parts)} rows is too long for one message; ask for a shorter span"
            )
        parts.append(part)
    return msgspec.Raw(b"[" + b",".join(parts) + b"]")
