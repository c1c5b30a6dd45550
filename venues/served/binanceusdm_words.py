"""Binance USDⓈ-M futures: how requests are read and refused, in the venue's own words and codes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from urllib.parse import parse_qsl

from venues.model import NS_PER_MS, Instrument, RejectReason
from venues.served.dialect import HttpAnswer

M = TypeVar("M")


class Refused(Exception):
    """The venue's no: `{"code": …, "msg": …}` with an HTTP status."""

    def __init__(self, code: int, msg: str, status: int = 400) -> None:
        super().__init__(f"{code}: {msg}")
        self.code = code
        self.msg = msg
        self.status = status

    @property
    def body(self) -> dict[str, object]:
        return {"code": self.code, "msg": self.msg}

    def answer(self, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        return HttpAnswer.json(self.body, self.status, headers)


def missing(name: str) -> Refused:
    return Refused(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


UNKNOWN_SYMBOL = (-1121, "Invalid symbol.")
UNKNOWN_CANCEL = (-2011, "Unknown order sent.")
UNKNOWN_ORDER = (-2013, "Order does not exist.")
BAD_KEY = (-2015, "Invalid API-key, IP, or permissions for action.")
BAD_LISTEN_KEY = (-1125, "This listenKey does not exist.")
POST_ONLY = (
    -5022,
    "Due to the order could not be executed as maker, the Post Only order will be rejected. "
    "The order will not be recorded in the order history",
)
FOK = (
    -5021,
    "Due to the order could not be filled immediately, the FOK order has been rejected. "
    "The order will not be recorded in the order history",
)
TOO_MANY_ORDERS = (-1015, "Too many new orders; current limit is exceeded.", 429)
_REASONS: Mapping[RejectReason, tuple[int, str]] = {
    RejectReason.POST_ONLY: POST_ONLY,
    RejectReason.REDUCE_ONLY: (-2022, "ReduceOnly Order is rejected."),
    RejectReason.MARGIN: (-2019, "Margin is insufficient."),
    RejectReason.SYMBOL: UNKNOWN_SYMBOL,
    RejectReason.DUPLICATE_ID: (-4116, "ClientOrderId is duplicated."),
    RejectReason.FOK: FOK,
    RejectReason.PRICE_BAND: (-4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit."),
    RejectReason.MIN_SIZE: (-4004, "Quantity less than or equal to minimum quantity."),
    RejectReason.LIQUIDATION: (-2023, "User in liquidation mode now."),
}


def refusal_of(reason: RejectReason | None, text: str) -> Refused:
    """What the matching engine's no is called here."""
    if reason is RejectReason.RATE_LIMIT:
        return Refused(*TOO_MANY_ORDERS)
    code, msg = _REASONS.get(reason, (-2010, f"NEW_ORDER_REJECTED: {text}")) if reason else (-2010, text)
    return Refused(code, msg)


def plain(number: Decimal) -> str:
    """A decimal as the venue writes it: digits, no exponent, exact."""
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def ms(stamp_ns: int) -> int:
    return stamp_ns // NS_PER_MS


def price_text(instrument: Instrument, ticks: int) -> str:
    return plain(instrument.ticks_to_price(ticks))


def qty_text(instrument: Instrument, lots: int) -> str:
    return plain(instrument.lots_to_qty(lots))


class Params:
    """The parameters of one request; whatever is wrong with one is `Refused` by its name."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    @classmethod
    def read(cls, *texts: str) -> Params:
        """From form-encoded texts; a later one wins."""
        values: dict[str, str] = {}
        for text in texts:
            values.update(parse_qsl(text, keep_blank_values=True))
        return cls(values)

    def __contains__(self, name: str) -> bool:
        return bool(self._values.get(name))

    def get(self, name: str, default: str = "") -> str:
        return self._values.get(name) or default

    def need(self, name: str) -> str:
        value = self._values.get(name)
        if not value:
            raise missing(name)
        return value

    def market(self, markets: Mapping[str, M]) -> M:
        """The one of `markets` that `symbol` names."""
        market = markets.get(self.need("symbol"))
        if market is None:
            raise Refused(*UNKNOWN_SYMBOL)
        return market

    def markets(self, markets: Mapping[str, M]) -> list[M]:
        """That one, or all of them where none is named."""
        return [self.market(markets)] if "symbol" in self else list(markets.values())

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number of at most 19 digits; `default` where it was not sent (None: it must be)."""
        text = self._values.get(name)
        if not text:
            if default is None:
                raise missing(name)
            return default
        digits = text[1:] if text.startswith("-") else text
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 19):
            raise missing(name)
        return int(text)

    def decimal(self, name: str) -> Decimal:
        try:
            number = Decimal(self.need(name))
        except InvalidOperation:
            raise missing(name) from None
        if not number.is_finite():
            raise missing(name)
        return number

    def flag(self, name: str) -> bool:
        text = self.get(name, "false").lower()
        if text not in ("true", "false"):
            raise missing(name)
        return text == "true"

    def limit(self, default: int, most: int) -> int:
        limit = self.whole("limit", default)
        if not 1 <= limit <= most:
            raise Refused(-1130, "Data sent for parameter 'limit' is not valid.")
        return limit
