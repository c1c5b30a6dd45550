"""A critical alarm that nobody acknowledges gets louder, and at last something is done about it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from cockpit.desk.alarms import REPEAT_S, Alarm
from cockpit.desk.flatten_job import Job, Scope, Spec
from venues.model import NS_PER_S

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk

BY = "escalation"
GRACE_S = 30.0
"""How long a desk must have run before it acts on an alarm of an earlier run: its cause may be gone by then."""


class EscalateAction(StrEnum):
    """What is done about a critical alarm that nobody acknowledges even after it has escalated."""

    NONE = "none"
    STOP_ENTRIES = "stop-entries"
    FLATTEN = "flatten"


class AlarmRules(msgspec.Struct, frozen=True):
    """How loud alarms are, seconds. 0 is never."""

    repeat_s: float = REPEAT_S
    """A repeated alarm is rung and told outside at most this often."""
    bell_s: float = 30.0
    """How often clients ring for a critical alarm that nobody acknowledges; 0: they never ring."""
    escalate_after_s: float = 300.0
    action: EscalateAction = EscalateAction.NONE
    action_after_s: float = 300.0
    """Beyond `escalate_after_s`."""


class Escalation:
    """Run by the desk's watch. All that it knows is in the alarms, and so in the journal."""

    def __init__(self, desk: Desk, rules: AlarmRules) -> None:
        self._desk = desk
        self._rules = rules
        self._began: int | None = None
        """Monotonic clock of the first look, ns: the desk's start is over."""

    def step(self) -> None:
        """Ring what is due, and take each alarm that waits for the operator one rung further where it is time."""
        alarms = self._desk.alarms
        if self._began is None:
            self._began = self._desk.clock.monotonic_ns()
        alarms.look()
        if not self._rules.escalate_after_s:
            return
        for alarm in list(alarms.active.values()):
            if alarm.critical and not alarm.acked:
                self._look(alarm, self._began)

    def _look(self, alarm: Alarm, began: int) -> None:
        rules, now = self._rules, self._desk.clock.monotonic_ns()
        waited = (now - alarm.waiting_from) / NS_PER_S
        if not alarm.escalated_ts:
            if waited >= rules.escalate_after_s:
                self._desk.alarms.escalate(alarm)
            return
        if alarm.action or rules.action is EscalateAction.NONE or self._desk.stopping:
            return
        if waited >= rules.action_after_s and now - began >= GRACE_S * NS_PER_S:
            self._act(alarm)

    def _act(self, alarm: Alarm) -> None:
        if self._rules.action is EscalateAction.FLATTEN:
            verb, done = {"type": "flatten", "scope": Scope.PAIRS.value}, self._flatten()
        else:
            verb, done = {"type": "pause", "loop": "all"}, self._stop_entries(alarm)
        self._desk.alarms.acted(alarm, done)
        self._desk.journal.command(
            f"{BY}/{alarm.id}/{alarm.armed_ts}",
            ts=self._desk.clock.now_ns(),
            origin=BY,
            verb=msgspec.json.encode(verb).decode(),
            ok=True,
            result=msgspec.json.encode({"done": done, "alarm": alarm.id}).decode(),
        )

    def _stop_entries(self, alarm: Alarm) -> str:
        """As the operator's own stop of all entries; only the operator lifts it."""
        desk = self._desk
        for loop in desk.loops.find("all"):
            desk.loops.pause(loop, f"by {BY}")
        desk.deny_entries(f"stopped by {BY}: {alarm.id}")
        return "all entries stopped; `resume all` lifts it"

    def _flatten(self) -> str:
        """As the operator's own flatten of all accounts; one that is at work there already is enough."""
        desk = self._desk
        accounts = tuple(name for name, account in desk.accounts.items() if not account.read_only)
        if not accounts:
            return "every account is read-only: there is nothing to flatten"
        for job in desk.flattener.jobs.values():
            if _flattens_all(job, accounts):
                return f"flatten {job.spec.id} of all accounts is at work already"
        job = desk.flattener.start(Spec(id=desk.next_job_id(), kind="flatten", accounts=accounts, scope=Scope.PAIRS))
        return f"flatten {job.spec.id} of all accounts begun"


def _flattens_all(job: Job, accounts: tuple[str, ...]) -> bool:
    spec = job.spec
    return spec.kind == "flatten" and not spec.loop and not job.state.ended and set(spec.accounts) >= set(accounts)
