"""Markets as Lighter names them: a number, and decimals for prices and sizes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from venues.paper.spec import SpecError
from venues.served.house import HouseMarket
from venues.served.lighter_errors import INVALID_MARKET, LighterError

NUMBERS = {"ETH": 0, "BTC": 1, "SOL": 2}
"""As on the venue; other coins follow in the order of the markets."""


class LighterMarket:
    """One perpetual. Prices and sizes in transactions are whole numbers of 10^-decimals."""

    def __init__(self, number: int, house: HouseMarket) -> None:
        self.number = number
        self.house = house
        self.instrument = house.instrument
        self.price_decimals = _decimals(self.instrument.tick)
        self.size_decimals = _decimals(self.instrument.lot)

    @property
    def symbol(self) -> str:
        return self.instrument.base

    def price(self, scaled: int) -> Decimal:
        return Decimal(scaled).scaleb(-self.price_decimals)

    def size(self, scaled: int) -> Decimal:
        return Decimal(scaled).scaleb(-self.size_decimals)

    def scaled_price(self, price: Decimal) -> int:
        return int(price.scaleb(self.price_decimals))

    def scaled_size(self, size: Decimal) -> int:
        return int(size.scaleb(self.size_decimals))

    def price_text(self, price: Decimal) -> str:
        return f"{price:.{self.price_decimals}f}"

    def size_text(self, size: Decimal) -> str:
        return f"{size:.{self.size_decimals}f}"

    def mark(self) -> Decimal:
        """0 before there was one."""
        return self.house.mark() or Decimal(0)


class LighterMarkets:
    """Raises `SpecError` for a market that the venue could not have."""

    def __init__(self, markets: Iterable[HouseMarket]) -> None:
        self._by_number: dict[int, LighterMarket] = {}
        self._by_symbol: dict[str, LighterMarket] = {}
        free = len(NUMBERS)
        for house in markets:
            base = house.instrument.base
            number = NUMBERS.get(base)
            if number is None:
                number, free = free, free + 1
            if number in self._by_number:
                raise SpecError(f"lighter: two markets of {base}: expected one of each coin")
            market = LighterMarket(number, house)
            self._by_number[number] = self._by_symbol[house.symbol] = market

    def __iter__(self) -> Iterator[LighterMarket]:
        return iter([self._by_number[number] for number in sorted(self._by_number)])

    def get(self, number: int) -> LighterMarket | None:
        return self._by_number.get(number)

    def by_number(self, number: int) -> LighterMarket:
        """Raises `LighterError`."""
        market = self._by_number.get(number)
        if market is None:
            raise LighterError(INVALID_MARKET, "invalid market index")
        return market

    def by_symbol(self, symbol: str) -> LighterMarket:
        """By the paper exchange's symbol."""
        return self._by_symbol[symbol]


def _decimals(step: Decimal) -> int:
    """Decimals that hold whole steps."""
    exponent = step.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)
