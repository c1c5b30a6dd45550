"""The journal's file: one desk at a time, the right schema, and clear words when it cannot be used."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from cockpit.desk.journal_schema import APPLICATION_ID, MIGRATIONS

MEMORY = ":memory:"

Connect: TypeAlias = Callable[[], sqlite3.Connection]
"""Opens a connection to the journal in the calling thread."""

_CHECKED_UP_TO = 64 * 1024 * 1024
"""Files up to this many bytes are read through for damage at start."""


class JournalError(Exception):
    """The journal cannot be used; the text names the file, what is wrong and the mend."""


class FileLock:
    """An exclusive lock beside the journal, gone with the process that holds it. Holds the process's number."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + ".lock")
        try:
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _cannot_make(path, error) from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._fd, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._fd)
            raise JournalError(
                f"journal {path}: another desk (process {holder}) has it open; stop that one first with "
                "`cockpit desk stop`, or give this desk another journal"
            ) from None
        os.ftruncate(self._fd, 0)
        os.write(self._fd, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let the next desk in. The lock file stays: removing it would let two desks lock two files."""
        os.close(self._fd)


def connect_rw(path: str) -> sqlite3.Connection:
    """A connection that writes: WAL, and a commit is on disk before it returns."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=1.0, cached_statements=128)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def connect_ro(path: str) -> sqlite3.Connection:
    """A connection that only reads, beside a desk that writes. Raises `JournalError`."""
    if not Path(path).is_file():
        raise JournalError(f"journal {path}: there is no such file; a desk makes it when it first starts")
    try:
        connection = sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
        check_kind(connection, path)
    except sqlite3.DatabaseError as error:
        raise _damaged(path, error) from error
    return connection


def prepare(path: str, connect: Connect) -> sqlite3.Connection:
    """Open the journal, made or brought to the newest schema where need be. Raises `JournalError`."""
    connection: sqlite3.Connection | None = None
    try:
        if path != MEMORY:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = connect()
        _make_ready(connection, path)
        ready, connection = connection, None
    except sqlite3.OperationalError as error:
        raise JournalError(
            f"journal {path}: cannot be opened: {error}; see that the folder can be written and the disk has room"
        ) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(path, error) from error
    except OSError as error:
        raise _cannot_make(path, error) from error
    finally:
        if connection is not None:
            connection.close()
    return ready


def _make_ready(connection: sqlite3.Connection, path: str) -> None:
    version = check_kind(connection, path)
    if path != MEMORY and version and Path(path).stat().st_size <= _CHECKED_UP_TO:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
    for number in range(version, len(MIGRATIONS)):
        connection.executescript(
            f"BEGIN IMMEDIATE; {MIGRATIONS[number]} PRAGMA application_id = {APPLICATION_ID};"
            f" PRAGMA user_version = {number + 1}; COMMIT;"
        )


def check_kind(connection: sqlite3.Connection, path: str) -> int:
    """The schema's number, 0 for an empty file. Raises `JournalError` for a file that is not ours or too new."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if tables and application != APPLICATION_ID:
        raise JournalError(
            f"journal {path}: is a database, but no journal of cockpit; name another file, or move it away"
        )
    if version > len(MIGRATIONS):
        raise JournalError(
            f"journal {path}: has schema {version}, this cockpit knows {len(MIGRATIONS)} at the most; "
            "update cockpit, or name another journal"
        )
    return version


def _cannot_make(path: str | Path, error: OSError) -> JournalError:
    return JournalError(
        f"journal {path}: cannot be made: {error.strerror}; see that its folder exists and can be written"
    )


def _damaged(path: str, error: sqlite3.DatabaseError) -> JournalError:
    return JournalError(
        f"journal {path}: is damaged or no journal ({error}); put back a backup, or move it away and start anew: "
        "positions are then booked as foreign"
    )
