"""The time of a replay: it runs at some speed, stands, or jumps; the past follows it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cockpit.desk.journal_file import JournalError
from cockpit.link.replay_state import ReplayState
from cockpit.replay.past import Past
from cockpit.replay.tape import Facts, Reel, Tape
from venues.model import NS_PER_S, Clock

SPEEDS = (1, 5, 20, 100)
LONGEST_NS = 86_400 * NS_PER_S
"""A session is the desk's newest run, and of that the last day, where nobody names its beginning."""
EACH_TIME = 2_000
"""Rows taken at one go: where more happened in that time, what is shown falls behind rather than the keys."""
LOOK_NS = NS_PER_S
"""How often the end of the journal is asked whether its desk has gone on."""


class Built:
    """A past as of some time, and the reel that goes on from there."""

    def __init__(self, tape: Tape) -> None:
        facts = tape.facts()
        self.past = Past(facts, tape.param_changes())
        self.reel = Reel(tape)
        self.reel.look()

    def run_to(self, ts: int, stop: threading.Event | None = None, most: int | None = None) -> bool:
        """Take what was booked up to `ts`; False where `most` rows were not enough or `stop` was set."""
        taken = 0
        while (event := self.reel.peek()) is not None and event.ts <= ts:
            if (most is not None and taken >= most) or (stop is not None and stop.is_set()):
                return False
            self.past.take(self.reel.take())
            taken += 1
        self.past.now(ts)
        if event is None:
            self.past.finish()
        return True


class Player:
    """One session of a journal. Raises `JournalError` where there is none to show.

    Time comes from `clock`'s monotonic side. `advance` is called some times a second, on the event loop.
    """

    def __init__(self, path: Path, clock: Clock, *, speed: int = 1, start: Callable[[int], int] | None = None) -> None:
        """`start`: the session's end, ns, to where it begins; by itself at the start of the desk's newest run."""
        self.path = path
        self._clock = clock
        self._tape = Tape.open(str(path))
        began, self.last = self._tape.span()
        facts = self._tape.facts()
        if not began:
            raise JournalError(f"journal {path}: nothing has happened in it yet")
        run = max((run.ts for run in facts.runs if run.ts <= self.last), default=began)
        first = max(run, self.last - LONGEST_NS) if start is None else start(self.last)
        self.first = first = max(began, min(self.last, first))
        self.speed = speed
        self.paused = False
        self.trouble = ""
        self.generation = 1
        self.built = Built(self._tape)
        self._at = self._ts = first
        self._mono = clock.monotonic_ns()
        self._looked = self._mono
        self._target: int | None = None
        self._seeking: asyncio.Task[None] | None = None
        self._stop = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="seek")
        self._marks: tuple[tuple[int, str], ...] = ()
        self._mark(facts)

    # -- what it shows

    @property
    def ts(self) -> int:
        """The time that the past stands at, ns."""
        return self._ts

    @property
    def past(self) -> Past:
        return self.built.past

    @property
    def state(self) -> ReplayState:
        return ReplayState(
            ts=self._ts if self._target is None else self._target,
            first=self.first,
            last=self.last,
            speed=self.speed,
            paused=self.paused,
            seeking=self._target is not None,
            marks=self._marks,
            trouble=self.trouble,
        )

    def _mark(self, facts: Facts) -> None:
        shown = (row for row in facts.alarms if self.first <= row.first_ts <= self.last)
        self._marks = tuple(sorted((row.first_ts, row.level) for row in shown))

    # -- its hand

    def pause(self, *, on: bool) -> None:
        self._rebase()
        self.paused = on

    def faster(self, steps: int) -> None:
        """Some steps up (or down) the speeds."""
        self._rebase()
        above = [speed for speed in SPEEDS if speed > self.speed]
        below = [speed for speed in SPEEDS if speed < self.speed]
        if steps > 0 and above:
            self.speed = above[0]
        elif steps < 0 and below:
            self.speed = below[-1]

    def jump(self, seconds: float) -> None:
        """From the time shown, or from the one that it is on its way to."""
        self.seek((self._ts if self._target is None else self._target) + round(seconds * NS_PER_S))

    def seek(self, ts: int) -> None:
        """To a time of the session; beyond its ends, to the end. The past is made anew beside the loop."""
        self._target = max(self.first, min(self.last, ts))
        self._stop.set()
        if self._seeking is None:
            self._seeking = asyncio.get_running_loop().create_task(self._seek())

    async def _seek(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while (target := self._target) is not None:
                self._stop.clear()
                built = await loop.run_in_executor(self._thread, self._build, target)
                if self._target != target:
                    continue
                built.reel.rethread(self._tape)
                self.built = built
                self.generation += 1
                self._at = self._ts = target
                self._mono = self._clock.monotonic_ns()
                self._target = None
        except (JournalError, sqlite3.Error) as error:
            self._target = None
            self.trouble = str(error)
        finally:
            self._seeking = None

    def _build(self, ts: int) -> Built:
        """On a thread and a connection of its own."""
        tape = Tape.open(str(self.path))
        try:
            built = Built(tape)
            built.run_to(ts, self._stop)
        finally:
            tape.close()
        return built

    async def settled(self) -> None:
        """Until no jump is under way."""
        while self._seeking is not None:
            await self._seeking

    async def close(self) -> None:
        self._stop.set()
        self._target = None
        await self.settled()
        self._thread.shutdown()
        self._tape.close()

    # -- its run

    def _rebase(self) -> None:
        """The speed is about to change: what has passed so far passed at the old one."""
        self._at, self._mono = self._due(), self._clock.monotonic_ns()

    def _due(self) -> int:
        if self.paused or self._target is not None:
            return self._at
        passed = self._clock.monotonic_ns() - self._mono
        return min(self.last, self._at + passed * self.speed)

    def advance(self) -> None:
        """Let the past come up to the time that it is by now."""
        if self._target is not None:
            return
        try:
            self._look()
            due = self._due()
            if self.built.run_to(due, most=EACH_TIME):
                self._ts = due
            else:
                behind = self.built.reel.peek()
                # Not all that was due found room: time waits for it.
                self._ts = self._at = max(self._ts, behind.ts - 1 if behind is not None else due)
                self._mono = self._clock.monotonic_ns()
            self.trouble = ""
        except (JournalError, sqlite3.Error) as error:
            self.trouble = str(error)

    def _look(self) -> None:
        """At the end: whether the desk has written more."""
        now = self._clock.monotonic_ns()
        if self._ts < self.last or now - self._looked < LOOK_NS:
            return
        self._looked = now
        if not self.built.reel.look():
            return
        facts = self._tape.facts()
        self.past.learn(facts)
        self.last = max(self.last, self._tape.span()[1])
        self._mark(facts)
        self._rebase()
