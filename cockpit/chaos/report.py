"""What many runs came to: sums for a person, and the same as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from cockpit.chaos.invariants import Violation
from cockpit.chaos.kinds import ADAPTER_KINDS, WIRE, Fault
from cockpit.chaos.run import Outcome


class Report(msgspec.Struct, frozen=True):
    """`unaided_share`: of the runs whose faults are all recoverable, the part in which every loop did all it was
    launched for without help. `sim_hours` and `wall_s` are sums over the runs and over the clock."""

    seeds: int
    first: int
    last: int
    violations: tuple[Violation, ...]
    faults: dict[str, int]
    obligations: int
    hedge_fills: int
    cycles: int
    halts: dict[str, int]
    unaided_share: float | None
    sim_hours: float
    wall_s: float
    mutant: str
    kills: int
    recoverable: int
    adapter: bool = False
    """Whether the desk traded through the real adapter."""


def add_up(
    outcomes: Iterable[Outcome], *, first: int, last: int, wall_s: float, mutant: str, adapter: bool = False
) -> Report:
    """One report of all outcomes."""
    kinds = ADAPTER_KINDS if adapter else [kind for kind in Fault if kind not in WIRE]
    faults: Counter[str] = Counter(dict.fromkeys((kind.value for kind in kinds), 0))
    halts: Counter[str] = Counter()
    violations: list[Violation] = []
    obligations = hedge_fills = cycles = seeds = recoverable = unaided = 0
    sim_s = 0.0
    for outcome in outcomes:
        seeds += 1
        faults.update({kind.value: count for kind, count in outcome.faults.items()})
        halts.update(outcome.halts)
        violations += outcome.violations
        obligations += outcome.obligations
        hedge_fills += outcome.hedge_fills
        cycles += outcome.cycles
        sim_s += outcome.sim_s
        recoverable += outcome.recoverable
        unaided += outcome.recoverable and outcome.unaided
    return Report(
        seeds=seeds,
        first=first,
        last=last,
        violations=tuple(sorted(violations, key=lambda found: (found.seed, found.at))),
        faults=dict(faults),
        obligations=obligations,
        hedge_fills=hedge_fills,
        cycles=cycles,
        halts=dict(sorted(halts.items())),
        unaided_share=unaided / recoverable if recoverable else None,
        sim_hours=round(sim_s / 3600, 3),
        wall_s=round(wall_s, 3),
        mutant=mutant,
        kills=faults[Fault.KILL.value],
        recoverable=recoverable,
        adapter=adapter,
    )


def words(report: Report) -> list[str]:
    """The report in lines."""
    share = "none was recoverable" if report.unaided_share is None else f"{report.unaided_share:.2%} unaided"
    lines = [
        f"seeds {report.first}:{report.last}, {report.sim_hours:,.1f} simulated hours in {report.wall_s:,.1f} s"
        + (f", mutant {report.mutant}" if report.mutant else "")
        + (", through the real adapter" if report.adapter else ""),
        f"{report.obligations:,} obligations, {report.hedge_fills:,} hedge fills, {report.cycles:,} cycles, "
        f"{report.kills:,} kills",
        f"{report.recoverable:,} recoverable, {share}",
        "halts: " + (", ".join(f"{cause} {count}" for cause, count in report.halts.items()) or "none"),
        "faults: " + ", ".join(f"{kind} {count:,}" for kind, count in sorted(report.faults.items())),
    ]
    lines += [f"VIOLATION seed {v.seed}: {v.invariant} at {v.at:.4f} s: {v.what}" for v in report.violations]
    lines.append(f"{len(report.violations)} violations")
    return lines
