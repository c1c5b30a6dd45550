"""Lighter's websocket: subscriptions, account channels, transactions over the socket, pings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import msgspec

from venues.model import NS_PER_S
from venues.paper.limits import Limit, RollingWindow
from venues.served import lighter_shapes as shapes
from venues.served.dialect import WsSession
from venues.served.house import House
from venues.served.lighter_accounts import LighterAccounts
from venues.served.lighter_channels import Channels, name_of, send, send_error
from venues.served.lighter_errors import (
    TOO_MANY_MESSAGES,
    WS_BAD_CHANNEL,
    WS_BAD_MESSAGE,
    LighterError,
    invalid_auth,
)
from venues.served.lighter_feeds import LighterFeeds
from venues.served.lighter_keys import KeyRing, Owner
from venues.served.lighter_markets import LighterMarket, LighterMarkets
from venues.served.lighter_orders import AccountOrders, LighterOrder, LighterTrade
from venues.served.lighter_shapes import Json

PING_NS = 30 * NS_PER_S
IDLE_NS = 120 * NS_PER_S
"""A client that said nothing for so long is cut off."""
MONEY_TICKS = 5
"""Seconds between reports of a balance that moves with the marks only."""
MESSAGES = Limit(200, 60.0)
"""Client messages on one socket, transactions apart."""
PRIVATE = frozenset({"account_orders", "account_all_orders", "account_all_assets"})
"""Channels that want a token. The others are public on the venue too."""

SendTx: TypeAlias = Callable[[WsSession, Json], Awaitable[Json | None]]
"""Takes the `data` of a message; None: no answer is given."""


class _Line:
    """What is kept of one session."""

    def __init__(self, now: int) -> None:
        self.heard = now
        self.pinged = now
        self.messages = RollingWindow(MESSAGES)


class LighterStream:
    """The sessions of the websocket, and the `OrderWatcher` of every account."""

    def __init__(
        self,
        house: House,
        keys: KeyRing,
        markets: LighterMarkets,
        accounts: LighterAccounts,
        channels: Channels,
        feeds: LighterFeeds,
        send_tx: Mapping[str, SendTx],
    ) -> None:
        """`send_tx`: by the message's type."""
        self.orders: dict[str, AccountOrders] = {}
        """By account name; whoever makes them puts them here."""
        self._house = house
        self._keys = keys
        self._markets = markets
        self._accounts = accounts
        self._channels = channels
        self._feeds = feeds
        self._send_tx = send_tx
        self._lines: dict[WsSession, _Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._money: set[str] = set()
        self._ticks = 0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._timer = self._house.timers.after(NS_PER_S, self._tick)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()

    # -- sessions ------------------------------------------------------------------------------------------------

    def opened(self, session: WsSession) -> None:
        self._lines[session] = _Line(self._now())
        self._channels.open(session)
        send(session, {"session_id": f"{self._house.rng.getrandbits(64):016x}", "type": "connected"})

    def closed(self, session: WsSession) -> None:
        self._lines.pop(session, None)
        self._channels.close(session)

    def text(self, session: WsSession, text: str) -> None:
        line = self._lines[session]
        line.heard = self._now()
        try:
            message = msgspec.json.decode(text, type=dict[str, object])
        except (msgspec.DecodeError, RecursionError):
            send_error(session, LighterError(WS_BAD_MESSAGE, "Invalid Message: expected a JSON object"))
            return
        kind = message.get("type")
        if isinstance(kind, str) and kind in self._send_tx:
            self._spawn(self._transact(session, kind, message))
            return
        try:
            if not line.messages.admit(self._house.clock.monotonic_ns()):
                raise LighterError(TOO_MANY_MESSAGES, "Too Many Websocket Messages!")
            if kind == "ping":
                send(session, {"type": "pong"})
            elif kind in ("subscribe", "unsubscribe"):
                self._subscription(session, message, begin=kind == "subscribe")
            elif kind != "pong":
                raise LighterError(WS_BAD_MESSAGE, f"Invalid Message Type: ({kind})")
        except LighterError as error:
            send_error(session, error)

    async def _transact(self, session: WsSession, kind: str, message: Json) -> None:
        data = message.get("data")
        asked: Json = data if isinstance(data, dict) else {}
        answer: Json = {"type": kind}
        if "id" in asked:
            answer["id"] = asked["id"]
        try:
            result = await self._send_tx[kind](session, asked)
        except LighterError as error:
            send_error(session, error, **answer)
            return
        if result is not None:
            send(session, answer | result)

    # -- subscriptions -------------------------------------------------------------------------------------------

    def _subscription(self, session: WsSession, message: Json, *, begin: bool) -> None:
        channel = message.get("channel")
        if not isinstance(channel, str) or not channel or len(channel) > 100:
            raise LighterError(WS_BAD_CHANNEL, f"Invalid Channel: ({channel})")
        if not begin:
            self._channels.end(session, channel)
            return
        auth = message.get("auth")
        first = self._first(session, channel, auth if isinstance(auth, str) else "")
        self._channels.ask(session, channel)
        if isinstance(first, dict):
            self._channels.begin(session, channel, first)
        else:
            self._spawn(self._begin_later(session, channel, first))

    async def _begin_later(self, session: WsSession, channel: str, first: Awaitable[Json]) -> None:
        self._channels.begin(session, channel, await first)

    def _first(self, session: WsSession, channel: str, auth: str) -> Json | Awaitable[Json]:
        """What a new subscriber is told. Raises `LighterError`."""
        name, *parts = channel.split("/")
        if name == "height" and not parts:
            return self._feeds.height()
        if name in ("order_book", "trade", "market_stats") and len(parts) == 1:
            if name == "market_stats":
                return self._feeds.market_stats(None if parts[0] == "all" else self._market(channel, parts[0]))
            market = self._market(channel, parts[0])
            return self._feeds.order_book(market) if name == "order_book" else self._feeds.trades(market)
        if name == "account_orders" and len(parts) == 2:
            market = self._market(channel, parts[0])
            owner = self._whose(session, channel, parts[1], auth)
            return {"account": owner.index, "nonce": 0, "orders": self._open_orders(owner, market)}
        if name in self._account_first and len(parts) == 1:
            owner = self._whose(session, channel, parts[0], auth)
            return self._account_first[name](self, owner)
        raise LighterError(WS_BAD_CHANNEL, f"Invalid Channel: ({channel})")

    def _market(self, channel: str, text: str) -> LighterMarket:
        market = self._markets.get(int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else None
        if market is None:
            raise LighterError(WS_BAD_CHANNEL, f"Invalid Channel: ({channel})")
        return market

    def _whose(self, session: WsSession, channel: str, text: str, auth: str) -> Owner:
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise LighterError(WS_BAD_CHANNEL, f"Invalid Channel: ({channel})")
        owner = self._keys.owner(int(text))
        if name_of(channel) in PRIVATE and self._keys.authenticate(auth) is not owner:
            raise invalid_auth("token is of another account")
        session.account = owner.name
        return owner

    def _open_orders(self, owner: Owner, market: LighterMarket | None = None) -> Json:
        rows: dict[str, list[Json]] = {}
        for order in self.orders[owner.name].active(market):
            rows.setdefault(str(order.market.number), []).append(shapes.order_json(owner, order))
        return dict(rows)

    def _all_orders(self, owner: Owner) -> Json:
        return {"orders": self._open_orders(owner)}

    def _all_trades(self, owner: Owner) -> Json:
        return {"trades": {}, "total_volume": 0, "daily_volume": 0}

    async def _positions(self, owner: Owner) -> Json:
        _, positions = await self._accounts.holdings(self.orders[owner.name])
        return {"positions": _by_market(positions), "shares": []}

    async def _assets(self, owner: Owner) -> Json:
        balance, _ = await self._accounts.holdings(self.orders[owner.name])
        asset = shapes.asset_json(balance.cash, balance.equity)
        return {"assets": {str(shapes.USDC_ID): asset}, "timestamp": self._house.now_ms()}

    async def _stats(self, owner: Owner) -> Json:
        return await self._accounts.stats(self.orders[owner.name]) | {"timestamp": self._house.now_ms()}

    async def _everything(self, owner: Owner) -> Json:
        balance, positions = await self._accounts.holdings(self.orders[owner.name])
        return {
            "account": owner.index,
            "assets": {str(shapes.USDC_ID): shapes.asset_json(balance.cash, balance.equity)},
            "positions": _by_market(positions),
            "trades": {},
            "shares": [],
            "funding_histories": {},
        }

    _account_first: Mapping[str, Callable[[LighterStream, Owner], Json | Awaitable[Json]]] = {
        "account_all": _everything,
        "account_all_orders": _all_orders,
        "account_all_positions": _positions,
        "account_all_trades": _all_trades,
        "account_all_assets": _assets,
        "user_stats": _stats,
    }

    # -- OrderWatcher --------------------------------------------------------------------------------------------

    def on_order(self, orders: AccountOrders, order: LighterOrder) -> None:
        owner, number = orders.owner, str(order.market.number)
        told: Json = {"orders": {number: [shapes.order_json(owner, order)]}}
        self._channels.publish(f"account_all_orders/{owner.index}", told)
        self._channels.publish(
            f"account_orders/{number}/{owner.index}", {"account": owner.index, "nonce": order.nonce} | told
        )

    def on_trade(self, orders: AccountOrders, trade: LighterTrade) -> None:
        owner = orders.owner
        row = shapes.trade_json(owner, trade, self._house.profile)
        told: Json = {"trades": {str(trade.order.market.number): [row]}}
        self._channels.publish(f"account_all_trades/{owner.index}", told)
        self._channels.publish(f"account_all/{owner.index}", {"account": owner.index, "positions": {}} | told)

    def on_money(self, orders: AccountOrders) -> None:
        """Told once for all that happens in this turn of the loop."""
        name = orders.owner.name
        if name not in self._money:
            self._money.add(name)
            self._spawn(self._tell_money(orders.owner))

    def tell_money(self, names: tuple[str, ...]) -> None:
        for name in names:
            self.on_money(self.orders[name])

    async def _tell_money(self, owner: Owner) -> None:
        self._money.discard(owner.name)
        for name in ("account_all_positions", "account_all_assets", "user_stats", "account_all"):
            channel = f"{name}/{owner.index}"
            if self._channels.wanted(channel):
                first = self._account_first[name](self, owner)
                self._channels.publish(channel, first if isinstance(first, dict) else await first)

    # -- faults and time -----------------------------------------------------------------------------------------

    def end_private(self, names: tuple[str, ...]) -> None:
        """The tokens of these accounts are over: private channels end with an error."""
        for session, channel in self._channels.all():
            if session.account in names and name_of(channel) in PRIVATE:
                self._channels.forget(session, channel)
                send_error(session, invalid_auth("token expired"))

    def _tick(self) -> None:
        self._timer = self._house.timers.after(NS_PER_S, self._tick)
        self._ticks += 1
        self._feeds.tick()
        now = self._now()
        for session, line in list(self._lines.items()):
            if now - line.heard >= IDLE_NS:
                session.close()
            elif now - line.pinged >= PING_NS:
                line.pinged = now
                send(session, {"type": "ping"})
        if self._ticks % MONEY_TICKS == 0:
            self.tell_money(tuple(self.orders))

    def _now(self) -> int:
        return self._house.clock.monotonic_ns()

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _by_market(positions: list[Json]) -> Json:
    return {str(position["market_id"]): position for position in positions}
