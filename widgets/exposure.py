"""What all accounts hold together: net and gross by coin, and the account that is closest to trouble."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from cockpit.link.rows import ZERO, AccountRow, PositionRow, WearRow


@dataclass(frozen=True, slots=True)
class Exposure:
    """Positions in one coin over all accounts."""

    coin: str
    net_base: Decimal
    """Signed, base coin."""
    long_usd: Decimal
    short_usd: Decimal
    """Both positive, at each position's own mark."""
    accounts: int
    """How many hold any."""

    @property
    def net_usd(self) -> Decimal:
        """Longs less shorts. Two venues' marks differ, so this is seldom zero where `net_base` is."""
        return self.long_usd - self.short_usd

    @property
    def gross_usd(self) -> Decimal:
        return self.long_usd + self.short_usd


def by_coin(positions: Iterable[PositionRow]) -> list[Exposure]:
    """One line a coin, the largest gross first; coins that are flat everywhere are left out."""
    held: dict[str, list[PositionRow]] = {}
    for row in positions:
        if row.base_qty:
            held.setdefault(row.base, []).append(row)
    lines = []
    for coin, rows in held.items():
        net, gross = net_and_gross(rows)
        base = sum((row.base_qty for row in rows), ZERO)
        lines.append(Exposure(coin, base, (gross + net) / 2, (gross - net) / 2, len({row.account for row in rows})))
    return sorted(lines, key=lambda line: (-line.gross_usd, line.coin))


def net_and_gross(positions: Iterable[PositionRow]) -> tuple[Decimal, Decimal]:
    """Signed and absolute USD over all positions, at each position's mark."""
    net = gross = ZERO
    for row in positions:
        value = row.base_qty * row.mark
        net += value
        gross += abs(value)
    return net, gross


def worst_margin(accounts: Iterable[AccountRow]) -> AccountRow | None:
    """The account nearest to liquidation; None while no venue has told a margin ratio."""
    known = [row for row in accounts if row.margin_ratio is not None]
    return max(known, key=lambda row: row.margin_ratio or 0.0, default=None)


def equity(accounts: Iterable[AccountRow]) -> Decimal | None:
    """USD over the accounts that have answered; None while none has."""
    known = [row.equity_usd for row in accounts if row.equity_usd is not None]
    return sum(known, ZERO) if known else None


def todays_wear(rows: Iterable[WearRow]) -> WearRow | None:
    """Wear of the newest day, or of everything where the desk counts no days."""
    days, total = [], None
    for row in rows:
        if row.scope == "day":
            days.append(row)
        elif row.scope == "total":
            total = row
    return max(days, key=lambda row: row.name) if days else total


def profit(row: WearRow) -> Decimal:
    """What equity gained beside deposits and withdrawals, USD: −(wear + unexplained), by the definition of
    unexplained (docs/wear.md)."""
    return -(row.wear_usd + row.unexplained_usd)
