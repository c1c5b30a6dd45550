"""The watchdog's only way to a venue. Nothing that could open or enlarge a position gets through it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from venues.model import (
    Capabilities,
    FillPage,
    Instrument,
    OrderRequest,
    OrderStatusReport,
    PositionStatusReport,
    Side,
    TimeInForce,
    Venue,
    VenueListener,
)


class NotReducing(ValueError):
    """An order that could do anything but reduce; it was not sent."""


class ReduceOnlyVenue:
    """A venue with what opens taken away: `Venue.submit` is not here, and `reduce` sends nothing else than a
    reduce-only IOC against a position that the venue has just reported, at most as large as that."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    @property
    def account(self) -> str:
        return self._venue.account

    @property
    def venue(self) -> str:
        return self._venue.venue

    @property
    def capabilities(self) -> Capabilities:
        return self._venue.capabilities

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        return self._venue.instruments

    async def connect(self, listener: VenueListener) -> None:
        await self._venue.connect(listener)

    async def close(self) -> None:
        await self._venue.close()

    def reduce(self, order: OrderRequest, held: Decimal) -> None:
        """Close (a part of) `held`, the signed position as reported, venue units. Raises `NotReducing`."""
        if not order.reduce_only or not self.capabilities.reduce_only:
            raise NotReducing(f"{order.symbol}: reduce_only is off, or {self.venue} does not know it; expected on")
        if order.tif is not TimeInForce.IOC or order.post_only:
            raise NotReducing(f"{order.symbol}: {order.tif} would rest; expected ioc")
        if not held or order.side is not Side.of(-held):
            raise NotReducing(f"{order.symbol}: {order.side} against {held:+f}; expected the side that closes it")
        if not 0 < order.qty <= abs(held):
            raise NotReducing(f"{order.symbol}: qty {order.qty:f}; expected above 0 and at most {abs(held):f}")
        self._venue.submit(order)

    def cancel(self, client_order_id: str, symbol: str) -> None:
        self._venue.cancel(client_order_id, symbol)

    async def cancel_all(self) -> None:
        await self._venue.cancel_all()

    async def cancel_all_after(self, seconds: float) -> None:
        await self._venue.cancel_all_after(seconds)

    async def query_order(self, client_order_id: str, venue_order_id: str, symbol: str) -> OrderStatusReport | None:
        return await self._venue.query_order(
            client_order_id=client_order_id, venue_order_id=venue_order_id, symbol=symbol
        )

    async def open_orders(self) -> tuple[OrderStatusReport, ...]:
        return await self._venue.open_orders()

    async def fills_since(self, cursor: str) -> FillPage:
        return await self._venue.fills_since(cursor)

    async def positions(self) -> tuple[PositionStatusReport, ...]:
        return await self._venue.positions()
