"""What a flatten or a reduce does to the rest of the desk while it works, and what it leaves behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cockpit.desk.accounts import Trading
from cockpit.desk.execution import Owner
from cockpit.desk.flatten_job import Job, State
from cockpit.desk.loops import Loop, LoopState

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk


class FlattenGrip:
    """Halts loops, suspends hedging of legs that are being closed together, bars entries."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def hold(self, job: Job) -> None:
        """Before the first cancel: nobody opens or hedges there any more."""
        note = _note(job)
        for loop in self._concerned(job):
            for book in loop.books.values():
                book.suspend(note)
            if loop.state.ended:
                continue
            if job.spec.kind == "flatten":
                loop.halt_reason = note
                self._desk.loops.set_state(loop, LoopState.FLATTENING)
                loop.wake()
            else:
                self._desk.loops.pause(loop, note)
        if job.spec.kind == "flatten" and not job.spec.loop:
            for name in job.spec.accounts:
                account = self._desk.accounts[name]
                self._desk.set_trading(account, Trading.REDUCING, f"{note}; `resume all` lifts it")

    def release(self, job: Job) -> None:
        """After the end: a reduced loop evens out what rounding left; a flattened one waits for the operator."""
        note = _note(job)
        for loop in self._desk.loops.all.values():
            for book in loop.books.values():
                if book.release(note) and (job.spec.kind == "reduce" or job.state is State.CANCELLED):
                    book.work()
            if loop.state is LoopState.FLATTENING and loop.halt_reason == note:
                stopped = bool(job.spec.loop) and job.state is State.FLAT
                self._desk.loops.set_state(loop, LoopState.STOPPED if stopped else LoopState.HALTED)
                if not job.spec.loop and job.state is State.FLAT:
                    self._even_out(loop, note)

    def _even_out(self, loop: Loop, note: str) -> None:
        """A loop whose legs were not all among the accounts: what the flatten left of it naked is closed too."""
        for book in loop.books.values():
            if abs(book.owed) > book.tolerance():
                words = f"{note} left {loop.id} with {-book.owed:+.8f} unhedged; its other legs are closed by as much"
                self._desk.alarms.sound(f"hedge/{loop.id}", "critical", words)
                self._desk.loops.close_only(loop.id, words)
                book.work()

    def owner(self, loop: str) -> Owner:
        """Whose ids an order of a loop gets; the desk's own for what is foreign or of an ended run."""
        known = self._desk.loops.all.get(loop)
        return known.owner if known is not None else self._desk.loops.desk_owner

    def leg_of(self, loop: str, account: str, symbol: str) -> str:
        return self._desk.past.leg_of(loop, account, symbol)

    def trouble(self, where: str, error: BaseException) -> None:
        self._desk.trouble(where, error)

    def say(self, level: str, source: str, text: str) -> None:
        self._desk.alarms.say(level, source, text)

    def keep(self, task: asyncio.Task[None]) -> None:
        self._desk.keep(task)

    def _concerned(self, job: Job) -> list[Loop]:
        loops = self._desk.loops.all
        if job.spec.loop:
            return [loops[job.spec.loop]] if job.spec.loop in loops else []
        wanted = set(job.spec.accounts)
        return [loop for loop in loops.values() if wanted & {leg.account for leg in loop.legs.values()}]


def _note(job: Job) -> str:
    return f"{job.spec.kind} {job.spec.id}"
