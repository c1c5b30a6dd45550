"""Scenario files that cannot be used are refused with place, field, value and what would be right."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from cockpit.chaos.scenario_file import load, names, parse
from cockpit.chaos.scenario_values import ScenarioError

GOOD = """title = "A title"
source = "a thread"
peer = "does this"
ours = "do that"
coin = "ETH"
price = 4000
begins = 2025-10-10T22:30:00+08:00
limits = { max_order_notional_usd = 1000000 }

[accounts.maker]
venue = "extended"
cash = 50000

[accounts.taker]
venue = "lighter"
cash = 50000
latency_ms = 10

[loops.pair]
maker = "maker"
taker = "taker"
ticker = "ETH"
size = 1

[[story]]
at = "22:31"
say = "It begins."
mark = "first"
do.launch = { loop = "pair" }

[[story]]
at = "00:10"
expect.sent = [{ account = "maker", since = "first", at_least = 1 }, { account = "taker", count = 0 }]
"""


def test_a_good_file_is_read_as_it_is_written() -> None:
    script = parse("good", GOOD)
    assert script.begins == datetime(2025, 10, 10, 22, 30, tzinfo=timezone(timedelta(hours=8)))
    assert script.start_ns == 1_760_106_600 * 10**9
    assert [step.at_s for step in script.steps] == [60.0, 6000.0]
    assert script.loops["pair"]["size"] == "1"
    assert script.limits == {"max_order_notional_usd": Decimal(1_000_000)}
    assert [verb for verb, _ in script.steps[1].checks] == ["sent", "sent"]


def test_every_file_that_comes_with_the_project_is_sound() -> None:
    assert len(names()) >= 35
    assert all(load(name).name == name for name in names())


def test_a_name_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ScenarioError, match=r"'no-such' is not known; expected one of .*night-2025-10-11"):
        load("no-such")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('title = "A title"', "", "bad.toml: title is missing: expected a text"),
        ('title = "A title"', 'title = " "', 'bad.toml: title = "": expected some words'),
        ('title = "A title"', "title = 3", "bad.toml: title = 3: expected a text"),
        ('title = "A title"', 'titel = "A title"', "bad.toml: titel"),
        ("price = 4000", 'price = "much"', 'bad.toml: price = "much": expected a number'),
        ("price = 4000", "price = true", "bad.toml: price = true: expected a number"),
        ("price = 4000", "price = 0", "bad.toml: price = 0: expected a number above 0"),
        ('coin = "ETH"', 'coin = "DOGE"', 'bad.toml: coin = "DOGE": expected one of BTC, ETH, SOL'),
        ('coin = "ETH"', 'coin = "ETH"\ncatches = ["nothing"]', "catches"),
        ('coin = "ETH"', 'coin = "ETH"\ncatches = "nothing"', "expected a list, each of it a text"),
        ('coin = "ETH"', 'coin = "ETH"\nsparse = 1', "sparse = 1: expected true or false"),
        ("begins = 2025-10-10T22:30:00+08:00", "begins = 2025-10-10T22:30:00", "expected a date, a time and a zone"),
        ("max_order_notional_usd", "max_order", "bad.toml: limits: max_order"),
        ("limits = {", "limits = 3 #", "bad.toml: limits = 3: expected a table of risk limits"),
        ("= 1000000 }", '= "much" }', 'limits: max_order_notional_usd = "much": expected a number'),
        ('venue = "extended"', 'venue = "nowhere"', 'bad.toml: [accounts.maker]: venue = "nowhere": expected one of'),
        ("cash = 50000", "cash = -1", "bad.toml: [accounts.maker]: cash = -1: expected at least 0"),
        ("latency_ms = 10", "latency = 10", "[accounts.taker]: latency = 10: expected a field that exists: venue"),
        ('taker = "taker"', 'taker = "nobody"', "expected an account of the cast: maker, taker"),
        ("size = 1", "size = 0", "bad.toml: [loops.pair]: size: '0' is not valid"),
        ("size = 1", "sizes = 1", "[loops.pair]: sizes"),
        ('at = "22:31"', 'at = "soon"', 'story 1: at = "soon": expected seconds, or a time as in "23:53"'),
        ('at = "00:10"', "at = 5", "story 2: at = 5: expected seconds that are not before the last step, 60"),
        ('at = "00:10"', "after = -5", "story 2: after = -5: expected seconds, at least 0"),
        ('at = "00:10"', 'at = "00:10"\nafter = 5', "story 2: after = 5: expected at or after, not both"),
        ('at = "00:10"', 'at = "00:10"\nmark = "first"', "story 2: mark"),
        ('at = "00:10"', 'when = "00:10"', 'story 2: when = "00:10": expected one of at, after, say, mark, do, expect'),
        ('say = "It begins."', "say = 1", "story 1: say = 1: expected a text"),
        ("do.launch", "do.lunch", "story 1: do.lunch"),
        ("do.launch = {", "do = 1 #", "do.VERB"),
        ("do.launch = {", "do.launch = 1 #", "story 1: do.launch: 1 is not a table; expected one with loop, refused"),
        ('{ loop = "pair" }', '{ loop = "other" }', 'loop = "other": expected a loop of the scenario: pair'),
        ('{ loop = "pair" }', "{}", "story 1: do.launch: loop is missing"),
        ('{ loop = "pair" }', '{ loop = "pair", at = 3 }', "story 1: do.launch: at = 3: expected a field that exists"),
        ('since = "first"', 'since = "last"', "expected a mark that an earlier step made: begin, first"),
        ("at_least = 1", "at_least = 1.5", "story 2: expect.sent: at_least = 1.5: expected a whole number"),
        ("at_least = 1", 'role = "cook"', 'expect.sent: role = "cook": expected one of open, close, hedge'),
        ("count = 0 }]", "count = 0 }, 3]", "expect.sent: 3 is not a table"),
        ("price = 4000", "price = 4000 4000", "bad.toml: not valid TOML"),
    ],
)
def test_what_is_wrong_is_told(old: str, new: str, told: str) -> None:
    assert old in GOOD
    with pytest.raises(ScenarioError) as caught:
        parse("bad", GOOD.replace(old, new, 1))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD.partition("[accounts.maker]")[0], "accounts is missing"),
        (GOOD.partition("[loops.pair]")[0], "loops is missing"),
        (GOOD.partition("[[story]]")[0], "story is missing"),
        (GOOD.partition("[[story]]")[0].replace("[accounts", "story = [1]\n[accounts", 1), "1 is not a table"),
        (GOOD.replace("begins = 2025-10-10T22:30:00+08:00\n", ""), "needs a scenario with `begins`"),
        ("#" * 300_000, "expected at most"),
    ],
)
def test_what_is_missing_is_told(text: str, told: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse("bad", text)
    assert told in str(caught.value)
