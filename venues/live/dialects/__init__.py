"""The venues that ccxt reaches, one file each. Looking one up imports its file; nothing here imports ccxt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from venues.live.dialect import Dialect

_CLASSES = {
    "apex": "Apex",
    "aster": "Aster",
    "backpack": "Backpack",
    "binanceusdm": "BinanceUsdm",
    "bybit": "Bybit",
    "dydx": "Dydx",
    "extended": "Extended",
    "grvt": "Grvt",
    "hyperliquid": "Hyperliquid",
    "lighter": "Lighter",
    "okx": "Okx",
    "paradex": "Paradex",
    "polymarket": "Polymarket",
}
"""The name in the configuration, which is that of the file, and the class in it."""


class _Dialects(Mapping[str, type[Dialect]]):
    def __getitem__(self, name: str) -> type[Dialect]:
        wanted = _CLASSES[name]
        found = getattr(import_module(f"{__name__}.{name}"), wanted)
        if not (isinstance(found, type) and issubclass(found, Dialect)):
            raise TypeError(f"venues/live/dialects/{name}.py: {wanted} is no Dialect")
        return found

    def __contains__(self, name: object) -> bool:
        return name in _CLASSES

    def __iter__(self) -> Iterator[str]:
        return iter(_CLASSES)

    def __len__(self) -> int:
        return len(_CLASSES)


DIALECTS: Mapping[str, type[Dialect]] = _Dialects()
"""A name that is not there raises `KeyError`; a class whose `refused` is not empty cannot be traded, and says why."""
