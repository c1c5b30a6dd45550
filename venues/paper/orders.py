"""An order inside the exchange: integer lots and ticks, and where it stands."""

from __future__ import annotations

from decimal import Decimal

from venues.model import Instrument, OrderRequest, OrderStatus, OrderStatusReport, RejectReason, Side, TimeInForce

AHEAD_UNKNOWN = -1
"""Queue position of an order that came to rest while the book was out of sync; known with the next whole book."""


class PaperOrder:
    """Mutable; owned by one account and, while it rests, by one market's execution."""

    __slots__ = (
        "account",
        "ahead",
        "client_order_id",
        "echo",
        "echo_ahead",
        "echo_ts",
        "filled",
        "instrument",
        "level",
        "liquidation",
        "lots",
        "order_id",
        "post_only",
        "reason",
        "reduce_only",
        "side",
        "status",
        "text",
        "ticks",
        "tif",
        "traded",
        "ts_event",
    )

    def __init__(
        self,
        account: str,
        instrument: Instrument,
        order_id: str,
        client_order_id: str,
        side: Side,
        lots: int,
        ticks: int,
        *,
        tif: TimeInForce = TimeInForce.GTC,
        post_only: bool = False,
        reduce_only: bool = False,
        ts_event: int = 0,
    ) -> None:
        self.account = account
        self.instrument = instrument
        self.order_id = order_id
        self.client_order_id = client_order_id
        self.side = side
        self.lots = lots
        self.ticks = ticks
        self.tif = tif
        self.post_only = post_only
        self.reduce_only = reduce_only
        self.ts_event = ts_event
        self.filled = 0
        self.liquidation = False
        self.status = OrderStatus.OPEN
        self.reason: RejectReason | None = None
        self.text = ""
        # Queue position, kept by the execution while the order rests.
        self.ahead = AHEAD_UNKNOWN
        self.level = 0
        self.traded = 0
        self.echo = 0
        self.echo_ahead = 0
        self.echo_ts = 0

    @property
    def symbol(self) -> str:
        return self.instrument.symbol

    @property
    def remaining(self) -> int:
        return self.lots - self.filled

    @property
    def open(self) -> bool:
        return not self.status.terminal

    def report(self, ts_init: int) -> OrderStatusReport:
        """The order's state now, as the venue tells it."""
        instrument = self.instrument
        return OrderStatusReport(
            client_order_id=self.client_order_id,
            venue_order_id=self.order_id,
            symbol=instrument.symbol,
            side=self.side,
            qty=instrument.lots_to_qty(self.lots),
            price=instrument.ticks_to_price(self.ticks),
            filled_qty=instrument.lots_to_qty(self.filled),
            status=self.status,
            ts_event=self.ts_event,
            ts_init=ts_init,
            reason=self.reason,
            text=self.text,
            tif=self.tif,
            post_only=self.post_only,
            reduce_only=self.reduce_only,
        )


def unplaced_report(
    request: OrderRequest, status: OrderStatus, ts: int, reason: RejectReason | None, text: str
) -> OrderStatusReport:
    """A report on a request that never became an order: rejected, or without an answer."""
    return OrderStatusReport(
        client_order_id=request.client_order_id,
        venue_order_id="",
        symbol=request.symbol,
        side=request.side,
        qty=request.qty,
        price=request.price,
        filled_qty=Decimal(0),
        status=status,
        ts_event=ts,
        ts_init=ts,
        reason=reason,
        text=text,
        tif=request.tif,
        post_only=request.post_only,
        reduce_only=request.reduce_only,
    )
