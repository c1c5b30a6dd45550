"""Which markets of two venues are the same coin, although one may count it by the thousand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from venues.model import Instrument, InstrumentError

MAX_APART = Decimal("0.02")
"""Mids of one coin on two venues differ by less, but for minutes of panic; by more, it is not the same coin."""

_MULTIPLIED = re.compile(r"(1M|10{2,6}|k|m)([A-Z][A-Z0-9]*)")
_FACTORS: Mapping[str, int] = {"k": 1000, "m": 1_000_000, "1M": 1_000_000}
_SAME: Mapping[str, str] = {"XBT": "BTC", "WBTC": "BTC", "WETH": "ETH", "MATIC": "POL"}
_NO_MULTIPLE = frozenset({"1INCH", "1000X", "10000SATS"})
"""Names that begin like a multiple and are none."""
_CAPITAL_K = frozenset({"KBONK", "KFLOKI", "KLUNC", "KNEIRO", "KPEPE", "KSHIB"})
"""Multiples written with a capital (GRVT); elsewhere a capital K begins a name (KAVA, KSM)."""


class Coin(msgspec.Struct, frozen=True):
    """What a venue's name of a coin means."""

    name: str
    multiple: int
    """Coins in one unit of the venue's market."""


def coin_of(base: str) -> Coin:
    """`kPEPE`, `1000PEPE` and `1MBABYDOGE` as PEPE and BABYDOGE with their multiples.

    Raises `ValueError` for an empty name."""
    if not base:
        raise ValueError("base coin is empty")
    if base in _CAPITAL_K:
        return Coin(base[1:], 1000)
    found = None if base in _NO_MULTIPLE else _MULTIPLIED.fullmatch(base)
    if found is None:
        return Coin(_SAME.get(base, base), 1)
    prefix, name = found.groups()
    return Coin(_SAME.get(name, name), _FACTORS.get(prefix) or int(prefix))


def unit_of(base: str) -> str:
    """One name for the unit that a market counts in: `1000PEPE` for `kPEPE`, `BTC` for `XBT`."""
    coin = coin_of(base)
    return coin.name if coin.multiple == 1 else f"{coin.multiple}{coin.name}"


def named_alike(instrument: Instrument) -> Instrument:
    """The instrument with its base named by `unit_of`, so that base quantities of two venues compare where the names
    of their bases are equal.

    The unit stays what the venue's price is for. It cannot be made one coin by `contract_size` alone, for then value
    and profit, which multiply by the price too, would be wrong by the multiple."""
    unit = unit_of(instrument.base)
    return instrument if unit == instrument.base else msgspec.structs.replace(instrument, base=unit)


class SymbolMap:
    """The markets of one venue by coin."""

    def __init__(self, venue: str, instruments: Iterable[Instrument]) -> None:
        self._venue = venue
        self._by_coin: dict[str, list[Instrument]] = {}
        for instrument in instruments:
            self._by_coin.setdefault(coin_of(instrument.base).name, []).append(instrument)

    def find(self, coin: str, *, quote: str = "") -> Instrument:
        """The market of `coin` (however its name is written), of this quote where there are several. Raises
        `InstrumentError` where there is none, or more than one to choose from."""
        wanted = coin_of(coin).name
        found = [item for item in self._by_coin.get(wanted, ()) if not quote or item.quote == quote]
        if len(found) == 1:
            return found[0]
        if not found:
            near = ", ".join(sorted(self._by_coin)) or "none"
            where = f" in {quote}" if quote else ""
            raise InstrumentError(f"{self._venue} has no market of {wanted}{where}; it has: {near}")
        names = ", ".join(item.symbol for item in found)
        raise InstrumentError(f"{self._venue} has several markets of {wanted}: {names}; name one of them")


def coin_price(instrument: Instrument, mid: Decimal) -> Decimal:
    """Quote currency for one coin, from the mid of a market that may count multiples. Raises `InstrumentError`."""
    if not mid.is_finite() or mid <= 0:
        raise InstrumentError(f"{instrument.symbol}: mid is {mid}, must be above 0")
    return mid / coin_of(instrument.base).multiple


def check_pair(a: Instrument, mid_a: Decimal, b: Instrument, mid_b: Decimal) -> None:
    """Raise `InstrumentError` where two markets are not the same coin in the same unit: their names, their units or
    their mids say so. Mids of one coin may differ by 2 % of the lower."""
    coin_a, coin_b = coin_of(a.base), coin_of(b.base)
    if coin_a.name != coin_b.name:
        raise InstrumentError(f"{a.symbol} is {coin_a.name} and {b.symbol} is {coin_b.name}; a pair needs one coin")
    one_a, one_b = coin_price(a, mid_a), coin_price(b, mid_b)
    low, high = min(one_a, one_b), max(one_a, one_b)
    if high - low > MAX_APART * low:
        raise InstrumentError(
            f"{a.symbol} is at {mid_a:f} and {b.symbol} at {mid_b:f}: {(high / low - 1) * 100:.1f} % apart per "
            f"{coin_a.name}; the same coin would be within {MAX_APART * 100:.0f} %{_guess(one_a, one_b)}"
        )
    if coin_a.multiple != coin_b.multiple:
        raise InstrumentError(
            f"{a.symbol} counts {coin_a.multiple} {coin_a.name} a unit and {b.symbol} counts {coin_b.multiple}; a pair "
            "needs markets that count alike"
        )


def _guess(one_a: Decimal, one_b: Decimal) -> str:
    """A hint where the two are a power of ten apart, as a wrong multiple makes them."""
    ratio = max(one_a, one_b) / min(one_a, one_b)
    for power in range(1, 10):
        factor = Decimal(10) ** power
        if abs(ratio / factor - 1) <= MAX_APART:
            return f"; they are {factor:f} apart, as where one counts its coins by {factor:f}"
    return ""
