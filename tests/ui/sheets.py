"""What the desk answers about the loops and accounts of `scenes`."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import scenes
from face_kit import Face

from cockpit.link.answers import (
    NO_BOUND,
    AccountSheet,
    BalanceLine,
    Bucket,
    ChangeLine,
    FillLine,
    FundingLine,
    LoopSheet,
    ObligationLine,
    OrdersPage,
)
from cockpit.link.messages import Ack
from cockpit.link.rows import Tables
from venues.model import NS_PER_S, LiquiditySide, Side

D = Decimal
NOW = scenes.NOW
BOUNDS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, NO_BOUND)
COUNTS = (18, 7, 4, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0)


def ack(value: object) -> Ack:
    return Ack("1", ok=True, result=msgspec.Raw(msgspec.json.encode(value)))


def loop_sheet(loop: str = "hedge-1") -> LoopSheet:
    return LoopSheet(
        loop=loop,
        hedge_ms=tuple(map(Bucket, BOUNDS, COUNTS)),
        obligations=(
            ObligationLine(31, NOW - 4 * NS_PER_S, D("-0.02"), 0),
            *(
                ObligationLine(
                    n, NOW - (35 - n) * 40 * NS_PER_S, D("-0.05"), NOW - (35 - n) * 40 * NS_PER_S + n * 90_000
                )
                for n in range(30, 8, -1)
            ),
        ),
        changes=(
            ChangeLine(NOW - 60 * NS_PER_S, "tui:anna@kestrel", loop, "size 0.04 → 0.05", {"size": ("0.04", "0.05")}),
            ChangeLine(NOW - 95 * NS_PER_S, "cli:bo@kestrel", loop, "set", {"size": ("0.04", "9")}, "size: too much"),
            ChangeLine(NOW - 3600 * NS_PER_S, "tui:anna@kestrel", loop, "launch"),
        ),
        max_naked_ms=118.0,
    )


def account_sheet(account: str = "lighter") -> AccountSheet:
    def fill(number: int) -> FillLine:
        return FillLine(
            ts=NOW - number * 33 * NS_PER_S,
            account=account,
            symbol="BTC",
            side=Side.BUY if number % 2 else Side.SELL,
            qty=D("0.05"),
            price=D("67120.5") + number,
            fee=D("0.67"),
            fee_asset="USDC",
            fee_usd=D("0.67"),
            liquidity=LiquiditySide.MAKER,
            loop="hedge-1",
            role="open" if number % 2 else "close",
            trade_id=f"t{number}",
            client_order_id=f"c1-hedge-1-{number}",
        )

    return AccountSheet(
        account=account,
        balances=(BalanceLine("USDC", D("24862.58"), D("24862.58")), BalanceLine("ETH", D("0.4"), None)),
        fills=tuple(fill(number) for number in range(1, 31)),
        funding=(FundingLine("BTC", D("-0.42"), 9, NOW - 1200 * NS_PER_S), FundingLine("SOL", D("0.11"), 2, NOW)),
        fees_usd=D("6.20"),
        notes=("withdrawals need the other key",),
    )


def told(tables: Tables | None, *, theme: str = "harbor") -> Face:
    """An app whose desk answers every question about a loop or an account."""
    face = Face(tables, theme=theme)

    face.link.answers["loop"] = lambda query: ack(loop_sheet(query.args["loop"]))
    face.link.answers["account"] = lambda query: ack(account_sheet(query.args["account"]))
    face.link.answers["orders"] = ack(OrdersPage(rows=(), total=0))
    return face
