"""The `Venue` of a rehearsal: books, marks and funding rates of a live venue, orders and money on paper."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path

import msgspec

from venues.model import (
    BookUpdate,
    CancelReport,
    Capabilities,
    Clock,
    FillReport,
    FundingPayment,
    FundingRate,
    Instrument,
    Mode,
    OrderRequest,
    OrderStatusReport,
    Transfer,
    Venue,
    VenueListener,
    VenueRejected,
    VenueUnavailable,
)
from venues.model.forwarded import ForwardedQueries
from venues.paper.account_state import AccountState
from venues.paper.exchange import PaperExchange
from venues.paper.faults import FaultKind
from venues.paper.profiles import Profile
from venues.paper.state import StateKeeper, load_state
from venues.paper.venue import PaperVenue
from venues.rehearsal.market import RehearsalMarket
from venues.rehearsal.profile import rehearsal_profile

QUIET_S = 86_400.0
"""The paper exchange repeats no book by itself here: what is stale at the venue is stale in a rehearsal."""


class RehearsalVenue(ForwardedQueries):
    """`make` gives the live venue, watched only and without keys; it is connected when this is. Its `submit` is never
    called. Money, orders and fills are kept in `state_path` over a restart, where one is given."""

    def __init__(
        self,
        account: str,
        *,
        venue: str,
        make: Callable[[], Venue],
        profiles: Mapping[str, Profile],
        cash: Decimal,
        fees_bps: tuple[Decimal | None, Decimal | None] = (None, None),
        clock: Clock,
        rng: random.Random,
        state_path: Path | None = None,
    ) -> None:
        """`cash`: what a new account starts with, in the currency that its first market settles in. `fees_bps`: (maker,
        taker) in the place of the venue's. Raises `PaperStateError` for a state file that does not read."""
        self._account = account
        self._name = venue
        self._make = make
        self._profiles = profiles
        self._cash = cash
        self._fees = fees_bps
        self._clock = clock
        self._rng = rng
        self._path = state_path
        self._saved = load_state(state_path) if state_path is not None else None
        self._keeper: StateKeeper | None = None
        self._live: Venue | None = None
        self._ready = False
        """Whether the live venue is connected: only then it takes subscriptions."""
        self._exchange: PaperExchange | None = None
        self._paper: PaperVenue | None = None
        self._markets: dict[str, RehearsalMarket] = {}
        self._listener: VenueListener | None = None

    # -- what it is ----------------------------------------------------------------------------------------------

    @property
    def account(self) -> str:
        return self._account

    @property
    def venue(self) -> str:
        return self._name

    @property
    def mode(self) -> Mode:
        return Mode.REHEARSAL

    @property
    def capabilities(self) -> Capabilities:
        return self._paper.capabilities if self._paper is not None else Capabilities()

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        return self._paper.instruments if self._paper is not None else {}

    # -- connection ----------------------------------------------------------------------------------------------

    async def connect(self, listener: VenueListener) -> None:
        await self._hang_up()
        live = self._make()
        self._live = live
        feed = _Feed(self)
        try:
            await live.connect(feed)
            if self._exchange is None:
                self._open(live)
        except BaseException:
            await self._hang_up()
            raise
        self._listener, self._ready = listener, True
        assert self._paper is not None
        if feed.up is False:
            self._fault(FaultKind.UNREACHABLE)
        await self._paper.connect(listener)

    async def close(self) -> None:
        await self._hang_up()
        if self._paper is not None:
            await self._paper.close()
        if self._exchange is not None:
            self._exchange.stop()
        if self._keeper is not None:
            await self._keeper.close()

    async def _hang_up(self) -> None:
        live, self._live, self._ready = self._live, None, False
        if live is not None:
            await live.close()

    def _open(self, live: Venue) -> None:
        """The paper side, once the venue has told its instruments and fees."""
        if not live.instruments:
            raise VenueRejected(f"{self._name} lists none of the markets asked for")
        exchange = PaperExchange(self._clock, self._rng)
        profile = rehearsal_profile(self._name, self._profiles, live.capabilities)
        maker, taker = self._fees
        profile = profile.with_fees(
            profile.maker_bps if maker is None else maker, profile.taker_bps if taker is None else taker
        )
        exchange.add_venue(self._name, profile, heartbeat_s=QUIET_S)
        for symbol, instrument in live.instruments.items():
            market = self._markets[symbol] = RehearsalMarket(instrument, self._clock)
            exchange.add_market(self._name, market)
        first = next(iter(live.instruments.values()))
        exchange.add_account(self._account, self._name, {first.settle: self._cash})
        self._bring_back(exchange)
        exchange.observe(_Marker(self))
        self._exchange, self._paper = exchange, exchange.venue_for(self._account)

    def _bring_back(self, exchange: PaperExchange) -> None:
        if self._path is None or self._saved is None:
            return
        raw = self._saved.accounts.get(self._account)
        if raw is not None:
            try:
                exchange.import_state(msgspec.json.decode(raw, type=AccountState))
            except (msgspec.DecodeError, ValueError) as error:
                raise VenueRejected(f"{self._path}: {error}; move the file away to start the rehearsal anew") from None
        self._keeper = StateKeeper(
            self._path,
            self._saved,
            lambda account: msgspec.Raw(msgspec.json.encode(exchange.export_state(account))),
            dict,
        )

    def changed(self) -> None:
        """The account's books moved: they are saved soon."""
        if self._keeper is not None:
            self._keeper.mark(self._account)

    # -- market data: the venue's own ----------------------------------------------------------------------------

    def subscribe(self, symbols: Iterable[str]) -> None:
        """Before the connection stands nothing is asked for: whoever connects subscribes to all."""
        if self._live is not None and self._ready:
            self._live.subscribe(symbols)

    def on_book(self, update: BookUpdate) -> None:
        market = self._markets.get(update.symbol)
        if market is not None:
            market.on_book(update)
        if self._listener is not None:
            self._listener.on_book(update)

    def on_mark(self, symbol: str, price: Decimal, ts_event: int) -> None:
        market = self._markets.get(symbol)
        if market is not None:
            market.on_mark(price)
        if self._listener is not None:
            self._listener.on_mark(symbol, price, ts_event)

    def on_funding_rate(self, rate: FundingRate) -> None:
        market = self._markets.get(rate.symbol)
        if market is not None:
            market.on_funding_rate(rate)
        if self._listener is not None:
            self._listener.on_funding_rate(rate)

    def on_connection(self, up: bool, reason: str) -> None:
        """What the live venue's connection does, the rehearsal's does: orders go nowhere while it is down."""
        if up:
            self._fault(FaultKind.CLEAR)
            return
        for market in self._markets.values():
            market.lost(reason)
        self._fault(FaultKind.UNREACHABLE)

    def _fault(self, kind: FaultKind) -> None:
        if self._exchange is not None:
            self._exchange.set_fault(self._account, kind)

    def fault(self, kind: str) -> None:
        """Switch a fault of this connection on, or off with `clear`; see `venues.paper.faults`."""
        self._answering().fault(kind)

    # -- orders and money: the paper exchange --------------------------------------------------------------------

    def _answering(self) -> PaperVenue:
        if self._paper is None:
            raise VenueUnavailable(f"{self._account} is not connected yet")
        return self._paper

    def submit(self, order: OrderRequest) -> None:
        self._answering().submit(order)

    def cancel(self, client_order_id: str, symbol: str) -> None:
        self._answering().cancel(client_order_id, symbol)

    async def cancel_all(self, symbol: str | None = None) -> None:
        await self._answering().cancel_all(symbol)

    async def cancel_all_after(self, seconds: float) -> None:
        await self._answering().cancel_all_after(seconds)


class _Feed:
    """Hears the live venue: its public side goes on, and what it should say of an account is dropped, for there is
    none."""

    def __init__(self, venue: RehearsalVenue) -> None:
        self._venue = venue
        self.up: bool | None = None
        self.on_book = venue.on_book
        self.on_mark = venue.on_mark
        self.on_funding_rate = venue.on_funding_rate

    def on_connection(self, up: bool, reason: str) -> None:
        self.up = up
        self._venue.on_connection(up, reason)

    def on_order(self, report: OrderStatusReport) -> None: ...
    def on_fill(self, fill: FillReport) -> None: ...
    def on_cancel_failed(self, report: CancelReport) -> None: ...
    def on_funding(self, payment: FundingPayment) -> None: ...
    def on_transfer(self, transfer: Transfer) -> None: ...


class _Marker:
    """Says that the books of the account moved."""

    def __init__(self, venue: RehearsalVenue) -> None:
        self._venue = venue

    def filled(self, account: str, fill: FillReport) -> None:
        self._venue.changed()

    def ended(self, account: str, client_order_id: str) -> None:
        self._venue.changed()
