"""What can be subscribed to on Hyperliquid's websocket, and how it is asked for."""

from __future__ import annotations

from collections.abc import Container

import msgspec

from venues.served.hyperliquid_info import InfoError, check_grouping
from venues.served.hyperliquid_sign import is_address
from venues.served.hyperliquid_wire import Json

_COINS = frozenset({"l2Book", "bbo", "trades", "activeAssetCtx"})
_USERS = frozenset(
    {
        "orderUpdates",
        "userFills",
        "userFundings",
        "userEvents",
        "userNonFundingLedgerUpdates",
        "clearinghouseState",
        "webData2",
        "spotState",
        "openOrders",
    }
)
STATES = frozenset({"clearinghouseState", "webData2", "spotState", "openOrders", "activeAssetData"})
"""What is sent whole, again and again."""


class Subscription(msgspec.Struct, frozen=True, rename="camel"):
    """Hashable: the same subscription twice is an error."""

    type: str
    coin: str = ""
    user: str = ""
    dex: str | None = None
    n_sig_figs: int | None = None
    mantissa: int | None = None

    def echo(self) -> Json:
        row: Json = {"type": self.type}
        if self.coin:
            row["coin"] = self.coin
        if self.user:
            row["user"] = self.user
        if self.type == "l2Book":
            row |= {"nSigFigs": self.n_sig_figs, "mantissa": self.mantissa}
        return row


def normal(asked: Subscription, coins: Container[str]) -> Subscription | None:
    """What was asked for with nothing in it that does not count; None for what there is not. `coins`: those traded."""
    coin = asked.coin if asked.coin in coins else ""
    user = asked.user.lower() if is_address(asked.user) else ""
    if asked.dex:
        return None
    if asked.type == "l2Book" and coin:
        try:
            check_grouping(asked.n_sig_figs, asked.mantissa)
        except InfoError:
            return None
        return Subscription(asked.type, coin, n_sig_figs=asked.n_sig_figs, mantissa=asked.mantissa)
    if asked.type in _COINS and coin:
        return Subscription(asked.type, coin)
    if asked.type in _USERS and user:
        return Subscription(asked.type, user=user)
    if asked.type == "activeAssetData" and user and coin:
        return Subscription(asked.type, coin, user)
    return Subscription("allMids") if asked.type == "allMids" else None


class Post(msgspec.Struct, frozen=True):
    type: str
    payload: msgspec.Raw


class Message(msgspec.Struct, frozen=True):
    method: str
    subscription: Subscription | None = None
    id: int | str = 0
    """Of a `post`; a subscription's is not looked at."""
    request: Post | None = None
