"""How fast the simulation runs: events a second of the hedge loop on the two recorded futures markets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from cockpit.bench.child import BenchError
from cockpit.bench.figures import Figure, Target, platform

USDM, COINM = "usdm_btcusdt_20240808.gz", "cm_btcusd_perp_20240808.gz"
DATA_VARIABLE = "COCKPIT_DATA"

TARGETS = (
    Target("usdm_maker_events_per_s", 50_000, "/s", at_least=True),
    Target("coinm_maker_events_per_s", 50_000, "/s", at_least=True),
)


class Plan(msgspec.Struct, frozen=True):
    data: Path
    """Folder with `captures/` in it."""
    size: str = "0.05"
    iterations: int = 20
    runs: int = 3
    """The best of these counts: other work on the machine only ever slows one down."""


def find_data() -> Path | None:
    """`$COCKPIT_DATA`; None where it is not set."""
    named = os.environ.get(DATA_VARIABLE, "")
    return Path(named) if named else None


def run(plan: Plan) -> dict[str, Figure]:
    """Raises `BenchError` where a capture is missing or a run fails."""
    usdm, coinm = (plan.data / "captures" / name for name in (USDM, COINM))
    for path in (usdm, coinm):
        if not path.is_file():
            raise BenchError(f"--data: {str(plan.data)!r} holds no captures/{path.name}; expected the folder of it")
    out: dict[str, Figure] = {}
    for name, maker, taker in (("usdm_maker", usdm, coinm), ("coinm_maker", coinm, usdm)):
        best = max((_simulate(plan, maker, taker) for _ in range(plan.runs)), key=lambda one: int(one["events_per_s"]))
        out[f"{name}_events_per_s"] = int(best["events_per_s"])
        out[f"{name}_events"] = int(best["events"])
        out[f"{name}_cycles"] = int(best["iterations"])
    return {**out, "runs": plan.runs, **platform()}


def _simulate(plan: Plan, maker: Path, taker: Path) -> dict[str, Any]:
    """What `cockpit simulate hedge --json` printed: any JSON."""
    command = [sys.executable, "-m", "cockpit", "simulate", "hedge", "--maker", str(maker), "--taker", str(taker)]
    command += ["--size", plan.size, "--iter", str(plan.iterations), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"simulate failed (exit code {done.returncode}): {done.stderr.strip()[-300:]}")
    result: dict[str, Any] = msgspec.json.decode(done.stdout)
    return result
