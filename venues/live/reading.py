"""ccxt's structures of one account turned into reports: which order is ours, which market it is, what is refused."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from venues.live import reports
from venues.live.ccxt_types import Raw
from venues.live.dialect import ClientIdCodec, Dialect
from venues.live.exchange import Exchange
from venues.live.markets import Markets
from venues.live.order_track import OrderTrack
from venues.model import Clock, FillReport, OrderStatus, OrderStatusReport, VenueUnavailable

log = logging.getLogger(__name__)
T = TypeVar("T")

MALFORMED = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
"""What reading a venue's message may raise when it is not what it should be."""


class Reading:
    """Reads orders and trades of one account."""

    def __init__(
        self,
        dialect: Dialect,
        exchange: Exchange,
        markets: Markets,
        track: OrderTrack,
        ids: ClientIdCodec,
        clock: Clock,
    ) -> None:
        self._dialect = dialect
        self._exchange = exchange
        self._markets = markets
        self._track = track
        self._ids = ids
        self._clock = clock

    def client_id(self, raw: Raw) -> str | None:
        """Our id of an order or a trade; "" for one that is known to be foreign, None where that is not known."""
        venue_id = str(raw.get("order") or raw.get("id") or "")
        said = self._dialect.raw_client_id(raw)
        if said:
            ours = self._dialect.our_id(said, self._ids)
            self._track.learn(venue_id, ours)
            return ours
        return self._track.client_id(venue_id)

    def order(
        self, raw: Raw, *, client_order_id: str = "", unsaid: OrderStatus = OrderStatus.UNKNOWN
    ) -> OrderStatusReport | None:
        """None for an order in a market that is not traded here. Raises one of `MALFORMED`."""
        name = client_order_id or self.client_id(raw) or ""
        entry = self._track.get(name)
        request = entry.request if entry is not None else None
        instrument = self._markets.find(raw)
        if instrument is None and request is None:
            return None
        symbol = request.symbol if request is not None else instrument.symbol if instrument is not None else ""
        info = raw.get("info")
        word = str(info.get("status") or "") if isinstance(info, Mapping) else ""
        return reports.order_report(
            raw,
            client_order_id=name,
            symbol=symbol,
            now=self._clock.now_ns(),
            request=request,
            unsaid=unsaid,
            end=self._dialect.ends.get(word),
            word=word,
        )

    def fill(self, raw: Raw, client_order_id: str) -> FillReport | None:
        """None for a trade in a market that is not traded here. Raises one of `MALFORMED`."""
        instrument = self._markets.find(raw)
        if instrument is None:
            return None
        return reports.fill_report(
            raw,
            client_order_id=client_order_id,
            symbol=instrument.symbol,
            settle=instrument.settle,
            now=self._clock.now_ns(),
            liquidation=self._dialect.is_liquidation(raw),
        )

    async def resolve(self, raw: Raw) -> str:
        """Our id of a trade; where neither it nor our memory names one, the venue is asked. Raises `VenueError`."""
        known = self.client_id(raw)
        venue_id = str(raw.get("order") or "")
        if known is not None or not venue_id:
            return known or ""
        ccxt = self._exchange.ccxt
        found = await self._exchange.ask("an order", self._dialect.find_order(ccxt, str(raw["symbol"]), "", venue_id))
        if found is None:
            return ""  # forgotten by the venue, which is no proof of anything: asked again when it comes again
        ours = self.client_id(found) or ""
        self._track.learn(venue_id, ours)
        return ours

    def answers(self, what: str, raws: Iterable[Raw], read: Callable[[Raw], T | None]) -> tuple[T, ...]:
        """Every answer read. One that makes no sense spoils them all: half an answer is none.

        Raises `VenueUnavailable`."""
        found = []
        for raw in raws:
            try:
                report = read(raw)
            except MALFORMED as error:
                text = self._exchange.redact(f"{type(error).__name__}: {error}")
                raise VenueUnavailable(f"{what}: the answer makes no sense: {text}") from None
            if report is not None:
                found.append(report)
        return tuple(found)

    def news(self, what: str, raw: Raw, read: Callable[[Raw], T | None]) -> T | None:
        """One message of a stream; one that makes no sense is logged and left out, for a query will tell the same."""
        try:
            return read(raw)
        except MALFORMED as error:
            log.warning("%s refused: %s", what, self._exchange.redact(f"{type(error).__name__}: {error}"))
            return None
