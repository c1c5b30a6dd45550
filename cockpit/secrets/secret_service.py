"""The state of the Secret Service (gnome-keyring, KWallet, KeePassXC …), found out without a prompt."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from enum import StrEnum
from pathlib import Path

BUS_VARIABLE = "DBUS_SESSION_BUS_ADDRESS"
UNLOCK = 'unlock it (bash): read -rs P; printf %s "$P" | gnome-keyring-daemon --unlock --components=secrets; unset P'
"""The password is typed unseen, and stands neither in the shell's history nor in the list of processes."""


class State(StrEnum):
    READY = "ready"
    NO_LIBRARY = "no library"
    NO_BUS = "no bus"
    DEAD_BUS = "dead bus"
    NO_SERVICE = "no service"
    NO_COLLECTION = "no collection"
    LOCKED = "locked"


WORDS: dict[State, tuple[str, str]] = {
    State.READY: ("Secret Service, unlocked", ""),
    State.NO_LIBRARY: ("Secret Service: its client is not installed", "pip install secretstorage"),
    State.NO_BUS: (
        f"no D-Bus session here ({BUS_VARIABLE} is not set), so no Secret Service",
        "start one: `dbus-run-session -- sh`, then gnome-keyring in it (docs/keys.md)",
    ),
    State.DEAD_BUS: (
        f"{BUS_VARIABLE} names a D-Bus session that does not answer",
        "it ended with the login it belonged to: log in anew, or start one with `dbus-run-session -- sh`",
    ),
    State.NO_SERVICE: (
        "a D-Bus session, but no Secret Service on it",
        "install one: `apt install gnome-keyring`, then unlock it (docs/keys.md)",
    ),
    State.NO_COLLECTION: (
        "the Secret Service has no keyring yet",
        UNLOCK + " (the first time it makes one with this password)",
    ),
    State.LOCKED: (
        "the Secret Service is there, but its keyring is locked",
        UNLOCK + " (it is the keyring's own password; a wrong one leaves it locked)",
    ),
}
"""What was found, and what would mend it."""


def look(environ: Mapping[str, str] = os.environ) -> State:
    """Asks the service itself; never prompts and creates nothing."""
    try:
        import secretstorage
    except ImportError:
        return State.NO_LIBRARY
    if not environ.get(BUS_VARIABLE):
        return State.NO_BUS
    try:
        connection = secretstorage.dbus_init()
    except (secretstorage.SecretStorageException, OSError, ValueError, RuntimeError, StopIteration):
        return State.DEAD_BUS
    try:
        with closing(connection):
            if not secretstorage.check_service_availability(connection):
                return State.NO_SERVICE
            return State.LOCKED if secretstorage.Collection(connection).is_locked() else State.READY
    except secretstorage.ItemNotFoundException:
        return State.NO_COLLECTION
    except OSError:
        return State.DEAD_BUS
    except errors():
        return State.NO_SERVICE


def errors() -> tuple[type[Exception], ...]:
    """What talking with a Secret Service may raise beyond the keyring package's own errors."""
    try:
        from jeepney.wrappers import DBusErrorResponse  # type: ignore[import-untyped]  # jeepney ships no types
        from secretstorage.exceptions import SecretStorageException
    except ImportError:
        return (OSError,)
    return (OSError, SecretStorageException, DBusErrorResponse)


def hint(state: State) -> str:
    """The mend of a state, with what this machine has: a session that the shell does not know of is the usual case."""
    bus = Path(f"/run/user/{os.getuid()}/bus")
    if state in (State.NO_BUS, State.DEAD_BUS) and bus.exists():
        return f"this user has a session: export {BUS_VARIABLE}=unix:path={bus}"
    return WORDS[state][1]
