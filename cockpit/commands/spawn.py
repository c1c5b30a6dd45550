"""Starting a desk in the background: detached from the terminal, its words in a log, waited for until it answers."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from cockpit import locations
from cockpit.commands.failure import FAILED, CommandFailed
from cockpit.commands.talk import desk_answers
from venues.model.secret import Secret

START_S = 30.0
"""How long a desk may take until its socket answers, seconds."""

LOG_TAIL = 12
"""Lines of the log shown when it did not start."""

MAX_LOG = 4 * 1024 * 1024
"""A log longer than this is put aside as `desk.log.old` at the next start, bytes."""


def desk_command(config: Path | None) -> list[str]:
    extra = [] if config is None else ["--config", str(config.absolute())]
    return [sys.executable, "-m", "cockpit", "desk", *extra]


def ensure_desk(config: Path | None, passphrase: Secret | None = None) -> bool:
    """Start a desk unless one answers; True when it was started. `passphrase` opens its file of keys. Raises
    `CommandFailed` when it does not come up."""
    places = locations.find()
    if desk_answers(places):
        return False
    try:
        places.prepare()
    except locations.LocationError as error:
        raise CommandFailed(str(error)) from None
    command = desk_command(config)
    if passphrase is not None:
        command += ["--passphrase-fd", "0"]
    start_desk(command, places.desk_log, lambda: desk_answers(places), said=passphrase)
    return True


def start_desk(
    command: list[str], log: Path, answers: Callable[[], bool], timeout: float = START_S, said: Secret | None = None
) -> None:
    """Run `command` in a session of its own until `answers`. `said` goes to its stdin. Raises `CommandFailed` with the
    end of its log."""
    if log.exists() and log.stat().st_size > MAX_LOG:
        log.replace(log.with_name(log.name + ".old"))
    with log.open("ab") as out:
        began = out.tell()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if said is None else subprocess.PIPE,
            stdout=out,
            stderr=out,
            start_new_session=True,
            cwd="/",
        )
    if process.stdin is not None and said is not None:
        with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
            # one that ended before it read says why in its log
            pipe.write(said.reveal().encode() + b"\n")
    deadline = time.monotonic() + timeout
    while not answers():
        ended = process.poll()
        if ended is not None:
            raise CommandFailed(f"the desk did not start (exit code {ended}): {_tail(log, began)}", FAILED)
        if time.monotonic() > deadline:
            raise CommandFailed(
                f"the desk (pid {process.pid}) does not answer after {timeout:g} s: {_tail(log, began)}", FAILED
            )
        time.sleep(0.02)
    # It lives on without us. If it ends first, somebody has to take note, or its pid stays taken.
    threading.Thread(target=process.wait, name="reap the desk", daemon=True).start()


def _tail(log: Path, began: int) -> str:
    """What the desk said since it was started."""
    with log.open("rb") as lines:
        lines.seek(began)
        said = lines.read().decode("utf-8", errors="replace").strip().splitlines()[-LOG_TAIL:]
    return "\n  ".join([f"{log} says:", *said]) if said else f"{log} says nothing"
