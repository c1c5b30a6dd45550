"""A desk that stood still (frozen, swapped out, starved) must not act on what it believed before: it looks first.

The world went on without it: orders filled, the venues' dead-man switches struck, the watchdog cancelled and closed. So
its loops are paused, and nothing of theirs is hedged before every account they trade on has been reconciled anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cockpit.desk.accounts import Account
from cockpit.desk.loops import Loop, LoopState
from venues.model import NS_PER_S

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk

STILL_S = 4.0
"""A gap between two looks of the watch that counts as standing still. Less than the shortest silence after which a
watchdog acts, less a second between two looks: whatever it did, the desk takes note before it sends anything."""
MISSED_LOOKS = 3
"""Where the watch looks seldom, as many looks must have been missed."""
PATIENCE_S = 10.0
"""How long loops wait for accounts that cannot be reconciled: then the hedger's own ladder deals with those."""
AGAIN_S = 1.0
LINGER_S = 2.0
"""A watchdog that is at work hears the desk within a second, and then stops; what it had sent by then comes in first,
or both would close the same leg."""
LOOKED_UP = "a forced close is being looked up"
LOOKING = "every account is looked at first"


class Standstill:
    """Notices the gap, on the watch's timer or at the first order, whichever comes first."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._still_ns = int(max(STILL_S, MISSED_LOOKS * desk.options.watch_s) * NS_PER_S)
        self._looked_ns: int | None = None
        self._unsure: dict[str, int] = {}
        """Accounts that wait for a pass that begins from now on, and how many such passes were asked for."""

    async def keep_looking(self) -> None:
        """Look each second while the desk starts, before there is a watch: it may be frozen then as well."""
        while True:
            self.look()
            await asyncio.sleep(self._desk.options.watch_s)

    def look(self) -> None:
        """Called by the watch each second, before anything else."""
        self.fence()
        self._looked_ns = self._desk.clock.monotonic_ns()

    def fence(self) -> str:
        """Why no order may leave at this moment; empty where the desk has been awake."""
        now = self._desk.clock.monotonic_ns()
        if self._looked_ns is None or now - self._looked_ns < self._still_ns:
            return ""
        gap = (now - self._looked_ns) / NS_PER_S
        self._looked_ns = now
        return self._woke(gap)

    def _woke(self, gap: float) -> str:
        desk = self._desk
        words = f"the desk stood still for {gap:.0f} s"
        loops = [loop for loop in desk.loops.all.values() if not loop.state.ended]
        for loop in loops:
            if loop.state in (LoopState.STARTING, LoopState.RUNNING):
                desk.loops.pause(loop, words)
        for account in desk.accounts.values():
            account.reconciled_ts = 0
        self.hold(loops, desk.accounts.values())
        desk.alarms.sound("standstill", "critical", f"{words}; its loops are paused, {LOOKING}")
        return words

    # -- looking before acting

    def hold(self, loops: Iterable[Loop], accounts: Iterable[Account] = (), *, patience_s: float = PATIENCE_S) -> None:
        """Let nothing of these be hedged before every account of theirs has been reconciled by a pass that begins from
        now on, or patience has ended; `accounts` are reconciled besides."""
        concerned = {account.name: account for account in accounts}
        for loop in loops:
            for book in loop.books.values():
                book.suspend(LOOKING)
            concerned |= {leg.account: self._desk.accounts[leg.account] for leg in loop.legs.values()}
        running = asyncio.get_running_loop()
        for account in concerned.values():
            turn = self._unsure[account.name] = self._unsure.get(account.name, 0) + 1
            self._desk.keep(running.create_task(self._make_sure(account, turn, patience_s)))

    async def _make_sure(self, account: Account, turn: int, patience_s: float) -> None:
        """One whole pass, again until it agrees or patience ends. One that was under way when the desk fell asleep
        proves nothing: its answers may be as old as the sleep."""
        desk = self._desk
        until = asyncio.get_running_loop().time() + patience_s
        if desk.watched.busy:
            await desk.sleep(LINGER_S)
        while self._unsure.get(account.name) == turn:
            if account.up and await self._passed(account, until):
                break
            if asyncio.get_running_loop().time() >= until:
                desk.alarms.say("warning", account.name, f"not reconciled within {patience_s:.0f} s; hedging goes on")
                break
            await desk.sleep(AGAIN_S)
        if self._unsure.get(account.name) == turn:
            del self._unsure[account.name]
            self._release()

    async def _passed(self, account: Account, until: float) -> bool:
        """One pass; one that takes longer than patience goes on by itself, and has proved nothing yet."""
        running = asyncio.get_running_loop()
        task = running.create_task(self._desk.reconciler.account(account))
        self._desk.keep(task)
        done, _ = await asyncio.wait({task}, timeout=max(until - running.time(), 0))
        return task in done and task.exception() is None and task.result()

    def _release(self) -> None:
        for loop in self._desk.loops.all.values():
            if any(leg.account in self._unsure for leg in loop.legs.values()):
                continue
            for book in loop.books.values():
                if book.release(LOOKING):
                    book.work()
            loop.wake()
