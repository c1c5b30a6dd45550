"""What comes back out of the journal, as values."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from venues.model import (
    FillReport,
    FundingPayment,
    LiquiditySide,
    OrderRequest,
    OrderStatus,
    Side,
    TimeInForce,
    Transfer,
    TransferKind,
)


class JournaledFill(msgspec.Struct, frozen=True):
    """One execution as booked; `loop` "" is foreign."""

    seq: int
    account: str
    symbol: str
    trade_id: str
    client_order_id: str
    venue_order_id: str
    side: Side
    qty: Decimal
    price: Decimal
    base_qty: Decimal
    """Base coin at the fill price, not signed."""
    fee: Decimal
    fee_asset: str
    fee_rate_usd: Decimal
    settle_rate_usd: Decimal
    liquidity: LiquiditySide
    liquidation: bool
    loop: str
    cycle: int
    role: str
    volume: bool
    """On the loop's volume account."""
    ts_event: int
    ts_init: int

    @property
    def fee_usd(self) -> Decimal:
        return self.fee * self.fee_rate_usd

    @property
    def signed_base(self) -> Decimal:
        return self.base_qty * self.side.sign

    @property
    def report(self) -> FillReport:
        """The fill as the venue told it."""
        return FillReport(**{name: getattr(self, name) for name in FillReport.__struct_fields__})


class JournaledOrder(msgspec.Struct, frozen=True):
    """An order as it was meant, and as it stood when last heard of."""

    client_order_id: str
    seq: int
    account: str
    symbol: str
    side: Side
    qty: Decimal
    price: Decimal
    tif: TimeInForce
    post_only: bool
    reduce_only: bool
    loop: str
    leg: str
    cycle: int
    role: str
    ts: int
    """When it was meant, ns."""
    status: OrderStatus
    filled_qty: Decimal
    venue_order_id: str
    reason: str

    @property
    def request(self) -> OrderRequest:
        return OrderRequest(**{name: getattr(self, name) for name in OrderRequest.__struct_fields__})


class JournaledTrade(msgspec.Struct, frozen=True):
    """What one fill did to a position; `loop` "" is foreign."""

    seq: int
    account: str
    symbol: str
    loop: str
    side: Side
    qty: Decimal
    """Venue units, above 0."""

    @property
    def signed(self) -> Decimal:
        return self.qty * self.side.sign


class JournaledFunding(msgspec.Struct, frozen=True):
    seq: int
    account: str
    payment_id: str
    symbol: str
    cost: Decimal
    asset: str
    rate: Decimal
    qty: Decimal
    price: Decimal
    rate_usd: Decimal
    ts_event: int
    ts_init: int

    @property
    def payment(self) -> FundingPayment:
        return FundingPayment(**{name: getattr(self, name) for name in FundingPayment.__struct_fields__})


class JournaledTransfer(msgspec.Struct, frozen=True):
    seq: int
    account: str
    transfer_id: str
    kind: TransferKind
    asset: str
    amount: Decimal
    rate_usd: Decimal
    ts_event: int
    ts_init: int

    @property
    def transfer(self) -> Transfer:
        return Transfer(**{name: getattr(self, name) for name in Transfer.__struct_fields__})


class JournaledLoop(msgspec.Struct, frozen=True):
    id: str
    strategy: str
    params: dict[str, str]
    state: str
    iterations_done: int
    created_ts: int
    ts: int


class JournaledObligation(msgspec.Struct, frozen=True):
    loop: str
    number: int
    """Counts within the loop."""
    seq: int
    account: str
    symbol: str
    trade_id: str
    """The fill that caused it; empty for a write-off, whose `base` has the opposite sign."""
    base: Decimal
    """Signed base coin to trade: positive is to be bought."""
    ts: int


class ParamChange(msgspec.Struct, frozen=True):
    seq: int
    ts: int
    loop: str
    field: str
    old: str
    new: str
    origin: str
    command_id: str


class JournaledCommand(msgspec.Struct, frozen=True):
    id: str
    ts: int
    origin: str
    verb: str
    """JSON."""
    ok: bool
    error: str
    result: str
    """JSON."""


class JournaledFlatten(msgspec.Struct, frozen=True):
    id: str
    kind: str
    state: str
    spec: str
    """JSON."""
    text: str
    ts: int


class JournaledAlarm(msgspec.Struct, frozen=True):
    """One time that an alarm stood, from `first_ts` to `ended_ts` (0: it stands). Stamps in ns, 0 for never."""

    id: str
    first_ts: int
    level: str
    text: str
    ts: int
    """When it was last raised."""
    count: int
    active: bool
    ended_ts: int = 0
    armed_ts: int = 0
    acked_ts: int = 0
    acked_by: str = ""
    escalated_ts: int = 0
    action: str = ""


class JournaledLine(msgspec.Struct, frozen=True):
    seq: int
    ts: int
    level: str
    source: str
    text: str


class JournaledStep(msgspec.Struct, frozen=True):
    """An order after one change."""

    seq: int
    client_order_id: str
    venue_order_id: str
    status: OrderStatus
    filled_qty: Decimal
    reason: str
    ts: int


class JournaledEquity(msgspec.Struct, frozen=True):
    """What an account was worth when last looked at on a UTC day."""

    day: str
    account: str
    usd: Decimal
    ts: int


class DayMark(msgspec.Struct, frozen=True):
    """The mark a UTC day was closed at."""

    day: str
    account: str
    symbol: str
    seq: int
    mark: Decimal
