"""Finds the paper exchange that runs, or starts one that outlives whoever started it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import BinaryIO

import msgspec

from venues.model import VenueRejected, VenueUnavailable
from venues.paper.ask import ask_once
from venues.paper.pid_file import is_held, pid_path
from venues.paper.process import READY
from venues.paper.protocol import PROTOCOL_VERSION, Args, Status, What
from venues.paper.spec import PaperSpec, check_spec
from venues.paper.state import write_atomically

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 10.0
LOG_TAIL = 2000
"""Bytes of the log that an error quotes."""
MAX_LOG = 1024 * 1024
"""A log that is longer is begun anew at the next start, bytes."""
_POLL_S = 0.02

_STATUS: msgspec.msgpack.Decoder[Status] = msgspec.msgpack.Decoder(Status)
_NOTHING: msgspec.msgpack.Decoder[None] = msgspec.msgpack.Decoder(None)


class LaunchError(Exception):
    """The paper exchange cannot be had; the text says why, with the end of its log."""


async def ensure_running(
    spec: PaperSpec, socket_path: Path, *, state_path: Path, log_path: Path, timeout: float = START_TIMEOUT_S
) -> Status:
    """A paper exchange with the accounts of `spec` at `socket_path`: the one that runs, with the missing accounts
    added, or a new one. What else is in `spec` counts only for a new one.

    Raises `SpecError` for a bad spec and `LaunchError` for anything else that goes wrong."""
    check_spec(spec, "spec")
    status = await _find(spec, socket_path)
    if status is not None:
        return status
    for path in (socket_path, state_path, log_path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    config_path = socket_path.with_name(socket_path.name + ".spec.json")
    write_atomically(config_path, msgspec.json.encode(spec))
    command = [
        *(sys.executable, "-m", "venues.paper", "--detach"),
        *("--socket", str(socket_path)),
        *("--state", str(state_path)),
        *("--config", str(config_path)),
    ]
    started = await _spawn(command, log_path, timeout)
    try:
        # also where our own did not start: somebody else's may have been first
        return await _join(spec, socket_path)
    except VenueUnavailable as error:
        what = "stopped answering" if started else f"did not start within {timeout:g} s or ended at once"
        raise LaunchError(f"the paper exchange {what} ({error}); {_tail(log_path)}") from None


async def shutdown(socket_path: Path, *, timeout: float = STOP_TIMEOUT_S) -> bool:
    """Ask it to save and end, and wait until it has. False: none was running. Raises `LaunchError` if it goes on."""
    try:
        await ask_once(socket_path, What.SHUTDOWN, Args(), _NOTHING)
    except VenueUnavailable:
        if not is_held(socket_path):
            return False
    try:
        async with asyncio.timeout(timeout):
            while is_held(socket_path):  # noqa: ASYNC110  # another process's lock wakes nobody here
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        raise LaunchError(f"the paper exchange at {socket_path} has not ended within {timeout:g} s") from None
    return True


async def _find(spec: PaperSpec, socket_path: Path) -> Status | None:
    """The one that runs; None where none does. One that is only just starting, or ending, is waited for."""
    try:
        async with asyncio.timeout(STOP_TIMEOUT_S):
            while True:
                try:
                    return await _join(spec, socket_path)
                except VenueUnavailable:
                    if not is_held(socket_path):
                        return None
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        raise LaunchError(
            f"a paper exchange holds {pid_path(socket_path)} but has not answered within {STOP_TIMEOUT_S:g} s; "
            "end the process that is named there"
        ) from None


async def _join(spec: PaperSpec, socket_path: Path) -> Status:
    """Raises `VenueUnavailable` where nobody answers."""
    status = await ask_once(socket_path, What.PING, Args(), _STATUS)
    if status.version != PROTOCOL_VERSION:
        raise LaunchError(
            f"the paper exchange at {socket_path} (process {status.pid}) speaks protocol {status.version}, "
            f"this program {PROTOCOL_VERSION}; end it with: kill {status.pid}"
        )
    try:
        await ask_once(socket_path, What.ENSURE_ACCOUNTS, Args(spec=spec), _NOTHING)
    except VenueRejected as error:
        raise LaunchError(f"the paper exchange at {socket_path} refused: {error.reason}") from None
    return await ask_once(socket_path, What.PING, Args(), _STATUS)


async def _spawn(command: list[str], log_path: Path, timeout: float) -> bool:
    """Start it, and wait until it says that it serves. False where it ends, or time does, before."""
    reader, writer = os.pipe()
    try:
        with _open_log(log_path) as output:
            # it forks, and its parent ends: nobody here has to wait for it, and it dies with nobody
            process = await asyncio.create_subprocess_exec(
                *command,
                *("--ready-fd", str(writer)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(writer,),
                start_new_session=True,
            )
        os.close(writer)
        writer = -1
        async with asyncio.timeout(timeout):
            await process.wait()
            return await _first_byte(reader) == READY
    except TimeoutError:
        return False
    finally:
        os.close(reader)
        if writer >= 0:
            os.close(writer)


def _open_log(path: Path) -> BinaryIO:
    long = path.exists() and path.stat().st_size > MAX_LOG
    return path.open("wb" if long else "ab")


async def _first_byte(descriptor: int) -> bytes:
    """What is written first; empty where the other side closed without a word."""
    loop = asyncio.get_running_loop()
    readable: asyncio.Future[bytes] = loop.create_future()
    loop.add_reader(descriptor, lambda: None if readable.done() else readable.set_result(os.read(descriptor, 1)))
    try:
        return await readable
    finally:
        loop.remove_reader(descriptor)


def _tail(log_path: Path) -> str:
    try:
        text = log_path.read_bytes()[-LOG_TAIL:].decode(errors="replace").strip()
    except OSError:
        text = ""
    return f"its log {log_path} ends:\n{text}" if text else f"its log {log_path} is empty"
