"""The `Venue` protocol: one account's connection to one venue, and what it tells its listener."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

import msgspec

from venues.model.account import (
    BalanceReport,
    FundingPayment,
    FundingRate,
    PositionStatusReport,
    Transfer,
)
from venues.model.book import BookUpdate
from venues.model.instrument import Instrument
from venues.model.orders import CancelReport, FillReport, OrderRequest, OrderStatusReport


class Pricing(StrEnum):
    """Where an order's price comes from: resting orders, an oracle (pool perps) or a pool's curve (AMM)."""

    BOOK = "book"
    ORACLE = "oracle"
    POOL = "pool"


class Mode(StrEnum):
    """PAPER: the paper exchange's markets and fills. REHEARSAL: a venue's own live books, paper fills. LIVE: money."""

    PAPER = "paper"
    LIVE = "live"
    REHEARSAL = "rehearsal"


class Health(StrEnum):
    """LIVE: data fresh. STALE: silent too long. DOWN: not reachable. SUSPECT: its reports contradict the ledger."""

    LIVE = "live"
    STALE = "stale"
    DOWN = "down"
    SUSPECT = "suspect"


class Capabilities(msgspec.Struct, frozen=True):
    """What a venue can do; the desk asks here instead of by name."""

    lookup_by_client_id: bool = True
    """An order can be queried by our id, so a lost acknowledgement can be settled without the disk."""
    post_only: bool = True
    reduce_only: bool = True
    fok: bool = True
    dead_man_switch: bool = False
    """Offers cancel-all-after."""
    pricing: Pricing = Pricing.BOOK
    client_id_max_len: int = 36
    max_orders_per_s: float | None = None
    max_queries_per_min: float | None = None
    """What the venue answers in a minute before it refuses; None where it does not say."""
    maker_fee: Decimal = Decimal(0)
    """Fraction of notional at the account's tier; negative is a rebate."""
    taker_fee: Decimal = Decimal(0)


class FillPage(msgspec.Struct, frozen=True):
    """Fills after a cursor, oldest first, and the cursor to go on from."""

    fills: tuple[FillReport, ...]
    cursor: str


class VenueListener(Protocol):
    """What a venue tells the desk. Called on the event loop's thread; must return at once and never raise.

    Reports may come late, twice or out of order: whoever listens must cope.
    """

    def on_book(self, update: BookUpdate) -> None: ...
    def on_order(self, report: OrderStatusReport) -> None: ...
    def on_fill(self, fill: FillReport) -> None: ...
    def on_cancel_failed(self, report: CancelReport) -> None: ...
    def on_funding_rate(self, rate: FundingRate) -> None: ...
    def on_funding(self, payment: FundingPayment) -> None: ...
    def on_transfer(self, transfer: Transfer) -> None: ...
    def on_mark(self, symbol: str, price: Decimal, ts_event: int) -> None: ...

    def on_connection(self, up: bool, reason: str) -> None:
        """The connection came up (reconcile now) or went down (every live order is now uncertain)."""
        ...


class Venue(Protocol):
    """One account's connection to one venue.

    `submit` and `cancel` hand over at once and return; the outcome comes to the listener. Every query raises
    `VenueUnavailable` when no answer came, which says nothing about what was asked.
    """

    @property
    def account(self) -> str: ...
    @property
    def venue(self) -> str: ...
    @property
    def mode(self) -> Mode: ...
    @property
    def capabilities(self) -> Capabilities: ...
    @property
    def instruments(self) -> Mapping[str, Instrument]: ...

    async def connect(self, listener: VenueListener) -> None:
        """Open the connection and load instruments. From here on a lost connection is redialled by itself."""
        ...

    async def close(self) -> None: ...

    def subscribe(self, symbols: Iterable[str]) -> None:
        """Ask for market data of these symbols besides those asked for before."""
        ...

    def submit(self, order: OrderRequest) -> None: ...
    def cancel(self, client_order_id: str, symbol: str) -> None: ...

    async def cancel_all(self, symbol: str | None = None) -> None:
        """Ask the venue to cancel every open order (of `symbol`), ours or not. Returns when it has answered."""
        ...

    async def cancel_all_after(self, seconds: float) -> None:
        """Dead-man switch: the venue cancels every open order of the account, ours or not, unless this is called again
        within `seconds`; 0 disarms. Raises `VenueRejected` where `Capabilities.dead_man_switch` is False."""
        ...

    async def query_order(
        self, *, client_order_id: str = "", venue_order_id: str = "", symbol: str = ""
    ) -> OrderStatusReport | None:
        """None: the venue answered that it knows no such order (which some say of live orders for minutes)."""
        ...

    async def open_orders(self) -> tuple[OrderStatusReport, ...]: ...

    async def fills_since(self, cursor: str) -> FillPage:
        """Fills after `cursor` ("" for all the venue keeps)."""
        ...

    async def positions(self) -> tuple[PositionStatusReport, ...]:
        """Every symbol with a position; a symbol that is missing is flat, since the venue answered."""
        ...

    async def balances(self) -> tuple[BalanceReport, ...]: ...
    async def funding_since(self, ts: int) -> tuple[FundingPayment, ...]: ...
    async def transfers_since(self, ts: int) -> tuple[Transfer, ...]: ...
