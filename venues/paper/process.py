"""The process of the embedded paper exchange: it outlives the desks that trade on it, as an exchange does."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from venues.eventloop import loop_factory
from venues.model import SystemClock, VenueRejected
from venues.paper.capture_file import CaptureError
from venues.paper.host import PaperHost
from venues.paper.pid_file import AlreadyRunning, PidFile
from venues.paper.profiles import ProfileError
from venues.paper.protocol import Args, What
from venues.paper.server import PaperServer
from venues.paper.spec import PaperSpec, SpecError, read_spec
from venues.paper.state import PaperStateError, StateKeeper, load_state

log = logging.getLogger(__name__)

READY = b"+"
"""Written to `--ready-fd` when clients can connect."""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM, SIGINT or a shutdown request. 0: ended as asked, its state saved; 1: an error, told on
    stderr in one line."""
    parser = argparse.ArgumentParser(prog="python -m venues.paper", description="the embedded paper exchange")
    parser.add_argument("--socket", type=Path, required=True, help="unix socket to serve on")
    parser.add_argument("--state", type=Path, required=True, help="file that keeps the accounts")
    parser.add_argument("--config", type=Path, required=True, help="venues, accounts and markets, JSON or .toml")
    parser.add_argument("--detach", action="store_true", help="go on in the background, in a session of its own")
    parser.add_argument("--ready-fd", type=int, help="descriptor that a byte is written to once clients can connect")
    args = parser.parse_args(argv)
    if args.detach:
        if os.fork():
            os._exit(0)
        os.setsid()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        lock = PidFile(args.socket)
        try:
            _clear(args.socket)
            spec = read_spec(args.config)
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                runner.run(_serve_until_told(spec, args.socket, args.state, args.ready_fd))
        finally:
            lock.release()
    except (AlreadyRunning, SpecError, ProfileError, CaptureError, PaperStateError, OSError) as error:
        print(f"paper exchange: {error}", file=sys.stderr)
        return 1
    return 0


def _clear(socket_path: Path) -> None:
    """Remove a socket that a dead process left: the lock is ours, so it is nobody's."""
    if socket_path.is_socket():
        socket_path.unlink()
    elif socket_path.exists():
        raise OSError(f"{socket_path}: there is a file that is no socket; move it away, or choose another path")


async def _serve_until_told(spec: PaperSpec, socket_path: Path, state_path: Path, ready_fd: int | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def ready() -> None:
        if ready_fd is not None:
            os.write(ready_fd, READY)
            os.close(ready_fd)

    await serve(spec, socket_path, state_path, stop, ready)


async def serve(
    spec: PaperSpec, socket_path: Path, state_path: Path, stop: asyncio.Event, ready: Callable[[], None]
) -> None:
    """Serve until `stop`, then save. `ready` is called once clients can connect."""
    saved = load_state(state_path)
    host = PaperHost(spec, saved, state_path, SystemClock())
    keeper = StateKeeper(state_path, saved, host.export, host.prices)

    async def ensure_accounts(args: Args) -> object:
        if args.spec is None:
            raise VenueRejected("ensure_accounts: a spec is missing")
        try:
            added = host.ensure(args.spec)
        except (SpecError, PaperStateError, CaptureError) as error:
            raise VenueRejected(str(error)) from None
        for name, venue in added.items():
            await server.add(name, venue)
            keeper.mark(name)
        return None

    async def shut_down(args: Args) -> object:
        # the answer goes out first
        asyncio.get_running_loop().call_soon(stop.set)
        return None

    server = PaperServer(
        {name: host.exchange.venue_for(name) for name in host.accounts},
        socket_path,
        answers={What.ENSURE_ACCOUNTS: ensure_accounts, What.SHUTDOWN: shut_down},
        on_change=keeper.mark,
    )
    # fail now, with a clear text, and not when there is something to lose
    for name in host.accounts:
        keeper.mark(name)
    keeper.save()
    await server.start()
    host.driver.start()
    log.info("paper exchange: %d accounts on %s", len(host.accounts), socket_path)
    ready()
    try:
        await stop.wait()
    finally:
        await server.close()
        host.close()
        for name in host.accounts:
            keeper.mark(name)
        await keeper.close()
    log.info("paper exchange: stopped, state saved to %s", state_path)
