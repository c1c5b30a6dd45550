"""`record`: what a venue's public streams send, into captures that `simulate` replays."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cockpit.commands.failure import USAGE, CommandFailed, Parser
from cockpit.commands.output import put, put_json
from venues.eventloop import loop_factory
from venues.model import NS_PER_S, InstrumentError, SystemClock

VENUES = ("binanceusdm", "lighter")
"""Whose messages a simulation can replay."""
PLACE = "{symbol}"


def main(verb: str, argv: Sequence[str]) -> int:
    parser = Parser(
        verb,
        "Record depth, best bid and ask, and trades of markets until interrupted, one capture a market. No account "
        "and no desk is needed. A kill loses the last second at most.",
    )
    parser.add_argument("--venue", required=True, metavar="V", help=f"one of: {', '.join(VENUES)}")
    parser.add_argument(
        "--symbols", required=True, metavar="A,B", help="as the venue names them: BTCUSDT, or BTC on Lighter"
    )
    text = (
        "new file; .gz packs it; several markets: {symbol} in it, else before its suffix (default V-{symbol}-TIME.gz)"
    )
    parser.add_argument("--out", default="", metavar="FILE", help=text)
    parser.add_argument("--endpoint", default="", metavar="URL", help="another host: http://HOST:PORT (a paper server)")
    parser.add_argument("--seconds", type=float, default=None, metavar="N", help="stop by itself after N seconds")
    parser.add_json()
    options = parser.parse_args(argv)
    if options.venue not in VENUES:
        raise CommandFailed(
            f"cockpit record: --venue: {options.venue!r} is not valid; expected {' or '.join(VENUES)}", USAGE
        )
    if options.seconds is not None and not 0 < options.seconds <= 366 * 86_400:
        raise CommandFailed(f"cockpit record: --seconds is {options.seconds:g}; expected above 0, up to a year", USAGE)
    symbols = list(dict.fromkeys(name.strip().upper() for name in options.symbols.split(",") if name.strip()))
    if not symbols:
        raise CommandFailed("cockpit record: --symbols names no market; expected names like BTCUSDT,ETHUSDT", USAGE)
    out = options.out or f"{options.venue}-{PLACE}-{_now()}.gz"
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(_record(options.venue, _paths(out, symbols), options.endpoint, options.seconds, options.json))


def _now() -> str:
    seconds, _ = divmod(SystemClock().now_ns(), NS_PER_S)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d-%H%M%S")


def _paths(out: str, symbols: Sequence[str]) -> dict[str, Path]:
    if PLACE not in out and len(symbols) > 1:
        path = Path(out)
        stem, dot, suffixes = path.name.partition(".")
        out = str(path.with_name(f"{stem}-{PLACE}{dot}{suffixes}"))
    return {symbol: Path(out.replace(PLACE, symbol)) for symbol in symbols}


async def _record(venue: str, paths: dict[str, Path], endpoint: str, seconds: float | None, as_json: bool) -> int:
    from venues.fast.recorder import recorder_of
    from venues.fast.rest import FetchError

    try:
        recorder = await recorder_of(venue, paths, SystemClock(), endpoint=endpoint)
    except FileExistsError as error:
        raise CommandFailed(
            f"cockpit record: --out: {error.filename} is there already; a capture is never overwritten"
        ) from None
    except OSError as error:
        raise CommandFailed(f"cockpit record: --out: {error.filename}: {error.strerror}") from None
    except FetchError as error:
        raise CommandFailed(f"cockpit record: the venue does not list its markets: {error}") from None
    except InstrumentError as error:
        raise CommandFailed(f"cockpit record: --symbols: {error}", USAGE) from None
    except ValueError as error:
        raise CommandFailed(f"cockpit record: --endpoint: {error}", USAGE) from None
    if not as_json:
        put(f"recording {', '.join(paths)}; stop with Ctrl-C")
    try:
        await _until_stopped(recorder.run(), seconds)
        recorder.close()
    except (OSError, ExceptionGroup) as error:
        failed = _first_os_error(error)
        if failed is None:
            raise
        raise CommandFailed(f"cockpit record: writing failed: {failed}") from None
    finally:
        with contextlib.suppress(OSError):  # told already
            recorder.close()
    files = [
        {"symbol": symbol, "file": str(writer.path), "lines": writer.lines, "bytes": writer.bytes}
        for symbol, writer in recorder.writers.items()
    ]
    if as_json:
        put_json({"ok": all(file["lines"] for file in files), "files": files, "notes": recorder.notes})
    else:
        for note in recorder.notes:
            put(note)
        for file in files:
            put(f"{file['file']}: {file['lines']:,} lines, {file['bytes']:,} bytes")
    return 0 if all(file["lines"] for file in files) else 1


async def _until_stopped(work: Coroutine[None, None, None], seconds: float | None) -> None:
    """Run it until a signal asks to stop, or the time is over."""
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    timer = None if seconds is None else loop.call_later(seconds, task.cancel)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await task
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        if timer is not None:
            timer.cancel()


def _first_os_error(error: BaseException) -> OSError | None:
    if isinstance(error, OSError):
        return error
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return next((found for one in inner if (found := _first_os_error(one)) is not None), None)
