"""An account before its books are open: what it held and traded until then comes with the opening, once."""

from __future__ import annotations

from desk_kit import D, FakeRig

from cockpit.desk.flatten_job import Job, Spec, State
from venues.model import FillReport, LiquiditySide, Side


def unpriced(rig: FakeRig) -> None:
    """tk holds 0.1, bought before us, and a coin without a price: its books cannot be opened."""
    rig.tk.cash["XYZ"] = D(5)
    rig.tk.held["BTCUSDT"] = D("0.1")
    rig.tk.fills.append(
        FillReport("h1", "", "v", "BTCUSDT", Side.BUY, D("0.1"), D(100_000), D(0), "USDT", LiquiditySide.TAKER, 1, 1)
    )


def flatten(rig: FakeRig, seconds: float = 3.0) -> Job:
    spec = Spec(id=rig.desk.next_job_id(), kind="flatten", accounts=("tk",))
    return rig.call(rig.desk.flattener.start, spec, seconds=seconds)


def test_a_trade_between_connecting_and_the_opening_is_counted_once() -> None:
    rig = FakeRig()
    rig.tk.on_connect = lambda: rig.tk.later(lambda: rig.tk.foreign(Side.BUY, "0.1", "100000"), 0.005)
    with rig:
        rig.pass_time(10)
        assert rig.held("tk") == rig.tk.held["BTCUSDT"] == D("0.1")
        assert not rig.desk.accounts["tk"].suspect


def test_a_flatten_books_no_history_of_an_account_that_is_not_open_yet() -> None:
    rig = FakeRig()
    unpriced(rig)
    with rig:
        job = flatten(rig)
        assert not rig.desk.ledger.opened("tk")
        assert rig.held("tk") == 0
        assert job.state is State.BLOCKED
        assert any("tk" in leg for leg in job.legs)
        assert rig.tk.submitted == []
        rig.call(rig.desk.flattener.cancel, job)
        del rig.tk.cash["XYZ"]
        rig.pass_time(10)
        assert rig.held("tk") == rig.tk.held["BTCUSDT"] == D("0.1")


def test_a_flatten_that_waits_for_the_books_goes_on_once_they_are_open() -> None:
    rig = FakeRig()
    unpriced(rig)
    with rig:
        rig.tk.on_submit = rig.tk.fills_whole
        job = flatten(rig)
        assert not job.state.ended
        del rig.tk.cash["XYZ"]
        rig.pass_time(30)
        assert job.state is State.FLAT
        assert rig.tk.held["BTCUSDT"] == rig.held("tk") == 0
