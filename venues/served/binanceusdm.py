"""Binance USDⓈ-M futures as a served dialect: REST routes, weights, websockets. Aster speaks it too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar, TypeAlias
from urllib.parse import parse_qsl

import msgspec

from venues.model import NS_PER_S
from venues.served.binanceusdm_account import Accounts
from venues.served.binanceusdm_auth import LISTEN_KEY_NS, Keys, ListenKeys
from venues.served.binanceusdm_orders import Orders
from venues.served.binanceusdm_public import FundingHistory, Public, depth_weight
from venues.served.binanceusdm_settings import SettingCalls, Settings
from venues.served.binanceusdm_streams import PublicStreams
from venues.served.binanceusdm_user import UserStream
from venues.served.binanceusdm_words import BAD_LISTEN_KEY, Params, Refused
from venues.served.dialect import HttpAnswer, HttpRequest, WsSession
from venues.served.faults import Fault, FaultKind
from venues.served.house import House, HouseAccount, HouseFill

WEIGHT_PER_MINUTE = 2_400
MAX_STREAMS = 200
"""Of one socket."""
CATEGORIES = ("public", "market", "private", "pm")
_LISTEN_KEY = "/fapi/v1/listenKey"

PublicHandler: TypeAlias = Callable[[Params], Awaitable[object]]
SignedHandler: TypeAlias = Callable[[HouseAccount, Params], Awaitable[object]]


class BinanceUsdm:
    """A `ServedDialect`. HMAC keys; one-way positions, cross margin, one asset."""

    venue: ClassVar[str] = "binance"
    name = "binanceusdm"
    ws_path = "/ws"

    def __init__(self, house: House) -> None:
        self._house = house
        self._keys = Keys(house.accounts, house.spec.seed, house.clock)
        self._listen_keys = ListenKeys(house.clock)
        self._settings = Settings()
        self._orders = Orders(house)
        self._accounts = Accounts(house, self._settings)
        self._calls = SettingCalls(house, self._settings)
        self._history = FundingHistory(house)
        self._streams = PublicStreams(house)
        self._user = UserStream(house)
        self._minute = 0
        self._weight = 0
        public, orders, accounts, calls = Public(house, self._history), self._orders, self._accounts, self._calls
        self._public: Mapping[str, tuple[PublicHandler, int]] = {
            "/fapi/v1/ping": (public.ping, 1),
            "/fapi/v1/time": (public.time, 1),
            "/fapi/v1/exchangeInfo": (public.exchange_info, 1),
            "/fapi/v1/depth": (public.depth, 0),
            "/fapi/v1/trades": (public.trades, 5),
            "/fapi/v1/historicalTrades": (public.trades, 20),
            "/fapi/v1/aggTrades": (public.agg_trades, 20),
            "/fapi/v1/premiumIndex": (public.premium_index, 1),
            "/fapi/v1/fundingRate": (public.funding_rate, 1),
            "/fapi/v1/fundingInfo": (public.funding_info, 1),
            "/fapi/v1/ticker/24hr": (public.ticker_day, 1),
            "/fapi/v1/ticker/price": (public.ticker_price, 1),
            "/fapi/v2/ticker/price": (public.ticker_price, 1),
            "/fapi/v1/ticker/bookTicker": (public.book_ticker, 2),
        }
        self._signed: Mapping[tuple[str, str], tuple[SignedHandler, int]] = {
            ("POST", "/fapi/v1/order"): (orders.place, 0),
            ("POST", "/fapi/v1/order/test"): (orders.test, 0),
            ("DELETE", "/fapi/v1/order"): (orders.cancel, 1),
            ("GET", "/fapi/v1/order"): (orders.query, 1),
            ("GET", "/fapi/v1/openOrder"): (orders.query_open, 1),
            ("GET", "/fapi/v1/openOrders"): (orders.open_orders, 1),
            ("GET", "/fapi/v1/allOrders"): (orders.all_orders, 5),
            ("POST", "/fapi/v1/batchOrders"): (orders.place_batch, 5),
            ("DELETE", "/fapi/v1/batchOrders"): (orders.cancel_batch, 1),
            ("DELETE", "/fapi/v1/allOpenOrders"): (orders.cancel_all, 1),
            ("POST", "/fapi/v1/countdownCancelAll"): (orders.countdown, 10),
            ("GET", "/fapi/v1/userTrades"): (accounts.user_trades, 5),
            ("GET", "/fapi/v1/income"): (accounts.income, 30),
            ("GET", "/fapi/v2/account"): (accounts.account_v2, 5),
            ("GET", "/fapi/v3/account"): (accounts.account_v3, 5),
            ("GET", "/fapi/v2/balance"): (accounts.balance, 5),
            ("GET", "/fapi/v3/balance"): (accounts.balance, 5),
            ("GET", "/fapi/v2/positionRisk"): (accounts.risk_v2, 5),
            ("GET", "/fapi/v3/positionRisk"): (accounts.risk_v3, 5),
            ("POST", "/fapi/v1/leverage"): (self._set_leverage, 1),
            ("POST", "/fapi/v1/marginType"): (calls.set_margin_type, 1),
            ("GET", "/fapi/v1/positionSide/dual"): (calls.position_side, 30),
            ("POST", "/fapi/v1/positionSide/dual"): (calls.set_position_side, 1),
            ("GET", "/fapi/v1/multiAssetsMargin"): (calls.multi_assets, 30),
            ("GET", "/fapi/v1/leverageBracket"): (calls.brackets, 1),
            ("GET", "/fapi/v1/commissionRate"): (calls.commission, 20),
            ("GET", "/fapi/v1/symbolConfig"): (calls.symbol_config, 5),
            ("GET", "/fapi/v1/accountConfig"): (calls.account_config, 5),
            ("GET", "/sapi/v1/account/apiRestrictions"): (calls.restrictions, 1),
        }

    def start(self) -> None:
        for market in self._house.markets.values():
            market.listen(self._streams)
        self._history.start()
        for account in self._house.accounts.values():
            account.listen(self._user)

    def stop(self) -> None:
        self._orders.disarm()
        self._streams.close()
        self._history.stop()

    def credentials(self, account: str) -> Mapping[str, str]:
        return self._keys.credentials(account)

    def trade_id(self, account: str, told: HouseFill) -> str:
        return str(told.number)

    def account_of(self, request: HttpRequest) -> str:
        return self._keys.claimed(request)

    # -- REST ----------------------------------------------------------------------------------------------------

    async def http(self, request: HttpRequest) -> HttpAnswer:
        body = request.body.decode("utf-8", "replace")
        params = Params.read(request.query, body)
        try:
            used = self._use_weight(request, params)
            headers = {"x-mbx-used-weight-1m": str(used)}
        except Refused as refused:
            return refused.answer({"retry-after": "60"})
        try:
            return HttpAnswer.json(await self._route(request, params), headers=headers)
        except Refused as refused:
            return refused.answer(headers)

    async def _route(self, request: HttpRequest, params: Params) -> object:
        if request.path == _LISTEN_KEY and request.method in ("POST", "PUT", "DELETE"):
            return self._listen_key(request)
        public = self._public.get(request.path) if request.method == "GET" else None
        if public is not None:
            return await public[0](params)
        signed = self._signed.get((request.method, request.path))
        if signed is None:
            raise Refused(-5000, f"Path {request.path}, Method {request.method} is invalid", 404)
        account = self._house.accounts[self._keys.verify(request, params)]
        return await signed[0](account, params)

    def _use_weight(self, request: HttpRequest, params: Params) -> int:
        """Count the request against the minute's budget of the one address that all clients have here."""
        minute = self._house.clock.monotonic_ns() // (60 * NS_PER_S)
        if minute != self._minute:
            self._minute, self._weight = minute, 0
        public = self._public.get(request.path)
        signed = self._signed.get((request.method, request.path))
        weight = public[1] if public is not None else signed[1] if signed is not None else 1
        if request.path.endswith("/depth"):
            asked = params.get("limit", "500")
            weight = depth_weight(int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 500)
        if self._weight + weight > WEIGHT_PER_MINUTE:
            raise _rate_limited()
        self._weight += weight
        return self._weight

    def _listen_key(self, request: HttpRequest) -> object:
        account = self._keys.identify(request)
        if request.method == "POST":
            key = self._listen_keys.create(account)
        elif request.method == "PUT":
            key = self._listen_keys.keep(account)
        else:
            self._end_listen_key(account)
            return {}
        self._house.timers.after(LISTEN_KEY_NS, self._expire)
        return {"listenKey": key}

    def _expire(self) -> None:
        for account, key in self._listen_keys.expired():
            self._user.expire(account, key)

    def _end_listen_key(self, account: str) -> None:
        key = self._listen_keys.end(account)
        if key:
            self._user.expire(account, key)

    async def _set_leverage(self, account: HouseAccount, params: Params) -> object:
        answer = await self._calls.set_leverage(account, params)
        symbol = params.need("symbol")
        self._user.on_leverage(account.name, symbol, self._settings.leverage_of(account.name, symbol))
        return answer

    # -- websockets ----------------------------------------------------------------------------------------------

    def ws_open(self, session: WsSession) -> None:
        """`/ws`, `/ws/NAME/NAME`, `/stream?streams=NAME/NAME`, each also under `/public`, `/market` or `/private`;
        NAME is a stream, a listen key, or a number that clients tell their sockets apart by."""
        parts = [part for part in session.path.split("/") if part]
        if parts and parts[0] in CATEGORIES:
            parts = parts[1:]
        if not parts or parts[0] not in ("ws", "stream"):
            session.close(1008)
            return
        query = dict(parse_qsl(session.query))
        self._streams.combine(session, parts[0] == "stream")
        names = [*parts[1:], *query.get("streams", "").split("/"), query.get("listenKey", "")]
        wanted = [name for name in names if name and not name.isdigit()]
        if len(wanted) > MAX_STREAMS:
            session.close(1008)
            return
        for name in wanted:
            self._join(session, name)

    def ws_text(self, session: WsSession, text: str) -> None:
        try:
            message = msgspec.json.decode(text, type=_Command)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            session.send(_error(None, 3, f"Invalid JSON: {error}"))
            return
        names = [str(name) for name in message.params or ()]
        if message.method == "SUBSCRIBE" and len(names) + len(self._streams.subscriptions(session)) > MAX_STREAMS:
            session.send(_error(message.id, 2, f"Invalid request: too many streams, at most {MAX_STREAMS}"))
        elif message.method == "SUBSCRIBE":
            session.send(_result(message.id, None))
            for name in names:
                self._join(session, name)
        elif message.method == "UNSUBSCRIBE":
            for name in names:
                self._streams.unsubscribe(session, name.lower())
            session.send(_result(message.id, None))
        elif message.method == "LIST_SUBSCRIPTIONS":
            session.send(_result(message.id, self._streams.subscriptions(session)))
        elif message.method == "SET_PROPERTY" and len(names) == 2 and names[0] == "combined":
            self._streams.combine(session, names[1] == "True")
            session.send(_result(message.id, None))
        elif message.method == "GET_PROPERTY" and names == ["combined"]:
            session.send(_result(message.id, self._streams.is_combined(session)))
        else:
            session.send(_error(message.id, 2, f"Invalid request: unknown method or parameters of {message.method!r}"))

    def ws_closed(self, session: WsSession) -> None:
        self._streams.drop(session)
        self._user.detach(session)

    def _join(self, session: WsSession, name: str) -> None:
        account = self._listen_keys.account_of(name)
        if account:
            self._user.attach(session, account, name)
        else:
            self._streams.subscribe(session, name.lower())

    # -- faults --------------------------------------------------------------------------------------------------

    def refusal(self, fault: Fault, request: HttpRequest) -> HttpAnswer | None:
        signed = (request.method, request.path) in self._signed
        kind = fault.kind
        if kind is FaultKind.RATE_LIMIT:
            return _rate_limited().answer({"retry-after": "1"})
        if kind is FaultKind.ERROR_BEFORE:
            return Refused(-1001, "Service Unavailable.", 503).answer()
        if kind is FaultKind.ERROR_AFTER:
            return Refused(-1000, "Unknown error, please check your request or try again later.", 503).answer()
        if kind is FaultKind.EXPIRED_TOKEN and request.path == _LISTEN_KEY:
            return Refused(*BAD_LISTEN_KEY).answer()
        if kind is FaultKind.NONCE and signed:
            return Refused(-1021, "Timestamp for this request is outside of the recvWindow.").answer()
        return None

    def on_fault(self, fault: Fault) -> None:
        if fault.kind is FaultKind.GAP:
            self._streams.leave_out(fault.path)
        elif fault.kind is FaultKind.EXPIRED_TOKEN:
            for account in [fault.account] if fault.account else list(self._house.accounts):
                self._end_listen_key(account)


class _Command(msgspec.Struct):
    method: str
    params: list[object] | None = None
    id: int | str | None = None


def _result(number: int | str | None, result: object) -> str:
    return msgspec.json.encode({"result": result, "id": number}).decode()


def _error(number: int | str | None, code: int, text: str) -> str:
    return msgspec.json.encode({"error": {"code": code, "msg": text}, "id": number}).decode()


def _rate_limited() -> Refused:
    return Refused(
        -1003,
        f"Too many requests; current limit is {WEIGHT_PER_MINUTE} requests per minute. "
        "Please use the websocket for live updates to avoid polling the API.",
        429,
    )


DIALECT = BinanceUsdm
