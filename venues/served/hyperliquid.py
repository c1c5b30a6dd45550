"""Hyperliquid, served: `POST /info`, `POST /exchange` and the websocket `/ws`, over a paper exchange.

What is different from the venue: no spot markets and no dexs of others, no trigger and no TWAP orders, no candles, no
oracle but the mark, isolated margin by name only. Builders' fees need approval as there, and are recorded, not charged.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

import msgspec

from venues.served.dialect import HttpAnswer, HttpRequest, WsSession
from venues.served.faults import Fault, FaultKind
from venues.served.house import House, HouseFill, HouseOrder
from venues.served.hyperliquid_exchange import SCHEDULE_VOLUME, Actions, read_request
from venues.served.hyperliquid_info import Info, InfoError
from venues.served.hyperliquid_orders import Orders
from venues.served.hyperliquid_sign import is_address
from venues.served.hyperliquid_state import States
from venues.served.hyperliquid_stream import Streams
from venues.served.hyperliquid_wallet import Wallet, Wallets

TEXT = "text/plain"


class _Named(msgspec.Struct, frozen=True):
    user: str = ""


class HyperliquidDialect:
    """A `ServedDialect`."""

    venue: ClassVar[str] = "hyperliquid"
    name = "hyperliquid"
    ws_path = "/ws"

    def __init__(self, house: House, *, schedule_volume: Decimal = SCHEDULE_VOLUME) -> None:
        """`schedule_volume`: USD that an account must have traded before it may set a scheduled cancel."""
        self._house = house
        self.wallets = Wallets(house.accounts, house.spec.seed)
        """Addresses, keys, and every action that was `seen`."""
        states = States(house)
        orders = Orders(states, self._rejected)
        self._info = Info(states, self.wallets)
        self._actions = Actions(states, self.wallets, orders, schedule_volume)
        self._streams = Streams(states, self.wallets, self._info, self._actions)

    def _rejected(self, wallet: Wallet, order: HouseOrder) -> None:
        self._streams.tell_rejected(wallet, order)

    def start(self) -> None:
        self._info.start()
        self._streams.start()

    def stop(self) -> None:
        self._info.stop()
        self._streams.stop()

    def credentials(self, account: str) -> Mapping[str, str]:
        wallet = self.wallets.by_name[account]
        return {"walletAddress": wallet.address, "privateKey": wallet.private_key}

    def trade_id(self, account: str, told: HouseFill) -> str:
        return str(self.wallets.by_name[account].tid(told))

    def account_of(self, request: HttpRequest) -> str:
        if request.path == "/exchange":
            return self._actions.account_of(request.body)
        try:
            user = msgspec.json.decode(request.body, type=_Named).user
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return ""
        wallet = self.wallets.at(user) if is_address(user) else None
        return wallet.name if wallet is not None else ""

    async def http(self, request: HttpRequest) -> HttpAnswer:
        if request.path not in ("/info", "/exchange"):
            return HttpAnswer(404, b"", content_type=TEXT)
        if request.method != "POST":
            return HttpAnswer(405, b"", content_type=TEXT)
        answer = self._info.answer if request.path == "/info" else self._actions.answer
        try:
            return HttpAnswer.json(await answer(request.body))
        except InfoError as error:
            return HttpAnswer(422, str(error).encode(), content_type=TEXT)

    def ws_open(self, session: WsSession) -> None:
        if session.path != self.ws_path:
            session.close()
            return
        self._streams.opened(session)

    def ws_text(self, session: WsSession, text: str) -> None:
        self._streams.text(session, text)

    def ws_closed(self, session: WsSession) -> None:
        self._streams.closed(session)

    def refusal(self, fault: Fault, request: HttpRequest) -> HttpAnswer | None:
        """Requests by websocket (`post`) pass no faults of requests."""
        if fault.kind is FaultKind.RATE_LIMIT:
            return HttpAnswer(429, b"null")
        if fault.kind in (FaultKind.ERROR_BEFORE, FaultKind.ERROR_AFTER):
            return HttpAnswer(502, b"Bad Gateway", content_type=TEXT)
        if request.path != "/exchange":
            return None
        try:
            nonce = read_request(request.body).nonce
        except InfoError:
            return None
        if fault.kind is FaultKind.NONCE:
            return _refused(f"Invalid nonce: duplicate nonce {nonce}")
        wallet = self.wallets.by_name.get(self.account_of(request))
        address = wallet.address if wallet is not None else "0x" + "0" * 40
        return _refused(f"User or API Wallet {address} does not exist.")

    def on_fault(self, fault: Fault) -> None:
        """GAP: one book is left out (each stands for itself, so nothing tells but its age). EXPIRED_TOKEN: the API
        wallets of the account are gone."""
        if fault.kind is FaultKind.GAP:
            self._streams.skip_book(fault.path)
        elif fault.kind is FaultKind.EXPIRED_TOKEN:
            for wallet in self.wallets.by_name.values():
                if fault.account in ("", wallet.name):
                    wallet.agents.clear()


def _refused(text: str) -> HttpAnswer:
    return HttpAnswer.json({"status": "err", "response": text})


DIALECT = HyperliquidDialect
