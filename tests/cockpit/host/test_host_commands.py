"""The operator's commands: done once, answered in words, and refused without a trace."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk_kit import D, FakeRig, Idle
from host_kit import Host

from cockpit.desk.accounts import Trading
from cockpit.desk.loops import LoopState
from cockpit.link import messages as m

IDLE = {"size": "0.05"}


@pytest.fixture
def rig() -> Iterator[FakeRig]:
    with FakeRig() as rig:
        yield rig


@pytest.fixture
def host(rig: FakeRig) -> Host:
    return Host(rig)


def launched(host: Host) -> Any:
    assert host.ok(m.Launch("idle", IDLE))["loop"] == "L1"
    return host.rig.desk.loops.all["L1"]


def holding(host: Host, qty: str = "0.05") -> Any:
    """A loop that holds `qty` on mk against tk; both venues fill from now on."""
    loop = launched(host)
    rig: Any = host.rig
    order = rig.place(qty=qty)
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "fill", order.id, qty, tell_order=True, seconds=0.5)
    rig.mk.on_submit = rig.mk.fills_whole
    return loop


# -- once


def test_the_same_id_twice_does_it_once_and_answers_alike(host: Host) -> None:
    launch = m.Launch("idle", IDLE)
    first, again = host.send(launch, "a"), host.send(launch, "a")
    assert first == again
    assert first.ok
    assert list(host.rig.desk.loops.all) == ["L1"]


def test_a_refusal_is_an_answer_too(host: Host) -> None:
    first = host.send(m.Pause("L1"), "a")
    launched(host)
    assert host.send(m.Pause("L1"), "a") == first
    assert not host.rig.desk.loops.all["L1"].paused


def test_after_a_restart_the_same_id_still_does_nothing_twice(tmp_path: Path) -> None:
    with FakeRig(journal=tmp_path / "desk.sqlite") as rig:
        host = Host(rig)
        holding(host)
        started = host.send(m.Flatten(), "f", seconds=3)
        stop = host.send(m.Shutdown(), "s")
        refused = host.send(m.SetParams("L1", {"size": "-1"}), "r")
        launch = host.send(m.Launch("idle", IDLE), "l")
        host.restarted()
        rig.quote()
        assert host.send(m.Flatten(), "f") == started
        assert host.send(m.Shutdown(), "s") == stop
        assert host.send(m.SetParams("L1", {"size": "-1"}), "r") == refused
        assert host.send(m.Launch("idle", IDLE), "l") == launch
        assert not rig.desk.flattener.jobs, "the old flatten was not begun again"
        assert not host.desk_host.shutdown.is_set()
        assert list(rig.desk.loops.all) == ["L1"]


def test_a_command_is_on_disk_before_it_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "desk.sqlite"
    with FakeRig(journal=path) as rig:
        host = Host(rig)
        launched(host)
        host.send(m.SetParams("L1", {"size": "0.06"}), "set-1", seconds=0)
        row = rig.desk.journal.reader().command("set-1")
        assert row is not None
        assert (row.ok, row.origin) == (True, "cli:op@host")
        (change,) = rig.desk.journal.reader().param_changes("L1")
        assert (change.field, change.old, change.new) == ("size", "0.05", "0.06")
        assert (change.origin, change.command_id) == ("cli:op@host", "set-1")


def test_two_clients_with_one_id_share_one_answer(host: Host) -> None:
    command = m.Command("same", "cli:op@host", m.Launch("idle", IDLE))

    async def both() -> list[m.Ack]:
        return await asyncio.gather(host.desk_host.execute(command), host.desk_host.execute(command))

    one, two = host.rig.run(both())
    assert one == two
    assert list(host.rig.desk.loops.all) == ["L1"]


def test_a_defect_of_ours_leaves_nobody_waiting() -> None:
    class Broken(Idle):
        kind = "broken"

        def legs(self, _params: object) -> Any:
            raise ZeroDivisionError("a defect")

    with FakeRig(strategies={"broken": Broken()}) as rig:
        host = Host(rig)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                host.send(m.Launch("broken", IDLE), "a")


# -- refusals


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (m.Launch("scalp", {}), ("strategy: 'scalp'", "expected one of", "hedge")),
        (m.Launch("idle", {"size": "-1"}), ("size: '-1'", "expected", "> 0")),
        (m.Launch("idle", {"size": "abc"}), ("size: 'abc'", "expected a number")),
        (m.Launch("idle", {"size": "0.05", "sice": "1"}), ("sice: '1'", "expected a parameter that exists", "size")),
        (m.Launch("idle", {"maker": "nobody"}), ("maker: 'nobody'", "expected a configured account: mk, tk")),
        (m.Launch("idle", {"ticker": "DOGE"}), ("ticker: 'DOGE'", "expected a coin that mk trades: BTC")),
        (m.Launch("idle", IDLE), ("maker: mk BTCUSDT is traded by loop L1 already",)),
        (m.SetParams("L9", {"size": "1"}), ("loop: 'L9'", "expected one of: L1")),
        (m.SetParams("L1", {"size": "-1"}), ("size: '-1'", "> 0")),
        (m.SetParams("L1", {"size": "0.001"}), ("size: '0.001'", "expected at least 0.005")),
        (m.SetParams("L1", {"size": "0.06", "iterations": "-3"}), ("iterations: '-3'",)),
        (m.SetParams("L1", {"sise": "1"}), ("sise: '1'", "size")),
        (m.SetParams("L1", {"maker": "tk"}), ("maker: 'tk'", "fixed at launch")),
        (m.Pause("L9"), ("loop: 'L9'", "expected one of: L1")),
        (m.Resume("L9"), ("loop: 'L9'", "expected one of: L1")),
        (m.Stop("L9"), ("loop: 'L9'", "expected one of: L1")),
        (m.Stop("L1", "soon"), ("mode: 'soon'", "expected one of cycle, now, flatten")),
        (m.Flatten(("nobody",)), ("account: 'nobody'", "expected one of mk, tk")),
        (m.Flatten(named=("nobody",)), ("account: 'nobody'", "expected one of mk, tk")),
        (m.Flatten(scope="half"), ("scope: 'half'", "expected one of pairs, all")),
        (m.Reduce("0"), ("fraction: '0'", "> 0, <= 1")),
        (m.Reduce("-0.5"), ("fraction: '-0.5'", "> 0, <= 1")),
        (m.Reduce("1.0001"), ("fraction: '1.0001'", "> 0, <= 1")),
        (m.Reduce("NaN"), ("fraction: 'NaN'", "> 0, <= 1")),
        (m.Reduce("half"), ("fraction: 'half'", "> 0, <= 1")),
        (m.Reduce("0.5", ("nobody",)), ("account: 'nobody'", "expected one of mk, tk")),
        (m.FlattenCancel("F9-9"), ("id: 'F9-9'", "none was started")),
        (m.ResumeAccount("nobody"), ("account: 'nobody'", "expected one of mk, tk")),
        (m.Fault("nobody", "slow"), ("account: 'nobody'", "expected one of mk, tk")),
        (m.Fault("mk", "slow"), ("mk is not a paper account",)),
        (m.Query("money"), ("query: 'money'", "expected one of fills")),
        (m.Query("fills", {"from": "yesterday"}), ("from: 'yesterday'", "ns since the epoch")),
        (m.Query("flatten", {"id": "F9-9"}), ("flatten: 'F9-9'",)),
    ],
    ids=lambda value: str(value)[:40] if not isinstance(value, tuple) else "",
)
def test_a_refusal_names_what_is_wrong_and_what_would_be_right(
    host: Host, verb: m.Verb, words: tuple[str, ...]
) -> None:
    launched(host)
    error = host.no(verb)
    for word in words:
        assert word in error
    assert "\n" not in error


def test_a_size_that_rounding_would_eat_is_refused(host: Host) -> None:
    error = host.no(m.Launch("idle", {"size": "0.001"}))
    assert "size: 0.001 is too small" in error
    assert "expected at least 0.005" in error
    assert host.ok(m.Launch("idle", IDLE))["loop"] == "L1", "a refused launch takes no number"


def test_a_refused_command_is_told_in_the_log_and_a_refused_query_is_not(host: Host) -> None:
    host.no(m.Stop("L9"))
    assert "refused (cli:op@host): loop: 'L9'" in host.rig.log[-1]
    said = len(host.rig.log)
    host.no(m.Query("money"))
    assert len(host.rig.log) == said


# -- loops


def test_pause_and_resume_of_one_and_of_all(host: Host) -> None:
    loop = launched(host)
    assert host.ok(m.Pause("L1")) == {"paused": ["L1"]}
    assert loop.state is LoopState.PAUSED
    assert loop.paused == "by cli:op@host"
    assert host.ok(m.Resume("L1")) == {"resumed": ["L1"]}
    assert loop.state is LoopState.RUNNING
    assert host.ok(m.Pause("all")) == {"paused": ["L1"]}
    assert host.tables().desk[0].entries_denied
    assert host.ok(m.Resume("all")) == {"resumed": ["L1"]}
    assert loop.state is LoopState.RUNNING
    assert not host.tables().desk[0].entries_denied


def test_pause_of_all_holds_back_new_loops_too(host: Host) -> None:
    assert host.ok(m.Pause("all")) == {"paused": []}
    assert "entries are denied: stopped by cli:op@host; `resume all` lifts it" in host.no(m.Launch("idle", IDLE))
    assert host.ok(m.Resume("all")) == {"resumed": []}
    launched(host)


def test_a_change_is_pending_until_the_safe_point(host: Host) -> None:
    rig: Any = host.rig

    async def busy(ctx: Any) -> None:
        await asyncio.sleep(5)

    rig.idle.act = busy
    loop = launched(host)
    assert host.ok(m.SetParams("L1", {"size": "0.06"})) == {"loop": "L1", "pending": {"size": "0.06"}}
    assert host.ok(m.SetParams("L1", {"iterations": "9"}))["pending"] == {"size": "0.06", "iterations": "9"}
    (row,) = host.tables().loops
    assert (row.params["size"], row.pending) == ("0.05", {"size": "0.06", "iterations": "9"})
    rig.pass_time(5)
    (row,) = host.tables().loops
    assert (row.params["size"], row.params["iterations"], row.pending) == ("0.06", "9", {})
    assert loop.params.size == D("0.06")


@pytest.mark.parametrize("mode", ["cycle", "now"])
def test_stop_ends_the_loop_which_then_takes_no_commands(host: Host, mode: str) -> None:
    loop = launched(host)
    assert host.ok(m.Stop("L1", mode), seconds=1) == {"stopping": ["L1"], "mode": mode}
    assert loop.state is LoopState.STOPPED
    assert "has ended" in host.no(m.SetParams("L1", {"size": "0.06"}))
    assert "has ended" in host.no(m.Resume("L1"))
    assert host.ok(m.Resume("all")) == {"resumed": []}
    assert host.ok(m.Launch("idle", IDLE))["loop"] == "L2", "its markets are free again"


def test_stop_with_flatten_closes_what_the_loop_holds(rig: FakeRig, host: Host) -> None:
    loop = holding(host)
    host.ok(m.Stop("L1", "flatten"), seconds=5)
    assert loop.state is LoopState.STOPPED
    assert rig.held("mk") == rig.held("tk") == 0
    (row,) = host.tables().flattens
    assert row.state == "flat"


# -- emergencies


def test_flatten_denies_entries_until_resume_all(rig: FakeRig, host: Host) -> None:
    loop = holding(host)
    row = host.ok(m.Flatten(), "f", seconds=3)
    assert (row["kind"], row["state"], row["accounts"]) == ("flatten", "working", ["mk", "tk"])
    assert host.ok(m.Query("flatten", {"id": row["id"]}))["state"] == "flat"
    assert rig.held("mk") == rig.held("tk") == 0
    (desk,) = host.tables().desk
    assert desk.entries_denied
    assert "account mk is reducing" in host.no(m.Resume("L1"))
    assert host.ok(m.Resume("all")) == {"resumed": ["L1"]}
    (desk,) = host.tables().desk
    assert not desk.entries_denied
    assert loop.state is LoopState.RUNNING


def test_an_ended_flatten_can_still_be_asked_for_after_a_restart(tmp_path: Path) -> None:
    with FakeRig(journal=tmp_path / "desk.sqlite") as rig:
        host = Host(rig)
        holding(host)
        id_ = host.ok(m.Flatten(), seconds=3)["id"]
        host.restarted()
        row = host.ok(m.Query("flatten", {"id": id_}))
        assert (row["state"], row["accounts"]) == ("flat", ["mk", "tk"])


def test_nothing_is_resumed_while_a_flatten_is_at_work(rig: FakeRig, host: Host) -> None:
    loop = holding(host)
    rig.at(rig.tk, "lose", "no route")
    id_ = host.ok(m.Flatten(), seconds=5)["id"]
    for verb in (m.Resume("all"), m.Resume("L1"), m.ResumeAccount("mk")):
        assert host.no(verb) == f"{id_} is still at work; wait for it or cancel it first"
    assert rig.desk.accounts["mk"].trading is Trading.REDUCING
    assert host.ok(m.FlattenCancel(id_))["state"] == "cancelled"
    assert host.ok(m.FlattenCancel(id_))["state"] == "cancelled", "twice is no error"
    assert loop.state is LoopState.HALTED
    assert rig.desk.accounts["mk"].trading is Trading.REDUCING, "entries stay denied"
    rig.at(rig.tk, "come_back", seconds=1)
    assert host.ok(m.Resume("all")) == {"resumed": ["L1"]}


def test_reduce_cuts_both_legs_alike(rig: FakeRig, host: Host) -> None:
    holding(host, "0.08")
    assert host.ok(m.Reduce("0.5"), seconds=5)["kind"] == "reduce"
    (row,) = host.tables().flattens
    assert row.state == "done"
    assert rig.held("mk") == -rig.held("tk") == D("0.04")
    (desk,) = host.tables().desk
    assert not desk.entries_denied


@pytest.mark.parametrize("fraction", ["1", "0.0001", "1e-3"])
def test_every_fraction_above_0_up_to_1_is_taken(host: Host, fraction: str) -> None:
    assert host.ok(m.Reduce(fraction))["kind"] == "reduce"


# -- accounts


def test_resume_of_a_suspect_account_books_the_difference_as_foreign(rig: FakeRig, host: Host) -> None:
    launched(host)
    rig.mk.told_position = {"BTCUSDT": D("0.7")}
    rig.pass_time(12)
    rig.quote()
    (row,) = host.tables().positions
    assert (row.qty, row.ledger_qty, row.foreign_qty) == (D("0.7"), 0, 0), "the venue's word beside ours"
    assert {a.name: a.health.value for a in host.tables().accounts} == {"mk": "suspect", "tk": "live"}
    assert host.ok(m.ResumeAccount("mk")) == {"account": "mk", "state": "active"}
    (row,) = host.tables().positions
    assert (row.qty, row.ledger_qty, row.foreign_qty) == (D("0.7"), D("0.7"), D("0.7"))
    assert not rig.desk.accounts["mk"].suspect
    assert not [alarm for alarm in host.tables().alarms if alarm.id.startswith("suspect")]
    assert rig.tk.submitted == [], "what is foreign is never hedged"
    rig.pass_time(12)
    assert not rig.desk.accounts["mk"].suspect, "the next report agrees"


def test_a_suspect_account_under_a_flatten_is_believed_and_closed_but_takes_no_entries(
    rig: FakeRig, host: Host
) -> None:
    holding(host)
    rig.mk.told_position = {"BTCUSDT": D("0.03")}
    rig.pass_time(12)
    id_ = host.ok(m.Flatten(), seconds=3)["id"]
    (row,) = host.tables().flattens
    assert row.state == "blocked"
    assert any("mk is suspect" in leg for leg in row.legs)
    assert host.ok(m.ResumeAccount("mk"), seconds=0) == {"account": "mk", "state": "reducing"}
    rig.mk.held["BTCUSDT"] = D("0.03")
    rig.mk.told_position = None
    rig.pass_time(10)
    assert host.ok(m.Query("flatten", {"id": id_}))["state"] == "flat"
    assert rig.desk.accounts["mk"].trading is Trading.REDUCING


def test_resume_of_a_halted_account(rig: FakeRig, host: Host) -> None:
    rig.call(rig.desk.set_trading, rig.desk.accounts["mk"], Trading.HALTED, "by hand")
    assert "account mk is halted: by hand" in host.no(m.Launch("idle", IDLE))
    assert host.ok(m.ResumeAccount("mk")) == {"account": "mk", "state": "active"}
    launched(host)


def test_shutdown_is_acknowledged_before_the_desk_goes(host: Host) -> None:
    assert host.ok(m.Shutdown()) == {"pid": 4711}
    assert host.desk_host.shutdown.is_set()


# -- how far a launch can reach


def test_a_launch_tells_what_leverage_it_can_come_to_and_a_query_tells_it_before(host: Host) -> None:
    asked = host.ok(m.Query("reach", {"strategy": "idle", **IDLE}))
    assert "leverage at the most 0.10x on mk" in asked["text"]
    assert host.rig.desk.loops.all == {}
    answer = host.ok(m.Launch("idle", IDLE))
    assert answer == {"loop": "L1"} | asked
    assert [reach["account"] for reach in answer["reach"]] == ["mk", "tk"]


def test_a_preview_of_what_cannot_be_launched_says_why(host: Host) -> None:
    ack = host.send(m.Query("reach", {"strategy": "idle", **IDLE, "size": "-1"}))
    assert not ack.ok
    assert "size: '-1' is not valid" in ack.error
    assert "strategy: '' is not known" in host.send(m.Query("reach")).error
