"""Parameters of a strategy: frozen structs whose fields carry unit, bounds, step and whether they change live.

One description serves the command line, the launch form, the live tweaks and the docs.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

import msgspec


class ParamError(ValueError):
    """A parameter that cannot be taken: which, what came and what would be right."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        super().__init__(f"{field}: {value!r} is not valid; expected {expected}")
        self.field = field
        self.value = value
        self.expected = expected


class Param(msgspec.Struct, frozen=True):
    """What `Annotated[type, Param(...)]` says of a field."""

    doc: str
    unit: str = ""
    ge: Decimal | None = None
    gt: Decimal | None = None
    le: Decimal | None = None
    step: Decimal | None = None
    live: bool = False
    """May be changed while the loop runs; takes effect at its next safe point."""


class ParamSpec(msgspec.Struct, frozen=True):
    """One parameter as a client sees it: everything a form needs."""

    name: str
    kind: str
    """`decimal`, `int`, `bool`, `text` or `choice`."""
    default: str | None
    """As typed; None where the parameter is required."""
    doc: str
    unit: str
    bounds: str
    step: str
    live: bool
    choices: tuple[str, ...] = ()


P = TypeVar("P", bound=msgspec.Struct)


def _hints(params_type: type[msgspec.Struct]) -> dict[str, tuple[type, Param]]:
    """Field name to its type and its description, in the order of the class body."""
    out: dict[str, tuple[type, Param]] = {}
    hints = typing.get_type_hints(params_type, include_extras=True)
    for name in params_type.__struct_fields__:
        annotated = hints[name]
        kind, param = typing.get_args(annotated)[:2]
        out[name] = (kind, param)
    return out


def bounds_text(param: Param) -> str:
    """The bounds in words a person reads: `> 0, <= 50`."""
    parts = []
    if param.gt is not None:
        parts.append(f"> {param.gt}")
    if param.ge is not None:
        parts.append(f">= {param.ge}")
    if param.le is not None:
        parts.append(f"<= {param.le}")
    return ", ".join(parts)


def _expected(kind: type, param: Param) -> str:
    if kind is bool:
        return "yes or no"
    if issubclass(kind, StrEnum):
        return "one of " + ", ".join(kind)
    noun = {Decimal: "a number", int: "a whole number"}.get(kind, "text")
    bounds = bounds_text(param)
    unit = f" ({param.unit})" if param.unit else ""
    return noun + (f" {bounds}" if bounds else "") + unit


_YES = {"yes": True, "true": True, "1": True, "on": True, "no": False, "false": False, "0": False, "off": False}


def parse_value(name: str, kind: type, param: Param, raw: object) -> Any:
    """One value from text (or from a value of the right type). Raises `ParamError`."""
    expected = _expected(kind, param)
    if kind is str:
        return str(raw)
    if kind is bool:
        flag = _YES.get(str(raw).strip().lower())
        if flag is None:
            raise ParamError(name, raw, expected)
        return flag
    if issubclass(kind, StrEnum):
        try:
            return kind(str(raw).strip().lower())
        except ValueError:
            raise ParamError(name, raw, expected) from None
    try:
        number = Decimal(str(raw).strip())
    except InvalidOperation:
        raise ParamError(name, raw, expected) from None
    if not number.is_finite() or (kind is int and number != number.to_integral_value()):
        raise ParamError(name, raw, expected)
    low = (param.gt is not None and number <= param.gt) or (param.ge is not None and number < param.ge)
    if low or (param.le is not None and number > param.le):
        raise ParamError(name, raw, expected)
    return int(number) if kind is int else number


def parse_params(params_type: type[P], raw: Mapping[str, object]) -> P:
    """A whole set from text, defaults filled in. Raises `ParamError` for an unknown, missing or impossible value."""
    hints = _hints(params_type)
    for name in raw:
        if name not in hints:
            raise ParamError(name, raw[name], "a parameter that exists: " + ", ".join(hints))
    values = {name: parse_value(name, kind, param, raw[name]) for name, (kind, param) in hints.items() if name in raw}
    for info in msgspec.structs.fields(params_type):
        if info.required and info.name not in values:
            kind, param = hints[info.name]
            raise ParamError(info.name, "", _expected(kind, param) + " (it is required)")
    return params_type(**values)


def change_params(params: P, changes: Mapping[str, object]) -> P:
    """`params` with live changes, validated as a whole. Raises `ParamError`; `params` itself never changes."""
    hints = _hints(type(params))
    live = [name for name, (_kind, param) in hints.items() if param.live]
    values: dict[str, Any] = {}
    for name, raw in changes.items():
        if name not in hints:
            raise ParamError(name, raw, "a parameter that exists: " + ", ".join(live))
        kind, param = hints[name]
        if not param.live:
            raise ParamError(name, raw, "no change: it is fixed at launch; live are " + ", ".join(live))
        values[name] = parse_value(name, kind, param, raw)
    return msgspec.structs.replace(params, **values)


def text_of(value: object) -> str:
    """A value as it would be typed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def as_text(params: msgspec.Struct) -> dict[str, str]:
    """Every parameter as it would be typed; `parse_params` of it gives the same set."""
    return {name: text_of(getattr(params, name)) for name in params.__struct_fields__}


def specs(params_type: type[msgspec.Struct]) -> tuple[ParamSpec, ...]:
    """What a form, a help page and the command line show."""
    out = []
    fields = {info.name: info for info in msgspec.structs.fields(params_type)}
    for name, (kind, param) in _hints(params_type).items():
        info = fields[name]
        choice = issubclass(kind, StrEnum)
        out.append(
            ParamSpec(
                name=name,
                kind="choice" if choice else {Decimal: "decimal", int: "int", bool: "bool"}.get(kind, "text"),
                default=None if info.required else text_of(info.default),
                doc=param.doc,
                unit=param.unit,
                bounds=bounds_text(param),
                step="" if param.step is None else text_of(param.step),
                live=param.live,
                choices=tuple(str(member) for member in kind) if issubclass(kind, StrEnum) else (),
            )
        )
    return tuple(out)
