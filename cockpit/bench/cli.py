"""`cockpit bench`: measures hot path, desk, terminal, simulation, clients, memory and kills, and holds them against
their targets."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec

from cockpit.bench import books, clients, desk_cost, hotpath, kills, memory, simulate, terminal
from cockpit.bench.child import BenchError
from cockpit.bench.figures import Figure, Target, page

Bench: TypeAlias = tuple[Callable[[], dict[str, Figure]], Sequence[Target]]

NAMES = ("hotpath", "desk", "tui", "simulate")
"""What `all` runs."""
APART = ("books", "clients")
"""What takes minutes."""
LONG: dict[str, Callable[[dict[str, Figure]], str]] = {"kills": kills.failures, "memory": memory.failures}
"""What takes minutes, and can fail: why it did, empty where it passed."""


def parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(prog="cockpit bench", description=__doc__)
    what = [*NAMES, "all", *APART, *LONG]
    out.add_argument("what", choices=what, help="what to measure; all: without the last four")
    out.add_argument("--fills", type=_whole, default=5_000, help="maker fills of the hot path (default 5000)")
    out.add_argument("--rate", type=_rate, default=1_000.0, help="book updates a second (default 1000)")
    out.add_argument("--seconds", type=_rate, default=15.0, help="how long desk and tui are watched (default 15)")
    out.add_argument("--kills", type=_whole, default=100, help="how often the desk of kills dies (default 100)")
    out.add_argument("--hours", type=_whole, default=8, help="virtual hours of memory (default 8)")
    out.add_argument("--seed", type=int, default=1, help="of the exchange's fills and books, and of kills (default 1)")
    out.add_argument("--data", type=Path, help="folder with the captures of simulate (default $COCKPIT_DATA)")
    out.add_argument("--json", action="store_true")
    return out


def main(argv: Sequence[str]) -> int:
    """0 when everything was measured, whether targets are met or not; 1 when something could not be, or when kills or
    memory failed; 2 for arguments that cannot be taken."""
    args = parser().parse_args(argv)
    data = args.data or simulate.find_data()
    if args.what == "simulate" and data is None:
        sys.stderr.write(f"cockpit bench simulate: name the captures' folder by --data or ${simulate.DATA_VARIABLE}\n")
        return 2
    results: dict[str, dict[str, Figure]] = {}
    for name, (run, targets) in _benches(args, data).items():
        try:
            results[name] = run()
        except BenchError as error:
            sys.stderr.write(f"cockpit bench {name}: {error}\n")
            return 1
        if not args.json:
            sys.stdout.write(page(name, results[name], targets) + "\n")
            sys.stdout.flush()
    if args.json:
        whole: object = results if args.what == "all" else results[args.what]
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(whole)).decode() + "\n")
    elif args.what == "all" and data is None:
        sys.stdout.write(f"simulate  left out: name the captures' folder by --data or ${simulate.DATA_VARIABLE}\n")
    wrong = [f"{name}: {why}" for name in results if name in LONG and (why := LONG[name](results[name]))]
    for line in wrong:
        sys.stderr.write(f"cockpit bench {line}\n")
    return 1 if wrong else 0


def _benches(args: argparse.Namespace, data: Path | None) -> dict[str, Bench]:
    if args.what == "kills":
        return {"kills": (lambda: kills.run(kills.Plan(args.kills, args.seed)), kills.TARGETS)}
    if args.what == "books":
        plan = books.Plan(seconds=args.seconds, warm_up_s=min(args.seconds, 5.0))
        return {"books": (lambda: books.run(plan), books.TARGETS)}
    if args.what == "clients":
        looks = clients.Plan(rate=args.rate, seconds=args.seconds, warm_up_s=min(args.seconds, 3.0))
        return {"clients": (lambda: clients.run(looks), clients.TARGETS)}
    if args.what == "memory":
        return {"memory": (lambda: memory.run(memory.Plan(args.hours, args.seed)), memory.TARGETS)}
    quick = min(args.seconds, 5.0)
    hot = hotpath.Plan(
        fills=args.fills,
        rate=args.rate,
        seed=args.seed,
        warm_up=min(hotpath.WARM_UP, args.fills),
        baseline_fills=min(hotpath.BASELINE_FILLS, args.fills),
    )
    desk = desk_cost.Plan(rate=args.rate, seconds=args.seconds, warm_up_s=quick)
    keys = min(60, max(5, round(4 * args.seconds)))
    tui = terminal.Plan(rate=args.rate, seconds=args.seconds, warm_up_s=quick, keys=keys)
    every: dict[str, Bench] = {
        "hotpath": (lambda: hotpath.run(hot), hotpath.TARGETS),
        "desk": (lambda: desk_cost.run(desk), desk_cost.TARGETS),
        "tui": (lambda: terminal.run(tui), terminal.TARGETS),
    }
    if data is not None:
        every["simulate"] = (lambda: simulate.run(simulate.Plan(data)), simulate.TARGETS)
    return every if args.what == "all" else {args.what: every[args.what]}


def _whole(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not valid; expected a whole number above 0")
    return value


def _rate(text: str) -> float:
    value = float(text)
    if not 0 < value <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not valid; expected a number above 0, up to 100000")
    return value
