"""The paper exchange: any number of venues, markets and accounts in one process, on one clock and one generator."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from functools import partial

from venues.model import NS_PER_S, Clock, Instrument, Pricing, RejectReason, Side, Transfer, TransferKind
from venues.paper.account import KEEP_EVENTS, Account
from venues.paper.account_state import AccountState, export_account, import_account
from venues.paper.engine import ExecutionFactory, Observer, VenueEngine
from venues.paper.faults import GAP_RESYNC_NS, FaultKind, Gate
from venues.paper.funding import funding_cost
from venues.paper.latency import Timers
from venues.paper.link import AccountLink
from venues.paper.market import Market
from venues.paper.matching import BookExecution
from venues.paper.profiles import Profile
from venues.paper.queue import QueueModelKind, queue_model
from venues.paper.rollback import positions_before
from venues.paper.venue import PaperVenue


class PaperExchange:
    """Hosts venues. Nothing is shared between two venues but time and chance.

    Timers run on asyncio's running loop; whoever owns the loop owns the exchange's time.
    """

    def __init__(self, clock: Clock, rng: random.Random, queue: QueueModelKind = QueueModelKind.CONSERVATIVE) -> None:
        self._clock = clock
        self._rng = rng
        self._timers = Timers(clock)
        self._queue = queue_model(queue)
        self._venues: dict[str, VenueEngine] = {}
        self._at: dict[str, VenueEngine] = {}
        """Venue of each account."""
        self._adapters: dict[str, PaperVenue] = {}
        self._gaps: Counter[str] = Counter()
        self._started = False

    # -- construction --------------------------------------------------------------------------------------------

    def add_venue(self, name: str, profile: Profile, *, heartbeat_s: float = 1.0) -> None:
        """`heartbeat_s`: how often a market that stands still is published again."""
        if name in self._venues:
            raise ValueError(f"venue {name!r} is there already")
        engine = self._venues[name] = VenueEngine(name, profile, self._clock, self._timers)
        engine.heartbeat_ns = round(heartbeat_s * NS_PER_S)

    def add_market(self, venue: str, market: Market, execution: ExecutionFactory | None = None) -> None:
        """Trade `market` on `venue`; its `sink` is set. `execution` is for markets priced by an oracle or a pool."""
        queue = self._queue
        factory: ExecutionFactory = execution or (lambda source, booker: BookExecution(source, queue, booker))
        paper = self._venue(venue).add_market(market, factory)
        if self._started:
            paper.funding.start()

    def add_account(
        self,
        name: str,
        venue: str,
        cash: dict[str, Decimal],
        *,
        fees_bps: tuple[Decimal, Decimal] | None = None,
        keep: int = KEEP_EVENTS,
    ) -> None:
        """Open an account with `cash` by asset; `fees_bps` are (maker, taker) of its own tier, `keep` is how many fills
        it lists at least, and how many closed orders it finds at the most."""
        engine = self._venue(venue)
        if name in self._at:
            raise ValueError(f"account {name!r} is there already, on {self._at[name].name}")
        engine.accounts[name] = Account(name, venue, cash, keep)
        if fees_bps is not None:
            engine.tiers[name] = engine.profile.with_fees(*fees_bps)
        engine.links[name] = AccountLink(name, engine.profile, self._timers, self._rng)
        self._at[name] = engine

    def venue_for(self, account: str) -> PaperVenue:
        """The account's adapter, always the same one."""
        engine, books = self._account(account)
        if account not in self._adapters:
            self._adapters[account] = PaperVenue(self, engine, books)
        return self._adapters[account]

    def set_fee_asset(self, venue: str, asset: str, price: Decimal) -> None:
        """Take linear fees of the venue in `asset`, worth `price` in the settle currency (above 0)."""
        if price <= 0:
            raise ValueError(f"price of fee asset {asset} is {price}, must be above 0")
        self._venue(venue).fee_asset = (asset, price)

    def start(self) -> None:
        """Let funding run from now on; needs a running loop. Connecting an adapter does it too."""
        if not self._started:
            self._started = True
            self._timers.bind(asyncio.get_running_loop())
            for engine in self._venues.values():
                for market in engine.markets.values():
                    market.funding.start()

    def stop(self) -> None:
        """Cancel every timer of its own: funding ends, and every subscription too."""
        self._started = False
        self._timers.bind(None)
        for engine in self._venues.values():
            engine.dead_man.disarm_all()
            for market in engine.markets.values():
                market.funding.stop()
                for link in engine.links.values():
                    market.publisher.unsubscribe(link)

    # -- what is there -------------------------------------------------------------------------------------------

    @property
    def accounts(self) -> tuple[str, ...]:
        return tuple(self._at)

    @property
    def venues(self) -> tuple[str, ...]:
        return tuple(self._venues)

    def instruments(self, venue: str) -> Mapping[str, Instrument]:
        return {symbol: market.instrument for symbol, market in self._venue(venue).markets.items()}

    def pricing(self, venue: str) -> Pricing:
        """How the venue's markets are priced: the first market decides."""
        for market in self._venue(venue).markets.values():
            return market.execution.pricing
        return Pricing.BOOK

    def account_state(self, account: str) -> AccountState:
        """The exchange's own books of the account."""
        return export_account(self._account(account)[1])

    def observe(self, observer: Observer) -> None:
        """Let somebody see every fill and every order's end as they enter the books, on all venues."""
        for engine in self._venues.values():
            engine.observers.append(observer)

    def accrued_funding(self, account: str, symbol: str) -> Decimal:
        """What the next settlement would charge for the part of the interval that is over; positive is owed."""
        engine, books = self._account(account)
        market = engine.markets[symbol]
        mark = market.mark()
        if mark is None or not books.lots(symbol):
            return Decimal(0)
        cost = funding_cost(books.positions[symbol], market.funding.rate, mark)
        return cost * market.funding.elapsed_share()

    def set_funding_rate(self, venue: str, symbol: str, rate: Decimal) -> None:
        """A constant rate for a market whose source names none: fraction of notional at each settlement."""
        market = self._venue(venue).markets[symbol]
        if market.funding.set_rate(rate):
            market.publisher.announce_rate()

    # -- persistence ---------------------------------------------------------------------------------------------

    def export_state(self, account: str) -> AccountState:
        """Everything the account is; `import_state` takes it back."""
        return self.account_state(account)

    def import_state(self, state: AccountState) -> None:
        """Put a saved account in place of the one of that name. Venue, markets and account must be there.

        Raises `ValueError` naming what is missing.
        """
        engine, books = self._account(state.name)
        for order in books.orders.values():
            engine.markets[order.symbol].execution.remove(order)
        import_account(books, state, self.instruments(engine.name))
        for order in books.orders.values():
            engine.markets[order.symbol].execution.rest(order)
        for symbol, market in engine.markets.items():
            (market.holders.add if books.lots(symbol) else market.holders.discard)(state.name)

    # -- money and trades from outside ---------------------------------------------------------------------------

    def deposit(self, account: str, asset: str, amount: Decimal) -> Transfer:
        return self._move(account, TransferKind.DEPOSIT, asset, amount)

    def withdraw(self, account: str, asset: str, amount: Decimal) -> Transfer:
        """Raises `ValueError` where more is asked for than is free."""
        self._check_free(account, asset, amount)
        return self._move(account, TransferKind.WITHDRAWAL, asset, amount)

    def transfer(self, source: str, target: str, asset: str, amount: Decimal) -> tuple[Transfer, Transfer]:
        """From one account to another; raises `ValueError` where more is asked for than is free."""
        self._account(target)
        self._check_free(source, asset, amount)
        return (
            self._move(source, TransferKind.TRANSFER_OUT, asset, amount),
            self._move(target, TransferKind.TRANSFER_IN, asset, amount),
        )

    def rebate(self, account: str, asset: str, amount: Decimal) -> Transfer:
        return self._move(account, TransferKind.REBATE, asset, amount)

    def foreign_trade(self, account: str, symbol: str, side: Side, qty: Decimal) -> Decimal:
        """A trade by hand: at the market, no client id. Returns what was filled, venue units."""
        engine, books = self._account(account)
        instrument = engine.markets[symbol].instrument
        lots = engine.trade_at_market(books, symbol, side, instrument.qty_to_lots(qty), liquidation=False)
        return instrument.lots_to_qty(lots)

    def force_close(self, account: str, symbol: str, qty: Decimal | None = None) -> Decimal:
        """The venue closes the position, or `qty` of it (venue units, above 0), at the market: a liquidation or ADL.

        Its fills have no client id and are marked `liquidation`. Returns what was closed: less than asked for where the
        position or the book has no more. Raises `ValueError`.
        """
        engine, books = self._account(account)
        if symbol not in engine.markets:
            raise ValueError(f"symbol {symbol!r}: {engine.name} has {', '.join(engine.markets) or '(no market)'}")
        if qty is not None and qty <= 0:
            raise ValueError(f"account {account!r}: close of {qty} {symbol}, must be above 0")
        instrument, held = engine.markets[symbol].instrument, books.lots(symbol)
        lots = abs(held) if qty is None else min(abs(held), instrument.qty_to_lots(qty))
        closed = engine.trade_at_market(books, symbol, Side.of(-held), lots, liquidation=True) if lots else 0
        return instrument.lots_to_qty(closed)

    def trade_against(self, account: str, client_order_id: str, lots: int) -> int:
        """Somebody trades `lots` with a resting order at its own price, whatever stands before it. Returns the lots
        that were filled: 0 where no such order is open."""
        engine, books = self._account(account)
        return engine.trade_against(books, client_order_id, lots)

    def drop_books(self, account: str) -> None:
        """Every book is gone for this account's listener, at once; it comes back with the next update that arrives."""
        engine = self._at[account]
        link = engine.links[account]
        for symbol in sorted(link.subscriptions):
            engine.markets[symbol].publisher.show_empty(link)

    def cancel_by_venue(
        self, account: str, symbol: str | None = None, reason: RejectReason = RejectReason.HALTED
    ) -> None:
        """The venue itself cancels the account's open orders, in `symbol` or everywhere."""
        engine, books = self._account(account)
        engine.cancel_all(books, symbol, reason)

    def _check_free(self, account: str, asset: str, amount: Decimal) -> None:
        engine, books = self._account(account)
        free = engine.margin(books, asset).free
        if amount > free:
            raise ValueError(f"account {account!r}: {amount} {asset} asked for, {free} free")

    def _move(self, account: str, kind: TransferKind, asset: str, amount: Decimal) -> Transfer:
        if amount <= 0:
            raise ValueError(f"account {account!r}: {kind.value} of {amount} {asset}, must be above 0")
        engine, books = self._account(account)
        now = self._clock.now_ns()
        transfer = Transfer(books.next_id("m"), kind, asset, amount, now, now)
        books.pay(asset, -transfer.signed)
        books.transfers.append(transfer)
        engine.links[account].transfer(transfer)
        return transfer

    # -- faults --------------------------------------------------------------------------------------------------

    def set_gate(self, account: str, gate: Gate) -> None:
        """Another policy of faults for the account's connection. Nobody is told: see `connection`."""
        link = self._link(account)
        link.gate = gate
        if not gate.sound:
            link.watch_unanswered()

    def gate(self, account: str) -> Gate:
        """The policy of faults that the account's connection has now."""
        return self._link(account).gate

    def connection(self, account: str, up: bool, reason: str) -> None:
        """Tell the account's listener that the venue went out of reach, or came back, as its gate has it by now.

        Down: what is under way to the listener is lost. Up: it is shown every book it subscribed to.
        """
        link = self._link(account)
        if not up:
            link.watch_unanswered()
            link.drop()
        if link.listener is not None:
            link.listener.on_connection(up, reason)
        if up:
            self._show(self._at[account], link)

    def set_fault(self, account: str, kind: str) -> None:
        """Switch a fault of the account's connection on, or off with `clear`. Raises `ValueError` naming the kinds."""
        engine, books = self._account(account)
        link = engine.links[account]
        was = link.gate.kind
        now = link.gate.set(kind)
        if now is was:
            return
        if now is FaultKind.GAP:
            for symbol in sorted(link.subscriptions):
                engine.markets[symbol].publisher.show_empty(link)
            self._gaps[account] += 1
            self._timers.after(GAP_RESYNC_NS, partial(self._resync, account, self._gaps[account]))
        if now is FaultKind.ROLLBACK:
            link.gate.rolled_back = positions_before(books, self._clock.now_ns())
        if not link.gate.sound:
            link.watch_unanswered()
        if now is FaultKind.UNREACHABLE:
            self.connection(account, False, "unreachable")
        elif was is FaultKind.UNREACHABLE:
            self.connection(account, True, "reachable again")
        elif was in (FaultKind.GAP, FaultKind.MUTE):
            self._show(engine, link)

    def _resync(self, account: str, gap: int) -> None:
        if gap == self._gaps[account] and self._at[account].links[account].gate.kind is FaultKind.GAP:
            self.set_fault(account, FaultKind.CLEAR)

    def _show(self, engine: VenueEngine, link: AccountLink) -> None:
        for symbol in sorted(link.subscriptions):
            engine.markets[symbol].publisher.show(link)

    # -- helpers -------------------------------------------------------------------------------------------------

    def _venue(self, name: str) -> VenueEngine:
        if name not in self._venues:
            raise ValueError(f"venue {name!r}: expected one of {', '.join(self._venues) or '(none was added)'}")
        return self._venues[name]

    def _link(self, account: str) -> AccountLink:
        return self._account(account)[0].links[account]

    def _account(self, name: str) -> tuple[VenueEngine, Account]:
        engine = self._at.get(name)
        if engine is None:
            raise ValueError(f"account {name!r}: expected one of {', '.join(self._at) or '(none was added)'}")
        return engine, engine.accounts[name]
