"""What a dialect of the served exchange is: a venue's REST and websocket, without sockets, without a system clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Protocol

import msgspec

from venues.served.faults import Fault
from venues.served.house import House, HouseFill

JSON_TYPE = "application/json"
GOING_AWAY = 1001
ABNORMAL = 1006
"""Never sent: the connection is cut without a close frame."""


class HttpRequest(msgspec.Struct, frozen=True):
    """One request as it came. `query` is raw (not decoded, without `?`), for signatures are made over its bytes."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = {}
    """By name in lower case."""
    body: bytes = b""


class HttpAnswer(msgspec.Struct, frozen=True):
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}
    content_type: str = JSON_TYPE

    @classmethod
    def json(cls, value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """`value` as JSON; a Decimal becomes a string."""
        return cls(status, msgspec.json.encode(value), headers or {})


class WsSession:
    """One websocket. The dialect sends and closes; the front may close it, or make it silent."""

    def __init__(
        self,
        path: str,
        query: str,
        headers: Mapping[str, str],
        send: Callable[[str], None],
        close: Callable[[int], None],
    ) -> None:
        self.path = path
        self.query = query
        """Raw, without `?`."""
        self.headers = headers
        self.account = ""
        """Set by the dialect as soon as it knows whose session this is: faults of one account find it by that."""
        self.open = True
        self.silent = False
        """Nothing goes out, and what is to go out meanwhile is lost."""
        self._send = send
        self._close = close

    def send(self, text: str) -> None:
        """Hand one text frame over. Never blocks; nothing happens on a closed or a silent session."""
        if self.open and not self.silent:
            self._send(text)

    def close(self, code: int = GOING_AWAY) -> None:
        """Close with `code`; `ABNORMAL` cuts the connection. `ws_closed` of the dialect follows."""
        if self.open:
            self.open = False
            self._close(code)


class ServedDialect(Protocol):
    """One venue's API over a `House`. Everything runs on the event loop's thread; time is the house's clock and the
    loop's timers. A request that is wrong gets the venue's own answer, never an exception."""

    name: str
    ws_path: str
    """Path of the websocket for the ready line, e.g. `/ws`."""

    def start(self) -> None:
        """Begin to listen to the house. Called once, inside the running loop, before any request."""
        ...

    def stop(self) -> None: ...

    def credentials(self, account: str) -> Mapping[str, str]:
        """What a client needs to be `account`, keyed by ccxt's names (apiKey, secret, privateKey, walletAddress, …)."""
        ...

    def trade_id(self, account: str, told: HouseFill) -> str:
        """The venue's id of one of the account's fills, as every client is told it."""
        ...

    def account_of(self, request: HttpRequest) -> str:
        """Whose request it claims to be, without checking; "" where it is public or unknown."""
        ...

    async def http(self, request: HttpRequest) -> HttpAnswer: ...

    def ws_open(self, session: WsSession) -> None: ...

    def ws_text(self, session: WsSession, text: str) -> None: ...

    def ws_closed(self, session: WsSession) -> None: ...

    def refusal(self, fault: Fault, request: HttpRequest) -> HttpAnswer | None:
        """The venue's own words for a fault that answers: RATE_LIMIT, ERROR_BEFORE, ERROR_AFTER, EXPIRED_TOKEN,
        NONCE. None: this request is none that it concerns (a public one has no nonce); it goes through."""
        ...

    def on_fault(self, fault: Fault) -> None:
        """A fault was switched on. GAP: leave the next update of every book (that `fault.path` names) out of its
        sequence. EXPIRED_TOKEN: what the account logged in with ends now. The others need nothing here."""
        ...


class DialectFactory(Protocol):
    """What a module of `registry.MODULES` calls `DIALECT`. `venue` names the profile of the paper exchange to serve."""

    venue: ClassVar[str]

    def __call__(self, house: House) -> ServedDialect: ...
