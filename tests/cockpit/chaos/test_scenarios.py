"""Every named scenario is played, and every mutant that one was written for must fail it."""

from __future__ import annotations

from functools import cache

import pytest

from cockpit.chaos.mutants import MUTANTS, find
from cockpit.chaos.scenario import Verdict, run_scenario
from cockpit.chaos.scenario_file import Script, load, names, parse

ALL = names()


@cache
def script(name: str) -> Script:
    return load(name)


def pairs() -> list[tuple[str, str]]:
    return [(name, mutant) for name in ALL for mutant in script(name).catches]


def words(verdict: Verdict) -> str:
    return f"{verdict.unmet or 'all of the story happened'}; " + "; ".join(
        f"{found.invariant}: {found.what}" for found in verdict.violations
    )


@pytest.mark.parametrize("name", ALL)
def test_the_story_goes_as_it_is_told_and_no_invariant_breaks(name: str) -> None:
    verdict = run_scenario(script(name))
    assert verdict.ok, words(verdict)


@pytest.mark.parametrize(("name", "mutant"), pairs())
def test_the_defect_that_it_was_written_for_fails_it(name: str, mutant: str) -> None:
    verdict = run_scenario(script(name), mutant=mutant, alter=find(mutant))
    assert not verdict.ok
    assert verdict.unmet or verdict.violations


def test_every_mutant_fails_some_scenario() -> None:
    assert {mutant for _, mutant in pairs()} == set(MUTANTS)


def test_two_runs_are_the_same_event_for_event() -> None:
    one, other = (run_scenario(script("perp-dex-tools-w05-ctrl-c-after-the-fill")) for _ in range(2))
    assert one.digest == other.digest
    assert one.lives == 2


@pytest.mark.parametrize("issue", ["2501", "3849", "855", "7503", "493", "3374", "6960"])
def test_the_threads_of_hummingbot_that_were_asked_for_are_there(issue: str) -> None:
    assert any(name.startswith(f"hummingbot-{issue}-") for name in ALL)


def test_each_file_says_what_the_peer_does_and_what_we_do() -> None:
    for name in ALL:
        told = script(name)
        sentences = [step for step in told.steps if step.say]
        assert len(sentences) >= 3, f"{name} is no story"
        assert sum(len(step.checks) for step in told.steps) >= 3, f"{name} expects next to nothing"
        assert len(told.peer.split()) > 10, name
        assert len(told.ours.split()) > 10, name
        assert len(told.source) > 10, name


SHORT = """
title = "t"
source = "s"
peer = "p"
ours = "o"
coin = "ETH"
price = 4000

[accounts.maker]
venue = "extended"
cash = 50000

[accounts.taker]
venue = "lighter"
cash = 50000

[loops.pair]
maker = "maker"
taker = "taker"
ticker = "ETH"
size = "1"

[[story]]
at = 2
do.launch = { loop = "pair" }
"""


@pytest.mark.parametrize(
    ("step", "what"),
    [
        ('do.fill = { account = "taker", wait = 1 }', "story 2: no order rests on taker to be filled"),
        ('do.fill = { account = "maker", role = "close", wait = 1 }', "no order to close rests on maker"),
        ('do.fill = { account = "maker", qty = 2 }', "only 1.000 of 2.000 could be filled"),
        ('do.end = { account = "maker", state = "down" }', "maker is not down: nothing to end"),
        ('do.truth = { account = "maker" }', "maker does not lie: nothing to end"),
        ('do.liquidate = { account = "maker" }', "maker holds 0.000: nothing to liquidate"),
        ('do.withdraw = { account = "maker", leave = 60000 }', "nothing to withdraw"),
        ('do.trade = { account = "maker", side = "buy", qty = 900000 }', "could be traded by hand"),
        ('do.resume = { loop = "pair", refused = true }', "Resume was accepted"),
        ('do.set = { loop = "pair", to = { size = "-1" } }', "SetParams was refused: size"),
        ('do.kill = { restart = 9 }\ndo.price = { to = 1 }\ndo.kill = { at = "now" }', ""),
        ('expect.position = { account = "maker", holds = 1, within = 1 }', "expect.position: maker holds +0.000"),
        ('expect.position = { account = "maker", holds = 1, by = "ledger", within = 0 }', "by the ledger"),
        ('expect.position = { account = "maker", holds = 1, by = "report", within = 0 }', "by the report"),
        ('expect.suspect = { account = "maker", within = 0 }', "maker is not suspect"),
        ('expect.sent = { account = "maker", count = 0, within = 0 }', "1 any orders left for maker, not 0"),
        ('expect.sent = { account = "maker", at_most = 0, within = 0 }', "more than 0"),
        ('expect.sent = { account = "taker", role = "hedge", at_least = 1, within = 0 }', "fewer than 1"),
        ('expect.traded = { account = "maker", qty = 1, within = 0 }', "fills on maker come to +0, not +1"),
        (
            'expect.order = { account = "taker", role = "hedge", status = "open", within = 0 }',
            "no hedge order has left",
        ),
        (
            'expect.order = { account = "maker", role = "open", status = "filled", within = 0 }',
            "the newest open on maker",
        ),
        ('expect.resting = { account = "maker", count = 0, within = 0 }', "1 orders rest on maker, not 0"),
        ('expect.alarm = { text = "fire", within = 0 }', "no alarm says 'fire'; there are: none"),
        ('expect.said = { text = "fire", within = 0 }', "the desk never said 'fire'"),
        ('expect.said = { text = "launched", never = true, within = 0 }', "the desk has said 'launched'"),
        ('expect.loop = { loop = "pair", state = "done", within = 0 }', "L1 is running, not done"),
        ('expect.loop = { loop = "pair", cycles = 1, within = 0 }', "L1 has done 0 cycles, not 1"),
        ('expect.loop = { loop = "pair", says = "fire", within = 0 }', "nothing of 'fire'"),
        ('expect.flatten = { state = "flat", within = 0 }', "nothing is being flattened"),
        ("expect.lives = { count = 2, within = 0 }", "this is desk 1, not 2"),
        ('expect.price = { account = "maker", above = 5000, within = 0 }', "maker trades at 3999.9"),
        ('expect.naked = { loop = "pair", open = 1, within = 0 }', "+0.000000 open, not +1"),
    ],
)
def test_what_does_not_happen_is_told_and_fails_the_scenario(step: str, what: str) -> None:
    step = step.replace('\ndo.kill = { at = "now" }', "")
    verdict = run_scenario(parse("short", f"{SHORT}\n[[story]]\nafter = 2\n{step}\n"))
    if not what:
        assert verdict.ok, words(verdict)
        return
    assert not verdict.ok
    assert what in verdict.unmet


def test_a_loop_that_was_not_launched_cannot_be_steered() -> None:
    text = SHORT.replace("do.launch", "do.pause")
    verdict = run_scenario(parse("short", text))
    assert verdict.unmet == "story 1: loop pair has not been launched by then"


def test_a_launch_that_the_desk_must_refuse() -> None:
    text = SHORT.replace('size = "1"', 'size = "100"').replace('{ loop = "pair" }', '{ loop = "pair", refused = true }')
    assert run_scenario(parse("short", text)).ok


def test_a_command_while_no_desk_is_alive_is_given_to_the_next() -> None:
    text = (
        SHORT
        + """
[[story]]
after = 2
do.kill = { restart = 6 }
do.pause = { loop = "pair", wait = false }
expect.lives = { count = 2, within = 30 }
expect.loop = { loop = "pair", state = "paused", within = 30 }
"""
    )
    verdict = run_scenario(parse("short", text))
    assert verdict.ok, words(verdict)


def test_funding_that_is_told_late_is_booked() -> None:
    text = (
        SHORT
        + """
[[story]]
after = 2
do.fill = { account = "maker", role = "open" }
expect.position = { account = "taker", holds = -1 }

[[story]]
after = 1
do.hide_funding = { account = "taker" }
do.funding = { account = "taker", pct = 0.1 }

[[story]]
after = 8
do.hide_funding = { account = "taker", show = true }
do.clock = { by = 2 }
do.disk = { slow = 20 }
"""
    )
    verdict = run_scenario(parse("short", text))
    assert verdict.ok, words(verdict)


def test_a_violation_ends_the_story_at_once() -> None:
    verdict = run_scenario(script("nautilus-3046-fills-replayed"), alter=find("no-trade-id-dedupe"))
    assert [found.invariant for found in verdict.violations]
    assert verdict.sim_s < 30
