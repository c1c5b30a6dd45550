"""The websocket of Hyperliquid: subscriptions, what they are sent, and requests by `post`."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import ClassVar

import msgspec

from venues.model import NS_PER_MS, FundingPayment, FundingRate, Level, Side, Transfer
from venues.served.dialect import WsSession
from venues.served.house import HouseAccount, HouseFill, HouseMarket, HouseOrder, PublicTrade
from venues.served.hyperliquid_exchange import Actions
from venues.served.hyperliquid_info import Info, InfoError
from venues.served.hyperliquid_state import States
from venues.served.hyperliquid_subscription import STATES, Message, Post, Subscription, normal
from venues.served.hyperliquid_wallet import Wallet, Wallets
from venues.served.hyperliquid_wire import Json, bbo_row, book_row, trade_row

BEAT_NS = 500 * NS_PER_MS
"""Books go out whole and as often as this, moved or not."""
SLOW_BEATS = 2
"""Mids and contexts go out every so many beats …"""
STATE_BEATS = 10
"""… and what an account is worth, besides when something happens to it."""
MAX_SUBSCRIPTIONS = 1_000
MAX_USERS = 10


class Streams:
    """Who subscribed to what. A `MarketListener` and an `AccountListener`."""

    ENCODER: ClassVar[msgspec.json.Encoder] = msgspec.json.Encoder()

    def __init__(self, states: States, wallets: Wallets, info: Info, actions: Actions) -> None:
        self._states = states
        self._house = states.house
        self._wallets = wallets
        self._info = info
        self._actions = actions
        self._sessions: dict[WsSession, set[Subscription]] = {}
        self._updates: dict[str, list[HouseOrder]] = {}
        """Orders by account whose change is to be told at the end of this turn of the loop."""
        self._best: dict[str, tuple[Level | None, Level | None]] = {}
        self._gaps: set[str] = set()
        """Coins whose next book is left out."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._telling: dict[str, bool] = {}
        """Accounts whose state is being put together; True: it has changed again meanwhile."""
        self._beat: asyncio.TimerHandle | None = None
        self._beats = 0

    def start(self) -> None:
        for market in self._house.markets.values():
            market.listen(self)
        for wallet in self._wallets.by_name.values():
            wallet.house.listen(self)

    def stop(self) -> None:
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None
        for task in self._tasks:
            task.cancel()

    def skip_book(self, symbol: str) -> None:
        """Leave the next book of `symbol` out ("": of every market)."""
        markets = self._states.assets
        self._gaps.update(m.instrument.base for m in markets if symbol in m.symbol)

    # -- sessions ------------------------------------------------------------------------------------------------

    def opened(self, session: WsSession) -> None:
        self._sessions[session] = set()

    def closed(self, session: WsSession) -> None:
        self._sessions.pop(session, None)

    def text(self, session: WsSession, text: str) -> None:
        try:
            message = msgspec.json.decode(text, type=Message)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            self._error(session, f"Error parsing JSON into valid websocket request: {text[:500]}")
            return
        if message.method == "ping":
            self._send(session, {"channel": "pong"})
        elif message.method == "post" and message.request is not None:
            self._spawn(self._post(session, message.id, message.request))
        elif message.method == "subscribe" and message.subscription is not None:
            self._subscribe(session, message.subscription)
        elif message.method == "unsubscribe" and message.subscription is not None:
            self._unsubscribe(session, message.subscription)
        else:
            self._error(session, f"Error parsing JSON into valid websocket request: {text[:500]}")

    def _subscribe(self, session: WsSession, asked: Subscription) -> None:
        wanted = normal(asked, self._states.by_coin)
        mine = self._sessions.get(session)
        if mine is None:
            return
        shown = self.ENCODER.encode((wanted or asked).echo()).decode()
        if wanted is None:
            self._error(session, f"Invalid subscription {shown}")
        elif wanted in mine:
            self._error(session, f"Already subscribed: {shown}")
        elif len(mine) >= MAX_SUBSCRIPTIONS:
            self._error(session, f"Cannot subscribe to more than {MAX_SUBSCRIPTIONS} channels")
        elif wanted.user and len({s.user for s in mine if s.user} | {wanted.user}) > MAX_USERS:
            self._error(session, f"Cannot track more than {MAX_USERS} total users")
        else:
            mine.add(wanted)
            wallet = self._wallets.at(wanted.user)
            if wallet is not None:
                session.account = wallet.name
            self._send(
                session, _channel("subscriptionResponse", {"method": "subscribe", "subscription": wanted.echo()})
            )
            self._first(session, wanted, wallet)
            if self._beat is None:
                self._beat = self._house.timers.after(BEAT_NS, self._turn)

    def _unsubscribe(self, session: WsSession, asked: Subscription) -> None:
        wanted, mine = normal(asked, self._states.by_coin), self._sessions.get(session, set())
        if wanted is None or wanted not in mine:
            shown = self.ENCODER.encode((wanted or asked).echo()).decode()
            self._error(session, f"Already unsubscribed: {shown}")
            return
        mine.discard(wanted)
        body = {"method": "unsubscribe", "subscription": wanted.echo()}
        self._send(session, _channel("subscriptionResponse", body))

    def _first(self, session: WsSession, wanted: Subscription, wallet: Wallet | None) -> None:
        """What a new subscriber gets at once."""
        kind, user = wanted.type, wanted.user
        if kind in STATES:
            self._spawn(self._send_state(session, wanted))
        elif kind == "userFills":
            fills = self._info.newest_fills(wallet) if wallet is not None else []
            self._send(session, _channel(kind, {"isSnapshot": True, "user": user, "fills": fills}))
        elif kind == "userFundings":
            paid = wallet.house.funding.since(0) if wallet is not None else ()
            rows = [self._states.funding_row(payment) for payment in reversed(paid)]
            self._send(session, _channel(kind, {"isSnapshot": True, "user": user, "fundings": rows[:500]}))
        elif kind == "userNonFundingLedgerUpdates":
            self._send(session, _channel(kind, {"isSnapshot": True, "user": user, "nonFundingLedgerUpdates": []}))
        elif kind not in ("trades", "orderUpdates", "userEvents"):
            if kind == "bbo":
                self._note_best(self._states.by_coin[wanted.coin])
            self._send(session, self._public(wanted))

    # -- what is sent --------------------------------------------------------------------------------------------

    def _public(self, wanted: Subscription) -> Json:
        market = self._states.by_coin.get(wanted.coin)
        if market is None:
            return _channel("allMids", {"mids": self._states.mids()})
        if wanted.type == "l2Book":
            return _channel("l2Book", book_row(market, wanted.n_sig_figs, wanted.mantissa))
        if wanted.type == "bbo":
            return _channel("bbo", bbo_row(market))
        return _channel("activeAssetCtx", {"coin": wanted.coin, "ctx": self._states.context(market)})

    async def _state(self, wanted: Subscription) -> Json:
        wallet, user = self._wallets.at(wanted.user), wanted.user
        if wanted.type == "webData2":
            return await self._info.web_data(user, wallet)
        if wanted.type == "activeAssetData":
            return await self._info.active_asset(user, wallet, self._states.by_coin[wanted.coin])
        if wanted.type == "spotState":
            return {"user": user, "spotState": {"balances": []}}
        if wanted.type == "openOrders":
            return {"dex": "", "user": user, "orders": self._states.open_orders(wallet, full=True)}
        return {"dex": "", "user": user, "clearinghouseState": await self._states.clearinghouse(wallet)}

    async def _send_state(self, session: WsSession, wanted: Subscription) -> None:
        self._send(session, _channel(wanted.type, await self._state(wanted)))

    def _turn(self) -> None:
        wanted = {subscription for mine in self._sessions.values() for subscription in mine}
        if not wanted:
            self._beat = None
            return
        self._beat = self._house.timers.after(BEAT_NS, self._turn)
        self._beats += 1
        gaps, self._gaps = self._gaps, set()
        # in an order that is the same in every process
        for subscription in sorted(wanted, key=repr):
            kind = subscription.type
            book = kind == "l2Book" and subscription.coin not in gaps
            slow = kind in ("allMids", "activeAssetCtx") and self._beats % SLOW_BEATS == 0
            if book or slow:
                self._tell(subscription, self._public(subscription))
        if self._beats % STATE_BEATS == 0:
            for wallet in self._wallets.by_name.values():
                self._changed(wallet)

    def _tell(self, wanted: Subscription, message: Json) -> None:
        text = ""
        for session, mine in self._sessions.items():
            if wanted in mine:
                text = text or self.ENCODER.encode(message).decode()
                session.send(text)

    def _tell_user(self, wallet: Wallet, kind: str, data: object, channel: str = "") -> None:
        self._tell(Subscription(kind, user=wallet.address), _channel(channel or kind, data))

    def _send(self, session: WsSession, message: Json) -> None:
        session.send(self.ENCODER.encode(message).decode())

    def _error(self, session: WsSession, text: str) -> None:
        self._send(session, _channel("error", text))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- requests ------------------------------------------------------------------------------------------------

    async def _post(self, session: WsSession, number: int | str, request: Post) -> None:
        response: Json
        try:
            if request.type == "info":
                kind = msgspec.json.decode(request.payload, type=dict[str, object]).get("type")
                answer = await self._info.answer(request.payload)
                response = {"type": "info", "payload": {"type": kind, "data": answer}}
            elif request.type == "action":
                response = {"type": "action", "payload": await self._actions.answer(request.payload)}
            else:
                response = {"type": "error", "payload": f"request type {request.type!r}: expected info or action"}
        except (InfoError, msgspec.DecodeError, RecursionError) as error:
            response = {"type": "error", "payload": str(error)}
        self._send(session, _channel("post", {"id": number, "response": response}))

    # -- accounts ------------------------------------------------------------------------------------------------

    def tell_rejected(self, wallet: Wallet, order: HouseOrder) -> None:
        self._queue(wallet, order)

    def _queue(self, wallet: Wallet, order: HouseOrder) -> None:
        """Tell of an order when this turn of the loop is over: one that is filled as it comes was never open."""
        waiting = self._updates.get(wallet.name)
        if waiting is None:
            waiting = self._updates[wallet.name] = []
            asyncio.get_running_loop().call_soon(self._flush, wallet)
        if order not in waiting:
            waiting.append(order)

    def _flush(self, wallet: Wallet) -> None:
        orders = self._updates.pop(wallet.name, [])
        self._tell_user(wallet, "orderUpdates", [self._states.update(wallet, order) for order in orders])
        gone = [
            {"coin": self._states.coin(order.symbol), "oid": wallet.oid(order)}
            for order in orders
            if not order.open and order.venue_order_id and order.reason is not None
        ]
        if gone:
            self._tell_user(wallet, "userEvents", {"nonUserCancel": gone}, "user")
        self._changed(wallet)

    def _changed(self, wallet: Wallet) -> None:
        """Send what the account is by now to those who follow it."""
        if wallet.name in self._telling:
            self._telling[wallet.name] = True
            return
        states = {s for mine in self._sessions.values() for s in mine if s.user == wallet.address and s.type in STATES}
        if states:
            self._telling[wallet.name] = False
            self._spawn(self._tell_states(wallet, states))

    async def _tell_states(self, wallet: Wallet, wanted: set[Subscription]) -> None:
        try:
            for subscription in wanted:
                self._tell(subscription, _channel(subscription.type, await self._state(subscription)))
        finally:
            again = self._telling.pop(wallet.name, False)
        if again:
            self._changed(wallet)

    def _wallet(self, account: HouseAccount) -> Wallet:
        return self._wallets.by_name[account.name]

    def on_accepted(self, account: HouseAccount, order: HouseOrder) -> None:
        if order.qty.is_finite():
            self._queue(self._wallet(account), order)

    def on_fill(self, account: HouseAccount, fill: HouseFill) -> None:
        """Fills are told by themselves; an order's own stream has its changes of status, not each part of it."""
        wallet = self._wallet(account)
        row = self._states.fill(wallet, fill)
        self._tell_user(wallet, "userFills", {"user": wallet.address, "fills": [row]})
        self._tell_user(wallet, "userEvents", {"fills": [row]}, "user")
        self._changed(wallet)

    def on_ended(self, account: HouseAccount, order: HouseOrder) -> None:
        if order.qty.is_finite() or order.filled:
            self._queue(self._wallet(account), order)

    def on_rejected(self, account: HouseAccount, order: HouseOrder) -> None:
        """`tell_rejected` follows, when the order has its oid."""

    def on_funding(self, account: HouseAccount, payment: FundingPayment) -> None:
        wallet, row = self._wallet(account), self._states.funding_row(payment)
        self._tell_user(wallet, "userFundings", {"user": wallet.address, "fundings": [row]})
        self._tell_user(wallet, "userEvents", {"funding": row}, "user")
        self._changed(wallet)

    def on_transfer(self, account: HouseAccount, transfer: Transfer) -> None:
        self._changed(self._wallet(account))

    # -- markets -------------------------------------------------------------------------------------------------

    def on_depth(self, market: HouseMarket) -> None:
        if self._sessions and self._note_best(market):
            wanted = Subscription("bbo", market.instrument.base)
            if any(wanted in mine for mine in self._sessions.values()):
                self._tell(wanted, _channel("bbo", bbo_row(market)))

    def _note_best(self, market: HouseMarket) -> bool:
        """Remember the best levels; are they others than before?"""
        best = (market.best(Side.BUY), market.best(Side.SELL))
        changed = best != self._best.get(market.symbol)
        self._best[market.symbol] = best
        return changed

    def on_trade(self, market: HouseMarket, trade: PublicTrade) -> None:
        wanted = Subscription("trades", market.instrument.base)
        if any(wanted in mine for mine in self._sessions.values()):
            self._tell(wanted, _channel("trades", [trade_row(market, trade)]))

    def on_mark(self, market: HouseMarket, price: object, ts: int) -> None:
        """Told with the contexts."""

    def on_funding_rate(self, market: HouseMarket, rate: FundingRate) -> None:
        """As `on_mark`."""


def _channel(name: str, data: object) -> Json:
    return {"channel": name, "data": data}
