"""Every message between a client and the desk, whatever carries them."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from cockpit.link.rows import Tables

PROTOCOL = 2
"""Raised when an old client could misread a new desk, or an old desk an eye that must not touch."""


# -- commands, client to desk ------------------------------------------------------------------------------------


class Launch(msgspec.Struct, frozen=True, tag="launch"):
    strategy: str
    params: dict[str, str]
    mix: bool = False
    """Paper and live accounts in one loop, on purpose."""


class SetParams(msgspec.Struct, frozen=True, tag="set"):
    loop: str
    changes: dict[str, str]


class Pause(msgspec.Struct, frozen=True, tag="pause"):
    loop: str
    """A loop's id, or `all`."""


class Resume(msgspec.Struct, frozen=True, tag="resume"):
    """Let a loop go on; `all` also lifts the ban on entries that a flatten left."""

    loop: str


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    loop: str
    mode: str = "cycle"
    """`cycle`: after this cycle. `now`: cancel, hedge what is owed, keep what is open. `flatten`: close it too."""


class Flatten(msgspec.Struct, frozen=True, tag="flatten"):
    accounts: tuple[str, ...] = ()
    """Empty: all."""
    scope: str = "pairs"
    """`pairs`: where a venue cannot be closed, its partner leg is kept too. `all`: close what can be closed."""
    named: tuple[str, ...] = ()
    """SUSPECT accounts the operator has named by typing them: closes go there too."""


class Reduce(msgspec.Struct, frozen=True, tag="reduce"):
    fraction: str
    accounts: tuple[str, ...] = ()


class FlattenCancel(msgspec.Struct, frozen=True, tag="flatten_cancel"):
    id: str


class ResumeAccount(msgspec.Struct, frozen=True, tag="resume_account"):
    """Take an account out of HALTED or SUSPECT on the operator's word."""

    account: str


class GoLive(msgspec.Struct, frozen=True, tag="go_live"):
    """Let a live account trade, make it read-only again, or lift the limits of its first session."""

    account: str
    what: str = "on"
    """`on`, `off` or `lift`."""
    typed: str = ""
    """For `on`: the account's name once more, as the operator typed it."""
    skip_rehearsal: bool = False


class AckAlarm(msgspec.Struct, frozen=True, tag="ack_alarm"):
    """Somebody has seen an alarm: it is silent, and leaves now or once its cause is gone."""

    id: str
    """An alarm's id, or `all` that nobody has acknowledged."""
    drop: bool = False
    """Take it off the list whatever its cause; it comes back when it is raised again."""


class Fault(msgspec.Struct, frozen=True, tag="fault"):
    """Switch a fault of a paper account on (`unreachable`, `slow`, `gap`, `reject`, `mute`, `deaf`, `rollback`), or all
    off (`clear`)."""

    account: str
    kind: str


class Query(msgspec.Struct, frozen=True, tag="query"):
    """Read without change: `status`, `accounts`, `orders`, `fills`, `funding`, `transfers`, `wear`, `strategies`,
    `audit`, `flatten`, `alarms`, `reach` (what a launch could come to: `strategy` and its parameters), `order`,
    `account`, `loop`, `history`. The answer is JSON in the acknowledgement; `answers.py` has the shapes."""

    what: str
    args: dict[str, str] = {}


class Shutdown(msgspec.Struct, frozen=True, tag="shutdown"):
    """Stop the desk: entries stop, resting makers are cancelled, owed hedges worked off, then the process ends."""


Verb: TypeAlias = (
    Launch
    | SetParams
    | Pause
    | Resume
    | Stop
    | Flatten
    | Reduce
    | FlattenCancel
    | ResumeAccount
    | GoLive
    | AckAlarm
    | Fault
    | Query
    | Shutdown
)


class Command(msgspec.Struct, frozen=True, tag="command"):
    id: str
    """Chosen by the client; the same id again gets the first answer again and does nothing twice."""
    origin: str
    """Who asks: `tui:user@host`, `cli:user@host`."""
    verb: Verb
    watch: bool = False
    """The client only watches: everything but a `Query` is refused. The desk's end of the link sets it."""


class Attach(msgspec.Struct, frozen=True, tag="attach"):
    """Ask for a snapshot and then deltas."""

    rate_hz: float = 4.0
    watchdog: str = ""
    """What a watchdog says of itself: its deadline and what it would do. Empty: the client is none."""
    origin: str = ""
    """Who looks, as in `Command`."""
    watch: bool = False
    """This client looks and never touches. It holds for as long as the connection does, whatever is said later."""


class Resync(msgspec.Struct, frozen=True, tag="resync"):
    """The client missed a delta: send a snapshot."""


# -- desk to client ----------------------------------------------------------------------------------------------


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    protocol: int
    version: str
    pid: int


class Goodbye(msgspec.Struct, frozen=True, tag="goodbye"):
    """The desk has stopped as it was asked to, and hangs up. What dies or stalls never says it."""


class Snapshot(msgspec.Struct, frozen=True, tag="snapshot"):
    seq: int
    ts: int
    tables: Tables


class Delta(msgspec.Struct, frozen=True, tag="delta"):
    """Rows that changed and keys that went. An empty one is the heartbeat, at least one a second."""

    seq: int
    ts: int
    tables: Tables
    removed: dict[str, tuple[str, ...]] = {}


class Ack(msgspec.Struct, frozen=True, tag="ack"):
    id: str
    ok: bool
    error: str = ""
    """Names the field, the value and what would be right."""
    result: msgspec.Raw = msgspec.Raw(b"null")
    """JSON, of queries and of commands that return something."""


ToDesk: TypeAlias = Command | Attach | Resync
ToClient: TypeAlias = Hello | Goodbye | Snapshot | Delta | Ack
