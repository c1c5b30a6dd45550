"""A Lighter that a test moves by hand: in virtual time without sockets, or on a real port for real clients.

Without sockets, transactions are signed with the project's own arithmetic, which is proven on the venue's vectors."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from virtual_kit import InVirtualTime

from tests.venues.paper.scripted_market import START, ScriptedMarket
from venues.live.signers import lighter_library
from venues.model import NS_PER_S, Clock, Instrument, InstrumentKind, SystemClock
from venues.paper.limits import Limit
from venues.paper.profiles import Profile, load_profile
from venues.served.dialect import HttpRequest, WsSession
from venues.served.faults import Fault, FaultKind
from venues.served.front import Front
from venues.served.house import House, HouseSpec
from venues.served.lighter import LighterDialect
from venues.served.lighter_curve import ORDER
from venues.served.lighter_schnorr import hash_to_element, sign
from venues.served.lighter_tx import TxKind, decode_tx
from venues.served.server import ServedServer

D = Decimal
BTC, ETH = 1, 0
BID, ASK = 600_000, 600_010
"""Touch of BTC in ticks of 0.1."""
LOT = 100_000
"""Lots in one BTC."""
DAY_MS = 86_400_000


def native_library() -> Path:
    """The venue's signer library. Where it is missing the test is skipped, but on CI it fails."""
    path = lighter_library()
    if path is None:
        text = "no native signer of Lighter here: python -m pip install --no-deps lighter-sdk==1.1.8"
        if os.environ.get("CI"):
            pytest.fail(text)
        pytest.skip(text)
    return path


def perp(base: str, tick: str, lot: str, least: str) -> Instrument:
    return Instrument(base, base, "USDC", "USDC", InstrumentKind.LINEAR, D(tick), D(lot), D(least), D(10))


class Markets:
    """BTC 60,000.0 / 60,001.0 with 2 BTC a side and more behind; ETH 3,000.00 / 3,000.10."""

    def __init__(self) -> None:
        self.btc = ScriptedMarket(perp("BTC", "0.1", "0.00001", "0.0002"))
        self.eth = ScriptedMarket(perp("ETH", "0.01", "0.0001", "0.005"))

    @property
    def all(self) -> list[ScriptedMarket]:
        return [self.btc, self.eth]

    def fill(self) -> None:
        self.btc.set({BID: 2 * LOT, BID - 10: 5 * LOT}, {ASK: 2 * LOT, ASK + 10: 5 * LOT})
        self.eth.set({300_000: 100_000}, {300_010: 100_000})


def make_house(markets: Markets, clock: Clock, cash: str = "100000", **changes: Any) -> House:
    """`changes` are of the venue's profile; without any, the REST and order limits are off."""
    off = {"rest_limit": Limit(0), "order_limit": Limit(0)}
    profile: Profile = msgspec.structs.replace(load_profile("lighter"), **(off | changes))
    spec = HouseSpec(venue="lighter", accounts={"one": D(cash), "two": D(cash)}, profile=profile)
    return House(spec, clock, markets.all)


class Wallet:
    """Signs as one account with one API key, and counts its nonces."""

    def __init__(self, house: House, credentials: dict[str, str], key_index: int = 0) -> None:
        self._house = house
        self.private_key = int.from_bytes(bytes.fromhex(credentials["privateKey"]), "little")
        self.account = int(credentials["accountIndex"])
        self.key_index = key_index or int(credentials["apiKeyIndex"])
        self.nonce = 0
        self._k = 1

    def tx(self, kind: TxKind, *, attributes: dict[int, int] | None = None, **fields: Any) -> dict[str, Any]:
        """`tx_info`, signed. `nonce`, `expired_at`, `account` and `key` may be given; the rest are its own fields."""
        info: dict[str, Any] = {
            "AccountIndex": fields.pop("account", self.account),
            "ApiKeyIndex": fields.pop("key", self.key_index),
            "ExpiredAt": fields.pop("expired_at", self._house.now_ms() + 60_000),
            "Nonce": fields.pop("nonce", self.nonce),
            "L2TxAttributes": {str(number): value for number, value in (attributes or {}).items()} or None,
            **fields,
        }
        unsigned = decode_tx(kind, info | {"Sig": base64.b64encode(bytes(80)).decode()})
        self._k = self._k * 1_000_003 % ORDER
        info["Sig"] = base64.b64encode(sign(self.private_key, unsigned.hash(), self._k)).decode()
        return info

    def token(self, seconds: int = 600, **changes: int) -> str:
        deadline = self._house.clock.now_ns() // NS_PER_S + seconds
        text = f"{deadline}:{changes.get('account', self.account)}:{changes.get('key', self.key_index)}"
        data = text.encode()
        message = hash_to_element([int.from_bytes(data[k : k + 8], "little") for k in range(0, len(data), 8)])
        return f"{text}:{sign(self.private_key, message, 12_345 + seconds).hex()}"


@dataclass
class Socket:
    """A websocket whose frames stay here."""

    session: WsSession
    frames: list[Any] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)

    def of(self, kind: str) -> list[Any]:
        return [frame for frame in self.frames if frame.get("type") == kind]

    @property
    def errors(self) -> list[int]:
        return [frame["error"]["code"] for frame in self.frames if "error" in frame]


class Bench(InVirtualTime):
    """The dialect behind its front, in virtual time."""

    def __init__(self, cash: str = "100000", **changes: Any) -> None:
        super().__init__(START + NS_PER_S)
        self.markets = Markets()
        self.house = make_house(self.markets, self.clock, cash, **changes)
        self.dialect = LighterDialect(self.house)
        self.front = Front(self.dialect, self.house)
        self.wallet = Wallet(self.house, dict(self.dialect.credentials("one")))
        self.other = Wallet(self.house, dict(self.dialect.credentials("two")))

    def __enter__(self) -> Bench:
        async def begin() -> None:
            await self.house.start()
            self.dialect.start()
            self.markets.fill()

        self.run(begin())
        return self

    def __exit__(self, *_: object) -> None:
        async def end() -> None:
            self.dialect.stop()
            await self.house.stop()

        self.run(end())
        self.pass_time(0.01)
        self.loop.close()

    def pass_time(self, seconds: float = 1.0) -> None:
        super().pass_time(seconds)

    def move(self, what: Any, *args: Any, **options: Any) -> None:
        """Do something inside the loop."""
        self.call(what, *args, **options)
        self.pass_time(0.06)

    def fault(self, kind: FaultKind, **fields: Any) -> None:
        self.move(self.front.switch_on, Fault(kind, **fields))

    # -- REST ----------------------------------------------------------------------------------------------------

    def request(self, request: HttpRequest) -> tuple[int, Any]:
        answer = self.run(self.front.http(request))
        return answer.status, msgspec.json.decode(answer.body)

    def get(self, name: str, *, token: str = "", **query: object) -> Any:
        """The answer of a query that is answered."""
        status, body = self.ask(name, token=token, **query)
        assert (status, body["code"]) == (200, 200), body
        return body

    def ask(self, name: str, *, token: str = "", **query: object) -> tuple[int, Any]:
        headers = {"authorization": token} if token else {}
        return self.request(HttpRequest("GET", f"/api/v1/{name}", urlencode(query), headers))

    def post(self, name: str, **form: object) -> tuple[int, Any]:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return self.request(HttpRequest("POST", f"/api/v1/{name}", "", headers, urlencode(form).encode()))

    def send(self, kind: TxKind, info: dict[str, Any]) -> int:
        """The code of the answer."""
        status, body = self.post("sendTx", tx_type=int(kind), tx_info=json.dumps(info))
        assert (status == 200) == (body["code"] == 200)
        return int(body["code"])

    def do(self, kind: TxKind, *, wallet: Wallet | None = None, **fields: Any) -> int:
        """Send a transaction with the next nonce, which it uses up where it is accepted. The code of the answer."""
        signer = wallet or self.wallet
        code = self.send(kind, signer.tx(kind, **fields))
        signer.nonce += code == 200
        return code

    def order(self, client: int, side: str, size: str, price: str, tif: str = "gtt", **changes: Any) -> int:
        """Send a BTC order and let the engine have it. The code of the answer."""
        number = {"ioc": 0, "gtt": 1, "post": 2}[tif]
        fields: dict[str, Any] = {
            "MarketIndex": BTC,
            "ClientOrderIndex": client,
            "BaseAmount": int(D(size) * LOT),
            "Price": int(D(price) * 10),
            "IsAsk": int(side == "sell"),
            "Type": 0,
            "TimeInForce": number,
            "ReduceOnly": 0,
            "TriggerPrice": 0,
            "OrderExpiry": 0 if number == 0 else self.house.now_ms() + 28 * DAY_MS,
        }
        code = self.do(TxKind.CREATE_ORDER, **(fields | changes))
        self.pass_time(0.5)
        return code

    def cancel(self, index: int) -> int:
        code = self.do(TxKind.CANCEL_ORDER, MarketIndex=BTC, Index=index)
        self.pass_time(0.5)
        return code

    def active(self) -> list[Any]:
        return list(
            self.get("accountActiveOrders", token=self.wallet.token(), account_index=self.wallet.account)["orders"]
        )

    def ended(self) -> dict[int, str]:
        """Status by client order index."""
        rows = self.get("accountInactiveOrders", token=self.wallet.token(), limit=100)["orders"]
        return {row["client_order_index"]: row["status"] for row in rows}

    def trades(self) -> list[Any]:
        return list(self.get("trades", token=self.wallet.token(), sort_by="timestamp", limit=100)["trades"])

    def account(self) -> Any:
        return self.get("account", by="index", value=self.wallet.account)["accounts"][0]

    # -- websocket -----------------------------------------------------------------------------------------------

    def socket(self, path: str = "/stream") -> Socket:
        frames: list[Any] = []
        closed: list[int] = []
        session = WsSession(path, "", {}, lambda text: frames.append(msgspec.json.decode(text)), closed.append)
        self.move(self.front.ws_open, session)
        return Socket(session, frames, closed)

    def say(self, socket: Socket, message: object) -> None:
        text = message if isinstance(message, str) else json.dumps(message)
        self.move(self.front.ws_text, socket.session, text)

    def subscribe(self, socket: Socket, channel: str, auth: str = "") -> None:
        self.say(socket, {"type": "subscribe", "channel": channel} | ({"auth": auth} if auth else {}))


@dataclass
class Served:
    """The dialect on a port."""

    url: str
    ws_url: str
    house: House
    dialect: LighterDialect
    front: Front
    markets: Markets

    def credentials(self, account: str = "one") -> dict[str, str]:
        return dict(self.dialect.credentials(account))


@contextlib.asynccontextmanager
async def served(**changes: Any) -> AsyncIterator[Served]:
    """On a free port, by the wall clock, for clients that nobody here wrote. Speed bumps of 1 ms."""
    markets = Markets()
    bumps = {"maker_bump_ms": D(1), "taker_bump_ms": D(1), "cancel_bump_ms": D(1)}
    house = make_house(markets, SystemClock(), **(bumps | changes))
    dialect = LighterDialect(house)
    front = Front(dialect, house)
    server = ServedServer(front, 0)
    await house.start()
    dialect.start()
    markets.fill()
    await server.start()
    try:
        yield Served(server.url, server.ws_url, house, dialect, front, markets)
    finally:
        await server.stop()
        dialect.stop()
        await house.stop()


def sdk() -> Any:
    """The venue's own SDK, unmodified. It is installed without its dependencies, as its urllib3 is not ccxt's; the one
    that is missing here then, for retries that nobody asks for, is stood in for."""
    native_library()
    if "aiohttp_retry" not in sys.modules and find_spec("aiohttp_retry") is None:
        stand_in = ModuleType("aiohttp_retry")
        for name in ("RetryClient", "ExponentialRetry"):
            setattr(stand_in, name, type(name, (), {}))
        sys.modules["aiohttp_retry"] = stand_in
    return import_module("lighter")
