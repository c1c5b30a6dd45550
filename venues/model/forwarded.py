"""The questions of a venue that stands in front of another one: each is handed on as it came."""

from __future__ import annotations

from abc import ABC, abstractmethod

from venues.model.account import BalanceReport, FundingPayment, PositionStatusReport, Transfer
from venues.model.orders import OrderStatusReport
from venues.model.venue import FillPage, Venue


class ForwardedQueries(ABC):
    """The queries of `Venue`, answered by whoever `_answering` names at that moment."""

    @abstractmethod
    def _answering(self) -> Venue:
        """Raises `VenueUnavailable` where there is nobody to ask."""

    async def query_order(
        self, *, client_order_id: str = "", venue_order_id: str = "", symbol: str = ""
    ) -> OrderStatusReport | None:
        return await self._answering().query_order(
            client_order_id=client_order_id, venue_order_id=venue_order_id, symbol=symbol
        )

    async def open_orders(self) -> tuple[OrderStatusReport, ...]:
        return await self._answering().open_orders()

    async def fills_since(self, cursor: str) -> FillPage:
        return await self._answering().fills_since(cursor)

    async def positions(self) -> tuple[PositionStatusReport, ...]:
        return await self._answering().positions()

    async def balances(self) -> tuple[BalanceReport, ...]:
        return await self._answering().balances()

    async def funding_since(self, ts: int) -> tuple[FundingPayment, ...]:
        return await self._answering().funding_since(ts)

    async def transfers_since(self, ts: int) -> tuple[Transfer, ...]:
        return await self._answering().transfers_since(ts)
