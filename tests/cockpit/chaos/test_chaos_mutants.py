"""Each defect on purpose is seen, and none can be put into a desk with a live account."""

from __future__ import annotations

import pytest

from cockpit.chaos.mutants import MUTANTS, MutantRefused, find
from cockpit.chaos.plan import draw
from cockpit.chaos.run import run_seed
from cockpit.chaos.world import World
from venues.model import Mode

CAUGHT_BY: dict[str, int] = {
    "hedge-complete-fills-only": 1,
    "forget-on-cancel": 0,
    "resubmit-on-timeout": 62,
    "not-found-is-dead": 18,
    "failed-query-is-flat": 1101,
    "no-trade-id-dedupe": 0,
    "terminal-order-reopens": 9,
    "obligation-in-memory-only": 1,
    "intent-after-sending": 9,
    "rollback-repaired-by-trading": 1,
    "suspect-never": 6,
    "flatten-claims-on-acknowledgement": 28,
    "hedge-size-from-the-order": 10,
    "dust-dropped": 26,
    "stale-book-trusted": 11,
    "hedges-other-peoples-trades": 13,
    "trading-state-ignored": 5,
    "client-ids-repeat": 1,
    "acknowledged-before-disk": 9,
    "refused-cancel-is-cancelled": 114,
    "gives-up-after-one-hedge": 12,
    "unanswered-hedge-taken-for-filled": 11,
    "close-by-report-alone": 705,
    "stop-forgets-hedges": 7,
}


def test_there_are_enough_of_them() -> None:
    assert len(MUTANTS) >= 14
    assert set(CAUGHT_BY) == set(MUTANTS)


@pytest.mark.parametrize("name", sorted(CAUGHT_BY))
def test_a_mutant_is_caught(name: str) -> None:
    """By the first seed that caught it when the table in docs/reliability.md was made; the sound desk passes it."""
    seed = CAUGHT_BY[name]
    assert run_seed(seed, alter=find(name)).violations
    assert not run_seed(seed).violations


def test_an_unknown_mutant_is_refused_by_name() -> None:
    with pytest.raises(MutantRefused, match="'hedge-nothing' is not known; expected one of hedge-complete"):
        find("hedge-nothing")


def test_no_mutant_runs_on_a_live_account() -> None:
    world = World(draw(1))
    try:
        world.boot(_Nobody())
        world.loop.run_until_complete(_booted(world))
        desk = world.desk
        assert desk is not None
        account = next(iter(desk.accounts.values()))
        account.venue = _Live(account.venue)
        before = desk.loops._book
        with pytest.raises(MutantRefused, match=f"must not run on a live account: {account.name}"):
            find("hedge-complete-fills-only")(desk)
        assert desk.loops._book == before
        world.loop.run_until_complete(world.end())
    finally:
        world.close()


async def _booted(world: World) -> None:
    while world.desk is None or not world.desk.running:
        done = world.loop.create_future()
        world.loop.call_later(0.1, done.set_result, None)
        await done


class _Live:
    """A venue that says it is live."""

    mode = Mode.LIVE

    def __init__(self, venue: object) -> None:
        self._venue = venue

    def __getattr__(self, name: str) -> object:
        return getattr(self._venue, name)


class _Nobody:
    """A witness that minds nothing."""

    def __getattr__(self, name: str) -> object:
        return lambda *_: None
