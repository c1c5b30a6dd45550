"""A Hyperliquid that a test moves by hand: in virtual time without sockets, or on a real port for real clients.

Actions are signed with the venue's own client library, which shares no code with what checks them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec
from eth_account import Account
from hyperliquid.utils import signing
from virtual_kit import InVirtualTime

from tests.venues.paper.scripted_market import START, ScriptedMarket
from venues.model import NS_PER_S, Clock, Instrument, InstrumentKind, SystemClock
from venues.paper.profiles import load_profile
from venues.served.dialect import HttpRequest, WsSession
from venues.served.front import Front
from venues.served.house import House, HouseSpec
from venues.served.hyperliquid import HyperliquidDialect
from venues.served.server import ServedServer

D = Decimal
BID, ASK = 60_000, 60_010
"""Best prices of BTC, dollars; one dollar is a tick."""
WAIT_S = 20.0
LOT = 100_000
"""Lots in one BTC."""


def perp(base: str, tick: str, lot: str) -> Instrument:
    return Instrument(
        symbol=base,
        base=base,
        quote="USDC",
        settle="USDC",
        kind=InstrumentKind.LINEAR,
        tick=D(tick),
        lot=D(lot),
        min_qty=D(lot),
        min_notional=D(10),
    )


BTC = perp("BTC", "1", "0.00001")
ETH = perp("ETH", "0.1", "0.0001")


def cloid(number: int) -> str:
    return f"0x{number:032x}"


class Markets:
    """BTC 60,000 / 60,010 with 2 BTC a side and more behind; ETH 3,000.0 / 3,000.5."""

    def __init__(self) -> None:
        self.btc, self.eth = ScriptedMarket(BTC), ScriptedMarket(ETH)

    @property
    def all(self) -> list[ScriptedMarket]:
        return [self.btc, self.eth]

    def fill(self) -> None:
        self.btc.set({BID: 2 * LOT, BID - 10: 5 * LOT}, {ASK: 2 * LOT, ASK + 10: 5 * LOT})
        self.eth.set({30_000: 100_000}, {30_005: 100_000})


def make_house(markets: Markets, clock: Clock, cash: str = "100000", order_limit: bool = True) -> House:
    profile = load_profile("hyperliquid")
    if not order_limit:
        profile = msgspec.structs.replace(profile, order_limit=type(profile.order_limit)(0))
    spec = HouseSpec(venue="hyperliquid", accounts={"one": D(cash), "two": D(cash)}, profile=profile)
    return House(spec, clock, markets.all)


@dataclass
class Socket:
    """A websocket whose frames stay here."""

    session: WsSession
    frames: list[Any] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)

    def channel(self, name: str) -> list[Any]:
        return [frame["data"] for frame in self.frames if frame["channel"] == name]


class Bench(InVirtualTime):
    """The dialect behind its front, in virtual time."""

    def __init__(self, cash: str = "100000", *, schedule_volume: str = "1000000", order_limit: bool = False) -> None:
        super().__init__(START + NS_PER_S)
        self.markets = Markets()
        self.house = make_house(self.markets, self.clock, cash, order_limit=order_limit)
        self.dialect = HyperliquidDialect(self.house, schedule_volume=D(schedule_volume))
        self.front = Front(self.dialect, self.house)
        self._nonce = 0

    def __enter__(self) -> Bench:
        async def begin() -> None:
            await self.house.start()
            self.dialect.start()
            self.markets.fill()

        self.run(begin())
        return self

    def __exit__(self, *_: object) -> None:
        self.dialect.stop()
        self.run(self.house.stop())
        self.pass_time(0.01)
        self.loop.close()

    def pass_time(self, seconds: float = 0.1) -> None:
        super().pass_time(seconds)

    def move(self, what: Any, *args: Any, **options: Any) -> None:
        """Do something to a market inside the loop."""
        self.call(what, *args, **options)
        self.pass_time(0.01)

    def address(self, account: str = "one") -> str:
        return self.dialect.wallets.by_name[account].address

    def key(self, account: str = "one") -> str:
        return self.dialect.wallets.by_name[account].private_key

    def nonce(self) -> int:
        self._nonce = max(self._nonce + 1, self.house.now_ms())
        return self._nonce

    # -- requests ------------------------------------------------------------------------------------------------

    def http(self, path: str, body: object, method: str = "POST") -> Any:
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return self.run(self.front.http(HttpRequest(method, path, body=raw)))

    def info(self, kind: str, **fields: object) -> Any:
        answer = self.http("/info", {"type": kind, **fields})
        assert answer.status == 200, answer.body
        return msgspec.json.decode(answer.body)

    def of(self, kind: str, account: str = "one", **fields: object) -> Any:
        return self.info(kind, user=self.address(account), **fields)

    def signed(
        self,
        action: dict[str, Any],
        *,
        key: str = "",
        account: str = "one",
        nonce: int | None = None,
        vault: str | None = None,
        expires: int | None = None,
        mainnet: bool = True,
    ) -> dict[str, Any]:
        """A trading action with its signature, ready to be posted."""
        wallet = Account.from_key(key or self.key(account))
        used = self.nonce() if nonce is None else nonce
        signature = signing.sign_l1_action(wallet, action, vault, used, expires, mainnet)
        return {
            "action": action, "nonce": used, "signature": signature, "vaultAddress": vault, "expiresAfter": expires,
        }  # fmt: skip

    def act(self, action: dict[str, Any], **options: Any) -> Any:
        """The answer to a signed trading action."""
        answer = self.http("/exchange", self.signed(action, **options))
        assert answer.status == 200, answer.body
        return msgspec.json.decode(answer.body)

    def order(self, side: str, size: str, price: str, tif: str = "Gtc", **options: Any) -> Any:
        """The status of one BTC order."""
        return self.orders([wire(side, size, price, tif, **options)])[0]

    def orders(self, wires: list[dict[str, Any]], account: str = "one", **extra: Any) -> Any:
        answer = self.act({"type": "order", "orders": wires, "grouping": "na", **extra}, account=account)
        assert answer["status"] == "ok", answer
        assert answer["response"]["type"] == "order"
        return answer["response"]["data"]["statuses"]

    def cancel(self, oid: int, asset: int = 0, account: str = "one") -> Any:
        answer = self.act({"type": "cancel", "cancels": [{"a": asset, "o": oid}]}, account=account)
        return answer["response"]["data"]["statuses"][0]

    def modify(self, oid: int | str, new: dict[str, Any]) -> Any:
        answer = self.act({"type": "batchModify", "modifies": [{"oid": oid, "order": new}]})
        return answer["response"]["data"]["statuses"][0]

    # -- websocket -----------------------------------------------------------------------------------------------

    def socket(self) -> Socket:
        frames: list[Any] = []
        closed: list[int] = []
        session = WsSession("/ws", "", {}, lambda text: frames.append(msgspec.json.decode(text)), closed.append)
        self.move(self.front.ws_open, session)
        return Socket(session, frames, closed)

    def say(self, socket: Socket, message: object) -> None:
        text = message if isinstance(message, str) else msgspec.json.encode(message).decode()
        self.move(self.front.ws_text, socket.session, text)

    def subscribe(self, socket: Socket, kind: str, **fields: object) -> None:
        self.say(socket, {"method": "subscribe", "subscription": {"type": kind, **fields}})


def wire(
    side: str,
    size: str,
    price: str,
    tif: str = "Gtc",
    *,
    asset: int = 0,
    reduce: bool = False,
    c: str | None = None,
) -> dict[str, Any]:
    """An order as it is signed."""
    order: dict[str, Any] = {
        "a": asset, "b": side == "buy", "p": price, "s": size, "r": reduce, "t": {"limit": {"tif": tif}},
    }  # fmt: skip
    return order | ({"c": c} if c is not None else {})


class Listening(Front):
    """A front that says when a client has subscribed."""

    def __init__(self, dialect: HyperliquidDialect, house: House) -> None:
        super().__init__(dialect, house)
        self._kinds: set[str] = set()
        self._heard = asyncio.Event()

    def ws_text(self, session: WsSession, text: str) -> None:
        super().ws_text(session, text)
        kind = msgspec.json.decode(text).get("subscription", {}).get("type")
        if kind is not None:
            self._kinds.add(kind)
            self._heard.set()

    async def subscribed(self, *kinds: str) -> None:
        """Wait until somebody has asked for all of these."""
        async with asyncio.timeout(WAIT_S):
            while not self._kinds.issuperset(kinds):
                self._heard.clear()
                await self._heard.wait()


@dataclass
class Served:
    """A dialect on a port."""

    url: str
    ws_url: str
    house: House
    dialect: HyperliquidDialect
    front: Listening
    markets: Markets

    def credentials(self, account: str = "one") -> dict[str, str]:
        return dict(self.dialect.credentials(account))


@contextlib.asynccontextmanager
async def served() -> AsyncIterator[Served]:
    """On a free port, by the wall clock, for clients that nobody here wrote."""
    markets = Markets()
    house = make_house(markets, SystemClock(), order_limit=False)
    dialect = HyperliquidDialect(house)
    front = Listening(dialect, house)
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
