"""Lighter's API over the paper exchange: what ccxt and the venue's own SDK talk to when they are given this URL.

Transactions are checked as the venue checks them: signature, expiry, nonce of the key, form, limits. Not checked: the
signature of an Ethereum key (changing API keys, transfers and withdrawals are refused as unsupported), a grouped or
conditional order (refused), and blocks and proofs, of which there are none."""

from __future__ import annotations

import random
from collections.abc import Mapping
from email import message_from_bytes
from email.policy import HTTP
from types import MappingProxyType
from typing import ClassVar
from urllib.parse import parse_qsl

import msgspec

from venues.paper.limits import Limit, RollingWindow
from venues.paper.profiles import load_profile
from venues.served.dialect import HttpAnswer, HttpRequest, WsSession
from venues.served.faults import Fault, FaultBoard, FaultKind
from venues.served.house import House, HouseFill
from venues.served.lighter_accounts import LighterAccounts
from venues.served.lighter_channels import Channels
from venues.served.lighter_errors import (
    BATCH_NONCE,
    INTERNAL,
    INVALID_TX_INFO,
    LighterError,
    invalid_auth,
    invalid_nonce,
    invalid_param,
    too_many_requests,
)
from venues.served.lighter_feeds import LighterFeeds
from venues.served.lighter_keys import KeyRing
from venues.served.lighter_markets import LighterMarkets
from venues.served.lighter_orders import AccountOrders, Counters
from venues.served.lighter_public import LighterPublic
from venues.served.lighter_query import Handler
from venues.served.lighter_shapes import Json
from venues.served.lighter_stream import LighterStream
from venues.served.lighter_trading import LighterTrading, TxAnswer
from venues.served.lighter_tx import Tx, decode_tx

API = "/api/v1/"
MAX_BATCH = 50
HEAVY: Mapping[str, Limit] = MappingProxyType({"trades": Limit(40, 60.0), "recentTrades": Limit(40, 60.0)})
"""Queries that weigh so much that fewer than the account's requests are let through (weight 600 of 24,000)."""
_STREAM_FAULTS = frozenset(
    {FaultKind.RATE_LIMIT, FaultKind.NONCE, FaultKind.EXPIRED_TOKEN, FaultKind.ERROR_BEFORE, FaultKind.DROP}
)


class LighterDialect:
    """See `ServedDialect`. Of the faults, those with a path within `/stream` meet transactions sent over the socket."""

    name = "lighter"
    venue: ClassVar[str] = "lighter"
    ws_path = "/stream"

    def __init__(self, house: House) -> None:
        self._house = house
        self._markets = LighterMarkets(house.markets.values())
        rng = random.Random(f"lighter keys {house.spec.seed}")
        self._keys = KeyRing(house.accounts, rng, house.clock)
        self._limit = (house.spec.profile or load_profile(house.spec.venue)).rest_limit
        self._windows: dict[tuple[str, str], RollingWindow] = {}
        self._board = FaultBoard(house.clock)
        self._orders: dict[str, AccountOrders] = {}
        self._trading = LighterTrading(house, self._keys, self._markets, self._orders, tuple(house.accounts))
        self._public = LighterPublic(house, self._markets, self._trading)
        self._accounts = LighterAccounts(house, self._keys, self._markets, self._orders, self._trading)
        channels = Channels()
        self._feeds = LighterFeeds(house, self._markets, channels, self._public)
        self._stream = LighterStream(
            house,
            self._keys,
            self._markets,
            self._accounts,
            channels,
            self._feeds,
            {"jsonapi/sendtx": self._ws_tx, "jsonapi/sendtxbatch": self._ws_batch},
        )
        counters = Counters()
        for name, account in house.accounts.items():
            orders = AccountOrders(self._keys.owners[name], account, self._markets, counters, self._stream)
            self._orders[name] = self._stream.orders[name] = orders
            account.listen(orders)
        self._handlers: dict[str, Handler] = {**self._public.handlers, **self._accounts.handlers}

    def start(self) -> None:
        self._feeds.start()
        self._stream.start()

    def stop(self) -> None:
        self._stream.stop()
        self._feeds.stop()
        self._trading.stop()

    def credentials(self, account: str) -> Mapping[str, str]:
        """`privateKey` is the API key's, 40 bytes in hex, not an Ethereum key."""
        return self._keys.credentials(account)

    def trade_id(self, account: str, told: HouseFill) -> str:
        return next(str(trade.trade_id) for trade in reversed(self._orders[account].trades) if trade.fill is told)

    # -- REST ----------------------------------------------------------------------------------------------------

    def account_of(self, request: HttpRequest) -> str:
        query = _query(request)
        owner = self._keys.claimed(query.get("auth", ""))
        if owner is not None:
            return owner.name
        if request.method != "POST":
            return ""
        try:
            txs = _transactions(request)
        except LighterError:
            return ""
        return self._name(txs[0].account_index) if txs else ""

    def _name(self, account_index: int) -> str:
        try:
            return self._keys.owner(account_index).name
        except LighterError:
            return ""

    async def http(self, request: HttpRequest) -> HttpAnswer:
        try:
            return HttpAnswer.json(await self._http(request))
        except LighterError as error:
            return HttpAnswer.json(error.body(), error.status)

    async def _http(self, request: HttpRequest) -> Json:
        name = request.path.removeprefix(API)
        self._admit(self.account_of(request), name)
        if request.method == "GET":
            if request.path in ("", "/"):
                return self._public.status()
            if request.path == "/info":
                return {"contract_address": "0x" + "0" * 40}
            if request.path.startswith(API) and name in self._handlers:
                return {"code": 200} | await self._handlers[name](_query(request))
        elif request.method == "POST" and name in ("sendTx", "sendTxBatch"):
            txs = _transactions(request)
            if name == "sendTx":
                return _sent(await self._trading.take(txs[0]))
            return await self._batch(txs)
        raise LighterError(29404, f"{request.method} {request.path}: no such endpoint", 404)

    def _admit(self, account: str, name: str) -> None:
        """Count the request against the account's limit, or against the address's where it names no account."""
        now = self._house.clock.monotonic_ns()
        for key, limit in ((name, HEAVY.get(name)), ("", self._limit)):
            if limit is None or not self._limit.count:
                continue
            window = self._windows.setdefault((account, key), RollingWindow(limit))
            if not window.admit(now):
                raise too_many_requests()

    async def _batch(self, txs: list[Tx]) -> Json:
        """Nonces of one key rise by one; the first transaction that is refused ends it, those before it hold."""
        last: dict[tuple[int, int], int] = {}
        for tx in txs:
            key = (tx.account_index, tx.key_index)
            if key in last and (tx.nonce <= last[key] if tx.skips_nonce else tx.nonce != last[key] + 1):
                raise LighterError(BATCH_NONCE, "batch transaction nonce is not increasing")
            last[key] = tx.nonce
        answers = [await self._trading.take(tx) for tx in txs]
        return _told([answer.tx_hash for answer in answers], answers[-1].predicted_ms)

    # -- websocket -----------------------------------------------------------------------------------------------

    def ws_open(self, session: WsSession) -> None:
        if session.path.rstrip("/") != self.ws_path:
            session.close()
            return
        self._stream.opened(session)

    def ws_text(self, session: WsSession, text: str) -> None:
        self._stream.text(session, text)

    def ws_closed(self, session: WsSession) -> None:
        self._stream.closed(session)

    async def _ws_tx(self, session: WsSession, data: Json) -> Json | None:
        tx = _tx_of(data.get("tx_type"), data.get("tx_info"))
        account = self._before(session, tx, "sendTx")
        answer = _sent(await self._trading.take(tx))
        return None if self._board.take(FaultKind.DROP, account=account, path=self.ws_path) else answer

    async def _ws_batch(self, session: WsSession, data: Json) -> Json | None:
        txs = _batch_of(data.get("tx_types"), data.get("tx_infos"))
        account = self._before(session, txs[0], "sendTxBatch")
        answer = await self._batch(txs)
        return None if self._board.take(FaultKind.DROP, account=account, path=self.ws_path) else answer

    def _before(self, session: WsSession, tx: Tx, name: str) -> str:
        """Count it as the same request over REST, and meet the faults. Returns the account."""
        account = self._name(tx.account_index)
        session.account = session.account or account
        for kind in (FaultKind.RATE_LIMIT, FaultKind.ERROR_BEFORE, FaultKind.EXPIRED_TOKEN, FaultKind.NONCE):
            if self._board.take(kind, account=account, path=self.ws_path):
                raise _fault_error(kind)
        self._admit(account, name)
        return account

    # -- faults --------------------------------------------------------------------------------------------------

    def refusal(self, fault: Fault, request: HttpRequest) -> HttpAnswer:
        error = _fault_error(fault.kind)
        return HttpAnswer.json(error.body(), error.status)

    def on_fault(self, fault: Fault) -> None:
        names = (fault.account,) if fault.account else tuple(self._orders)
        over_stream = fault.path != "" and fault.path in self.ws_path and fault.kind in _STREAM_FAULTS
        if over_stream or fault.kind is FaultKind.CLEAR:
            self._board.switch_on(fault)
        elif fault.kind is FaultKind.GAP:
            self._feeds.gap(fault.path)
        elif fault.kind is FaultKind.EXPIRED_TOKEN:
            for name in names:
                self._keys.revoke_tokens(name)
            self._stream.end_private(names)
        if fault.kind in (FaultKind.ROLLBACK, FaultKind.CLEAR):
            self._stream.tell_money(names)


DIALECT = LighterDialect


def _fault_error(kind: FaultKind) -> LighterError:
    if kind is FaultKind.RATE_LIMIT:
        return too_many_requests()
    if kind is FaultKind.EXPIRED_TOKEN:
        return invalid_auth("token expired")
    if kind is FaultKind.NONCE:
        return invalid_nonce()
    return LighterError(INTERNAL, "internal server error", 500)


def _query(request: HttpRequest) -> dict[str, str]:
    """Parameters; a token in the header counts where the query has none."""
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    token = request.headers.get("authorization", "")
    if token and not query.get("auth"):
        query["auth"] = token
    return query


def _form(request: HttpRequest) -> dict[str, str]:
    """Fields of a posted form, url-encoded or multipart."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/"):
        return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    parsed = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + request.body, policy=HTTP)
    fields = {}
    for part in parsed.iter_parts() if parsed.is_multipart() else ():
        name, payload = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            fields[name] = payload.decode("utf-8", "replace")
    return fields


def _transactions(request: HttpRequest) -> list[Tx]:
    """What a request sends. Raises `LighterError`."""
    form = _form(request)
    if "tx_types" in form:
        return _batch_of(form["tx_types"], form.get("tx_infos"))
    return [_tx_of(form.get("tx_type"), form.get("tx_info"))]


def _tx_of(kind: object, info: object) -> Tx:
    if isinstance(kind, str) and kind.isascii() and kind.isdigit() and len(kind) < 4:
        kind = int(kind)
    if type(kind) is not int:
        raise invalid_param(f"tx_type is {kind!r}: expected a whole number")
    if not isinstance(info, str | dict):
        raise invalid_param("tx_info: expected a JSON object")
    return decode_tx(kind, info)


def _batch_of(kinds: object, infos: object) -> list[Tx]:
    """Both are lists, or JSON texts of lists."""
    parsed = []
    for name, value in (("tx_types", kinds), ("tx_infos", infos)):
        try:
            parsed.append(msgspec.json.decode(value, type=list[object]) if isinstance(value, str) else value)
        except (msgspec.DecodeError, RecursionError):
            raise invalid_param(f"{name}: expected a JSON list") from None
    types, texts = parsed
    if not isinstance(types, list) or not isinstance(texts, list) or not 1 <= len(types) <= MAX_BATCH:
        raise invalid_param(f"tx_types and tx_infos: expected lists of 1 to {MAX_BATCH}")
    if len(types) != len(texts):
        raise LighterError(INVALID_TX_INFO, "invalid tx info: tx_types and tx_infos differ in length")
    return [_tx_of(kind, info) for kind, info in zip(types, texts, strict=True)]


def _sent(answer: TxAnswer) -> Json:
    return _told(answer.tx_hash, answer.predicted_ms)


def _told(tx_hash: object, predicted_ms: int) -> Json:
    return {
        "code": 200,
        "message": '{"ratelimit": "didn\'t use volume quota"}',
        "tx_hash": tx_hash,
        "predicted_execution_time_ms": predicted_ms,
        "volume_quota_remaining": 0,
    }
