"""Who is subscribed to what on Lighter's websocket.

A channel is asked for as `name/part/part` and spelled `name:part` in what comes back."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from venues.served.dialect import WsSession
from venues.served.lighter_errors import (
    WS_ALREADY_SUBSCRIBED,
    WS_NOT_SUBSCRIBED,
    LighterError,
)
from venues.served.lighter_shapes import Json

MAX_CHANNELS = 500
TOO_MANY_SUBSCRIPTIONS = 23001


class Channels:
    """Subscriptions of all sessions. One that waits for its first answer gets no updates yet."""

    def __init__(self) -> None:
        self._of: dict[WsSession, dict[str, bool]] = {}

    @property
    def sessions(self) -> tuple[WsSession, ...]:
        return tuple(self._of)

    def open(self, session: WsSession) -> None:
        self._of[session] = {}

    def close(self, session: WsSession) -> None:
        self._of.pop(session, None)

    def ask(self, session: WsSession, channel: str) -> None:
        """Raises `LighterError` where it is subscribed to already."""
        mine = self._of[session]
        if channel in mine:
            raise LighterError(WS_ALREADY_SUBSCRIBED, f"Already Subscribed to : {reply_name(channel)}")
        if len(mine) >= MAX_CHANNELS:
            raise LighterError(TOO_MANY_SUBSCRIPTIONS, "Too Many Subscriptions!")
        mine[channel] = False

    def begin(self, session: WsSession, channel: str, first: Json) -> None:
        """Send the first answer; updates follow from now on. Nothing where the session went, or no longer asks."""
        mine = self._of.get(session)
        if mine is None or channel not in mine:
            return
        mine[channel] = True
        send(session, {"channel": reply_name(channel), "type": f"subscribed/{name_of(channel)}"} | first)

    def forget(self, session: WsSession, channel: str) -> None:
        self._of.get(session, {}).pop(channel, None)

    def end(self, session: WsSession, channel: str) -> None:
        """Raises `LighterError` where it is not subscribed to."""
        if self._of[session].pop(channel, None) is None:
            raise LighterError(WS_NOT_SUBSCRIBED, f"Not Subscribed to : {reply_name(channel)}")
        send(session, {"type": "unsubscribed", "channel": reply_name(channel)})

    def wanted(self, channel: str) -> bool:
        return any(channel in mine for mine in self._of.values())

    def publish(self, channel: str, body: Json) -> None:
        """An update to everybody who has the channel."""
        listeners = [session for session, mine in self._of.items() if mine.get(channel)]
        if listeners:
            text = _encode({"channel": reply_name(channel), "type": f"update/{name_of(channel)}"} | body)
            for session in listeners:
                session.send(text)

    def all(self) -> Iterator[tuple[WsSession, str]]:
        for session, mine in list(self._of.items()):
            for channel in list(mine):
                yield session, channel


def name_of(channel: str) -> str:
    return channel.partition("/")[0]


def reply_name(channel: str) -> str:
    """`account_orders/1/7001` → `account_orders:1`"""
    return ":".join(channel.split("/")[:2])


def send(session: WsSession, message: Json) -> None:
    session.send(_encode(message))


def send_error(session: WsSession, error: LighterError, **more: object) -> None:
    send(session, {**more, "error": error.body()})


def _encode(message: Json) -> str:
    return msgspec.json.encode(message).decode()
