"""Orders, and what a venue reports of them."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> Side:
        return Side.SELL if self is Side.BUY else Side.BUY

    @classmethod
    def of(cls, signed: Decimal | int) -> Side:
        """The side that moves a position by `signed`."""
        return cls.BUY if signed > 0 else cls.SELL


class TimeInForce(StrEnum):
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"


class LiquiditySide(StrEnum):
    MAKER = "maker"
    TAKER = "taker"


class OrderStatus(StrEnum):
    """The life of an order. DENIED is ours and never left the desk; REJECTED is the venue's."""

    PENDING = "pending"
    IN_FLIGHT = "in_flight"
    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    DENIED = "denied"

    @property
    def terminal(self) -> bool:
        return self in TERMINAL_STATUSES


TERMINAL_STATUSES = frozenset(
    {OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED, OrderStatus.EXPIRED, OrderStatus.DENIED}
)


class RejectReason(StrEnum):
    """Why a venue, or the desk, says no. `OTHER` carries the venue's words in the report's `text`."""

    POST_ONLY = "post_only"
    REDUCE_ONLY = "reduce_only"
    MARGIN = "margin"
    RATE_LIMIT = "rate_limit"
    MIN_SIZE = "min_size"
    PRICE_BAND = "price_band"
    SYMBOL = "symbol"
    DUPLICATE_ID = "duplicate_id"
    FOK = "fok"
    NONCE = "nonce"
    LIQUIDATION = "liquidation"
    HALTED = "halted"
    FAULT = "fault"
    OTHER = "other"


class OrderRequest(msgspec.Struct, frozen=True, gc=False):
    """What the desk asks a venue for. There is no market order: every order has a price that bounds its loss."""

    client_order_id: str
    symbol: str
    side: Side
    qty: Decimal
    """Venue units, above 0, whole lots."""
    price: Decimal
    """Limit, quote per base, whole ticks."""
    tif: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False


class OrderStatusReport(msgspec.Struct, frozen=True, gc=False, tag="order"):
    """What the venue says an order's state is, now. `UNKNOWN` is an adapter's word for "no answer came"."""

    client_order_id: str
    venue_order_id: str
    symbol: str
    side: Side
    qty: Decimal
    price: Decimal
    filled_qty: Decimal
    """Cumulative, venue units."""
    status: OrderStatus
    ts_event: int
    """The venue's stamp, ns."""
    ts_init: int
    """When this process first saw it, ns."""
    reason: RejectReason | None = None
    text: str = ""
    tif: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False


class CancelReport(msgspec.Struct, frozen=True, gc=False, tag="cancel"):
    """A cancel that did not take: refused by the venue (`known`), or without an answer (not `known`).

    A cancel that took shows as an order report with status CANCELED.
    """

    client_order_id: str
    symbol: str
    known: bool
    text: str
    ts_init: int


class FillReport(msgspec.Struct, frozen=True, gc=False, tag="fill"):
    """One execution. `trade_id` is unique within account and symbol, and is what a fill is counted by."""

    trade_id: str
    client_order_id: str
    """Empty where the venue names none (a manual trade, a liquidation)."""
    venue_order_id: str
    symbol: str
    side: Side
    qty: Decimal
    price: Decimal
    fee: Decimal
    """In `fee_asset`; positive is paid, negative a rebate."""
    fee_asset: str
    liquidity: LiquiditySide
    ts_event: int
    ts_init: int
    liquidation: bool = False
