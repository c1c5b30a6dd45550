"""A desk to look at: tables of as many accounts, positions and loops as asked for, moved by a seed.

It trades nothing. What a screen costs depends on the rows that change and not on why they do, and here that is the
same in every run: each update is one of a market whose price moves, so that none of them leaves the screen as it was.
"""

from __future__ import annotations

import math
import random
from collections import deque
from decimal import Decimal
from itertools import combinations

import msgspec

from cockpit.link.rows import (
    AccountRow,
    DeskRow,
    FundingRow,
    LogRow,
    LoopRow,
    MarketRow,
    PositionRow,
    SpreadRow,
    Tables,
    WearRow,
)
from venues.model import NS_PER_S, Clock, Health, Mode

ZERO = Decimal(0)
CENT = Decimal("0.01")

COINS: dict[str, tuple[str, str, str]] = {
    "BTC": ("67120.5", "0.5", "0.05"),
    "ETH": ("3412.35", "0.05", "0.8"),
    "SOL": ("182.44", "0.01", "12"),
    "BNB": ("598.2", "0.1", "3"),
    "XRP": ("2.1043", "0.0001", "1200"),
    "DOGE": ("0.20315", "0.00001", "9000"),
    "AVAX": ("31.42", "0.01", "60"),
    "LINK": ("15.118", "0.001", "150"),
    "SUI": ("3.2207", "0.0001", "700"),
    "HYPE": ("24.615", "0.005", "80"),
}
"""Coin to price, tick and size of a position."""
VENUES = ("lighter", "extended", "backpack", "grvt", "okx")
MAX_SPREADS = 36
HISTORY_S = 60
LOG_LINES = 200
LOG_EVERY = 500
"""Updates between two lines of the log, and between two fills of a loop."""


class Plan(msgspec.Struct, frozen=True):
    accounts: int = 20
    positions: int = 10
    """Of each account; ten at the most."""
    loops: int = 5
    updates_per_s: float = 1000.0
    seed: int = 1


class BusyDesk:
    """Rows of every table; `update` is one update of a book."""

    def __init__(self, plan: Plan, clock: Clock, pid: int) -> None:
        self._clock = clock
        self._rng = random.Random(plan.seed)
        self._pid = pid
        self._count = 0
        self._second = 0
        self._began = clock.now_ns()
        self._coins = tuple(COINS)[: plan.positions]
        self._names = tuple(f"{VENUES[n % len(VENUES)]}-{n // len(VENUES) + 1}" for n in range(plan.accounts))
        self._keys = [(name, coin) for name in self._names for coin in self._coins]
        self._marks = {(name, coin): Decimal(COINS[coin][0]) for name, coin in self._keys}
        self._positions = {key: self._position(number, *key) for number, key in enumerate(self._keys)}
        self._markets = {key: self._market(*key) for key in self._keys}
        pairs = [(coin, a, b) for coin in self._coins for a, b in combinations(self._names, 2)]
        self._pairs = pairs[:: max(1, len(pairs) // MAX_SPREADS)][:MAX_SPREADS]
        self._history: dict[tuple[str, str, str], deque[float]] = {
            key: deque([round(1.5 * math.sin(n / 6 + at), 2) for at in range(HISTORY_S)], maxlen=HISTORY_S)
            for n, key in enumerate(self._pairs)
        }
        self._loops = [self._loop(number) for number in range(min(plan.loops, plan.accounts // 2))]
        self._log: deque[LogRow] = deque(maxlen=LOG_LINES)
        self._say("desk", f"{len(self._names)} accounts, {len(self._keys)} positions, {len(self._loops)} loops")
        self._funding = [self._funding_row(number, *key) for number, key in enumerate(self._keys)]

    def update(self) -> None:
        """A market moves by a few ticks."""
        rng = self._rng
        self._count += 1
        key = name, coin = self._keys[rng.randrange(len(self._keys))]
        start, tick = Decimal(COINS[coin][0]), Decimal(COINS[coin][1])
        mark = self._marks[key]
        # Back towards where it began rather than away from it, so that figures keep their widths in a long run.
        home = 1 if mark < start else -1
        mark += tick * rng.choice((-2, -1, 1, 2, home, home))
        self._marks[key] = mark
        row = self._positions[key]
        self._positions[key] = msgspec.structs.replace(
            row,
            mark=mark,
            unrealised_usd=((mark - row.entry) * row.base_qty).quantize(CENT),
            notional_usd=(mark * abs(row.base_qty)).quantize(CENT),
        )
        self._markets[key] = self._market(name, coin)
        if self._count % LOG_EVERY == 0:
            self._trade(rng.randrange(max(1, len(self._loops))))

    def tables(self) -> Tables:
        """Every row as it stands; rows that did not change are the same objects as before."""
        second = self._clock.now_ns() // NS_PER_S
        sample, self._second = second != self._second, second
        return Tables(
            desk=[DeskRow(self._pid, "bench", 1, self._began, False)],
            accounts=[self._account(number, name) for number, name in enumerate(self._names)],
            positions=list(self._positions.values()),
            markets=list(self._markets.values()),
            spreads=[self._spread(key, sample) for key in self._pairs],
            funding=self._funding,
            wear=self._wear(),
            loops=self._loops,
            log=list(self._log),
        )

    # -- rows

    def _position(self, number: int, name: str, coin: str) -> PositionRow:
        base = Decimal(COINS[coin][2]) * (1 if number % 2 else -1)
        mark = self._marks[(name, coin)]
        entry = mark * (1 + Decimal(number % 7 - 3) / 2000)
        return PositionRow(
            account=name,
            symbol=f"{coin}-PERP",
            base=coin,
            qty=base,
            base_qty=base,
            entry=entry,
            mark=mark,
            liq=mark * (1 - Decimal(1 if base > 0 else -1) * Decimal(10 + number % 20) / 40),
            unrealised_usd=((mark - entry) * base).quantize(CENT),
            notional_usd=(mark * abs(base)).quantize(CENT),
            ledger_qty=base,
        )

    def _market(self, name: str, coin: str) -> MarketRow:
        tick, mark = Decimal(COINS[coin][1]), self._marks[(name, coin)]
        size = Decimal(self._rng.randint(1, 5000)) / 100
        return MarketRow(name, f"{coin}-PERP", coin, mark - tick, mark + tick, size, size, self._clock.now_ns())

    def _account(self, number: int, name: str) -> AccountRow:
        mine = [self._positions[(name, coin)] for coin in self._coins]
        gross = sum((row.notional_usd for row in mine), ZERO)
        equity = Decimal(25_000 + 131 * number) + sum((row.unrealised_usd for row in mine), ZERO)
        return AccountRow(
            name=name,
            venue=name.partition("-")[0],
            mode=Mode.PAPER,
            health=Health.LIVE,
            state="active",
            note="",
            equity_usd=equity.quantize(CENT),
            free_usd=(equity - gross / 20).quantize(CENT),
            margin_ratio=round(float(gross / 40 / equity), 4),
            leverage=round(float(gross / equity), 3),
            open_orders=number % 3,
            data_ts=self._second * NS_PER_S,
        )

    def _spread(self, key: tuple[str, str, str], sample: bool) -> SpreadRow:
        coin, a, b = key
        one, other = self._marks[(a, coin)], self._marks[(b, coin)]
        basis = round(float((other / one - 1) * 10_000), 2)
        if sample:
            self._history[key].append(basis)
        return SpreadRow(coin, a, b, round(basis - 3.5, 2), round(-basis - 3.5, 2), tuple(self._history[key]))

    def _funding_row(self, number: int, name: str, coin: str) -> FundingRow:
        rate = Decimal(number % 9 - 3) / 100_000
        ends = (self._began // (3600 * NS_PER_S) + 1) * 3600 * NS_PER_S
        return FundingRow(name, f"{coin}-PERP", coin, rate, 3600, float(rate) * 8760, ends, Decimal(number % 5) / 10)

    def _loop(self, number: int) -> LoopRow:
        coin = self._coins[number % len(self._coins)]
        maker, taker = self._names[2 * number], self._names[2 * number + 1]
        return LoopRow(
            id=f"L{number + 1}",
            strategy="hedge",
            state="running",
            phase="opening",
            detail="quotes the touch, first in the queue",
            legs=(("maker", maker, f"{coin}-PERP"), ("taker", taker, f"{coin}-PERP")),
            base=coin,
            iterations_done=0,
            iterations=0,
            params={"maker": maker, "taker": taker, "ticker": coin, "size": COINS[coin][2], "iterations": "0"},
            pending={},
            exposure_base=ZERO,
            owed_base=ZERO,
            tolerance_base=Decimal("0.001"),
            wear_bps=0.0,
            wear_usd=ZERO,
            volume_usd=ZERO,
            hedges=0,
            hedge_ms_p50=0.4,
            hedge_ms_p99=2.1,
            started_ts=self._began,
        )

    def _wear(self) -> list[WearRow]:
        rows = [
            WearRow("loop", row.id, row.wear_bps, row.wear_usd, row.wear_usd, ZERO, ZERO, row.volume_usd)
            for row in self._loops
        ]
        paid = sum((row.wear_usd for row in rows), ZERO)
        volume = sum((row.volume_usd for row in rows), ZERO)
        bps = round(float(paid / volume * 10_000), 4) if volume else None
        return [
            *rows,
            *(WearRow("account", name, None, ZERO, ZERO, ZERO, ZERO, ZERO) for name in self._names),
            WearRow("day", "2026-01-01", bps, paid, paid, ZERO, ZERO, volume),
            WearRow("total", "all", bps, paid, paid, ZERO, ZERO, volume),
        ]

    def _trade(self, number: int) -> None:
        """A loop has filled and hedged once."""
        row = self._loops[number]
        maker = row.legs[0][1]
        value = self._marks[(maker, row.base)] * Decimal(row.params["size"])
        paid = (row.wear_usd + value / 10_000).quantize(CENT)
        volume = (row.volume_usd + value).quantize(CENT)
        self._loops[number] = msgspec.structs.replace(
            row,
            iterations_done=row.iterations_done + 1,
            hedges=row.hedges + 1,
            wear_usd=paid,
            volume_usd=volume,
            wear_bps=round(float(paid / volume * 10_000), 4),
            phase="holding" if row.phase == "opening" else "opening",
        )
        self._say(row.id, f"cycle {row.iterations_done + 1} closed: wear {paid} USD")

    def _say(self, source: str, text: str) -> None:
        seq = self._log[-1].seq + 1 if self._log else 1
        self._log.append(LogRow(seq, self._clock.now_ns(), "info", source, text))
