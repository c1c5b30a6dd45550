"""Funding carry: long where funding is lowest, short where it is highest, and what that returns on both margins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cockpit.link.rows import FundingRow, SpreadRow
from widgets.edges import round_trip_bps

DAYS_A_YEAR = 365
HOLDS = (1, 3, 7, 14, 30, 90)
"""Days a pair may be held, as the operator walks through them."""
LEAST_LEVERAGE, MOST_LEVERAGE = 1, 10


@dataclass(frozen=True, slots=True)
class Carry:
    """A pair in one coin; funding is received on the short where its rate is positive, and paid on the long."""

    coin: str
    long: FundingRow
    short: FundingRow
    cost_bps: float | None
    """Of entering and leaving, bps of one leg's notional; None while no spread of the two is known."""

    @property
    def gap(self) -> float:
        """Yearly rate at the short's venue less that at the long's: a fraction of one leg's notional."""
        return self.short.annualised - self.long.annualised

    def gross(self, leverage: float) -> float:
        """Yearly return on the sum of both margins, before costs: `gap · leverage / 2`.

        One leg of notional N earns `gap · N` a year, and each of the two margins is `N / leverage`."""
        return self.gap * leverage / 2

    def net(self, leverage: float, hold_days: float) -> float | None:
        """The same after entering and leaving once every `hold_days`:
        `(gap − cost / 10,000 · 365 / hold_days) · leverage / 2`. None while the cost is not known."""
        if self.cost_bps is None:
            return None
        return (self.gap - self.cost_bps / 10_000 * DAYS_A_YEAR / hold_days) * leverage / 2

    @property
    def even_days(self) -> float | None:
        """Days after which funding has paid for entering and leaving: `cost / 10,000 · 365 / gap`; 0 where they pay.
        None while the cost is not known or nothing is earned."""
        if self.cost_bps is None or self.gap <= 0:
            return None
        return max(0.0, self.cost_bps / 10_000 * DAYS_A_YEAR / self.gap)


def by_coin(rows: Iterable[FundingRow]) -> dict[str, list[FundingRow]]:
    """Coins in their order, each with its markets from the highest yearly rate to the lowest."""
    coins: dict[str, list[FundingRow]] = {}
    for row in rows:
        coins.setdefault(row.base, []).append(row)
    return {
        coin: sorted(coins[coin], key=lambda row: (-row.annualised, row.account, row.symbol)) for coin in sorted(coins)
    }


def best_carry(markets: Iterable[FundingRow], spreads: Mapping[str, SpreadRow]) -> Carry | None:
    """The pair of two accounts with the largest gap in one coin; None where fewer than two accounts trade it."""
    ordered = sorted(markets, key=lambda row: (row.account, row.symbol))
    pairs = [(short, long) for short in ordered for long in ordered if long.account != short.account]
    if not pairs:
        return None
    short, long = max(pairs, key=lambda pair: pair[0].annualised - pair[1].annualised)
    return Carry(short.base, long, short, cost_of(short.base, long.account, short.account, spreads))


def cost_of(coin: str, long: str, short: str, spreads: Mapping[str, SpreadRow]) -> float | None:
    """Bps of entering and leaving with the cheaper of the two accounts as maker; None where no spread is known."""
    costs = [
        cost
        for key in (f"{coin}/{long}/{short}", f"{coin}/{short}/{long}")
        if (row := spreads.get(key)) is not None and (cost := round_trip_bps(row)) is not None
    ]
    return min(costs, default=None)
