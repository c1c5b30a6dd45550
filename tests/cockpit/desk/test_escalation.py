"""A critical alarm that nobody acknowledges: louder after a while, and at last what was configured for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from desk_kit import FakeRig

from cockpit.desk.accounts import Trading
from cockpit.desk.alarms import Alarm
from cockpit.desk.desk import DeskOptions
from cockpit.desk.escalation import BY, GRACE_S, AlarmRules, EscalateAction
from cockpit.desk.flatten_job import State
from cockpit.desk.loops import LoopState
from cockpit.desk.refusals import LaunchError
from venues.model import Side

AFTER, BEYOND = 120.0, 90.0


def rig_with(
    action: EscalateAction = EscalateAction.NONE, *, journal: str | Path = ":memory:", after: float = AFTER
) -> FakeRig:
    rules = AlarmRules(escalate_after_s=after, action=action, action_after_s=BEYOND)
    return FakeRig(journal=journal, options=DeskOptions(alarms=rules))


def sound(rig: FakeRig, id_: str = "defect/x", level: str = "critical", text: str = "a bad thing") -> Alarm:
    rig.call(rig.desk.alarms.sound, id_, level, text)
    return rig.desk.alarms.active[id_]


def settle(rig: FakeRig) -> None:
    """Nothing left that a rig takes for a defect."""
    for id_ in list(rig.desk.alarms.active):
        rig.desk.alarms.clear(id_)


def told_by_escalation(rig: FakeRig) -> list[dict[str, str]]:
    rig.desk.journal.flush()
    rows = rig.desk.journal.reader()._connection.execute(
        "SELECT verb FROM commands WHERE origin = ? ORDER BY ts", (BY,)
    )
    return [json.loads(verb) for (verb,) in rows]


def test_it_escalates_once_and_rings_once_more() -> None:
    with rig_with() as rig:
        rung: list[tuple[str, bool]] = []
        rig.desk.alarms.on_ring.append(lambda alarm: rung.append((alarm.id, alarm.escalated_ts > 0)))
        alarm = sound(rig)
        rig.pass_time(AFTER - 2)
        assert not alarm.escalated_ts
        rig.pass_time(4)
        assert alarm.escalated_ts
        rig.pass_time(3600)
        assert rung == [("defect/x", False), ("defect/x", True)]
        assert alarm.action == "", "nothing is configured"
        settle(rig)


@pytest.mark.parametrize("case", ["warning", "acknowledged", "never"])
def test_what_does_not_escalate(case: str) -> None:
    with rig_with(EscalateAction.FLATTEN, after=0 if case == "never" else AFTER) as rig:
        alarm = sound(rig, "suspect/mk", "warning" if case == "warning" else "critical")
        if case == "acknowledged":
            rig.desk.alarms.acknowledge("suspect/mk", "op")
        rig.pass_time(3600)
        assert (alarm.escalated_ts, alarm.action, rig.desk.flattener.jobs) == (0, "", {})


def test_an_acknowledgement_stops_it_and_news_begins_it_anew() -> None:
    with rig_with(EscalateAction.STOP_ENTRIES) as rig:
        alarm = sound(rig, "suspect/mk")
        rig.pass_time(AFTER + 2)
        assert alarm.escalated_ts
        rig.desk.alarms.acknowledge("suspect/mk", "op")
        rig.pass_time(3600)
        assert alarm.action == ""
        sound(rig, "suspect/mk", text="something else")
        assert not alarm.escalated_ts
        rig.pass_time(AFTER - 2)
        assert not alarm.escalated_ts
        rig.pass_time(BEYOND + 6)
        assert "all entries stopped" in alarm.action


def test_stop_entries_holds_every_loop_until_the_operator_resumes() -> None:
    with rig_with(EscalateAction.STOP_ENTRIES) as rig:
        loop = rig.launch()
        sound(rig)
        rig.pass_time(AFTER + BEYOND - 3)
        assert not rig.desk.risk.entries_denied
        rig.pass_time(6)
        assert rig.desk.risk.entries_denied == "stopped by escalation: defect/x"
        assert loop.state is LoopState.PAUSED
        with pytest.raises(LaunchError):
            rig.launch()
        rig.call(rig.desk.deny_entries, "")
        rig.pass_time(3600)
        assert not rig.desk.risk.entries_denied, "once is enough"
        assert told_by_escalation(rig) == [{"type": "pause", "loop": "all"}]
        settle(rig)


def test_flatten_closes_everything_once_for_any_number_of_alarms() -> None:
    with rig_with(EscalateAction.FLATTEN) as rig:
        rig.at(rig.mk, "foreign", Side.BUY, "0.3", "100000")
        alarms = [sound(rig, f"defect/{number}") for number in range(3)]
        rig.pass_time(AFTER + BEYOND + 4)
        first, *others = [alarm.action for alarm in alarms]
        (job, *more) = rig.desk.flattener.jobs.values()
        assert not more
        assert "begun" in first or "at work already" in first
        assert all(job.spec.id in action for action in (first, *others))
        assert (job.spec.accounts, job.spec.scope) == (("mk", "tk"), "pairs")
        rig.until(lambda: rig.mk.submitted)
        assert rig.mk.submitted[-1].reduce_only
        assert rig.desk.accounts["mk"].trading is Trading.REDUCING
        settle(rig)


def test_the_action_waits_out_a_restart_and_is_not_done_twice(tmp_path: Path) -> None:
    with rig_with(EscalateAction.FLATTEN, journal=tmp_path / "journal.sqlite") as rig:
        sound(rig)
        rig.pass_time(AFTER + 2)
        rig.crash()
        rig.pass_time(BEYOND)
        rig.start()
        alarm = rig.desk.alarms.active["defect/x"]
        assert alarm.escalated_ts
        rig.pass_time(GRACE_S - 5)
        assert alarm.action == "", "its cause may be gone: the operator has a moment more"
        rig.pass_time(10)
        assert "begun" in alarm.action
        rig.until(lambda: all(job.state is State.FLAT for job in rig.desk.flattener.jobs.values()))
        rig.crash()
        rig.start()
        rig.pass_time(3600)
        assert "begun" in rig.desk.alarms.active["defect/x"].action
        assert rig.desk.flattener.jobs == {}
        assert told_by_escalation(rig) == [{"type": "flatten", "scope": "pairs"}]
        settle(rig)


def test_a_desk_that_stops_begins_nothing() -> None:
    with rig_with(EscalateAction.FLATTEN) as rig:
        alarm = sound(rig)
        rig.pass_time(AFTER + 2)
        rig.desk.stopping = True
        rig.pass_time(BEYOND * 2)
        assert alarm.action == ""
        settle(rig)
