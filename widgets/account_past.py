"""What an account has traded, owns, and was paid: fills, balances, funding."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from cockpit.link.answers import AccountSheet, BalanceLine, FillLine, FundingLine
from cockpit.link.rows import FundingRow
from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.drawing import NS, About, Told
from widgets.i18n import N_, _
from widgets.paint import cell
from widgets.panel import View
from widgets.words import word

LARGE = 1000
"""Coins from which two decimals are enough."""


class FillsPanel(About):
    TABLES: ClassVar[frozenset[str]] = frozenset({"second"})
    SPILLS: ClassVar[bool] = True

    def __init__(self, told: Told[AccountSheet]) -> None:
        super().__init__(
            (
                Column("UTC", 8, left=True),
                Column(N_("market"), 8, left=True),
                Column(N_("side"), 4, left=True),
                Column(N_("qty"), 6),
                Column(N_("price"), 8),
                Column(N_("fee USD"), 7),
                Column(N_("liquidity"), 6, left=True, keep=2),
                Column(N_("loop"), 6, left=True, keep=1),
                Column(N_("role"), 6, left=True, keep=3),
                Column(N_("fee"), 7, keep=5),
                Column(N_("trade id"), 8, left=True, keep=6),
                Column(N_("client order id"), 12, left=True, keep=4),
            ),
            title="[b]4[/b] " + N_("Fills"),
            empty=(N_("No fill yet."), N_("Executions stand here as they were booked, the newest on top.")),
            mark=True,
            id="fills",
        )
        self.told = told

    def build(self, view: View) -> list[Row]:
        sheet = self.told.value
        rows = [self._row(line) for line in sheet.fills] if sheet is not None else []
        note = self.told.note(view.now_ns)
        return [Row("#note", line=note), *rows] if note else rows

    def order_of(self, key: str) -> str:
        """The client order id of a row; empty where it has none."""
        return key.partition("/")[0]

    def _row(self, line: FillLine) -> Row:
        return Row(
            f"{line.client_order_id}/{line.trade_id}",
            (
                cell(fmt.utc(line.ts), "dim"),
                cell(line.symbol, "bright"),
                cell(word("side", line.side.value), "up" if line.side.sign > 0 else "down"),
                cell(fmt.qty(line.qty)),
                cell(fmt.price(line.price)),
                cell(fmt.usd(line.fee_usd), fmt.cost_tone(line.fee_usd)),
                cell(word("leg", line.liquidity.value), "dim"),
                cell(line.loop or fmt.NONE, "dim"),
                cell(word("role", line.role)),
                cell(f"{fmt.qty(line.fee)} {line.fee_asset}", "dim"),
                cell(line.trade_id, "dim"),
                cell(line.client_order_id or fmt.NONE, "dim"),
            ),
        )


class BalancesPanel(About):
    TABLES: ClassVar[frozenset[str]] = frozenset({"second"})

    def __init__(self, told: Told[AccountSheet]) -> None:
        super().__init__(
            (Column(N_("coin"), 6, left=True), Column(N_("cash"), 12), Column("USD", 12)),
            title="[b]5[/b] " + N_("Balances"),
            empty=(N_("No balance is known."), N_("Each coin of the account stands here once its venue has answered.")),
            id="balances",
        )
        self.told = told

    def build(self, view: View) -> list[Row]:
        sheet = self.told.value
        rows = [self._row(line) for line in sheet.balances] if sheet is not None else []
        note = self.told.note(view.now_ns)
        return [Row("#note", line=note), *rows] if note else rows

    def _row(self, line: BalanceLine) -> Row:
        return Row(
            line.asset,
            (
                cell(line.asset, "bright"),
                cell(fmt.usd(line.cash) if abs(line.cash) >= LARGE else fmt.qty(line.cash)),
                cell(fmt.usd(line.usd), "dim"),
            ),
        )


class PaidFundingPanel(About):
    """Funding of an account's markets: the rate of now, and what was paid since its books were opened."""

    TABLES: ClassVar[frozenset[str]] = frozenset({"funding", "second"})
    SPILLS: ClassVar[bool] = True

    def __init__(self, told: Told[AccountSheet]) -> None:
        super().__init__(
            (
                Column(N_("market"), 8, left=True),
                Column(N_("paid USD"), 8),
                Column(N_("payments"), 5, keep=2),
                Column(N_("last"), 8, keep=3),
                Column(N_("rate %"), 8, keep=4),
                Column(N_("yearly"), 7),
                Column(N_("next"), 6, keep=1),
            ),
            title="[b]6[/b] " + N_("Funding, paid is plus"),
            empty=(N_("No funding yet."), N_("Markets with a rate or a payment stand here.")),
            id="accrued",
        )
        self.told = told

    def build(self, view: View) -> list[Row]:
        sheet = self.told.value
        paid = {line.symbol: line for line in sheet.funding} if sheet is not None else {}
        rates = {row.symbol: row for row in view.store.funding.values() if row.account == self.subject}
        symbols = sorted(paid.keys() | rates.keys())
        rows = [self._row(name, paid.get(name), rates.get(name), view.now_ns) for name in symbols]
        if paid:
            total = sum((line.paid_usd for line in paid.values()), Decimal(0))
            text = _("paid in all {usd} USD").format(usd=fmt.usd(total, signed=True))
            rows.insert(0, Row("#total", line=((text, fmt.cost_tone(total)),)))
        note = self.told.note(view.now_ns)
        return [Row("#note", line=note), *rows] if note else rows

    def _row(self, symbol: str, paid: FundingLine | None, rate: FundingRow | None, now_ns: int) -> Row:
        usd = paid.paid_usd if paid is not None else rate.accrued_usd if rate is not None else None
        none = cell(fmt.NONE, "dim")
        return Row(
            symbol,
            (
                cell(symbol, "bright"),
                cell(fmt.usd(usd, signed=True), fmt.cost_tone(usd)),
                cell(str(paid.payments), "dim") if paid is not None else none,
                cell(fmt.utc(paid.last_ts), "dim") if paid is not None and paid.last_ts else none,
                cell(f"{rate.rate * 100:+.4f}", fmt.tone(rate.rate)) if rate is not None else none,
                cell(fmt.percent(rate.annualised, 1, signed=True), fmt.tone(rate.annualised)) if rate else none,
                cell(fmt.span((rate.next_ts - now_ns) / NS)) if rate is not None else none,
            ),
        )
