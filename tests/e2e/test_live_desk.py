"""Live accounts of served exchanges in a desk process: going live, deaths, lost books, two accounts of one venue."""

from __future__ import annotations

import pytest
from live_kit import live_home, over, traded
from process_kit import killed, loop_of, trading

from cockpit.link.messages import GoLive, Resume
from cockpit.link.store import Store
from venues.live.signers import missing

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(bool(missing("lighter")), reason="the native signer of Lighter is not installed"),
]

HEDGE = ("launch", "hedge", "--maker", "maker", "--taker", "taker", "--ticker", "BTC", "--size", "0.01")


def holding(store: Store) -> bool:
    return any(row.qty for row in store.positions.values())


@pytest.mark.slow
async def test_an_account_is_watched_only_until_its_name_is_typed_and_its_first_orders_are_small() -> None:
    async with live_home() as home:
        binance, lighter = await home.serve("binanceusdm"), await home.serve("lighter")
        accounts = {"maker": binance, "taker": lighter}
        home.configure(accounts)
        await home.add_key("maker", binance)
        await home.desk()
        link = await home.link()
        # the other has no key yet: it is down and says what to do, and comes up without a restart once it has one
        row = await link.until(lambda store: store.alarms.get("connect/taker"))
        assert row is not None
        assert "cockpit keys add taker" in row.text, row.text
        await home.add_key("taker", lighter)
        await link.until(trading)

        refused = await home.run(*HEDGE, "--iter", "1")
        assert refused.code == 1
        assert "`cockpit live maker` lets it trade" in refused.err
        for argv, words in (
            (("live", "maker"), "--live maker"),
            (("live", "maker", "--live", "taker"), "expected maker"),
            (("live", "maker", "--live", "maker"), "rehearsal"),
        ):
            refused = await home.run(*argv)
            assert refused.code != 0
            assert words in refused.err
        for name in accounts:
            told = await home.good("live", name, "--live", name, "--skip-rehearsal")
            assert "first session: order 500, position 2000 USD, 2x" in told.out
        refused = await home.run(*HEDGE, "--iter", "1")
        assert refused.code == 1
        assert "first session" in refused.err

        for served in accounts.values():
            books = await served.books()
            assert books.flat
            assert not books.trades
        small = (*HEDGE[:-1], "0.008", "--iter", "1")
        refused = await home.run("live", "maker", "--off")
        assert refused.code == 0, refused.err
        refused = await home.run(*small)
        assert refused.code == 1
        assert "`cockpit live maker` lets it trade" in refused.err


async def test_a_desk_that_is_killed_in_mid_cycle_finds_its_live_orders_and_fills_again() -> None:
    async with live_home() as home:
        accounts = {"maker": await home.serve("binanceusdm"), "taker": await home.serve("lighter")}
        desk, link = await traded(home, {name: (served, 0) for name, served in accounts.items()}, lift=True)
        await home.good(*HEDGE, "--iter", "4")
        await link.until(lambda store: "L1" in store.loops and loop_of(store).iterations_done and holding(store))
        await killed(desk)
        await home.desk()
        link = await home.link("two")

        def settled(store: Store) -> bool:
            row = store.loops.get("L1")
            return bool(row and trading(store) and row.state == "paused" and abs(row.owed_base) <= row.tolerance_base)

        await link.until(settled, 120)
        await link.ask(Resume(loop="L1"))
        await link.until(lambda store: over(store) == "done", 120)
        for kept in (await home.agrees(accounts)).values():
            assert kept.flat


@pytest.mark.slow
async def test_a_position_that_vanishes_with_its_exchange_is_suspect_and_nothing_is_repaired() -> None:
    async with live_home() as home:
        binance, lighter = await home.serve("binanceusdm"), await home.serve("lighter")
        _, link = await traded(home, {"maker": (binance, 0), "taker": (lighter, 0)}, lift=True)
        await home.good(*HEDGE, "--iter", "0", "--sleep", "600")
        await link.until(lambda store: len([row for row in store.positions.values() if row.qty]) == 2)
        held = (await binance.books()).qty
        # it comes back on its port with books of its first hour
        await lighter.kill()
        await lighter.start()

        await link.until(lambda store: store.accounts["taker"].health.value == "suspect", 120)
        assert any("taker" in name for name in link.store.alarms)
        # whatever the operator asks for, nothing is sent there and the other leg stays as it is
        flat = await home.run("flatten", "--all", "--timeout", "15")
        assert flat.code == 1, flat.out
        assert (await lighter.books()).trades == []
        assert (await binance.books()).qty == held


@pytest.mark.slow
async def test_two_accounts_of_one_venue_trade_side_by_side_and_never_with_each_other() -> None:
    async with live_home() as home:
        binance, lighter = await home.serve("binanceusdm"), await home.serve("lighter")
        await traded(
            home,
            {"maker": (binance, 0), "taker": (lighter, 0), "maker-two": (binance, 1), "taker-two": (lighter, 1)},
            lift=True,
        )
        link = await home.link("two")
        refused = await home.run(
            *("launch", "hedge", "--maker", "maker", "--taker", "maker-two", "--ticker", "BTC", "--size", "0.01")
        )
        assert refused.code == 1
        assert "both on binanceusdm" in refused.err, refused.err
        await home.good(*HEDGE, "--iter", "2")
        second = [word.replace("maker", "maker-two") if word == "maker" else word for word in HEDGE]
        second = ["taker-two" if word == "taker" else word for word in second]
        await home.good(*second, "--iter", "2", "--direction", "sell")
        await link.until(
            lambda store: len(store.loops) == 2 and all(row.state == "done" for row in store.loops.values()), 150
        )
        await home.agrees({"maker": binance, "taker": lighter})
        await home.agrees({"maker-two": binance, "taker-two": lighter}, "two")


@pytest.mark.slow
async def test_what_was_allowed_at_one_address_is_not_allowed_at_another() -> None:
    async with live_home() as home:
        binance, other = await home.serve("binanceusdm"), await home.serve("binanceusdm")
        home.configure({"maker": binance})
        await home.add_key("maker", binance)
        desk = await home.desk()
        link = await home.link()
        await link.until(trading)
        await link.ask(GoLive("maker", "on", "maker", True))
        await link.until(lambda store: not store.accounts["maker"].live.startswith("read-only"))
        desk.terminate()
        await desk.wait()

        home.configure({"maker": other})
        await home.desk()
        link = await home.link("two")
        await link.until(trading)
        assert link.store.accounts["maker"].live == "read-only"
        assert "and is now on" in home.log()


async def test_a_key_that_the_venue_refuses_is_told_as_that() -> None:
    async with live_home() as home:
        binance = await home.serve("binanceusdm")
        home.configure({"maker": binance})
        wrong = {**binance.credentials(), "secret": "5a" * 32}
        added = await home.keys("add", "maker", "--venue", "binanceusdm", "--endpoint", binance.url, key=wrong)
        assert added.code == 0
        await home.desk()
        link = await home.link()
        row = await link.until(lambda store: store.alarms.get("refused/maker"))
        assert row is not None
        assert "Signature for this request is not valid" in row.text, row.text
