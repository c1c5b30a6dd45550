"""Orders and cancels that were handed over and have had no answer yet: when to say that none will come."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from venues.model import (
    CancelReport,
    Clock,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    RejectReason,
    VenueListener,
)

SUBMIT_TIMEOUT_S = 5.0


class InFlight:
    """Waits for the first report of each order and for the outcome of each cancel, at most `timeout` seconds.

    What was never written is told to the listener on the next turn of the loop, never within the call: whoever
    submits need not expect an answer before `submit` has returned.
    """

    def __init__(self, clock: Clock, timeout: float) -> None:
        self.listener: VenueListener | None = None
        self._clock = clock
        self._timeout = timeout
        # by client order id, oldest first: one timer, for the head, serves all
        self._orders: dict[str, tuple[float, OrderRequest]] = {}
        self._cancels: dict[str, tuple[float, str]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def submitted(self, order: OrderRequest) -> None:
        self._orders.pop(order.client_order_id, None)
        self._orders[order.client_order_id] = (self._deadline(), order)

    def cancelling(self, client_order_id: str, symbol: str) -> None:
        self._cancels.pop(client_order_id, None)
        self._cancels[client_order_id] = (self._deadline(), symbol)

    def never_submitted(self, order: OrderRequest, text: str) -> None:
        asyncio.get_running_loop().call_soon(self._tell_order, order, OrderStatus.REJECTED, text)

    def never_cancelled(self, client_order_id: str, symbol: str, text: str) -> None:
        asyncio.get_running_loop().call_soon(self._tell_cancel, client_order_id, symbol, text)

    def on_order(self, report: OrderStatusReport) -> bool:
        """The venue's side spoke of the order. False: it only gave up waiting for an order that was reported UNKNOWN
        here before; telling that again, late, could put a settled order in doubt."""
        waited = self._orders.pop(report.client_order_id, None) is not None
        if report.status.terminal:
            self._cancels.pop(report.client_order_id, None)
        return waited or report.status is not OrderStatus.UNKNOWN

    def answered(self, client_order_id: str) -> None:
        """The order filled: it reached the venue."""
        self._orders.pop(client_order_id, None)

    def cancel_answered(self, client_order_id: str) -> None:
        self._cancels.pop(client_order_id, None)

    def lose(self, reason: str) -> None:
        """Nothing that waits will be answered any more."""
        orders, self._orders = self._orders, {}
        cancels, self._cancels = self._cancels, {}
        for _, order in orders.values():
            self._tell_order(order, OrderStatus.UNKNOWN, reason)
        for client_order_id, (_, symbol) in cancels.items():
            self._tell_cancel(client_order_id, symbol, reason)

    def clear(self) -> None:
        """Forget all, tell nobody."""
        self.listener = None
        self._orders.clear()
        self._cancels.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _deadline(self) -> float:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout
        if self._timer is None:
            self._timer = loop.call_at(deadline, self._expire)
        return deadline

    def _expire(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        text = f"no answer within {self._timeout:g} s"
        late_orders = [order for deadline, order in self._orders.values() if deadline <= now]
        late_cancels = [(name, symbol) for name, (deadline, symbol) in self._cancels.items() if deadline <= now]
        for order in late_orders:
            del self._orders[order.client_order_id]
        for name, _ in late_cancels:
            del self._cancels[name]
        heads = [next(iter(waiting.values()))[0] for waiting in (self._orders, self._cancels) if waiting]
        if heads:
            self._timer = loop.call_at(min(heads), self._expire)
        for order in late_orders:
            self._tell_order(order, OrderStatus.UNKNOWN, text)
        for name, symbol in late_cancels:
            self._tell_cancel(name, symbol, text)

    def _tell_order(self, order: OrderRequest, status: OrderStatus, text: str) -> None:
        if self.listener is None:
            return
        now = self._clock.now_ns()
        self.listener.on_order(
            OrderStatusReport(
                client_order_id=order.client_order_id,
                venue_order_id="",
                symbol=order.symbol,
                side=order.side,
                qty=order.qty,
                price=order.price,
                filled_qty=Decimal(0),
                status=status,
                ts_event=now,
                ts_init=now,
                reason=RejectReason.OTHER if status is OrderStatus.REJECTED else None,
                text=text,
                tif=order.tif,
                post_only=order.post_only,
                reduce_only=order.reduce_only,
            )
        )

    def _tell_cancel(self, client_order_id: str, symbol: str, text: str) -> None:
        if self.listener is not None:
            now = self._clock.now_ns()
            self.listener.on_cancel_failed(CancelReport(client_order_id, symbol, False, text, now))
