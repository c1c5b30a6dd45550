"""`[deleverage]` of the configuration: the stages in which accounts that near their liquidation are cut."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from cockpit.desk.deleverage import Stages, check
from strategies.params import Param, ParamError, parse_value

D = Decimal

LISTS = ("distance_pct", "margin_pct", "cut_pct", "beyond_pct")
"""One number for each stage."""
PERCENT = Param("", unit="%", gt=D(0), le=D(100))
SINGLE: dict[str, tuple[type, Param]] = {
    "enabled": (bool, Param("Whether pairs are cut before their venue liquidates them")),
    "rearm_pct": (D, Param("By how much a stage must be cleared to end", unit="%", gt=D(0), le=D(500))),
    "early": (D, Param("How much earlier a losing leg is cut whose pair is out of reach", ge=D(1), le=D(5))),
    "early_s": (D, Param("After how long out of reach", unit="s", ge=D(15), le=D(86_400))),
}
FIELDS = (*SINGLE, *LISTS)


def parse_stages(table: Mapping[str, object]) -> Stages:
    """The stages of a table that holds none but `FIELDS`. Raises `ParamError`."""
    values: dict[str, Any] = {}
    for name, raw in table.items():
        if name in SINGLE:
            if isinstance(raw, (dict, list)):
                raise ParamError(name, raw, "a single value")
            kind, param = SINGLE[name]
            values[name] = parse_value(name, kind, param, raw)
        else:
            values[name] = _numbers(name, raw)
    stages = Stages(**values)
    wrong = check(stages)
    if wrong is not None:
        field, _found, expected = wrong
        raise ParamError(field, table.get(field), expected)
    return stages


def _numbers(name: str, raw: object) -> tuple[Decimal, ...]:
    expected = "a list of percentages, one for each stage, like [15, 10, 6]"
    if not isinstance(raw, list):
        raise ParamError(name, raw, expected)
    try:
        return tuple(parse_value(name, D, PERCENT, each) for each in raw)
    except ParamError as error:
        raise ParamError(name, raw, f"{expected}: each {error.expected}") from None
