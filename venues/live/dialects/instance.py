"""What a dialect changes on its own ccxt instance, and how it calls endpoints that ccxt has no method for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from venues.live.ccxt_types import CcxtExchange, Raw
from venues.model import InstrumentError

Signed = dict[str, Any]
"""What ccxt's `sign` returns: url, method, body, headers."""


async def call(exchange: CcxtExchange, name: str, params: Raw | None = None) -> Any:
    """Call one of ccxt's generated endpoint methods, e.g. `fapiPrivatePostCountdownCancelAll`.

    Raises `AttributeError` where this version of ccxt has no such endpoint."""
    endpoint: Callable[[Mapping[str, Any]], Awaitable[Any]] = getattr(exchange, name)
    return await endpoint(dict(params or {}))


def field(found: object, *path: str | int) -> Any:
    """What stands at `path` in nested JSON; None where any step is missing."""
    for step in path:
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, list) and isinstance(step, int) and -len(found) <= step < len(found):
            found = found[step]
        else:
            return None
    return found


def replace(exchange: CcxtExchange, name: str, method: Callable[..., Any]) -> None:
    """Put `method` in the place of one of the instance's own. Raises `AttributeError` where ccxt has it no more: what
    was to be prevented may then happen under another name."""
    if not callable(getattr(exchange, name, None)):
        raise AttributeError(f"ccxt's {exchange.id} has no method {name}; check the dialect against this version")
    setattr(exchange, name, method)


def strip_requests(exchange: CcxtExchange, headers: Iterable[str], params: Iterable[str]) -> None:
    """Take `params` out of every request before ccxt signs it, and `headers` out after."""
    headers, params = frozenset(headers), frozenset(params)
    if not headers and not params:
        return
    sign: Callable[..., Signed] = exchange.sign  # type: ignore[attr-defined]  # ccxt's own, not part of what we use

    def stripped(path: str, api: Any = "public", method: str = "GET", given: Any = None, *rest: Any) -> Signed:
        if isinstance(given, Mapping) and params:
            given = {key: value for key, value in given.items() if key not in params}
        signed = sign(path, api, method, {} if given is None else given, *rest)
        found = signed.get("headers")
        if found and headers:
            signed["headers"] = {key: value for key, value in found.items() if key not in headers}
        return signed

    setattr(exchange, "sign", stripped)  # noqa: B010  # the protocol does not know it


def rising_nonce(exchange: CcxtExchange) -> None:
    """Make `nonce` of the instance rise with every call. ccxt's is the second of the clock, so two equal orders within
    one would carry the same signature, and the venue would take them for one."""
    seconds: Callable[[], int] = exchange.nonce  # type: ignore[attr-defined]  # ccxt's own, not part of what we use
    last = 0

    def rising() -> int:
        nonlocal last
        last = max(last + 1, int(seconds()))
        return last

    setattr(exchange, "nonce", rising)  # noqa: B010  # the protocol does not know it


def keep_verbatim(exchange: CcxtExchange) -> None:
    """Refuse to send a price or a quantity that ccxt's rounding would change: what the desk has checked is what goes
    out, or nothing does. Raises `InstrumentError` on such an order, before it leaves."""
    for name, what in (("price_to_precision", "price"), ("amount_to_precision", "quantity")):
        _guard(exchange, name, what)


def _guard(exchange: CcxtExchange, name: str, what: str) -> None:
    rounded: Callable[[str, Any], str] = getattr(exchange, name)

    def exact(symbol: str, figure: Any) -> str:
        text = rounded(symbol, figure)
        if isinstance(figure, str) and Decimal(text) != Decimal(figure):
            raise InstrumentError(
                f"{exchange.id} {symbol}: {what} {figure} is not on the venue's steps now; {text} would be"
            )
        return text

    setattr(exchange, name, exact)
