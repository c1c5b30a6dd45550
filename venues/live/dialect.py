"""What one venue does in its own way. The defaults here are what most venues share; `dialects/<id>.py` overrides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Protocol

import msgspec

from venues.live.ccxt_types import CcxtExchange, Raw
from venues.live.errors import error_is, reject_reason_of_words
from venues.live.order_end import OrderEnd
from venues.model import (
    Capabilities,
    Instrument,
    InstrumentKind,
    OrderRequest,
    RejectReason,
    TimeInForce,
    VenueRejected,
)


class Stream(StrEnum):
    """What a live account listens to, by websocket or by asking again and again.

    Positions and balances are no streams: the desk asks for them when it reconciles, and a venue's answer to a question
    is better proof than a message that may have been lost."""

    BOOKS = "books"
    ORDERS = "orders"
    FILLS = "fills"
    FUNDING_RATE = "funding_rate"


class ClientIdCodec(Protocol):
    """The desk's order ids as the number that every venue's format can hold."""

    def to_int(self, text: str) -> int:
        """Below 2^48. Raises `ValueError` for what is no id of ours."""
        ...

    def from_int(self, number: int) -> str:
        """Raises `ValueError` for what is no id of ours."""
        ...


class BookStep(msgspec.Struct, frozen=True):
    """The numbering of one raw book message."""

    market: str
    """The venue's own name for the market, any that is always the same."""
    last: int
    """The number of this message, or of the last change in it."""
    previous: int | None = None
    """The number that it claims to follow; None for a snapshot, which follows anything."""


class Margin(msgspec.Struct, frozen=True):
    """Money in one asset as the venue reports it."""

    cash: Decimal
    equity: Decimal
    free: Decimal
    maintenance: Decimal


def decimal(value: object) -> Decimal | None:
    """A figure of ccxt's: text (or int), never a float. None for what is missing or no figure.

    Raises `TypeError` for a float: somewhere `number = str` was lost, and what it says cannot be trusted as money."""
    if value is None or value == "":
        return None
    if isinstance(value, float):
        raise TypeError(f"a float came where text was due: {value!r}")
    try:
        figure = Decimal(str(value))
    except ArithmeticError:
        return None
    return figure if figure.is_finite() else None


class Dialect:
    """One venue through ccxt. Subclasses set the class variables and override what differs.

    An instance belongs to one `CcxtVenue`; it may keep state of its account (a nonce, an account index)."""

    name: ClassVar[str]
    """Our name of the venue; what `venue = ...` in the configuration says."""
    ccxt_id: ClassVar[str]
    required: ClassVar[tuple[str, ...]] = ("apiKey", "secret")
    """Names of the credentials that it needs, as ccxt has them."""
    optional: ClassVar[tuple[str, ...]] = ()
    native: ClassVar[str] = ""
    """Name of the signer that it needs beside ccxt; see `signers.py`."""
    refused: ClassVar[str] = ""
    """Why the venue cannot be traded through here; empty where it can."""
    options: ClassVar[Raw] = {}
    """Merged into ccxt's options. Builder, referrer and integrator fees of others are off."""
    polled: ClassVar[Mapping[Stream, float]] = {Stream.FUNDING_RATE: 60.0}
    """Streams that have no websocket, asked for every so many seconds."""
    silence_s: ClassVar[Mapping[Stream, float]] = {Stream.BOOKS: 15.0}
    """A stream without any message for so long is dead: its socket is closed and dialled again. Private streams have
    nothing to say for hours on most venues, so they are watched only where the venue sends heartbeats there."""
    book_depth: ClassVar[int | None] = None
    """The `limit` given to `watch_order_book`; None for the venue's default."""
    quotes: ClassVar[tuple[str, ...]] = ("USDT", "USDC", "USD")
    """Which quote is meant where only a base coin is named: the first of these that the venue lists."""
    client_id_key: ClassVar[str] = "clientOrderId"
    client_id_max_len: ClassVar[int] = 36
    lookup_by_client_id: ClassVar[bool] = True
    fok: ClassVar[bool] = True
    dead_man_switch: ClassVar[bool] = False
    max_orders_per_s: ClassVar[float | None] = None
    max_queries_per_min: ClassVar[float | None] = None
    funding_interval_s: ClassVar[int] = 8 * 3600
    """Where ccxt does not say."""
    nonces: ClassVar[bool] = False
    """The venue numbers the orders of a key strictly upwards: one sequencer a key hands them out, and sends one order
    or cancel at a time. `create` and `cancel` then find `nonce` in their params."""
    answer_is_final: ClassVar[bool] = True
    """The answer to an order says that it was taken. False where it only says that it was received (Lighter): then the
    order stream has the first word, or the order is UNKNOWN after a while."""
    fills_page: ClassVar[int] = 100
    """A page of `fills` with at least so many may have another one after it."""
    fills_window_ms: ClassVar[int | None] = None
    """The longest span after `since_ms` that one question for `fills` covers (Binance: 7 days); None for all of it."""
    ends: ClassVar[Mapping[str, OrderEnd]] = {}
    """Words in `info.status` for the end of an order, where ccxt's own say less."""
    met_nobody: ClassVar[str] = ""
    """In low letters, what an IOC order that met nobody is refused with: that is no fault, so it reads as canceled."""
    login_codes: ClassVar[frozenset[str]] = frozenset()
    """Error codes of a log-in that is over, where ccxt has no `AuthenticationError` for them."""
    ws_ping_ms: ClassVar[int] = 15_000
    """How often a socket is pinged; after two without a pong it is dead."""

    # -- setting up ----------------------------------------------------------------------------------------------

    def configure(self, exchange: CcxtExchange, credentials: Raw) -> None:
        """Last touches on a fresh instance, before anything is sent: options that depend on the credentials."""

    async def prepare(self, exchange: CcxtExchange) -> None:
        """Once, after the markets are loaded and before the first private call: a login, an account index."""

    def before_redial(self, exchange: CcxtExchange, stream: Stream) -> None:
        """The socket of `stream` was lost and will be dialled anew: forget a log-in that may be stale."""
        self.forget_login(exchange)

    def forget_login(self, exchange: CcxtExchange) -> bool:
        """Have the next private call log in anew. False where there is no token, cookie or the like to forget."""
        return False

    def nonce_key(self, credentials: Mapping[str, str]) -> str:
        """Names the key whose nonces are numbered together; no secret."""
        return ":".join(credentials.get(name, "") for name in ("accountIndex", "apiKeyIndex", "walletAddress"))

    # -- markets -------------------------------------------------------------------------------------------------

    def symbol(self, market: Raw) -> str:
        """Our symbol: the venue's own name of the market."""
        return str(market["id"])

    def market_id(self, market: Raw) -> str:
        """The name of the market on the venue's own channels."""
        return str(market["id"])

    def wanted(self, market: Raw, symbols: frozenset[str]) -> bool:
        """Whether this market, as ccxt parsed it, is one of `symbols`: our symbol, ccxt's symbol, or a base coin (then
        perhaps of several quotes; `quotes` settles which)."""
        if not market.get("swap") or market.get("active") is False:
            return False
        return not symbols.isdisjoint((self.symbol(market), str(market["symbol"]), str(market["base"])))

    def instrument(self, market: Raw) -> Instrument | None:
        """None for a market that cannot be traded here. Raises `InstrumentError` for steps that make no sense."""
        precision, limits = market["precision"], market.get("limits") or {}
        tick, lot = decimal(precision.get("price")), decimal(precision.get("amount"))
        if tick is None or lot is None:
            return None
        least = decimal((limits.get("amount") or {}).get("min"))
        value = decimal((limits.get("cost") or {}).get("min"))
        return Instrument(
            symbol=self.symbol(market),
            base=str(market["base"]),
            quote=str(market["quote"]),
            settle=str(market.get("settle") or market["quote"]),
            kind=InstrumentKind.INVERSE if market.get("inverse") else InstrumentKind.LINEAR,
            tick=tick,
            lot=lot,
            min_qty=max(lot, least) if least is not None else lot,
            min_notional=value if value is not None else Decimal(0),
            contract_size=decimal(market.get("contractSize")) or Decimal(1),
        )

    def capabilities(self, markets: Iterable[Raw]) -> Capabilities:
        """`markets` are those that are traded; the dearest fee of them stands for all."""
        fees = [(decimal(market.get("maker")), decimal(market.get("taker"))) for market in markets]
        return Capabilities(
            lookup_by_client_id=self.lookup_by_client_id,
            fok=self.fok,
            dead_man_switch=self.dead_man_switch,
            client_id_max_len=self.client_id_max_len,
            max_orders_per_s=self.max_orders_per_s,
            max_queries_per_min=self.max_queries_per_min,
            maker_fee=max((maker for maker, _ in fees if maker is not None), default=Decimal(0)),
            taker_fee=max((taker for _, taker in fees if taker is not None), default=Decimal(0)),
        )

    # -- client order ids ----------------------------------------------------------------------------------------

    def client_id(self, text: str, ids: ClientIdCodec) -> str | int:
        """Our id in the venue's format."""
        return text

    def our_id(self, value: str, ids: ClientIdCodec) -> str:
        """Our id from the venue's; empty for one that is not ours."""
        try:
            ids.to_int(value)
        except ValueError:
            return ""
        return value

    def raw_client_id(self, raw: Raw) -> str:
        """The client id that an order or a trade of ccxt's carries, in the venue's format; empty where none."""
        info = raw.get("info")
        inner = info.get("clientOrderId") if isinstance(info, Mapping) else None
        return str(raw.get("clientOrderId") or inner or "")

    # -- orders --------------------------------------------------------------------------------------------------

    def order_params(self, order: OrderRequest) -> tuple[str, dict[str, object]]:
        """ccxt's order type and the params that spell post-only, IOC, FOK and reduce-only; not the client id."""
        params: dict[str, object] = {}
        if order.post_only:
            params["postOnly"] = True
        elif order.tif is not TimeInForce.GTC:
            params["timeInForce"] = order.tif.value.upper()
        if order.reduce_only:
            params["reduceOnly"] = True
        return "limit", params

    async def create(self, exchange: CcxtExchange, symbol: str, order: OrderRequest, params: Raw) -> Raw:
        """Send one order; `params` hold the client id and, where there is one, the nonce. Figures go as text."""
        kind, own = self.order_params(order)
        return await exchange.create_order(
            symbol, kind, order.side.value, f"{order.qty:f}", f"{order.price:f}", {**own, **params}
        )

    async def cancel(
        self, exchange: CcxtExchange, symbol: str, client_id: str | int, venue_order_id: str, params: Raw
    ) -> None:
        """Cancel by our id, or by the venue's where only that is known. `params` may hold a nonce."""
        ours = {} if client_id == "" else {self.client_id_key: client_id}
        await exchange.cancel_order(venue_order_id or None, symbol, {**ours, **params})

    async def cancel_all(self, exchange: CcxtExchange, symbols: Sequence[str], params: Raw) -> None:
        """Cancel every open order of these ccxt symbols, ours or not. `params` may hold a nonce."""
        for symbol in symbols:
            if exchange.has.get("cancelAllOrders"):
                try:
                    await exchange.cancel_all_orders(symbol, params)
                except Exception as error:
                    if not error_is(error, "OrderNotFound"):  # some venues say so where nothing is open
                        raise
                continue
            for order in await exchange.fetch_open_orders(symbol):
                await exchange.cancel_order(str(order["id"]), symbol, params)

    async def cancel_all_after(
        self, exchange: CcxtExchange, symbols: Sequence[str], seconds: float, params: Raw
    ) -> None:
        """Arm the venue's dead-man switch; 0 disarms. Called only where `dead_man_switch`."""
        await exchange.cancel_all_orders_after(round(seconds * 1000), params)

    async def find_order(
        self, exchange: CcxtExchange, symbol: str, client_id: str | int, venue_order_id: str
    ) -> Raw | None:
        """The order as the venue has it; None where the venue answers that it knows none."""
        ours = {} if client_id == "" else {self.client_id_key: client_id}
        try:
            return await exchange.fetch_order(venue_order_id or None, symbol, ours)
        except Exception as error:
            if error_is(error, "OrderNotFound"):
                return None
            raise

    async def open_orders(self, exchange: CcxtExchange, symbols: Sequence[str]) -> Sequence[Raw]:
        """Every open order of the account in these markets."""
        return [order for symbol in symbols for order in await exchange.fetch_open_orders(symbol)]

    async def fills(self, exchange: CcxtExchange, symbol: str, since_ms: int | None) -> Sequence[Raw]:
        """Trades of the account in one market from `since_ms` on (or all that the venue keeps), oldest first; a page is
        enough, and where there may be more the last one is asked from again."""
        return await exchange.fetch_my_trades(symbol, since_ms)

    # -- money ---------------------------------------------------------------------------------------------------

    async def positions(self, exchange: CcxtExchange, symbols: Sequence[str]) -> Sequence[Raw]:
        return await exchange.fetch_positions(list(symbols))

    def is_liquidation(self, trade: Raw) -> bool:
        """Whether the venue made this trade to close the account's position."""
        return False

    async def balance(self, exchange: CcxtExchange) -> Raw:
        return await exchange.fetch_balance()

    def margins(self, balance: Raw) -> Mapping[str, Margin]:
        """Money by asset from a ccxt balance. ccxt has no word for equity and maintenance: most venues override."""
        totals = balance.get("total") or {}
        frees = balance.get("free") or {}
        found: dict[str, Margin] = {}
        for asset, total in totals.items():
            cash = decimal(total)
            if cash:
                found[asset] = Margin(cash, cash, decimal(frees.get(asset)) or Decimal(0), Decimal(0))
        return found

    async def funding_rates(self, exchange: CcxtExchange, symbols: Sequence[str]) -> Sequence[Raw]:
        """ccxt funding rate structures: symbol, fundingRate, fundingTimestamp, interval, markPrice."""
        if exchange.has.get("fetchFundingRates") is True:
            return list((await exchange.fetch_funding_rates(list(symbols))).values())
        return [await exchange.fetch_funding_rate(symbol) for symbol in symbols]

    async def funding_history(self, exchange: CcxtExchange, symbols: Sequence[str], since_ms: int) -> Sequence[Raw]:
        """Payments: id, symbol, amount (positive is received), code, timestamp; optional rate, qty, price."""
        found: list[Raw] = []
        for symbol in symbols:
            found.extend(await exchange.fetch_funding_history(symbol, since_ms))
        return found

    async def transfers(self, exchange: CcxtExchange, since_ms: int) -> Sequence[Raw]:
        """Money in and out: id, type (a `TransferKind`), currency, amount, timestamp, status ("ok" counts)."""
        found: list[Raw] = []
        if exchange.has.get("fetchDeposits") is True:
            found.extend({**raw, "type": "deposit"} for raw in await exchange.fetch_deposits(None, since_ms))
        if exchange.has.get("fetchWithdrawals") is True:
            found.extend({**raw, "type": "withdrawal"} for raw in await exchange.fetch_withdrawals(None, since_ms))
        return found

    async def set_leverage(self, exchange: CcxtExchange, symbol: str, leverage: int, params: Raw) -> None:
        await exchange.set_leverage(leverage, symbol, params)

    def ends_session(self, message: Raw) -> bool:
        """Whether a raw websocket message says that the log-in behind its socket has ended: it is dialled anew then."""
        return False

    # -- streams -------------------------------------------------------------------------------------------------

    async def watch_orders(self, exchange: CcxtExchange, symbols: Sequence[str]) -> Sequence[Raw]:
        """The next news of the account's orders."""
        return await exchange.watch_orders()

    async def watch_fills(self, exchange: CcxtExchange, symbols: Sequence[str]) -> Sequence[Raw]:
        """The next trades of the account."""
        return await exchange.watch_my_trades()

    async def watch_book(self, exchange: CcxtExchange, symbol: str) -> None:
        """Return after the next change of the book, which then stands in `exchange.orderbooks[symbol]`."""
        await exchange.watch_order_book(symbol, self.book_depth)

    def request_cost(self, path: str, cost: float) -> float:
        """What a request takes of the venue's budget, whose unit ccxt's `rateLimit` is; `cost` is ccxt's word."""
        return cost

    # -- books ---------------------------------------------------------------------------------------------------

    def book_step(self, message: Raw) -> BookStep | None:
        """The numbering of a raw message of a public book, where ccxt does not check it; None for any other message,
        and on venues where ccxt does check."""
        return None

    def book_follows(self, last: int, step: BookStep) -> bool:
        """Whether `step`, which is no snapshot, follows the message that ended at `last`."""
        return step.previous == last

    # -- errors and nonces ---------------------------------------------------------------------------------------

    def reject_reason(self, text: str, code: str) -> RejectReason:
        """Which kind of no these words of the venue are."""
        return reject_reason_of_words(text)

    def is_login_error(self, error: BaseException, code: str) -> bool:
        """Whether the venue did not know us. A right that the key lacks is no such thing."""
        known = error_is(error, "PermissionDenied", "AccountSuspended")
        return code in self.login_codes or (error_is(error, "AuthenticationError") and not known)

    def is_nonce_error(self, text: str, code: str) -> bool:
        return "nonce" in text.lower()

    async def fetch_nonce(self, exchange: CcxtExchange) -> int:
        """The next nonce that the venue will take; asked where `nonces`, at the start and after each doubt."""
        raise VenueRejected(f"{self.name} has no nonces")
