"""What funding would earn and what it has cost: the best pair of each coin, and each account's payments."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import ClassVar

from cockpit.link.rows import ZERO, FundingRow, PositionRow
from cockpit.link.store import Store
from widgets import format as fmt
from widgets.carry import Carry, best_carry, by_coin
from widgets.columns import Column, Row
from widgets.funding_matrix import countdown
from widgets.i18n import N_, _
from widgets.modes import account_cell
from widgets.paint import Cell, cell
from widgets.panel import Panel, View

DAY_S = 86_400
ALL = "*"
"""Key of the sum's row: no account is called so."""


class CarryPanel(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset({"funding", "spreads", "accounts"})
    SPILLS = True

    def __init__(self) -> None:
        super().__init__(
            (
                Column(N_("coin"), 4, left=True),
                Column(N_("long"), 8, left=True),
                Column(N_("short"), 8, left=True),
                Column(N_("a year"), 7),
                Column(N_("after costs"), 7),
                Column(N_("even in"), 6, keep=1),
                Column(N_("gap"), 7, keep=2),
                Column(N_("costs bps"), 6, keep=3),
            ),
            title=f"[b]2[/b] {N_('Best carry')}",
            empty=(N_("No pair yet."), N_("Two accounts with funding in one coin make one.")),
            mark=True,
            id="carry",
        )
        self.coin = ""
        """Only this one; empty: all."""
        self.leverage = 3
        """On both accounts."""
        self.hold_days = 7

    def reckon(self, *, coin: str, leverage: int, hold_days: int) -> None:
        """Show returns for another coin, leverage or holding time."""
        self.coin, self.leverage, self.hold_days = coin, leverage, hold_days
        self.rebuild()

    @property
    def terms(self) -> str:
        """What the returns are reckoned with, for the title."""
        return _("{leverage}x on both margins, held {days} d").format(leverage=self.leverage, days=self.hold_days)

    def build(self, view: View) -> list[Row]:
        coins = by_coin(row for row in view.store.funding.values() if not self.coin or row.base == self.coin)
        found = [best_carry(markets, view.store.spreads) for markets in coins.values()]
        pairs = sorted((pair for pair in found if pair), key=lambda pair: (-pair.gap, pair.coin))
        return [self._row(view.store, pair) for pair in pairs]

    def _row(self, store: Store, pair: Carry) -> Row:
        gross, net = pair.gross(self.leverage), pair.net(self.leverage, self.hold_days)
        even = pair.even_days
        return Row(
            pair.coin,
            (
                cell(pair.coin, "bright"),
                account_cell(store, pair.long.account),
                account_cell(store, pair.short.account),
                cell(fmt.percent(gross, 1, signed=True), fmt.tone(gross)),
                cell(fmt.percent(net, 1, signed=True), fmt.tone(net)),
                cell(fmt.NONE if even is None else _("{days} d").format(days=f"{even:.1f}"), "text"),
                cell(fmt.percent(pair.gap, 1, signed=True), "dim"),
                cell(fmt.bps(pair.cost_bps), "dim"),
            ),
            sort=(None, None, None, gross, net, even, pair.gap, pair.cost_bps),
        )


def per_day(positions: Iterable[PositionRow], funding: Iterable[FundingRow]) -> Decimal:
    """USD that the open positions of one account would pay in a day at the rates of now; received is negative:
    `Σ base quantity · mark · rate · 86,400 / interval`."""
    rates = {row.symbol: row for row in funding}
    total = ZERO
    for position in positions:
        row = rates.get(position.symbol)
        if row is not None and row.interval_s > 0:
            total += position.base_qty * position.mark * row.rate * DAY_S / row.interval_s
    return total


class AccruedPanel(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset({"funding", "positions", "accounts", "second"})

    def __init__(self) -> None:
        super().__init__(
            (
                Column(N_("account"), 8, left=True),
                Column(N_("paid USD"), 8),
                Column(N_("a day, USD"), 8),
                Column(N_("next"), 6),
                Column(N_("markets"), 4, keep=1),
            ),
            title="[b]3[/b] " + N_("Funding by account, paid is plus"),
            empty=(N_("No funding yet."), N_("What each account pays and receives shows here.")),
            id="accrued",
        )

    def build(self, view: View) -> list[Row]:
        store = view.store
        rows: list[Row] = []
        paid = daily = ZERO
        for name in store.accounts:
            funding = [row for row in store.funding.values() if row.account == name]
            if not funding:
                continue
            own = sum((row.accrued_usd for row in funding), ZERO)
            day = per_day((row for row in store.positions.values() if row.account == name), funding)
            paid, daily = paid + own, daily + day
            soonest = countdown(min(row.next_ts for row in funding), view)
            cells = (cell(soonest), cell(str(len(funding)), "dim"))
            rows.append(Row(name, (account_cell(store, name), *self._costs(own, day), *cells)))
        if len(rows) > 1:
            nothing = cell(fmt.NONE, "dim")
            rows.append(Row(ALL, (cell(_("all"), "bright"), *self._costs(paid, daily), nothing, nothing)))
        return rows

    def _costs(self, *values: Decimal) -> list[Cell]:
        return [cell(fmt.usd(value, signed=True), fmt.cost_tone(value)) for value in values]
