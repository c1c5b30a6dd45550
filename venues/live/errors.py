"""What an error of ccxt means: a definite no, not knowing, or asking too much; and its words without our secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextvars import ContextVar

from venues.model import RejectReason, VenueBusy, VenueError, VenueRejected, VenueUnavailable
from venues.model.secret import Secret

MAX_TEXT = 300
MAX_DEPTH = 6
"""How deep in an error's JSON its words are looked for."""
_BUSY = ("RateLimitExceeded", "DDoSProtection")
_NO_ANSWER = ("NetworkError", "OperationFailed")
_URL = re.compile(r"(?:https?|wss?)://([^/\s?]+)([^\s?]*)(\?\S*)?")
_LONG_TOKEN = re.compile(r"[A-Za-z0-9+/=_\-.]{40,}")
_ASSIGNED = re.compile(
    r"(?i)\b(signature|apikey|secret|token|auth|listenkey|password|passphrase)(\"?\s*[=:]\s*\"?)[^&\s\",}]+"
)

_WORDS = (
    (RejectReason.POST_ONLY, "post only,post-only,postonly,post_only,immediately match,as a maker,would cross"),
    (RejectReason.REDUCE_ONLY, "reduce only,reduce-only,reduceonly,reduce_only"),
    (RejectReason.NONCE, "nonce,recvwindow,timestamp for this request"),
    (RejectReason.RATE_LIMIT, "too many,rate limit,ratelimit,throttl"),
    (RejectReason.DUPLICATE_ID, "duplicate,already exists"),
    (RejectReason.MARGIN, "margin,insufficient,not enough,balance,collateral,leverage"),
    (RejectReason.FOK, "fok,fill or kill"),
    (RejectReason.PRICE_BAND, "percent_price,price filter,price band,too far,limit price,fat finger,oracle,deviat"),
    (RejectReason.MIN_SIZE, "min_notional,minimum,notional,lot_size,too small,less than"),
    (RejectReason.LIQUIDATION, "liquidat"),
    (RejectReason.HALTED, "maintenance,halted,suspended,trading is disabled,market closed,close only"),
    (RejectReason.SYMBOL, "invalid symbol,unknown symbol,unknown market,not listed,delisted"),
)
"""Words of venues for each reason, the first that fits."""


class Wire:
    """How far the request of one call got; see `wire`."""

    __slots__ = ("sent", "status")

    def __init__(self) -> None:
        self.sent = False
        self.status = 0
        """Of the last HTTP answer; 0 while there is none."""


wire: ContextVar[Wire | None] = ContextVar("venues.live.wire", default=None)
"""Set by whoever needs to know whether a request of his task left the machine; marked in `exchange.py`."""


def error_is(error: BaseException, *names: str) -> bool:
    """Whether `error` is one of these ccxt errors or a kind of one. By name, so that ccxt need not be imported."""
    return any(cls.__name__ in names and cls.__module__.startswith("ccxt.") for cls in type(error).__mro__)


def is_ccxt(error: BaseException) -> bool:
    return error_is(error, "BaseError")


def order_was_refused(error: BaseException, wire: Wire) -> bool:
    """Whether it is certain that an order was not taken: it never left, or the venue answered with a no.

    Everything else is not knowing: no answer, a 5xx, a time-out that the venue reports, an answer that makes no sense,
    and a duplicate client id, for we send none twice: an order of that id lives or has lived."""
    if not wire.sent:
        return True
    if wire.status == 0 or wire.status >= 500 or wire.status == 408:
        return False
    if error_is(error, "RequestTimeout", "DuplicateOrderId", "BadResponse", "OnMaintenance"):
        return False
    if error_is(error, "InvalidNonce", *_BUSY):
        return True
    if error_is(error, "NetworkError", "OperationFailed"):
        return 400 <= wire.status < 500
    return is_ccxt(error)


def reject_reason_of_words(text: str) -> RejectReason:
    """The kind of no that the words say; OTHER where they say none that we know."""
    low = text.lower()
    for reason, words in _WORDS:
        if any(word in low for word in words.split(",")):
            return reason
    return RejectReason.OTHER


class Redactor:
    """Takes our secrets out of texts that others wrote: ccxt's errors quote whole URLs, headers and bodies."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._secrets = tuple(secret for secret in secrets if len(secret.reveal()) >= 4)

    def __call__(self, text: str) -> str:
        """`text` without secrets, queries of URLs and anything long enough to be a key or a signature."""
        for secret in self._secrets:
            text = text.replace(secret.reveal(), "…")
        text = _ASSIGNED.sub(r"\1\2…", text)
        text = _URL.sub(lambda match: match.group(1) + match.group(2), text)
        text = _LONG_TOKEN.sub("…", text)
        text = " ".join(text.split())
        return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"

    def words(self, error: BaseException) -> tuple[str, str]:
        """(what the venue said, its code) of a ccxt error; the code is empty where it names none."""
        text, code = _body(str(error))
        text = self(text)
        return (text or type(error).__name__), self(code)

    def translate(self, error: BaseException, what: str) -> VenueError:
        """The error of ours that stands for one of ccxt's, or of the network's. Raise it outside of the `except`
        block, so that the original with its texts does not hang on it."""
        text, code = self.words(error)
        if isinstance(error, VenueError):
            return error
        said = f"{what}: {text}"
        if error_is(error, *_BUSY):
            return VenueBusy(said)
        if error_is(error, *_NO_ANSWER) or not is_ccxt(error):
            return VenueUnavailable(f"{said} ({type(error).__name__})")
        return VenueRejected(said, code)


def _body(text: str) -> tuple[str, str]:
    """(message, code) out of `id {json}`; the text itself without the JSON where that says nothing."""
    start = text.find("{")
    if start < 0:
        return text, ""
    try:
        found = json.loads(text[start : text.rindex("}") + 1])
    except (ValueError, RecursionError):
        return text, ""
    message, code = _message(found)
    return (message or text), code


def _message(found: object, depth: int = 0) -> tuple[str, str]:
    """The first thing in a venue's error object that reads as its message, and its code."""
    if isinstance(found, str):
        return found, ""
    if isinstance(found, list) and depth < MAX_DEPTH:
        for item in found:
            message, code = _message(item, depth + 1)
            if message:
                return message, code
    if not isinstance(found, dict) or depth >= MAX_DEPTH:
        return "", ""
    code = next((str(found[key]) for key in ("code", "retCode", "sCode", "errorCode") if key in found), "")
    for key in (
        "msg",
        "message",
        "sMsg",
        "retMsg",
        "error",
        "errors",
        "reason",
        "data",
        "response",
        "statuses",
        "status",
    ):
        if found.get(key):
            message, inner = _message(found[key], depth + 1)
            if message:
                return message, inner or code
    return "", code
