"""`chaos`, `simulate` and `bench`: they parse their own arguments and need no desk."""

from __future__ import annotations

from collections.abc import Sequence


def main(verb: str, argv: Sequence[str]) -> int:
    if verb == "chaos":
        from cockpit.chaos.cli import main as chaos

        return chaos(argv)
    if verb == "simulate":
        from cockpit.sim.cli import main as simulate

        return simulate(argv)
    from cockpit.bench.cli import main as bench

    return bench(argv)
