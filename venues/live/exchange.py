"""A ccxt exchange under our rules: figures as text, only the markets that are traded, no fees for others, our own rate
limits, nothing of ours in a log, and a socket that says so when it dies."""

from __future__ import annotations

import asyncio
import importlib
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import Context, ContextVar
from typing import Any, Protocol, TypeVar, cast

from venues.live import lean_ccxt
from venues.live.ccxt_types import CcxtExchange, Raw
from venues.live.dialect import Dialect, Stream
from venues.live.errors import Redactor, error_is, is_ccxt, wire
from venues.live.login import LOGIN_OVER, Login
from venues.live.pool import VenuePool
from venues.model import VenueError, VenueRejected, VenueUnavailable
from venues.model.secret import Secret

log = logging.getLogger(__name__)
T = TypeVar("T")

REQUEST_TIMEOUT_MS = 10_000
CACHE_SIZE = 1000
"""Orders and trades that ccxt keeps of the account."""
NO_FEES_FOR_OTHERS: Raw = {"builderFee": False, "approvedBuilderFee": False}
"""Options of ccxt that pay somebody else from the operator's money by default on most DEXes."""
NOTHING_UNASKED: Raw = {
    "fetchCurrencies": False,
    # both compare figures as numbers, which text is not, and nobody reads what they fetch
    "watchPositions": {"fetchPositionsSnapshot": False},
    "watchBalance": {"fetchBalanceSnapshot": False},
}
"""Questions that ccxt asks by itself, turned off."""

current_stream: ContextVar[str] = ContextVar("venues.live.current_stream", default="")
"""The stream for which the running task listens: tells which sockets carry it."""

_SILENT = logging.Logger("venues.live.silenced")
_SILENT.disabled = True
"""ccxt logs signed requests with their keys at debug level."""


class Taps(Protocol):
    """Who is told what passes through an exchange."""

    def on_gap(self, market: str, text: str) -> None:
        """A raw book message did not follow the one before; it is withheld, `market` is the venue's own name."""
        ...

    def on_bad_message(self, text: str) -> None:
        """A message that could not be taken in; its socket is dialled anew."""
        ...

    def on_raw_order(self, raw: Raw) -> None:
        """An order as one message told it."""
        ...

    def on_raw_trade(self, raw: Raw) -> None:
        """A trade of the account as one message told it."""
        ...

    def on_open(self, stream: str) -> None:
        """The socket of `stream` is open."""
        ...

    def on_missed(self, stream: str) -> None:
        """Messages came between two waits of `stream`: what ccxt has kept of them should be read."""
        ...


class Exchange:
    """One ccxt instance. `ask` is the way to call it: what it raises is one of our errors, without secrets."""

    def __init__(
        self,
        dialect: Dialect,
        *,
        credentials: Mapping[str, Secret],
        symbols: frozenset[str],
        pool: VenuePool,
        endpoint: str,
        taps: Taps,
    ) -> None:
        """Raises `VenueRejected` where credentials are missing or ccxt lacks the exchange. Needs a running loop."""
        self._dialect = dialect
        self._taps = taps
        self._symbols = symbols
        self._last: dict[str, int] = {}
        """Raw book numbering by the venue's market."""
        self._sockets: dict[str, dict[str, Any]] = {}
        """Stream to the sockets that carry it, by address."""
        self._awaited: set[str] = set()
        """Streams that wait for news."""
        self._missed: set[str] = set()
        """Streams on whose sockets something came while they did not wait."""
        self._heard: dict[str, float] = {}
        self._comparing: asyncio.Task[None] | None = None
        self.redact = Redactor(credentials.values())
        self.login = Login(dialect, self.redact, self._cut_private)
        try:
            base = lean_ccxt.load(dialect.ccxt_id)
        except lean_ccxt.CcxtMissing as error:
            raise VenueRejected(str(error)) from None
        # on the class, for figures are already parsed while an instance is being made
        made = type(f"{dialect.ccxt_id}_text", (base,), {"number": str, "logger": _SILENT})
        config: dict[str, Any] = {
            "enableRateLimit": True,
            "asyncio_loop": asyncio.get_running_loop(),
            "timeout": REQUEST_TIMEOUT_MS,
            "options": {**NO_FEES_FOR_OTHERS, **NOTHING_UNASKED, **dialect.options},
        }
        config.update({name: secret.reveal() for name, secret in credentials.items()})
        self._raw: Any = made(config)  # ccxt's classes are typed as anything
        self.ccxt = cast(CcxtExchange, self._raw)
        # some exchanges take their published fees from another instance, which has read them as floats
        self._raw.fees = as_text(self._raw.fees)
        self._raw.has["fetchCurrencies"] = False
        self._raw.streaming["keepAlive"] = min(self._raw.streaming.get("keepAlive", 30_000), dialect.ws_ping_ms)
        # nothing of a venue outlives the instance, and whoever talks TLS to it is closed with it
        self._raw.timeout_on_exit = 0
        if endpoint:
            retarget(self._raw.urls, endpoint)
        dialect.configure(self.ccxt, {name: secret.reveal() for name, secret in credentials.items()})
        self._tap(pool)

    async def load_markets(self) -> tuple[Raw, ...]:
        """Load the markets of the symbols asked for, and nothing else. Raises `VenueError`."""
        await self.ask("markets", self.ccxt.load_markets())
        return tuple((self.ccxt.markets or {}).values())

    async def ask(self, what: str, call: Awaitable[T], *, of_account: bool = False) -> T:
        """Await a call to ccxt; `what` names the question. Raises `VenueError`, the kind that fits; of a log-in that is
        over `VenueUnavailable`, once a question `of_account` was answered, and `VenueRejected` before."""
        try:
            answer = await call
        except VenueError:
            raise
        except asyncio.CancelledError:
            # ccxt cancels its own futures when it closes a socket; only a cancelled task is cancelled
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            failure: VenueError = VenueUnavailable(f"{what}: the connection was closed")
        except Exception as error:  # noqa: BLE001  # whatever it is, it is raised as ours
            self.note_error(error)
            failure = self.redact.translate(error, what)
            if self.login.lost(error, self.ccxt):
                failure = VenueUnavailable(f"{failure}; {LOGIN_OVER}")
        else:
            self.login.proven = self.login.proven or of_account
            return answer
        # outside of the handler: the original quotes signed requests, and nothing of it may hang on ours
        raise failure

    def note_error(self, error: BaseException) -> None:
        """A call has failed: where the venue found its stamp wrong, ask the venue for its time, and go by that."""
        if self._comparing is None and error_is(error, "InvalidNonce") and "timeDifference" in self._raw.options:
            # in a context of its own: it belongs to no order
            task = asyncio.get_running_loop().create_task(self._compare_clocks(), context=Context())
            task.add_done_callback(self._compared)
            self._comparing = task

    async def _compare_clocks(self) -> None:
        try:
            await self._raw.load_time_difference()
        except Exception as error:
            if not is_ccxt(error):
                raise
            log.info("the venue's time could not be asked for: %s", self.redact.translate(error, "time"))

    def _compared(self, _task: asyncio.Task[None]) -> None:
        self._comparing = None

    async def close(self) -> None:
        """Close every socket and the HTTP session."""
        if self._comparing is not None:
            self._comparing.cancel()
            await asyncio.gather(self._comparing, return_exceptions=True)
        await self.ask("closing", self.ccxt.close())

    # -- sockets -------------------------------------------------------------------------------------------------

    def heard_at(self, stream: str) -> float | None:
        """Loop time of the last message on any socket of `stream`; None before the first."""
        urls = self._sockets.get(stream, ())
        return max((self._heard[url] for url in urls if url in self._heard), default=None)

    async def drop(self, stream: str) -> None:
        """Close the sockets of `stream`, so that the next watch dials anew; one that another stream has dialled anew
        meanwhile stays."""
        for url, socket in self._sockets.pop(stream, {}).items():
            if self.ccxt.clients.get(url) is socket:
                del self.ccxt.clients[url]
                self._heard.pop(url, None)
            if socket.last_retry_after is None:
                # ccxt waits before it dials, for up to 30 s after an outage; streams have a pace of their own
                getattr(self._raw, "ws_dial_backoff", {}).pop(url, None)
            await self.ask("closing a socket", socket.close())

    def _cut_private(self) -> None:
        sockets = (self._sockets.get(stream.value, {}) for stream in (Stream.ORDERS, Stream.FILLS))
        for socket in {id(socket): socket for found in sockets for socket in found.values()}.values():
            socket.on_error(ConnectionError(LOGIN_OVER))

    def took(self, stream: str) -> None:
        """`stream` has its news and does not wait for more until it asks again."""
        self._awaited.discard(stream)

    def forget_book(self, market: str) -> None:
        """Any numbering is right for the next message of this market."""
        self._last.pop(market, None)

    # -- what passes through -------------------------------------------------------------------------------------

    def _tap(self, pool: VenuePool) -> None:
        raw = self._raw
        budget = pool.budget(1000 / raw.rateLimit if raw.rateLimit and raw.rateLimit > 0 else 20.0)
        fetch, client, fetch_markets = raw.fetch, raw.client, raw.fetch_markets
        known_cost = raw.calculate_rate_limiter_cost
        handle_message, on_rest_response = raw.handle_message, raw.on_rest_response
        on_connected = raw.on_connected

        async def throttle(cost: float | None = None) -> None:
            await budget.take(1.0 if cost is None else float(cost))

        def cost_of(api: object, method: str, path: str, params: object, config: object = None) -> float:
            return self._dialect.request_cost(path, float(known_cost(api, method, path, params, config or {})))

        async def noted_fetch(url: str, method: str = "GET", headers: object = None, body: object = None) -> object:
            record = wire.get()
            if record is not None:
                record.sent, record.status = True, 0
            return await fetch(url, method, headers, body)

        def noted_response(code: int, *rest: object) -> object:
            record = wire.get()
            if record is not None:
                record.status = int(code)
            return on_rest_response(code, *rest)

        async def wanted_markets(params: Raw | None = None) -> list[Raw]:
            return choose_markets(self._dialect, await fetch_markets(params or {}), self._symbols)

        def noted_client(url: str) -> object:
            found = client(url)
            if url.startswith("ws"):
                self._note(current_stream.get(), url, found)
            return found

        def noted_connected(socket: Any, *rest: object) -> None:
            on_connected(socket, *rest)
            for stream, sockets in self._sockets.items():
                if sockets.get(socket.url) is socket:
                    self._taps.on_open(stream)

        def noted_message(socket: Any, message: Any) -> None:
            self._heard[socket.url] = asyncio.get_running_loop().time()
            if isinstance(message, dict) and (wrong := self._wrong_with(message)):
                socket.on_error(ConnectionError(wrong))
                return
            handle_message(socket, message)
            for stream, sockets in self._sockets.items():
                if stream not in self._awaited and socket.url in sockets:
                    self._missed.add(stream)

        raw.throttle, raw.calculate_rate_limiter_cost = throttle, cost_of
        raw.fetch = noted_fetch
        raw.on_rest_response = noted_response
        raw.fetch_markets = wanted_markets
        raw.client = noted_client
        raw.handle_message = noted_message
        raw.on_connected = noted_connected
        raw.orders = _telling_cache(self._taps.on_raw_order)
        raw.myTrades = _telling_cache(self._taps.on_raw_trade)
        raw.triggerOrders = _telling_cache(lambda raw: None)  # okx makes it together with the first

    def _note(self, stream: str, url: str, socket: Any) -> None:
        """`stream` is about to wait for news on this socket."""
        known = self._sockets.setdefault(stream, {})
        self._awaited.add(stream)
        if stream in self._missed:
            self._missed.discard(stream)
            asyncio.get_running_loop().call_soon(self._taps.on_missed, stream)
        if known.get(url) is socket:
            return
        if all(socket is not other for sockets in self._sockets.values() for other in sockets.values()):
            self._guard(socket)
        known[url] = socket
        if socket.isConnected:
            asyncio.get_running_loop().call_soon(self._taps.on_open, stream)

    def _guard(self, socket: Any) -> None:
        """An exception while ccxt takes a message in would end its receive loop and leave a socket that is open and
        deaf. Here it closes the socket, which every watcher of it hears."""
        take = socket.handle_message

        def guarded(message: object) -> None:
            try:
                take(message)
            except Exception as error:  # noqa: BLE001  # told, and the socket is closed for it
                text = self.redact(f"{type(error).__name__}: {error}")
                self._taps.on_bad_message(text)
                socket.on_error(error if is_ccxt(error) else ConnectionError(f"a message made no sense: {text}"))

        socket.handle_message = guarded

    def _wrong_with(self, message: Raw) -> str:
        """Why a socket cannot be used any more after this message, which is withheld; empty where nothing is wrong."""
        if self._dialect.ends_session(message):
            return LOGIN_OVER
        step = self._dialect.book_step(message)
        if step is None:
            return ""
        last = self._last.get(step.market)
        if step.previous is None or last is None or self._dialect.book_follows(last, step):
            self._last[step.market] = step.last
            return ""
        del self._last[step.market]
        text = f"the book of {step.market} went from {last} to a change of {step.previous}"
        self._taps.on_gap(step.market, text)
        return text


def choose_markets(dialect: Dialect, markets: Sequence[Raw], symbols: frozenset[str]) -> list[Raw]:
    """The markets that `symbols` mean: each that is named itself, and one for each base coin, of the first quote of
    `Dialect.quotes` that the venue lists."""
    wanted = [market for market in markets if dialect.wanted(market, symbols)]
    named = [market for market in wanted if not symbols.isdisjoint((dialect.symbol(market), market["symbol"]))]
    done = {str(market["base"]) for market in named if str(market["base"]) != dialect.symbol(market)}
    by_base: dict[str, Raw] = {}
    rank = {quote: number for number, quote in enumerate(dialect.quotes)}
    for market in wanted:
        base = str(market["base"])
        if base not in symbols or base in done:
            continue
        best = by_base.get(base)
        if best is None or rank.get(market["quote"], len(rank)) < rank.get(best["quote"], len(rank)):
            by_base[base] = market
    chosen = {str(market["symbol"]): market for market in (*named, *by_base.values())}
    return list(chosen.values())


def _telling_cache(tell: Callable[[Raw], None]) -> object:
    """A cache of ccxt's that tells each entry as it comes in. ccxt's own way, waiting for the next change and then
    reading the cache, loses what came between: an entry is overwritten in place, by stale news too."""
    base: type = importlib.import_module("ccxt.async_support.base.ws.cache").ArrayCacheBySymbolById

    def append(self: Any, item: dict[str, Any]) -> None:
        said = dict(item)
        base.append(self, item)  # type: ignore[attr-defined]  # ccxt's classes are typed as anything
        tell(said)

    return type("TellingCache", (base,), {"append": append})(CACHE_SIZE)


def retarget(urls: dict[str, Any], endpoint: str) -> None:
    """Replace scheme and host of every address in a ccxt `urls` by those of `endpoint`: `http://HOST`, from which the
    websocket's is derived, or `http://HOST|ws://HOST`."""
    http, _, ws = endpoint.partition("|")
    http, ws = http.rstrip("/"), ws.rstrip("/")
    if not re.match(r"^https?://[^/]+", http) or (ws and not re.match(r"^wss?://[^/]+", ws)):
        raise VenueRejected(f"endpoint is {endpoint!r}, must be http(s)://HOST[:PORT] or http(s)://HOST|ws(s)://HOST")
    ws = ws or re.sub(r"^http", "ws", http)

    def walk(value: object) -> object:
        if isinstance(value, dict):
            return {key: walk(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner) for inner in value]
        if isinstance(value, str):
            return re.sub(r"^wss?://[^/]+", lambda _: ws, re.sub(r"^https?://[^/]+", lambda _: http, value))
        return value

    for key in ("api", "test"):
        if key in urls:
            urls[key] = walk(urls[key])


def as_text(value: object) -> object:
    """Nested constants of ccxt's with every float as it was written."""
    if isinstance(value, dict):
        return {key: as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_text(inner) for inner in value]
    return str(value) if isinstance(value, float) else value
