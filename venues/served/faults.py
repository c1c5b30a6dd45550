"""Faults of the served exchange: what can be switched on while it runs, for whom, and for how long."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from venues.model import NS_PER_S, Clock

MAX_SECONDS = 86_400.0
MAX_ACTIVE = 1_000


class FaultKind(StrEnum):
    """With `seconds` 0 and `count` 0 a fault of requests hits the next one that it meets; CLOSE, SILENT and
    EXPIRED_TOKEN meet what is open now, and nothing that comes later."""

    DROP = "drop"
    """Requests arrive and take effect, and are never answered."""
    DELAY = "delay"
    """Requests take effect at once; the answer leaves after `seconds`."""
    GAP = "gap"
    """One update of each order book is left out of its sequence."""
    RATE_LIMIT = "429"
    """Requests are refused for their number."""
    ERROR_BEFORE = "5xx"
    """Requests fail before they take effect."""
    ERROR_AFTER = "5xx-after"
    """Requests take effect; the answer says that the server failed."""
    EXPIRED_TOKEN = "expired-token"
    """Tokens, listen keys and sessions of the account end; while it lasts signed requests are refused so."""
    NONCE = "nonce"
    """Signed requests are refused for their nonce (or for their stamp, where stamps serve)."""
    CLOSE = "close"
    """Open websockets are closed now; while it lasts new ones are closed as well."""
    SILENT = "silent"
    """Open websockets stay open and say nothing more. Those opened after it has ended are sound."""
    REFUSE = "refuse"
    """An outage: websockets are cut, no connection is answered until it is over."""
    ROLLBACK = "rollback"
    """The account's positions are reported as they stood a moment earlier; trading goes on."""
    CLEAR = "clear"
    """Ends every fault that is on."""


class Fault(msgspec.Struct, frozen=True):
    kind: FaultKind
    seconds: float = 0.0
    """How long it lasts from now; of DELAY, how late the answer is."""
    account: str = ""
    """Whom it meets; "" everybody, and public requests too."""
    path: str = ""
    """Only requests whose path contains this; of GAP, only this symbol; of the websocket kinds, only such sockets."""
    count: int = 0
    """It ends after so many hits; 0: by time alone, or after one hit where `seconds` is 0 too."""
    method: str = ""
    """Only requests of this method."""


class FaultError(ValueError):
    """A fault that cannot be switched on; the text names field, value and what would be right."""


_TIMED_ONLY = frozenset({FaultKind.REFUSE})
_LASTING = frozenset(FaultKind) - {FaultKind.GAP, FaultKind.CLEAR}


class _Active:
    def __init__(self, fault: Fault, until: int | None, left: int | None) -> None:
        self.fault = fault
        self.until = until
        self.left = left


class FaultBoard:
    """Which faults are on. Asking `take` uses up one hit of a counted fault."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._active: list[_Active] = []

    def switch_on(self, fault: Fault) -> None:
        """Raises `FaultError`."""
        if not 0 <= fault.seconds <= MAX_SECONDS:
            raise FaultError(f"seconds is {fault.seconds}: expected 0 to {MAX_SECONDS:.0f}")
        if not 0 <= fault.count <= 1_000_000:
            raise FaultError(f"count is {fault.count}: expected 0 to 1000000")
        if fault.kind in _TIMED_ONLY and fault.seconds <= 0:
            raise FaultError(f"fault {fault.kind.value}: seconds is {fault.seconds}, expected above 0")
        if fault.kind is FaultKind.DELAY and fault.seconds <= 0:
            raise FaultError(f"fault delay: seconds is {fault.seconds}, expected above 0")
        if fault.kind is FaultKind.CLEAR:
            self._active.clear()
            return
        if fault.kind not in _LASTING:
            return
        if len(self._active) >= MAX_ACTIVE:
            raise FaultError(f"{MAX_ACTIVE} faults are on already; clear them first")
        timed = fault.seconds > 0 and fault.kind is not FaultKind.DELAY
        until = self._clock.monotonic_ns() + round(fault.seconds * NS_PER_S) if timed else None
        left = fault.count or (None if timed else 1)
        self._active.append(_Active(fault, until, left))

    def end(self, kind: FaultKind) -> None:
        """Every fault of this kind is over."""
        self._active = [active for active in self._active if active.fault.kind is not kind]

    def on(self, kind: FaultKind, *, account: str = "", path: str = "", method: str = "") -> Fault | None:
        """The fault of `kind` that meets this request or session now, if any; nothing is used up."""
        found = self._find(kind, account, path, method)
        return found.fault if found is not None else None

    def take(self, kind: FaultKind, *, account: str = "", path: str = "", method: str = "") -> Fault | None:
        """As `on`, and it counts as a hit."""
        found = self._find(kind, account, path, method)
        if found is None:
            return None
        if found.left is not None:
            found.left -= 1
            if found.left <= 0:
                self._active.remove(found)
        return found.fault

    @property
    def faults(self) -> tuple[Fault, ...]:
        self._prune()
        return tuple(active.fault for active in self._active)

    def _prune(self) -> None:
        now = self._clock.monotonic_ns()
        self._active = [active for active in self._active if active.until is None or active.until > now]

    def _find(self, kind: FaultKind, account: str, path: str, method: str) -> _Active | None:
        if not self._active:
            return None
        self._prune()
        for active in self._active:
            fault = active.fault
            if (
                fault.kind is kind
                and fault.account in ("", account)
                and fault.path in path
                and fault.method in ("", method)
            ):
                return active
        return None
