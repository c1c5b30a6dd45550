"""`paper serve`: the paper exchange as a server that real exchange clients talk to, and its faults."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

import msgspec

from cockpit.commands.failure import USAGE, CommandFailed, Parser
from cockpit.commands.output import put, put_json
from venues.eventloop import loop_factory
from venues.model import SystemClock
from venues.paper.capture_file import CaptureError
from venues.paper.profiles import Profile, ProfileError, load_profile
from venues.paper.spec import SpecError
from venues.served.dialect import DialectFactory
from venues.served.faults import FaultKind
from venues.served.house import ACCOUNTS, FUNDS, HouseSpec
from venues.served.registry import MODULES, dialect_factory
from venues.served.serving import Serving

SYNTHETIC = "synthetic"
ASK_TIMEOUT_S = 10.0
WHOLE_BPS = 10_000


def serve(argv: Sequence[str]) -> int:
    parser = Parser("paper serve", "Serve the paper exchange on 127.0.0.1 in the dialect of a real one.")
    parser.add_argument("--dialect", required=True, metavar="NAME", help=", ".join(sorted(MODULES)))
    parser.add_argument("--port", required=True, type=int, metavar="N", help="0: a free one, told in the ready line")
    parser.add_argument(
        "--source", action="append", default=[], metavar="SRC", help=f"{SYNTHETIC} (default), or a capture's path"
    )
    parser.add_argument(
        "--accounts",
        default=",".join(ACCOUNTS),
        metavar="NAME[=CASH],…",
        help=f"funded accounts, {FUNDS} each where no cash is named",
    )
    parser.add_argument("--bases", default="BTC,ETH,SOL", metavar="COIN,…", help="coins of the synthetic markets")
    parser.add_argument("--seed", type=int, default=1, help="of the synthetic markets and of the credentials")
    parser.add_argument("--rate", type=float, default=None, metavar="N", help="book events a second on each market")
    parser.add_argument("--funding-interval", type=int, default=None, metavar="S", help="seconds between settlements")
    for side in ("maker", "taker"):
        words = "bps; negative: a rebate; of Lighter, any fee is that of a premium account"
        parser.add_argument(f"--{side}-fee", type=_bps, default=None, metavar="BPS", help=words)
    options = parser.parse_args(argv)
    if not 0 <= options.port <= 65_535:
        raise CommandFailed(f"--port {options.port}: expected 0 to 65535", USAGE)
    captures = tuple(source for source in options.source if source != SYNTHETIC)
    try:
        factory = dialect_factory(options.dialect)
        spec = HouseSpec(
            venue=factory.venue,
            accounts=_accounts(options.accounts),
            bases=tuple(base for base in options.bases.split(",") if base),
            captures=captures,
            seed=options.seed,
            event_rate=options.rate,
            funding_interval_s=options.funding_interval,
            profile=_profile(factory.venue, options.maker_fee, options.taker_fee),
        )
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_serve(factory, spec, options.port))
    except SpecError as error:
        raise CommandFailed(str(error), USAGE) from None
    except (CaptureError, ProfileError) as error:
        raise CommandFailed(str(error)) from None
    except OSError as error:
        raise CommandFailed(f"port {options.port}: {error.strerror or error}; choose another, or 0") from None
    return 0


def _bps(text: str) -> Decimal:
    try:
        fee = Decimal(text)
    except InvalidOperation:
        fee = Decimal("NaN")
    if not fee.is_finite() or abs(fee) >= WHOLE_BPS:
        raise argparse.ArgumentTypeError(f"{text!r}: expected basis points, as 2.8")
    return fee


def _profile(venue: str, maker: Decimal | None, taker: Decimal | None) -> Profile | None:
    """The venue's own, with other fees where they are asked for."""
    if maker is None and taker is None:
        return None
    own = load_profile(venue)
    return msgspec.structs.replace(
        own,
        maker_bps=own.maker_bps if maker is None else maker,
        taker_bps=own.taker_bps if taker is None else taker,
    )


def _accounts(text: str) -> Mapping[str, Decimal]:
    accounts: dict[str, Decimal] = {}
    for entry in text.split(","):
        name, _, cash = entry.partition("=")
        try:
            amount = Decimal(cash) if cash else FUNDS
        except InvalidOperation:
            raise CommandFailed(f"--accounts {entry!r}: expected NAME or NAME=CASH", USAGE) from None
        if not name or name in accounts:
            raise CommandFailed(f"--accounts {text!r}: {name!r}: expected names, each once", USAGE)
        accounts[name] = amount
    return accounts


async def _serve(factory: DialectFactory, spec: HouseSpec, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    serving = Serving(factory, spec, SystemClock(), port=port)
    ready = await serving.start()
    put(msgspec.json.encode(ready).decode())
    sys.stdout.flush()
    try:
        await stop.wait()
    finally:
        await serving.stop()


def fault(argv: Sequence[str]) -> int:
    """`paper fault URL KIND`: a fault of a served exchange."""
    parser = Parser("paper fault", "Switch a fault of a served exchange on (`clear`: all of them off).")
    parser.add_argument("url", metavar="URL", help="as the ready line of `paper serve` has it")
    parser.add_argument("kind", choices=[kind.value for kind in FaultKind])
    parser.add_argument("--seconds", type=float, default=0.0, help="how long it lasts; of delay, how late answers are")
    parser.add_argument("--account", default="", help="whom it meets (default: everybody)")
    parser.add_argument("--path", default="", help="only requests whose path contains this; of gap, only this symbol")
    parser.add_argument("--method", default="", help="only requests of this method")
    parser.add_argument("--count", type=int, default=0, help="ends after so many hits")
    parser.add_json()
    options = parser.parse_args(argv)
    asked = {
        "kind": options.kind,
        "seconds": options.seconds,
        "account": options.account,
        "path": options.path,
        "method": options.method.upper(),
        "count": options.count,
    }
    answer = _post(f"{options.url.rstrip('/')}/_paper/fault", asked)
    if options.json:
        put_json(answer)
    else:
        put(f"{options.url}: {'no faults' if options.kind == FaultKind.CLEAR else options.kind}")
    return 0


def _post(url: str, content: Mapping[str, object]) -> object:
    request = urllib.request.Request(
        url, json.dumps(content).encode(), {"content-type": "application/json"}, method="POST"
    )
    if request.type != "http":
        raise CommandFailed(f"{url}: expected http://127.0.0.1:PORT", USAGE)
    try:
        with urllib.request.urlopen(request, timeout=ASK_TIMEOUT_S) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise CommandFailed(_reason(error.read())) from None
    except (OSError, ValueError) as error:
        raise CommandFailed(f"{url}: {getattr(error, 'reason', error)}") from None


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return "the server refused, and its answer does not read"
