"""Figures of a bench: shares of a sorted list, targets, and the table that holds one against the other."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

import msgspec

Figure = float | int | str
Figures = Mapping[str, Figure]


class Target(msgspec.Struct, frozen=True):
    """A bound on one figure."""

    figure: str
    bound: float
    unit: str
    at_least: bool = False

    def met(self, figures: Figures) -> bool:
        value = figures[self.figure]
        assert not isinstance(value, str)
        return value >= self.bound if self.at_least else value <= self.bound

    @property
    def text(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:,g} {self.unit}".rstrip()


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of a sorted list does not exceed: nearest rank, no smoothing."""
    if not ordered:
        raise ValueError("percentile of nothing")
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def page(name: str, figures: Figures, targets: Sequence[Target]) -> str:
    """Every figure on a line, those with a target beside it."""
    bounds = {target.figure: target for target in targets}
    lines = [name]
    for key, value in figures.items():
        shown = value if isinstance(value, str) else f"{value:,}"
        target = bounds.get(key)
        judged = "" if target is None else f"   {target.text:<18} {'met' if target.met(figures) else 'MISSED'}"
        lines.append(f"  {key:<24} {shown:>14}{judged}".rstrip())
    return "\n".join(lines)


def platform() -> dict[str, Figure]:
    """What the figures were made with: Python, cores, and how busy the machine was over the last minute."""
    version = ".".join(map(str, sys.version_info[:3]))
    return {"python": version, "cores": _cores(), "load_1m": round(os.getloadavg()[0], 2)}


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
