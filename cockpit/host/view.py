"""The desk as rows: what every client is a replica of."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations, islice
from statistics import quantiles

from cockpit.desk.accounts import Account
from cockpit.desk.desk import Desk
from cockpit.desk.ledger import FOREIGN
from cockpit.desk.ledger_days import day_name, day_number
from cockpit.desk.loops import Loop
from cockpit.desk.markets import Market
from cockpit.desk.orders import Order
from cockpit.desk.pairing import loop_mode
from cockpit.desk.risk import account_equity_usd
from cockpit.desk.wear import Scope, Wear
from cockpit.host.rows import alarm_row, flatten_row, rounded
from cockpit.link.rows import (
    AccountRow,
    DeskRow,
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
from strategies.params import as_text
from venues.model import NS_PER_S, PositionStatusReport

ZERO = Decimal(0)
BPS = 10_000
RECENT_ORDERS = 100
FAR = 10
MAX_SPREADS = 36
HISTORY_S = 60


class DeskView:
    """Builds the tables; keeps only the short history that sparklines need."""

    def __init__(self, desk: Desk, pid: int) -> None:
        self._desk = desk
        self._pid = pid
        self._history: dict[str, deque[float]] = {}
        self._sampled = 0

    def tables(self) -> Tables:
        """Every row as it stands now."""
        desk = self._desk
        now = desk.clock.now_ns()
        sample = now - self._sampled >= NS_PER_S
        if sample:
            self._sampled = now
        return Tables(
            desk=[self._desk_row()],
            accounts=[self._account(account, now) for account in desk.accounts.values()],
            positions=list(self._positions()),
            markets=[_market(market) for market in desk.markets.all()],
            spreads=list(islice(self._spreads(sample), MAX_SPREADS)),
            funding=list(self._funding()),
            wear=list(self._wear(now)),
            loops=[self._loop(loop) for loop in desk.loops.all.values()],
            orders=[*map(_order, desk.tracker.live()), *map(_order, islice(desk.tracker.recent(), RECENT_ORDERS))],
            alarms=list(map(alarm_row, desk.alarms.active.values())),
            flattens=[flatten_row(job) for job in desk.flattener.jobs.values()],
            log=[LogRow(line.seq, line.ts, line.level, line.source, line.text) for line in desk.alarms.lines],
        )

    def _desk_row(self) -> DeskRow:
        desk = self._desk
        held = any(account.trading != "active" for account in desk.accounts.values())
        return DeskRow(
            pid=self._pid,
            version=desk.version,
            epoch=desk.epoch,
            started_ts=desk.started_ts,
            entries_denied=bool(desk.risk.entries_denied) or held,
            watchdog="; ".join(desk.watched.by),
            bell_s=desk.options.alarms.bell_s,
        )

    def _account(self, account: Account, now: int) -> AccountRow:
        desk = self._desk
        equity = account_equity_usd(account, desk.markets.usd_rate)
        free = maintenance = ZERO
        for asset, balance in account.balances.items():
            rate = desk.markets.usd_rate(account.name, asset) or ZERO
            free += balance.free * rate
            maintenance += balance.maintenance * rate
        gross = sum((abs(self._notional(account.name, symbol)) for symbol in desk.ledger.markets(account.name)), ZERO)
        note = account.suspect or (account.down_reason if not account.up else "") or account.note
        return AccountRow(
            name=account.name,
            venue=account.venue.venue,
            mode=account.venue.mode,
            health=account.health(now),
            state=account.trading.value,
            note=note,
            equity_usd=None if equity is None else rounded(equity, 2),
            free_usd=None if equity is None else rounded(free, 2),
            margin_ratio=round(float(maintenance / equity), 4) if equity else None,
            leverage=round(float(gross / equity), 3) if equity else None,
            open_orders=sum(1 for o in desk.tracker.live() if o.account == account.name and not o.status.terminal),
            # By the second, so that a lively market alone does not make a row new each time.
            data_ts=account.data_ts // NS_PER_S * NS_PER_S,
            unexplained_usd=rounded(desk.watch.found.get(account.name, ZERO), 2),
            live=desk.going_live.words(account),
        )

    def _notional(self, account: str, symbol: str) -> Decimal:
        value = self._desk.markets.value(account, symbol)
        if value is None:
            return ZERO
        instrument = self._desk.markets.of(account, symbol).instrument
        return instrument.notional(self._desk.booking.position(account, symbol), value)

    def _positions(self) -> Iterator[PositionRow]:
        desk = self._desk
        for account in desk.accounts.values():
            for symbol in sorted({*desk.ledger.markets(account.name), *account.positions}):
                ours = desk.booking.position(account.name, symbol)
                report = account.positions.get(symbol)
                # Between two reports the ledger is ahead of the venue's word; where they contradict each other, the
                # venue's word is shown beside ours.
                qty = account.reported(symbol) if account.suspect else ours
                market = desk.markets.get(account.name, symbol)
                if market is None or not (qty or ours):
                    continue
                instrument = market.instrument
                mark = market.value or (report.mark_price if report else ZERO)
                entry = desk.ledger.entry(account.name, symbol) or (report.entry_price if report else ZERO)
                rate = desk.markets.usd_rate(account.name, instrument.settle) or ZERO
                unrealised = instrument.pnl(qty, entry, mark) * rate if entry and mark else ZERO
                yield PositionRow(
                    account=account.name,
                    symbol=symbol,
                    base=instrument.base,
                    qty=qty,
                    base_qty=rounded(instrument.base_qty(qty, mark), 8) if mark else ZERO,
                    entry=rounded(entry, 8),
                    mark=mark,
                    liq=_liquidation(report, mark),
                    unrealised_usd=rounded(unrealised, 2),
                    notional_usd=rounded(instrument.notional(qty, mark), 2) if mark else ZERO,
                    ledger_qty=ours,
                    foreign_qty=desk.ledger.position(account.name, symbol, FOREIGN),
                )

    def _spreads(self, sample: bool) -> Iterator[SpreadRow]:
        """Pairs that loops trade first, then every other pair of venues on one coin."""
        desk = self._desk
        by_base: dict[str, list[Market]] = {}
        for market in desk.markets.all():
            by_base.setdefault(market.instrument.base, []).append(market)
        pairs: dict[str, tuple[Market, Market]] = {}
        for loop in desk.loops.all.values():
            for book in loop.books.values():
                for leg in book.hedged:
                    a = desk.markets.of(leg.account, leg.symbol)
                    b = desk.markets.of(book.hedge.account, book.hedge.symbol)
                    pairs[f"{a.instrument.base}/{a.account}/{b.account}"] = (a, b)
        for base, markets in by_base.items():
            for a, b in combinations(markets, 2):
                if a.account != b.account and f"{base}/{b.account}/{a.account}" not in pairs:
                    pairs.setdefault(f"{base}/{a.account}/{b.account}", (a, b))
        for key, (a, b) in pairs.items():
            yield self._spread(key, a, b, sample)

    def _spread(self, key: str, a: Market, b: Market, sample: bool) -> SpreadRow:
        history = self._history.setdefault(key, deque(maxlen=HISTORY_S))
        buy = sell = None
        if a.bid is not None and a.ask is not None and b.bid is not None and b.ask is not None:
            accounts = self._desk.accounts
            maker = accounts[a.account].venue.capabilities.maker_fee
            taker = accounts[b.account].venue.capabilities.taker_fee
            mid = (a.bid + a.ask) / 2
            fees = (maker + taker) * BPS
            buy = round(float((b.bid - a.bid) / mid * BPS - fees), 2)
            sell = round(float((a.ask - b.ask) / mid * BPS - fees), 2)
            if sample:
                history.append(round(float(((b.bid + b.ask) / 2 / mid - 1) * BPS), 2))
        return SpreadRow(
            base=a.instrument.base,
            a=a.account,
            b=b.account,
            buy_a_bps=buy,
            sell_a_bps=sell,
            history=tuple(history),
        )

    def _funding(self) -> Iterator[FundingRow]:
        desk = self._desk
        for market in desk.markets.all():
            rate = market.funding
            if rate is None:
                continue
            yield FundingRow(
                account=market.account,
                symbol=rate.symbol,
                base=market.instrument.base,
                rate=rate.rate,
                interval_s=rate.interval_s,
                annualised=round(rate.annualised, 4),
                next_ts=rate.next_ts,
                accrued_usd=rounded(desk.booking.funding_usd(market.account, rate.symbol), 4),
            )

    def _wear(self, now: int) -> Iterator[WearRow]:
        desk = self._desk
        for loop in desk.loops.all.values():
            yield _wear_row("loop", loop.id, desk.booking.wear(Scope.LOOP, loop.id))
        for name in desk.accounts:
            wear = desk.booking.wear(Scope.ACCOUNT, name)
            yield _wear_row("account", name, wear, desk.watch.found.get(name, ZERO))
        today = day_name(day_number(now))
        yield _wear_row("day", today, desk.booking.wear(Scope.DAY, today))
        total = sum(desk.watch.found.values(), ZERO)
        yield _wear_row("total", "all", desk.booking.wear(Scope.TOTAL, ""), total)

    def _loop(self, loop: Loop) -> LoopRow:
        desk = self._desk
        wear = desk.booking.wear(Scope.LOOP, loop.id)
        latencies = sorted(ms for book in loop.books.values() for ms in book.latencies_ms)
        cuts = quantiles(latencies, n=100, method="inclusive") if len(latencies) > 1 else []
        first = next(iter(loop.legs.values()))
        return LoopRow(
            id=loop.id,
            strategy=loop.strategy.kind,
            state=loop.state.value,
            phase=loop.phase,
            detail=loop.halt_reason or loop.paused or loop.detail,
            legs=tuple((leg.name, leg.account, leg.symbol) for leg in loop.legs.values()),
            base=desk.markets.of(first.account, first.symbol).instrument.base,
            iterations_done=loop.iterations_done,
            iterations=loop.strategy.target_iterations(loop.params),
            params=as_text(loop.params),
            pending=loop.pending,
            exposure_base=rounded(desk.ledger.exposure(loop.id), 8),
            owed_base=rounded(loop.owed(), 8),
            tolerance_base=rounded(loop.tolerance(), 8),
            wear_bps=_bps(wear),
            wear_usd=rounded(wear.wear_usd, 4),
            volume_usd=rounded(wear.volume_usd, 2),
            hedges=sum(book.hedges for book in loop.books.values()),
            hedge_ms_p50=round(cuts[49], 1) if cuts else None,
            hedge_ms_p99=round(cuts[98], 1) if cuts else None,
            started_ts=loop.started_ts,
            pace=loop.pace,
            mode=loop_mode(desk, loop.legs),
        )


def _liquidation(report: PositionStatusReport | None, mark: Decimal) -> Decimal | None:
    """The venue's liquidation price; None where it is so far off that it says nothing."""
    if report is None or report.liq_price is None or report.liq_price > FAR * mark:
        return None
    return rounded(report.liq_price, 2)


def _market(market: Market) -> MarketRow:
    book, instrument = market.book, market.instrument
    bid_qty = ask_qty = ZERO
    if book is not None and market.bid is not None and market.ask is not None:
        bid_qty = instrument.base_qty(instrument.lots_to_qty(book.bids[0][1]), market.bid)
        ask_qty = instrument.base_qty(instrument.lots_to_qty(book.asks[0][1]), market.ask)
    return MarketRow(
        account=market.account,
        symbol=instrument.symbol,
        base=instrument.base,
        bid=market.bid,
        ask=market.ask,
        bid_qty=rounded(bid_qty, 4),
        ask_qty=rounded(ask_qty, 4),
        ts=market.ts_touch,
    )


def _order(order: Order) -> OrderRow:
    return OrderRow(
        client_order_id=order.id,
        venue_order_id=order.venue_order_id,
        account=order.account,
        symbol=order.symbol,
        loop=order.loop,
        role=order.role.value,
        side=order.side,
        qty=order.qty,
        filled=order.filled_qty,
        price=order.price,
        status=order.status,
        ts=order.ts,
        text=order.reason,
    )


def _wear_row(scope: str, name: str, wear: Wear, unexplained: Decimal = ZERO) -> WearRow:
    return WearRow(
        scope=scope,
        name=name,
        wear_bps=_bps(wear),
        wear_usd=rounded(wear.wear_usd, 4),
        fees_usd=rounded(wear.fees_usd, 4),
        trade_usd=rounded(wear.trade_usd, 4),
        funding_usd=rounded(wear.funding_usd, 4),
        volume_usd=rounded(wear.volume_usd, 2),
        unexplained_usd=rounded(unexplained, 4),
        open_usd=rounded(wear.open_usd, 4),
    )


def _bps(wear: Wear) -> float | None:
    return None if wear.wear_bps is None else round(float(wear.wear_bps), 4)
