"""`cockpit set` on a loop that runs: pending, in effect at the next safe point, journaled; errors disturb nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal

from process_kit import Home, WatchedLink, loop_of, trading

from cockpit.link.messages import Launch, Query
from venues.model import SystemClock

PARAMS = {"maker": "extended", "taker": "lighter", "ticker": "BTC", "size": "0.01", "iterations": "0"}


async def running(home: Home, **params: str) -> WatchedLink:
    await home.desk()
    link = await home.link()
    await link.until(trading)
    await link.ask(Launch("hedge", {**PARAMS, **params}))
    await link.until(lambda store: "L1" in store.loops and loop_of(store).state == "running")
    return link


async def test_a_change_waits_for_the_safe_point_and_stands_in_the_journal(home: Home) -> None:
    # An order far behind the touch rests: no safe point comes while it does.
    link = await running(home, offset="-900", requote="time", fill_timeout="600")
    await link.until(lambda store: loop_of(store).phase == "opening")
    before = SystemClock().now_ns()
    said = await home.run("set", "L1", "size=0.02", "iter=3", "sleep=1", "--json")
    assert said.code == 0, said
    assert said.json["result"]["pending"] == {"size": "0.02", "iterations": "3", "sleep": "1"}
    row = await link.until(lambda store: loop_of(store).pending and loop_of(store))
    assert (row.params["size"], row.params["iterations"]) == ("0.01", "0"), "not before the safe point"
    status = await home.run("status", "--json")
    (shown,) = status.json["loops"]
    assert shown["pending"]["size"] == "0.02"
    changed, launched = await link.ask(Query("audit", {"loop": "L1"}))
    assert changed["changes"] == {"size": ["0.01", "0.02"], "iterations": ["0", "3"], "sleep": ["0", "1"]}
    assert changed["text"] == "size 0.01 → 0.02, iterations 0 → 3, sleep 0 → 1"
    assert changed["origin"].startswith("cli:")
    assert before <= changed["ts"] <= SystemClock().now_ns()
    assert launched["text"].startswith("launch hedge ")
    with closing(sqlite3.connect(f"file:{home.places.journal}?mode=ro", uri=True)) as journal:
        stored = journal.execute("SELECT field, new, origin FROM param_changes ORDER BY rowid").fetchall()
    assert [(field, new) for field, new, _ in stored] == [("size", "0.02"), ("iterations", "3"), ("sleep", "1")]


async def test_a_change_takes_effect_at_the_next_safe_point(home: Home) -> None:
    link = await running(home)
    done = loop_of(link.store).iterations_done
    assert (await home.run("set", "L1", "size=0.02")).code == 0
    await link.until(lambda store: loop_of(store).params["size"] == "0.02" and not loop_of(store).pending)
    await link.until(
        lambda store: any(row.role == "open" and row.qty == Decimal("0.02") for row in store.orders.values())
    )
    goal = loop_of(link.store).iterations_done + 2
    assert (await home.run("set", "L1", f"iterations={goal}")).code == 0
    row = await link.until(lambda store: loop_of(store).state == "done" and loop_of(store))
    assert row.iterations_done == goal > done
    late = await home.run("set", "L1", "size=0.01")
    assert late.code == 1
    assert "has ended" in late.err


WRONG: dict[str, tuple[str, ...]] = {
    "size=-1": ("size: '-1' is not valid; expected", "> 0"),
    "size=abc": ("size: 'abc' is not valid; expected", "number"),
    "sise=0.02": ("sise: '0.02' is not valid; expected a parameter that exists", "size"),
    "size=0.0001": ("size: '0.0001' is not valid; expected at least",),
    "iterations=2.5": ("iterations: '2.5' is not valid",),
    "maker=lighter": ("maker: 'lighter' is not valid; expected no change",),
}
"""What is typed, and what the error must say."""


async def test_wrong_changes_are_refused_and_the_loop_goes_on(home: Home) -> None:
    link = await running(home)
    row = await link.until(lambda store: loop_of(store).iterations_done and loop_of(store))
    for change, words in WRONG.items():
        said = await home.run("set", "L1", change)
        assert said.code == 1, said
        assert said.out == ""
        assert said.err.count("\n") == 1, said.err
        for word in words:
            assert word in said.err
    # one wrong value refuses the whole change
    assert (await home.run("set", "L1", "iterations=5", "size=-1")).code == 1
    unknown = await home.run("set", "L9", "size=0.02")
    assert unknown.code == 1
    assert "loop: 'L9' is not known; expected one of: L1" in unknown.err
    after = await link.until(lambda store: loop_of(store).iterations_done > row.iterations_done and loop_of(store))
    assert (after.params, after.pending, after.state) == (row.params, {}, "running")
    *refused, launched = await link.ask(Query("audit", {"loop": "L1"}))
    assert all(line["answer"] and not line["changes"] for line in refused)
    assert len(refused) == len(WRONG) + 1
    assert launched["answer"] == ""
