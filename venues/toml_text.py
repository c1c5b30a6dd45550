"""TOML text to tables, with exact decimals; whatever is wrong with the text is one kind of error."""

from __future__ import annotations

import tomllib
from decimal import Decimal, InvalidOperation

MAX_DEPTH = 16
"""Tables and lists within each other; no file of ours needs more than four."""

MAX_INT = 2**63
"""TOML 1.0 asks for whole numbers of 64 bits, and for an error beyond them."""


class TomlError(ValueError):
    """The text is not TOML, or holds a number or a nesting that nobody can mean."""


def read_toml(text: str) -> dict[str, object]:
    """Fractions become `Decimal`. Raises `TomlError`."""
    try:
        tables = tomllib.loads(text, parse_float=_decimal)
    except ValueError as error:
        # Not always of TOML: a whole number of more digits than Python reads is a plain ValueError.
        raise TomlError(str(error)) from None
    except RecursionError:
        raise TomlError(f"nested deeper than {MAX_DEPTH} levels") from None
    _bound(tables)
    return tables


def _bound(tables: dict[str, object]) -> None:
    """Refuse what could not even be shown in an error."""
    level: list[object] = [tables]
    for _depth in range(MAX_DEPTH):
        inner: list[object] = []
        for value in level:
            if isinstance(value, dict):
                inner += value.values()
            elif isinstance(value, list):
                inner += value
            elif isinstance(value, int) and not -MAX_INT <= value < MAX_INT:
                raise TomlError("a whole number is beyond 64 bits")
        if not inner:
            return
        level = inner
    raise TomlError(f"nested deeper than {MAX_DEPTH} levels")


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text} is out of every range") from None
