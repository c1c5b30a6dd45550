"""`report`: one UTC day in a page of markdown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from cockpit.commands.failure import Parser
from cockpit.commands.output import put, put_json
from cockpit.commands.spans import stamp
from cockpit.commands.talk import Talk, talk
from cockpit.link.rows import WearRow
from cockpit.render import number, usd
from venues.model import NS_PER_S, SystemClock

ZERO = Decimal(0)
Rows = list[dict[str, object]]


class AccountDay(msgspec.Struct):
    """What one account did in a day; costs are positive."""

    account: str
    fills: int = 0
    maker_fills: int = 0
    volume_usd: Decimal = ZERO
    """Price · base quantity, summed."""
    fees_usd: Decimal = ZERO
    funding_usd: Decimal = ZERO
    transfers_usd: Decimal = ZERO
    """Came in (positive) or went out, apart from trading."""


class DayReport(msgspec.Struct):
    day: str
    accounts: list[AccountDay]
    wear: WearRow | None
    """The desk's own account of the day; None where it knows of none."""


def main(verb: str, argv: Sequence[str]) -> int:
    parser = Parser(verb, "A day in a page: volume, fees, funding, transfers, wear. Days are UTC.")
    parser.add_argument("--day", default="", metavar="DAY", help="like 2026-11-21 (default: today)")
    parser.add_json()
    options = parser.parse_args(argv)
    today = datetime.fromtimestamp(SystemClock().now_ns() // NS_PER_S, UTC).date().isoformat()
    day = options.day or today
    span = {"from": str(stamp("--day", day, end_of_day=False)), "to": str(stamp("--day", day, end_of_day=True))}

    async def look(desk: Talk) -> DayReport:
        fills = await desk.rows("fills", **span)
        funding = await desk.rows("funding", **span)
        transfers = await desk.rows("transfers", **span)
        return day_report(day, fills, funding, transfers, desk.store.wear.get(f"day/{day}"))

    report = talk(look, tables=True)
    if options.json:
        put_json(report)
    else:
        put(report_page(report))
    return 0


def day_report(day: str, fills: Rows, funding: Rows, transfers: Rows, wear: WearRow | None) -> DayReport:
    """Sums by account, from the journal's rows."""
    days: dict[str, AccountDay] = {}

    def of(row: dict[str, object]) -> AccountDay:
        name = str(row["account"])
        return days.setdefault(name, AccountDay(name))

    for row in fills:
        account = of(row)
        account.fills += 1
        account.maker_fills += row.get("liquidity") == "maker"
        account.volume_usd += abs(_money(row, "price") * _money(row, "base_qty"))
        account.fees_usd += _money(row, "fee_usd")
    for row in funding:
        of(row).funding_usd += _money(row, "cost_usd" if "cost_usd" in row else "cost")
    for row in transfers:
        amount = _money(row, "amount_usd" if "amount_usd" in row else "amount")
        out = row.get("kind") in ("withdrawal", "transfer_out")
        of(row).transfers_usd += -amount if out else amount
    return DayReport(day, sorted(days.values(), key=lambda account: account.account), wear)


def _money(row: dict[str, object], key: str) -> Decimal:
    """A figure of a row, as text or as a number."""
    value = row.get(key)
    return Decimal(str(value)) if value is not None else ZERO


def report_page(report: DayReport) -> str:
    lines = [f"# {report.day} (UTC)", ""]
    wear = report.wear
    if wear is not None:
        bps = "nothing was traded" if wear.wear_bps is None else f"{number(wear.wear_bps, 3)} bps"
        lines += [
            f"Wear **{usd(wear.wear_usd)} USD** on {usd(wear.volume_usd)} USD: {bps}.",
            f"Fees {usd(wear.fees_usd)}, trading {usd(wear.trade_usd)} (of it open {usd(wear.open_usd)}), "
            f"funding {usd(wear.funding_usd)}. Unexplained {usd(wear.unexplained_usd)}.",
            "",
        ]
    if not report.accounts:
        return "\n".join([*lines, "No fills, no funding, no transfers."])
    lines += [
        "| account | fills | maker | volume USD | fees USD | funding USD | transfers USD |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row.account} | {row.fills} | {row.maker_fills} | {usd(row.volume_usd)} | {usd(row.fees_usd)} "
        f"| {usd(row.funding_usd)} | {usd(row.transfers_usd)} |"
        for row in report.accounts
    ]
    return "\n".join([*lines, "", "Costs are positive; a rebate or funding received is negative."])
