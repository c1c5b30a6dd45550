"""States of a desk to paint: nothing yet, and a busy one with four accounts, three coins and two loops."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import msgspec

from cockpit.link.answers import DayLine, History
from cockpit.link.messages import Ack, Delta
from cockpit.link.rows import (
    AccountRow,
    AlarmRow,
    DeskRow,
    FlattenRow,
    FundingRow,
    LogRow,
    LoopRow,
    MarketRow,
    OrderRow,
    PositionRow,
    SpreadRow,
    Tables,
    WearRow,
)
from venues.model import NS_PER_S, Health, Mode, OrderStatus, Side

D = Decimal
NOW = 1_767_258_000 * NS_PER_S
"""2026-01-01 09:00:00 UTC."""

MARKS = {"BTC": D("67120.5"), "ETH": D("3412.35"), "SOL": D("182.44")}
SIZES = {"BTC": D("0.05"), "ETH": D("0.8"), "SOL": D("12")}
ACCOUNTS = ("lighter", "extended", "backpack", "okx")
SYMBOLS = {
    "lighter": "{}",
    "extended": "{}-USD",
    "backpack": "{}_USDC_PERP",
    "okx": "{}-USDT-SWAP",
}
SIGNS = {"lighter": 1, "extended": -1, "backpack": 1, "okx": -1}
CONTRACTS = {"BTC": D("0.01"), "ETH": D("0.1"), "SOL": D("1")}


def desk(*, denied: bool = False) -> DeskRow:
    return DeskRow(4242, "0.1.0", 1, NOW - 7200 * NS_PER_S, denied)


def account(
    name: str, index: int, *, health: Health = Health.LIVE, state: str = "active", note: str = ""
) -> AccountRow:
    return AccountRow(
        name=name,
        venue=name,
        mode=Mode.PAPER,
        health=health,
        state=state,
        note=note,
        equity_usd=D("25000") + D("137.42") * (index - 1),
        free_usd=D("18250.11") - D("412.9") * index,
        margin_ratio=0.042 + 0.013 * index,
        leverage=0.31 + 0.07 * index,
        open_orders=1 if name in ("lighter", "backpack") else 0,
        data_ts=NOW,
    )


def position(name: str, coin: str, index: int) -> PositionRow:
    sign, mark = SIGNS[name], MARKS[coin]
    base = SIZES[coin] * sign
    qty = base / CONTRACTS[coin] if name == "okx" else base
    entry = mark * (1 + D(index - 1) / 2000)
    return PositionRow(
        account=name,
        symbol=SYMBOLS[name].format(coin),
        base=coin,
        qty=qty,
        base_qty=base,
        entry=entry,
        mark=mark,
        liq=mark * (1 - sign * (D("0.31") - D("0.085") * index)),
        unrealised_usd=(mark - entry) * base,
        notional_usd=base * mark,
        ledger_qty=qty,
    )


def market(name: str, coin: str) -> MarketRow:
    mark = MARKS[coin]
    return MarketRow(name, SYMBOLS[name].format(coin), coin, mark * D("0.9999"), mark * D("1.0001"), D(3), D(2), NOW)


def spread(coin: str, a: str, b: str, phase: int) -> SpreadRow:
    history = tuple(
        round(1.8 * math.sin((i + phase * 7) / 6) + 0.6 * math.sin((i * phase) / 2.5), 2) for i in range(60)
    )
    return SpreadRow(coin, a, b, round(history[-1] - 1.2, 2), round(-history[-1] - 0.4, 2), history)


def funding(name: str, coin: str, index: int) -> FundingRow:
    rate = D("0.0000125") * (index + 1) * (-1 if coin == "SOL" else 1)
    hours = 1 if name in ("lighter", "extended", "backpack") else 8
    return FundingRow(
        name,
        SYMBOLS[name].format(coin),
        coin,
        rate,
        hours * 3600,
        float(rate) * 24 / hours * 365,
        NOW + hours * 3600 * NS_PER_S - 1122 * NS_PER_S,
        D("0.42") * (index - 1),
    )


def loop(
    loop_id: str, coin: str, maker: str, taker: str, *, state: str = "running", pending: dict[str, str] | None = None
) -> LoopRow:
    first = loop_id.endswith("1")
    return LoopRow(
        id=loop_id,
        strategy="hedge",
        state=state,
        phase="holding" if first else "opening",
        detail="holds for 3 s more" if first else "quotes 3,412.30, 0.2 of 0.8 filled, first in the queue",
        legs=(("maker", maker, SYMBOLS[maker].format(coin)), ("taker", taker, SYMBOLS[taker].format(coin))),
        base=coin,
        iterations_done=7 if first else 3,
        iterations=20 if first else 0,
        params={
            "maker": maker,
            "taker": taker,
            "ticker": coin,
            "size": str(SIZES[coin]),
            "iterations": "20" if first else "0",
            "direction": "buy",
            "fill_timeout": "5",
            "requote": "touch",
            "offset": "0",
            "sleep": "3",
            "max_position": "0",
            "slippage": "5",
            "slippage_max": "50",
            "patience": "5",
            "wear_budget": "3",
            "wear_window": "10",
            "loss_budget": "0",
            "guard_depth": "1",
            "guard_age": "3",
            "guard_spread": "50",
            "volume_goal": "0",
            "deadline": "",
        },
        pending=pending or {},
        exposure_base=D("0.0002") if first else D("-0.02"),
        owed_base=D(0) if first else D("-0.2"),
        tolerance_base=D("0.001") if first else D("0.1"),
        wear_bps=1.21 if first else -0.34,
        wear_usd=D("5.69") if first else D("-0.56"),
        volume_usd=D("46984.35") if first else D("16379.28"),
        hedges=31 if first else 14,
        hedge_ms_p50=0.84 if first else 41.2,
        hedge_ms_p99=4.19 if first else 118.0,
        started_ts=NOW - 3600 * NS_PER_S,
        pace="" if first else "goal 100,000 USD by 18:00: 83,621 left, 155 USD/min needed",
    )


def wear_rows() -> list[WearRow]:
    return [
        WearRow(
            "total", "total", 0.81, D("5.13"), D("9.44"), D("-4.12"), D("-0.19"), D("63363.63"), open_usd=D("0.42")
        ),
        WearRow("day", "2026-01-01", 0.81, D("5.13"), D("9.44"), D("-4.12"), D("-0.19"), D("63363.63")),
        WearRow(
            "loop", "hedge-1", 1.21, D("5.69"), D("6.20"), D("-0.40"), D("-0.11"), D("46984.35"), open_usd=D("0.42")
        ),
        WearRow("loop", "hedge-2", -0.34, D("-0.56"), D("3.24"), D("-3.72"), D("-0.08"), D("16379.28")),
        WearRow("account", "lighter", -0.15, D("-0.94"), D("0"), D("-0.83"), D("-0.11"), D("46984.35")),
        WearRow("account", "extended", 1.41, D("6.63"), D("6.20"), D("0.43"), D("0"), D("0"), D("0.03")),
    ]


def log_rows() -> list[LogRow]:
    words = [
        ("info", "desk", "started, epoch 1, 4 accounts; nothing to reconcile"),
        ("info", "hedge-1", "launched: buy BTC on lighter, hedge on extended, 20 cycles of 0.05"),
        ("info", "hedge-1", "cycle 6 closed: wear 0.74 USD, 1.10 bps"),
        ("info", "hedge-2", "launched: buy ETH on backpack, hedge on okx, no end"),
        ("warning", "okx", "hedge took 118 ms, bound widened to 10 bps"),
        ("info", "hedge-1", "cycle 7 closed: wear 0.81 USD, 1.21 bps"),
        ("info", "hedge-2", "filled 0.2 of 0.8 at 3,412.30, hedge of 0.2 at work"),
    ]
    return [
        LogRow(seq, NOW - (len(words) - seq) * 17 * NS_PER_S, level, source, text)
        for seq, (level, source, text) in enumerate(words, 1)
    ]


def order_rows() -> list[OrderRow]:
    def row(
        number: int, loop_id: str, role: str, side: Side, status: OrderStatus, filled: str, text: str = ""
    ) -> OrderRow:
        first = loop_id == "hedge-1"
        name, coin = ("lighter", "BTC") if first else ("backpack", "ETH")
        if role == "hedge":
            name = "extended" if first else "okx"
        return OrderRow(
            client_order_id=f"c1-{loop_id}-{number}",
            venue_order_id=str(990_000 + number),
            account=name,
            symbol=SYMBOLS[name].format(coin),
            loop=loop_id,
            role=role,
            side=side,
            qty=SIZES[coin],
            filled=D(filled),
            price=MARKS[coin],
            status=status,
            ts=NOW - (20 - number) * NS_PER_S,
            text=text,
        )

    return [
        row(1, "hedge-1", "open", Side.BUY, OrderStatus.FILLED, "0.05"),
        row(2, "hedge-1", "hedge", Side.SELL, OrderStatus.FILLED, "0.05"),
        row(3, "hedge-2", "open", Side.BUY, OrderStatus.REJECTED, "0", "post-only would have taken"),
        row(4, "hedge-2", "open", Side.BUY, OrderStatus.PARTIALLY_FILLED, "0.2"),
        row(5, "hedge-2", "hedge", Side.SELL, OrderStatus.UNKNOWN, "0", "no answer in 5 s; asking the venue"),
        row(6, "hedge-1", "close", Side.SELL, OrderStatus.CANCELED, "0"),
    ]


def alarm() -> AlarmRow:
    return AlarmRow("a1", "critical", "hedge-2: 0.2 ETH owed for 6 s, okx does not answer", NOW - 6 * NS_PER_S, 3)


def alarms() -> list[AlarmRow]:
    """One of each kind: escalated, critical, warning, and one that was acknowledged."""
    return [
        AlarmRow(
            "down", "warning", "okx is down: maintenance", NOW - 40 * NS_PER_S, acked_ts=NOW, acked_by="tui:op@here"
        ),
        AlarmRow("budget", "warning", "hedge-1 paused: wear 2.1 bps", NOW - NS_PER_S, rings=1),
        alarm(),
        AlarmRow(
            "late", "critical", "lighter is SUSPECT", NOW - 700 * NS_PER_S, 9, escalated_ts=NOW, rings=2,
            action="all entries stopped; `resume all` lifts it",
        ),
    ]  # fmt: skip


def flatten(state: str = "working") -> FlattenRow:
    legs = ("okx ETH-USDT-SWAP -8: venue unreachable, tried 4 times", "okx BTC-USDT-SWAP -5: venue unreachable")
    text = "10 of 12 legs closed, all orders cancelled; okx does not answer"
    return FlattenRow("f1", "flatten", state, ACCOUNTS, text, legs, NOW - 9 * NS_PER_S)


def idle() -> Tables:
    """A desk that has just started: accounts, no positions, no loops."""
    return Tables(
        desk=[desk()],
        accounts=[account(name, index) for index, name in enumerate(ACCOUNTS)],
        log=log_rows()[:1],
    )


def busy() -> Tables:
    """Four accounts with three coins each and two running loops."""
    pairs = (("lighter", "extended"), ("backpack", "okx"), ("lighter", "okx"))
    return Tables(
        desk=[desk()],
        accounts=[account(name, index) for index, name in enumerate(ACCOUNTS)],
        positions=[position(name, coin, index) for index, name in enumerate(ACCOUNTS) for coin in MARKS],
        markets=[market(name, coin) for name in ACCOUNTS for coin in MARKS],
        spreads=[spread(coin, a, b, n + m + 1) for n, coin in enumerate(MARKS) for m, (a, b) in enumerate(pairs)],
        funding=[funding(name, coin, index) for index, name in enumerate(ACCOUNTS) for coin in MARKS],
        wear=wear_rows(),
        loops=[loop("hedge-1", "BTC", "lighter", "extended"), loop("hedge-2", "ETH", "backpack", "okx")],
        orders=order_rows(),
        log=log_rows(),
    )


def busy_delta(rng: random.Random, seq: int, tables: Tables) -> Delta:
    """What 250 book updates over 4 accounts and 12 markets leave behind: every price and figure a little moved."""
    drift = {coin: D(rng.randint(-30, 30)) / 100_000 for coin in MARKS}
    for index, row in enumerate(tables.positions):
        mark = row.mark * (1 + drift[row.base])
        tables.positions[index] = msgspec.structs.replace(
            row, mark=mark, unrealised_usd=(mark - row.entry) * row.base_qty, notional_usd=mark * row.base_qty
        )
    for index, spread in enumerate(tables.spreads):
        step = rng.uniform(-0.3, 0.3)
        history = spread.history if seq % 4 else (*spread.history[1:], spread.history[-1] + step)
        tables.spreads[index] = msgspec.structs.replace(
            spread,
            buy_a_bps=(spread.buy_a_bps or 0) + step,
            sell_a_bps=(spread.sell_a_bps or 0) - step,
            history=history,
        )
    return Delta(seq, 0, Tables(positions=tables.positions, spreads=tables.spreads))


def past(days: int = 40) -> History:
    """Days that end with today: volume that comes and goes, wear on both sides of zero, a unit that gains slowly."""
    lines = []
    unit = 1.0
    for number in range(days):
        wave = math.sin(number / 4)
        volume = D(f"{40_000 + 30_000 * wave + 400 * number:.2f}") if number % 9 else D(0)
        bps = round(0.9 + 0.8 * math.sin(number / 2.5), 2) if volume else None
        wear = (volume * D(str(bps)) / 10_000).quantize(D("0.01")) if bps is not None else D(0)
        unit *= 1 + 0.0004 * math.cos(number / 5) + 0.0001
        lines.append(
            DayLine(
                day=(date(2026, 1, 1) - timedelta(days=days - 1 - number)).isoformat(),
                volume_usd=volume,
                wear_usd=wear,
                wear_bps=bps,
                fees_usd=wear * D("1.6"),
                trade_usd=wear * D("-0.5"),
                funding_usd=wear * D("-0.1"),
                equity_usd=(100_000 * D(str(round(unit, 6)))).quantize(D("0.01")),
                unit_value=round(unit, 6),
            )
        )
    return History(tuple(lines))


def answered(value: object) -> Ack:
    """The desk's answer to a question."""
    return Ack("1", ok=True, result=msgspec.Raw(msgspec.json.encode(value)))


def crowded(count: int = 20) -> Tables:
    """Twenty accounts with all three coins each, spreads between neighbours, and two loops."""
    tables = busy()
    names = [f"{ACCOUNTS[number % 4]}-{number // 4 + 1}" for number in range(count)]
    SYMBOLS.update({name: SYMBOLS[name.partition("-")[0]] for name in names})
    SIGNS.update({name: SIGNS[name.partition("-")[0]] for name in names})
    tables.accounts = [account(name, index % 4) for index, name in enumerate(names)]
    tables.positions = [position(name, coin, index % 4) for index, name in enumerate(names) for coin in MARKS]
    tables.markets = [market(name, coin) for name in names for coin in MARKS]
    tables.funding = [funding(name, coin, index % 7) for index, name in enumerate(names) for coin in MARKS]
    neighbours = list(pairwise(names))
    tables.spreads = [
        spread(coin, a, b, n + m + 1) for n, coin in enumerate(MARKS) for m, (a, b) in enumerate(neighbours)
    ]
    tables.loops = [loop("hedge-1", "BTC", names[0], names[1]), loop("hedge-2", "ETH", names[2], names[3])]
    return tables
