"""What crosses the socket of the embedded paper exchange: one msgpack value a frame of `venues.wire`.

Each message is an array that opens with its tag, so a book or a fill decodes in a microsecond.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

import msgspec

from venues.model import (
    BookUpdate,
    CancelReport,
    Capabilities,
    FillReport,
    FundingPayment,
    FundingRate,
    Instrument,
    OrderRequest,
    OrderStatusReport,
    Transfer,
)
from venues.paper.spec import PaperSpec

PROTOCOL_VERSION = 2
"""Grows with every change that an older peer would misread; the server refuses any other."""


class What(StrEnum):
    """What a request asks for. The first group is of the account that logged in, the second needs no login."""

    CANCEL_ALL = "cancel_all"
    CANCEL_ALL_AFTER = "cancel_all_after"
    QUERY_ORDER = "query_order"
    OPEN_ORDERS = "open_orders"
    FILLS = "fills"
    POSITIONS = "positions"
    BALANCES = "balances"
    FUNDING = "funding"
    TRANSFERS = "transfers"

    PING = "ping"
    FAULT = "fault"
    ENSURE_ACCOUNTS = "ensure_accounts"
    SHUTDOWN = "shutdown"


class Failure(StrEnum):
    """Why a login or a request failed."""

    UNAVAILABLE = "unavailable"
    """No answer came: it says nothing of the state that was asked for."""
    BUSY = "busy"
    """Over the venue's rate limit for now."""
    REJECTED = "rejected"
    """The answer is no."""
    MALFORMED = "malformed"
    """The peer does not speak this protocol, or not this version of it."""
    TAKEN_OVER = "taken_over"
    """Another session logged in to the account as its main one."""


# -- client to server ------------------------------------------------------------------------------------------------


class Login(msgspec.Struct, frozen=True, array_like=True, tag="login"):
    """An account has one main session, which the newest main login takes over, and any number beside it."""

    account: str
    version: int = PROTOCOL_VERSION
    beside: bool = False
    """Stand beside the main session, and leave it where it is."""


class Subscribe(msgspec.Struct, frozen=True, array_like=True, tag="subscribe"):
    symbols: tuple[str, ...]


class Submit(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="submit"):
    order: OrderRequest


class Cancel(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="cancel"):
    client_order_id: str
    symbol: str


class Args(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Arguments of a request; each kind reads its own and leaves the rest."""

    client_order_id: str = ""
    venue_order_id: str = ""
    symbol: str = ""
    cursor: str = ""
    ts: int = 0
    """Ns since the epoch."""
    seconds: float = 0.0
    account: str = ""
    kind: str = ""
    """Of a fault."""
    spec: PaperSpec | None = None


class Request(msgspec.Struct, frozen=True, array_like=True, tag="request"):
    id: int
    what: What
    args: Args = Args()


ClientMessage: TypeAlias = Login | Subscribe | Submit | Cancel | Request


# -- server to client ------------------------------------------------------------------------------------------------


class Welcome(msgspec.Struct, frozen=True, array_like=True, tag="welcome"):
    """The answer to a login. `up` is whether the venue can be reached: the socket alone says nothing of that."""

    account: str
    venue: str
    capabilities: Capabilities
    instruments: dict[str, Instrument]
    up: bool
    reason: str


class Mark(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="mark"):
    symbol: str
    price: Decimal
    ts_event: int


EventBody: TypeAlias = OrderStatusReport | FillReport | CancelReport | FundingRate | FundingPayment | Transfer


class Event(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="event"):
    """Something that happened to the account. Books and marks travel bare, as they are most of the traffic."""

    body: EventBody


class Connection(msgspec.Struct, frozen=True, array_like=True, tag="connection"):
    """The venue went out of reach, or came back."""

    up: bool
    reason: str


class Response(msgspec.Struct, frozen=True, array_like=True, tag="response"):
    """The answer to a request: a payload of the type that `what` calls for, or a failure and its text."""

    id: int
    payload: msgspec.Raw
    failure: Failure | None = None
    text: str = ""
    code: str = ""


class Refused(msgspec.Struct, frozen=True, array_like=True, tag="refused"):
    """The last message before the server closes the connection."""

    failure: Failure
    text: str


class Status(msgspec.Struct, frozen=True):
    """The answer to a ping."""

    pid: int
    version: int
    accounts: dict[str, str]
    """Venue by account."""


ServerMessage: TypeAlias = BookUpdate | Event | Mark | Connection | Response | Welcome | Refused

MALFORMED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises on bytes that are no message: of a wrong shape, with text that is none, nested too deeply."""

ENCODER = msgspec.msgpack.Encoder()
CLIENT_DECODER: msgspec.msgpack.Decoder[ClientMessage] = msgspec.msgpack.Decoder(ClientMessage)
"""Reads what clients send."""
SERVER_DECODER: msgspec.msgpack.Decoder[ServerMessage] = msgspec.msgpack.Decoder(ServerMessage)
"""Reads what the server sends."""

NOTHING = msgspec.Raw(ENCODER.encode(None))
