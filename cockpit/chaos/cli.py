"""`cockpit chaos`: the desk under seeded faults, with every invariant checked."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

import msgspec

from cockpit.chaos.invariants import Violation
from cockpit.chaos.mutants import MUTANTS, MutantRefused, find
from cockpit.chaos.plan import draw
from cockpit.chaos.pool import run_seeds
from cockpit.chaos.report import add_up, words
from cockpit.chaos.run import Outcome, Run

LARGEST_SEED = 1 << 53
MUTANT_SEEDS = 2_000
"""Seeds within which each mutant must be caught, and that are run where none are named."""


def _range(text: str) -> range:
    first, _, last = text.partition(":")
    if not first.isascii() or not first.isdigit() or not last.isascii() or not last.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not valid; expected two whole numbers, as in 0:1000")
    seeds = range(int(first), int(last))
    if not seeds or seeds.stop > LARGEST_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} holds no seed; expected A:B with A under B, as in 0:1000")
    return seeds


def _seed(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > LARGEST_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is not valid; expected one whole number, as in 17")
    return int(text)


def _jobs(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"{text!r} is not valid; expected 1 to 256 processes")
    return int(text)


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 0 < hours < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not valid; expected hours above 0, as in 2000")
    return hours


def parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(prog="cockpit chaos", description=__doc__)
    out.add_argument("--seeds", type=_range, metavar="A:B", help="run seeds A to B-1")
    out.add_argument("--replay", type=_seed, metavar="SEED", help="run one seed and print what happened")
    out.add_argument("--scenario", metavar="NAME", help="run a named scenario; `list` prints the names, `all` runs all")
    out.add_argument("--mutant", metavar="NAME", help="run with a defect on purpose; `list` prints the names")
    out.add_argument("--adapter", action="store_true", help="trade through the real adapter, on served venues")
    out.add_argument("--jobs", type=_jobs, default=os.cpu_count() or 1, metavar="N", help="processes (default: cores)")
    out.add_argument("--hours", type=_hours, metavar="H", help="end once so many hours have been simulated")
    out.add_argument("--keep-going", action="store_true", help="with --mutant: do not stop at the first violation")
    out.add_argument("--json", action="store_true")
    return out


def main(argv: Sequence[str]) -> int:
    """0 where every invariant held, 1 where one did not, 2 for input that cannot be taken."""
    args = parser().parse_args(argv)
    if args.mutant == "list":
        print("\n".join(MUTANTS))
        return 0
    try:
        if args.mutant:
            find(args.mutant)
        if args.scenario is not None:
            from cockpit.chaos.scenario_cli import scenarios

            return scenarios(args.scenario, mutant=args.mutant or "", as_json=args.json)
        if args.adapter and args.mutant:
            print("cockpit chaos: --adapter runs live accounts, on which no mutant is let", file=sys.stderr)
            return 2
        if args.replay is not None and args.adapter:
            return _replay_adapter(args.replay, as_json=args.json)
        if args.replay is not None:
            return _replay(args.replay, args.mutant or "", as_json=args.json)
        if args.seeds is None and args.mutant:
            args.seeds = range(MUTANT_SEEDS)
        if args.seeds is None:
            print("cockpit chaos: one of --seeds, --replay, --scenario is needed", file=sys.stderr)
            return 2
        return _many(args)
    except MutantRefused as error:
        print(f"cockpit chaos: {error}", file=sys.stderr)
        return 2


def _many(args: argparse.Namespace) -> int:
    mutant, seeds = args.mutant or "", args.seeds
    began = time.perf_counter()
    outcomes: list[Outcome] = []
    told = began

    def enough(outcome: Outcome) -> bool:
        outcomes.append(outcome)
        caught = bool(mutant) and not args.keep_going and bool(outcome.violations)
        return caught or (args.hours is not None and sum(one.sim_s for one in outcomes) >= args.hours * 3600)

    for outcome in run_seeds(seeds, jobs=args.jobs, mutant=mutant, adapter=args.adapter, stop=enough):
        for violation in outcome.violations:
            print(how_to_replay(violation, mutant, adapter=args.adapter), file=sys.stderr)
        if sys.stderr.isatty() and time.perf_counter() - told > 1.0:
            told = time.perf_counter()
            print(f"\r{len(outcomes):,} of {len(seeds):,} seeds", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r" + " " * 40 + "\r", end="", file=sys.stderr)
    wall = time.perf_counter() - began
    report = add_up(outcomes, first=seeds.start, last=seeds.stop, wall_s=wall, mutant=mutant, adapter=args.adapter)
    if args.json:
        print(msgspec.json.encode(report).decode())
    else:
        print("\n".join(words(report)))
    return 1 if report.violations else 0


def how_to_replay(violation: Violation, mutant: str = "", *, adapter: bool = False) -> str:
    """What broke, and the command that shows it again."""
    option = (f" --mutant {mutant}" if mutant else "") + (" --adapter" if adapter else "")
    return (
        f"seed {violation.seed}: {violation.invariant} at {violation.at:.4f} s: {violation.what}\n"
        f"  replay: cockpit chaos --replay {violation.seed}{option}"
    )


def _replay(seed: int, mutant: str, *, as_json: bool) -> int:
    return _told(Run(draw(seed), keep=True, alter=find(mutant) if mutant else None), mutant, as_json=as_json)


def _replay_adapter(seed: int, *, as_json: bool) -> int:
    # imported where it is run: ccxt is large
    from cockpit.chaos.adapter_plan import draw_adapter
    from cockpit.chaos.adapter_run import AdapterRun

    return _told(AdapterRun(draw_adapter(seed), keep=True), "", as_json=as_json, adapter=True)


def _told(run: Run, mutant: str, *, as_json: bool, adapter: bool = False) -> int:
    seed, outcome = run.plan.seed, run.go()
    report = add_up([outcome], first=seed, last=seed + 1, wall_s=outcome.wall_s, mutant=mutant, adapter=adapter)
    if as_json:
        print(msgspec.json.encode(report).decode())
        return 1 if report.violations else 0
    print(f"# seed {seed}: {'long and sparse' if run.plan.sparse else 'dense'}, {run.plan.coin}")
    for account in run.plan.accounts:
        rates = ", ".join(f"{kind} {rate:.3f}" for kind, rate in run.plan.rates.get(account.name, {}).items())
        print(f"# {account.name} on {account.profile.name}, {account.instruments[0].symbol}; {rates or 'no rates'}")
    for loop in run.plan.loops:
        print(f"# loop {loop.params}")
    for moment in run.plan.moments:
        print(f"# at {moment.at_s:.1f} s {moment.kind} {moment.account} for {moment.lasts_s:.1f} s")
    print("# seconds    who          what")
    print("\n".join(run.world.timeline.lines))
    print("\n".join(words(report)))
    print(f"digest {outcome.digest:08x} over {outcome.entries} entries")
    return 1 if report.violations else 0
