"""What Lighter's public `orderBookDetails` says of a market, and the Instrument it makes.

Source: Lighter API documentation, "orderBookDetails" and "Order Book" of the websocket.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import msgspec

from venues.model import Instrument, InstrumentError, InstrumentKind

SETTLE = "USDC"
"""The one coin that Lighter's perpetuals settle in."""


class LighterDetails(msgspec.Struct):
    """One market."""

    symbol: str
    market_id: int
    size_places: int = msgspec.field(name="supported_size_decimals")
    price_places: int = msgspec.field(name="supported_price_decimals")
    min_base: str = msgspec.field(name="min_base_amount")
    min_quote: str = msgspec.field(name="min_quote_amount", default="0")

    def instrument(self) -> Instrument:
        """Raises `InstrumentError` where the smallest amounts do not read."""
        try:
            least, worth = Decimal(self.min_base), Decimal(self.min_quote)
        except InvalidOperation:
            told = f"min_base_amount {self.min_base!r}, min_quote_amount {self.min_quote!r}"
            raise InstrumentError(f"{self.symbol}: {told}; expected numbers") from None
        lot = Decimal(1).scaleb(-self.size_places)
        return Instrument(
            symbol=self.symbol,
            base=self.symbol,
            quote=SETTLE,
            settle=SETTLE,
            kind=InstrumentKind.LINEAR,
            tick=Decimal(1).scaleb(-self.price_places),
            lot=lot,
            min_qty=max(lot, least),
            min_notional=worth,
        )


class LighterListing(msgspec.Struct):
    """The answer; of one market where a capture begins with it."""

    markets: list[LighterDetails] = msgspec.field(name="order_book_details")


decode_listing = msgspec.json.Decoder(LighterListing).decode
