"""What is missing on this machine, and how to mend it: each check gives one line."""

from __future__ import annotations

import fcntl
import importlib.util
import locale
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

from cockpit.config import ConfigError, load_config
from cockpit.link.server import MAX_PATH
from cockpit.locations import LocationError, Locations, private_folder
from venues.model import NS_PER_S, Clock, Mode
from venues.paper.pid_file import is_held

PACKAGES = ("msgspec", "platformdirs", "rich", "textual", "tomli_w", "uvloop")
LIVE_PACKAGES = ("aiohttp", "ccxt", "keyring", "picows")
"""Beside `PACKAGES`, where an account is live or in rehearsal."""
MIN_PYTHON = (3, 11)
MIN_COLUMNS, MIN_LINES = 80, 24
EARLIEST_NS = 1_763_000_000 * NS_PER_S
"""November 2025: a wall clock before it is wrong, for this program is younger."""


class Level(StrEnum):
    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


class Finding(msgspec.Struct, frozen=True):
    level: Level
    check: str
    found: str
    mend: str = ""
    """What would help; empty where all is well."""


def examine(
    places: Locations, environ: Mapping[str, str], clock: Clock, *, tty: bool, desk_answers: Callable[[], bool]
) -> list[Finding]:
    """All checks, in the order in which they matter."""
    return [
        _python(),
        *_packages(),
        *_folders(places),
        _socket(places),
        *_config(places),
        *_live(places),
        _keyring(places, environ),
        _desk(places, desk_answers),
        _paper(places),
        _clock(clock),
        *_terminal(environ, tty),
    ]


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < MIN_PYTHON:
        return Finding(Level.FAIL, "python", found, "install Python 3.11 or newer")
    return Finding(Level.OK, "python", found)


def _packages() -> Iterator[Finding]:
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    fatal = [name for name in missing if name != "uvloop"]
    if fatal:
        yield Finding(Level.FAIL, "packages", "missing: " + ", ".join(fatal), "install the lock file: make venv")
    elif missing:
        yield Finding(
            Level.WARN, "packages", "uvloop is missing: hedges are slower", "install the lock file: make venv"
        )
    else:
        yield Finding(Level.OK, "packages", ", ".join(PACKAGES))


def _folders(places: Locations) -> Iterator[Finding]:
    for name, folder in (("config", places.config), ("state", places.state), ("sockets", places.runtime)):
        try:
            private_folder(folder)
            with tempfile.TemporaryFile(dir=folder):
                yield Finding(Level.OK, f"{name} folder", str(folder))
        except (LocationError, OSError) as error:
            yield Finding(Level.FAIL, f"{name} folder", str(error), f"make {folder} yours: chown it, chmod 700")
    try:
        free = shutil.disk_usage(places.state).free
    except OSError:
        return
    if free < 200 * 1024 * 1024:
        text = f"{free // 1024 // 1024} MB free for the journal"
        yield Finding(Level.WARN, "disk", text, "free some space: the journal is never pruned")
    else:
        yield Finding(Level.OK, "disk", f"{free // 1024**3} GB free for the journal")


def _socket(places: Locations) -> Finding:
    length = len(os.fsencode(places.desk_socket))
    if length > MAX_PATH:
        return Finding(Level.FAIL, "socket path", f"{length} bytes", f"a path of at most {MAX_PATH}: set COCKPIT_HOME")
    return Finding(Level.OK, "socket path", str(places.desk_socket))


def _config(places: Locations) -> Iterator[Finding]:
    try:
        config = load_config(places.config_file, places.profiles_file)
    except ConfigError as error:
        yield Finding(Level.FAIL, "config", str(error), "correct the file, or move it away for the defaults")
        return
    names = ", ".join(account.name for account in config.accounts)
    source = str(places.config_file) if places.config_file.exists() else "defaults (written at the first start)"
    yield Finding(Level.OK, "config", f"{source}: {names}")
    hooks = config.alarms.commands
    if unusable := hooks.unusable():
        words = "not executable: " + ", ".join(unusable)
        yield Finding(Level.WARN, "alarm hooks", words, "put them there and `chmod +x`, or correct [alarms]")
    else:
        yield Finding(Level.OK, "alarm hooks", ", ".join(hooks.programs) or "none; alarms are seen in the cockpit only")


def _live(places: Locations) -> Iterator[Finding]:
    """What each live account needs beside its key; nothing is asked of a venue, and the adapter is not loaded."""
    try:
        config = load_config(places.config_file, places.profiles_file)
    except ConfigError:
        return
    accounts = [account for account in config.accounts if account.mode is not Mode.PAPER]
    if not accounts:
        return
    from cockpit.live.needs import NATIVE, missing

    absent = [name for name in LIVE_PACKAGES if importlib.util.find_spec(name) is None]
    if absent:
        yield Finding(Level.FAIL, "live packages", "missing: " + ", ".join(absent), "install the lock file: make venv")
    for account in accounts:
        where = f"account {account.name}"
        if account.mode is Mode.REHEARSAL:
            yield Finding(Level.OK, where, f"rehearsal on the books of {account.venue}; needs no key")
            continue
        lacks = missing(account.venue)
        for finding in lacks:
            level = Level.FAIL if finding.level.value == "stop" else Level.WARN
            yield Finding(level, where, finding.text, finding.mend or "see docs/venues.md")
        if not lacks:
            key = f"`cockpit keys test {account.keys_name}` tries its key"
            if account.venue in NATIVE:
                key = "its key is tried when the desk connects"
            yield Finding(Level.OK, where, f"live on {account.venue}{_at(account.endpoint)}; {key}")


def _at(endpoint: str) -> str:
    return f" at {endpoint}" if endpoint else ""


def _keyring(places: Locations, environ: Mapping[str, str]) -> Finding:
    """Where keys would be kept; nothing is opened, and nobody is asked."""
    from cockpit.secrets.choose import Backend, find
    from cockpit.secrets.errors import KeysError

    try:
        found = find(places, environ, Backend.AUTO)
    except KeysError as error:
        return Finding(Level.WARN, "keyring", error.text, error.mend)
    if not found.kind:
        return Finding(Level.WARN, "keyring", f"none for keys of live accounts: {found.words}", found.mend)
    return Finding(Level.OK, "keyring", found.words)


def _desk(places: Locations, desk_answers: Callable[[], bool]) -> Finding:
    if desk_answers():
        return Finding(Level.OK, "desk", f"answers at {places.desk_socket}")
    holder = _journal_holder(places)
    if holder:
        text = f"process {holder} holds the journal and does not answer"
        return Finding(Level.FAIL, "desk", text, f"give it a moment; else end it with: kill {holder}")
    if places.desk_socket.exists():
        text = "none runs; it left its socket behind, so it did not stop cleanly"
        return Finding(Level.WARN, "desk", text, f"start one with `cockpit`; what happened stands in {places.desk_log}")
    return Finding(Level.OK, "desk", "none runs; `cockpit` starts one")


def _journal_holder(places: Locations) -> str:
    """The process that holds the journal's lock; empty where nobody does."""
    try:
        lock = places.journal.with_name(places.journal.name + ".lock").open("r", encoding="utf-8")
    except OSError:
        return ""
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return lock.read().strip() or "unknown"
    return ""


def _paper(places: Locations) -> Finding:
    running = is_held(places.paper_socket)
    return Finding(Level.OK, "paper exchange", "runs" if running else "not running; the desk starts it")


def _clock(clock: Clock) -> Finding:
    if clock.now_ns() < EARLIEST_NS:
        return Finding(Level.FAIL, "clock", "the wall clock is years behind", "set it: timedatectl set-ntp true")
    before = clock.monotonic_ns()
    if clock.monotonic_ns() < before:
        return Finding(Level.FAIL, "clock", "the monotonic clock runs backwards", "report it to who runs this machine")
    adjusted = Path("/run/systemd/timesync/synchronized").exists() or shutil.which("chronyc") or shutil.which("ntpd")
    if not adjusted:
        return Finding(Level.WARN, "clock", "nothing seems to keep it right", "run systemd-timesyncd or chrony")
    return Finding(Level.OK, "clock", "plausible and kept right")


def _terminal(environ: Mapping[str, str], tty: bool) -> Iterator[Finding]:
    encoding = locale.getpreferredencoding(False)
    if encoding.lower().replace("-", "") != "utf8":
        yield Finding(Level.WARN, "locale", encoding, "export LANG=C.UTF-8")
    else:
        yield Finding(Level.OK, "locale", encoding)
    if not tty:
        yield Finding(Level.WARN, "terminal", "none here", "the cockpit needs one; every verb works without")
        return
    term = environ.get("TERM", "")
    if term in ("", "dumb"):
        yield Finding(Level.FAIL, "terminal", f"TERM={term!r}", "export TERM=xterm-256color")
        return
    size = shutil.get_terminal_size()
    if size.columns < MIN_COLUMNS or size.lines < MIN_LINES:
        text = f"{size.columns}x{size.lines}"
        yield Finding(Level.WARN, "terminal", text, f"make the window at least {MIN_COLUMNS}x{MIN_LINES}")
    else:
        yield Finding(Level.OK, "terminal", f"{term}, {size.columns}x{size.lines}")
    if environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        yield Finding(Level.OK, "colours", "24 bit")
    else:
        mend = "export COLORTERM=truecolor (over SSH: SendEnv COLORTERM and AcceptEnv COLORTERM)"
        yield Finding(Level.WARN, "colours", "256 at the most, for COLORTERM is not set", mend)
