"""Many seeds over several processes. Which process runs a seed changes nothing about the run."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence

from cockpit.chaos.mutants import find
from cockpit.chaos.run import Outcome, run_seed

CHUNK = 8


def _one(work: tuple[int, str, bool]) -> Outcome:
    seed, mutant, adapter = work
    if adapter:
        # imported where it is run: ccxt is large
        from cockpit.chaos.adapter_run import run_adapter_seed

        return run_adapter_seed(seed)
    return run_seed(seed, alter=find(mutant) if mutant else None)


def run_seeds(
    seeds: Sequence[int],
    *,
    jobs: int,
    mutant: str = "",
    adapter: bool = False,
    stop: Callable[[Outcome], bool] = lambda _: False,
) -> Iterator[Outcome]:
    """Outcomes as they come in, in no order; no further ones once `stop` says so of one. Raises `MutantRefused`."""
    if mutant:
        find(mutant)
    work = [(seed, mutant, adapter) for seed in seeds]
    if jobs == 1 or len(work) == 1:
        for item in work:
            outcome = _one(item)
            yield outcome
            if stop(outcome):
                return
        return
    # Fresh interpreters: a fork would copy whatever threads and loops the caller has.
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for outcome in pool.imap_unordered(_one, work, chunksize=min(CHUNK, max(1, len(work) // (jobs * 4)))):
            yield outcome
            if stop(outcome):
                pool.terminate()
                return
