"""Tables of a scenario file to typed values; whatever does not fit is told with file, place, field, value and cure."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, NewType, TypeVar

import msgspec

AccountName = NewType("AccountName", str)
"""An account of the scenario's cast."""
LoopName = NewType("LoopName", str)
MarkName = NewType("MarkName", str)
"""A moment that an earlier step has named."""

S = TypeVar("S", bound=msgspec.Struct)
LONGEST = 80


class ScenarioError(ValueError):
    """A scenario file that cannot be used; the text names place, field, value and what would be right."""


class Names(msgspec.Struct):
    """What a field may refer to."""

    accounts: Iterable[str] = ()
    loops: Iterable[str] = ()
    marks: Iterable[str] = ()

    def of(self, hint: object) -> tuple[str, Iterable[str]] | None:
        """(what it is, the names there are) for a field that refers to something."""
        kinds: dict[object, tuple[str, Iterable[str]]] = {
            AccountName: ("an account of the cast", self.accounts),
            LoopName: ("a loop of the scenario", self.loops),
            MarkName: ("a mark that an earlier step made", self.marks),
        }
        return kinds.get(hint)


def wrong(where: str, field: str, value: object, expected: str) -> ScenarioError:
    """`where` ends without a full stop: file and step."""
    shown = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    if len(shown) > LONGEST:
        shown = shown[:LONGEST] + "…"
    return ScenarioError(f"{where}: {field} = {shown}: expected {expected}")


def read_struct(where: str, kind: type[S], raw: object, names: Names) -> S:
    """A table as a struct. Raises `ScenarioError` for unknown, missing and impossible fields."""
    if not isinstance(raw, Mapping):
        raise ScenarioError(f"{where}: {raw!r} is not a table; expected one with {_fields(kind)}")
    known = {info.name: info for info in msgspec.structs.fields(kind)}
    hints = typing.get_type_hints(kind)
    for name in raw:
        if name not in known:
            raise wrong(where, str(name), raw[name], f"a field that exists: {_fields(kind)}")
    for name, info in known.items():
        if info.required and name not in raw:
            raise ScenarioError(f"{where}: {name} is missing: expected {_expected(hints[name], names)}")
    return kind(**{name: read_value(where, name, hints[name], value, names) for name, value in raw.items()})


def _fields(kind: type[msgspec.Struct]) -> str:
    return ", ".join(info.name for info in msgspec.structs.fields(kind)) or "no fields at all"


def read_value(where: str, field: str, hint: Any, value: object, names: Names) -> Any:
    """One value; raises `ScenarioError`."""
    read = _convert(hint, value, names)
    if read is None:
        raise wrong(where, field, value, _expected(hint, names))
    return read[0]


def _convert(hint: Any, value: object, names: Names) -> tuple[Any] | None:
    """The value in a tuple; None where it does not fit."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        inner = next(arg for arg in typing.get_args(hint) if arg is not type(None))
        return _convert(inner, value, names)
    reference = names.of(hint)
    if reference is not None:
        return (value,) if value in tuple(reference[1]) else None
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        items = [_convert(inner, item, names) for item in value] if isinstance(value, list) else [None]
        return None if None in items else (tuple(item[0] for item in items if item is not None),)
    if typing.get_origin(hint) is dict:
        return _texts(value)
    if hint is Decimal:
        number = isinstance(value, (int, Decimal)) and not isinstance(value, bool)
        return (Decimal(str(value)),) if number else None
    if hint is int:
        return (value,) if isinstance(value, int) and not isinstance(value, bool) else None
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return (hint(value),) if isinstance(value, str) and value in tuple(hint) else None
    return (value,) if isinstance(value, hint) else None


def _texts(value: object) -> tuple[dict[str, str]] | None:
    """Parameters as an operator types them: `size = "0.5"` and `size = 0.5` are the same."""
    if not isinstance(value, Mapping):
        return None
    if not all(isinstance(item, (str, int, Decimal)) for item in value.values()):
        return None
    return ({str(key): str(item).lower() if isinstance(item, bool) else str(item) for key, item in value.items()},)


def _expected(hint: Any, names: Names) -> str:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return _expected(next(arg for arg in typing.get_args(hint) if arg is not type(None)), names)
    reference = names.of(hint)
    if reference is not None:
        what, there = reference
        return f"{what}: {', '.join(there) or 'there is none'}"
    if typing.get_origin(hint) is tuple:
        return f"a list, each of it {_expected(typing.get_args(hint)[0], names)}"
    if typing.get_origin(hint) is dict:
        return "a table of texts and numbers"
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return "one of " + ", ".join(hint)
    words = {Decimal: "a number", int: "a whole number", bool: "true or false", str: "a text"}
    return words.get(hint, "a value of that kind")
