"""Launching, steering and ending loops: what cannot be done is refused whole, with words that help."""

from __future__ import annotations

import pytest
from desk_kit import D, FakeRig, Faulty, HaltLoop, Idle
from fake_venue import inverse, linear
from msgspec.structs import replace

from cockpit.desk.accounts import Trading
from cockpit.desk.loops import LoopState, StopMode
from cockpit.desk.refusals import LaunchError
from strategies.params import ParamError
from strategies.protocol import Context, Role
from venues.model import OrderStatus, Side

S = OrderStatus


@pytest.fixture
def rig() -> FakeRig:
    with FakeRig() as rig:
        yield rig  # type: ignore[misc]  # a generator fixture


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"maker": "nobody"}, "maker: 'nobody' is not valid; expected a configured account: mk, tk"),
        ({"ticker": "DOGE"}, "ticker: 'DOGE' is not valid; expected a coin that mk trades: BTC"),
        ({"size": "-1"}, "size: '-1' is not valid; expected a number > 0 (base)"),
        ({"size": "abc"}, "size: 'abc' is not valid"),
        ({"sise": "1"}, "sise: '1' is not valid; expected a parameter that exists"),
        ({"size": "0.004"}, "size: 0.004 is too small for this pair: what cannot be hedged (0.001000) is 25 % of it"),
    ],
)
def test_a_launch_that_cannot_be_taken_changes_nothing(rig: FakeRig, params: dict[str, str], words: str) -> None:
    with pytest.raises((ParamError, LaunchError)) as told:
        rig.launch(**params)
    assert words in str(told.value)
    assert rig.desk.loops.all == {}
    assert rig.launch().id == "L1"


def test_refused_launches_use_nothing_up(rig: FakeRig) -> None:
    for _ in range(300):
        with pytest.raises(LaunchError):
            rig.launch(size="0.004", seconds=0.001)
    assert rig.launch().owner.slots == [1]


def test_an_unknown_strategy_is_named(rig: FakeRig) -> None:
    with pytest.raises(LaunchError, match="strategy: 'grid' is not known; expected one of hedge, idle"):
        rig.launch("grid")


def test_no_price_no_launch() -> None:
    with FakeRig() as rig:
        rig.at(rig.tk, "no_book")
        with pytest.raises(LaunchError, match="taker: tk BTCUSDT has no price yet"):
            rig.launch()


def test_two_loops_on_one_account_and_instrument_are_refused(rig: FakeRig) -> None:
    loop = rig.launch()
    with pytest.raises(LaunchError, match="maker: mk BTCUSDT is traded by loop L1 already"):
        rig.launch()
    rig.call(rig.desk.loops.stop, loop, StopMode.NOW, seconds=1)
    assert rig.launch().id == "L2"


def test_accounts_that_may_not_open_are_refused(rig: FakeRig) -> None:
    rig.call(rig.desk.set_trading, rig.desk.accounts["tk"], Trading.REDUCING, "flatten F1")
    with pytest.raises(LaunchError, match="taker: account tk is reducing: flatten F1"):
        rig.launch()
    rig.call(rig.desk.set_trading, rig.desk.accounts["tk"], Trading.ACTIVE, "")
    rig.desk.risk.entries_denied = "panic"
    with pytest.raises(LaunchError, match="entries are denied: panic"):
        rig.launch()


def test_a_coin_finds_the_linear_market_first() -> None:
    with FakeRig(maker=inverse()) as rig:
        rig.call(rig.desk.markets.add, "mk", linear("BTC-LIN"))
        leg = rig.desk.loops.checks.resolve(rig.idle.legs(rig.idle.params_type())[0])  # type: ignore[arg-type]
        assert leg.symbol == "BTC-LIN"


def test_a_live_change_is_staged_journaled_and_taken_at_the_next_safe_point(rig: FakeRig) -> None:
    loop = rig.launch()
    rig.call(rig.desk.loops.pause, loop, "by a test")
    assert loop.state is LoopState.PAUSED
    before = loop.params

    async def change() -> None:
        await _set(rig, "L1", {"size": "0.06", "iterations": "40"})
        assert (loop.params, loop.pending) == (before, {"size": "0.06", "iterations": "40"})

    rig.run(change())
    rig.pass_time(0.1)
    assert loop.params == replace(before, size=D("0.06"), iterations=40)
    assert loop.pending == {}
    assert "new parameters are in effect" in rig.log
    rig.desk.journal.flush()
    changes = rig.desk.journal.reader().param_changes("L1")
    assert [(c.field, c.old, c.new, c.origin, c.command_id) for c in changes] == [
        ("size", "0.05", "0.06", "tui", "c1"), ("iterations", "0", "40", "tui", "c1"),
    ]  # fmt: skip
    assert changes[0].ts > 0
    (row,) = rig.desk.journal.reader().loops()
    assert row.params["size"] == "0.06"


async def _set(rig: FakeRig, loop: str, changes: dict[str, object]) -> None:
    rig.desk.loops.set_params(loop, changes, origin="tui", command_id="c1")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"size": "-1"}, "size: '-1' is not valid"),
        ({"size": "abc"}, "size: 'abc' is not valid"),
        ({"colour": "red"}, "colour: 'red' is not valid; expected a parameter that exists: size, iterations"),
        ({"maker": "tk"}, "maker: 'tk' is not valid; expected no change: it is fixed at launch"),
        ({"size": "0.0049"}, "size: '0.0049' is not valid; expected at least 0.005000"),
        ({"iterations": "9", "size": "0"}, "size: '0' is not valid"),
    ],
)
def test_a_change_that_cannot_be_taken_leaves_the_loop_alone(
    rig: FakeRig, changes: dict[str, object], words: str
) -> None:
    loop = rig.launch()
    before = loop.params
    with pytest.raises(ParamError) as told:
        rig.run(_set(rig, "L1", changes))
    assert words in str(told.value)
    assert (loop.params, loop.staged, loop.state) == (before, None, LoopState.RUNNING)
    rig.desk.journal.flush()
    assert rig.desk.journal.reader().param_changes() == []


def test_an_unknown_loop_is_named_with_those_there_are(rig: FakeRig) -> None:
    with pytest.raises(LaunchError, match="loop: 'L7' is not known; expected one of: none is running"):
        rig.desk.loops.find("L7")
    rig.launch()
    with pytest.raises(LaunchError, match="expected one of: L1"):
        rig.run(_set(rig, "L7", {}))
    assert [loop.id for loop in rig.desk.loops.find("all")] == ["L1"]


def test_pause_holds_and_resume_lets_go(rig: FakeRig) -> None:
    loop = rig.launch()
    rig.call(rig.desk.loops.pause, loop, "by a test")
    assert (loop.state, loop.holding_back) == (LoopState.PAUSED, True)
    rig.call(rig.desk.loops.resume, loop)
    assert (loop.state, loop.holding_back) == (LoopState.RUNNING, False)


@pytest.mark.parametrize("mode", list(StopMode))
def test_a_stopped_loop_is_over(rig: FakeRig, mode: StopMode) -> None:
    loop = rig.launch()
    rig.call(rig.desk.loops.stop, loop, mode, seconds=3)
    assert loop.state is LoopState.STOPPED
    with pytest.raises(LaunchError, match="L1 has ended already"):
        rig.desk.loops.stop(loop, mode)
    with pytest.raises(LaunchError, match="L1 has ended; launch a new one"):
        rig.desk.loops.resume(loop)
    with pytest.raises(LaunchError, match="L1 has ended; its parameters no longer matter"):
        rig.run(_set(rig, "L1", {"size": "1"}))
    assert list(rig.desk.loops.find("all")) == []


def test_stop_now_cancels_the_makers_and_hedges_what_is_owed_first(rig: FakeRig) -> None:
    loop = rig.launch()
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    rig.at(rig.mk, "fill", order.id, "0.02")
    rig.call(rig.desk.loops.stop, loop, StopMode.NOW, seconds=2)
    assert rig.mk.cancelled == [order.id]
    assert loop.state is LoopState.STOPPING
    rig.at(rig.mk, "end", order.id)
    assert loop.state is LoopState.STOPPING, "its hedge is not done"
    rig.at(rig.tk, "fill", rig.tk.last.client_order_id, "0.02", tell_order=True, seconds=1)
    assert loop.state is LoopState.STOPPED


def test_a_halted_loop_may_be_stopped(rig: FakeRig) -> None:
    loop = rig.launch()
    rig.call(rig.desk.loops.halt, loop, "a test", seconds=1)
    assert loop.state is LoopState.HALTED
    rig.call(rig.desk.loops.stop, loop, StopMode.NOW, seconds=1)
    assert loop.state is LoopState.STOPPED


def test_a_strategy_that_raises_halts_its_own_loop_only() -> None:
    faulty = Faulty(ZeroDivisionError("oh"))
    with FakeRig(strategies={"faulty": faulty}) as rig:
        loop = rig.launch("faulty", seconds=3)
        assert loop.state is LoopState.HALTED
        assert loop.halt_reason == "ZeroDivisionError in strategy faulty: oh"
        assert "ZeroDivisionError: oh" in rig.alarms["defect/loop L1"]
        assert any("Traceback" in line for line in rig.log)
        rig.desk.alarms.clear("defect/loop L1")
        rig.call(rig.desk.loops.stop, loop, StopMode.NOW, seconds=1)
        assert rig.launch().state is LoopState.RUNNING


def test_a_strategy_may_halt_itself() -> None:
    with FakeRig(strategies={"faulty": Faulty(HaltLoop("the pool is gone"))}) as rig:
        loop = rig.launch("faulty", seconds=3)
        assert (loop.state, loop.detail) == (LoopState.HALTED, "the pool is gone")
        assert rig.defects == []


def test_what_a_strategy_sees(rig: FakeRig) -> None:
    seen: dict[str, object] = {}

    async def look(ctx: Context[Idle]) -> None:
        await ctx.sleep(1.5)
        seen.update(
            id=ctx.loop_id, fees=ctx.fees("maker"), exposure=ctx.exposure(), owed=ctx.owed(),
            held=ctx.position("maker"),
            book=ctx.book("taker"), symbol=ctx.instrument("maker").symbol, age=round(ctx.book_age("taker"), 3),
            ok=ctx.tradable("maker"), wear=ctx.wear(), last=ctx.wear(3), timed_out=await ctx.change(0.5),
        )  # fmt: skip
        ctx.log("looked")
        ctx.phase("testing", "hard")
        ctx.pace("slow")
        ctx.pause("enough")

    rig.idle.act = look  # type: ignore[assignment]  # a context is a context
    loop = rig.launch(seconds=4)
    book = seen.pop("book")
    assert book is rig.desk.markets.of("tk", "BTCUSDT").book
    assert seen.pop("age") > 1
    assert seen == {
        "id": "L1", "fees": (0, 0), "exposure": 0, "owed": 0, "held": 0, "symbol": "BTCUSDT", "ok": "", "wear": (0, 0),
        "last": (0, 0), "timed_out": seen["timed_out"],
    }  # fmt: skip
    assert "looked" in rig.log
    assert (loop.phase, loop.detail, loop.pace, loop.paused) == ("testing", "hard", "slow", "enough")
    assert "L1 paused: enough" in rig.alarms["budget/L1"]
    rig.call(rig.desk.loops.resume, loop)
    assert "budget/L1" not in rig.alarms


def test_settled_waits_for_the_order_and_its_hedge(rig: FakeRig) -> None:
    done: list[int] = []

    async def trade(ctx: Context[Idle]) -> None:
        order = await ctx.place("maker", Side.BUY, D("0.05"), D(100_000), role=Role.OPEN)
        ctx.cancel(order)
        await ctx.settled(order)
        done.append(rig.loop.now_ns)

    rig.idle.act = trade  # type: ignore[assignment]
    rig.launch()
    cid = rig.mk.last.client_order_id
    rig.at(rig.mk, "fill", cid, "0.02")
    rig.at(rig.mk, "end", cid, seconds=2)
    assert done == []
    rig.at(rig.tk, "fill", rig.tk.last.client_order_id, "0.02", tell_order=True)
    assert len(done) == 1
