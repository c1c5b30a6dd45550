"""The dialects there are. A dialect's module is imported when it is asked for, and not before."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from venues.paper.spec import SpecError
from venues.served.dialect import DialectFactory

MODULES: Mapping[str, str] = MappingProxyType(
    {
        "binanceusdm": "venues.served.binanceusdm",
        "hyperliquid": "venues.served.hyperliquid",
        "lighter": "venues.served.lighter",
    }
)
"""Name to the module whose `DIALECT` makes it."""


def dialect_factory(name: str) -> DialectFactory:
    """Raises `SpecError` for a name that is not there."""
    if name not in MODULES:
        raise SpecError(f"dialect {name!r}: expected one of {', '.join(sorted(MODULES))}")
    factory: DialectFactory = import_module(MODULES[name]).DIALECT
    return factory
