"""What an earlier run left behind comes back: loops, orders, flattens, each on its own, so that none stops the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from cockpit.desk.flatten_job import Spec, State
from cockpit.desk.journal_rows import JournaledFlatten
from cockpit.desk.orders import Order

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk

DISK_S = 10.0
"""How long the first hedges wait for the disk."""


async def come_back(desk: Desk) -> None:
    """Restore, and then hedge what is owed. What cannot come back is alarmed by name."""
    reader = desk.journal.reader()
    for row in reader.loops():
        _each(desk, f"loop {row.id}", partial(desk.loops.restore, row))
    for order in desk.tracker.live():
        _each(desk, f"order {order.id}", partial(_doubt, desk, order))
    # The ids of the orders to come must be ours by the journal, or a second crash would take their fills for foreign.
    try:
        await asyncio.wait_for(desk.journal.barrier(), DISK_S)
    except TimeoutError:
        desk.alarms.sound(
            "journal/start", "critical", f"the journal has not reached the disk for {DISK_S:.0f} s; hedging anyway"
        )
    for job in reader.flattens():
        if not State(job.state).ended:
            _each(desk, f"{job.kind} {job.id}", partial(_go_on, desk, job))
    _each(desk, "a forced close", desk.intake.looked_up.restore)
    linger_s = desk.options.linger_s
    if linger_s and _owing(desk, linger_s):
        desk.keep(asyncio.get_running_loop().create_task(_hedge_later(desk, linger_s)))
    else:
        desk.loops.work_off()


def _owing(desk: Desk, linger_s: float) -> bool:
    """Alarm what restored loops owe. False where none does."""
    owing = False
    for loop in desk.loops.all.values():
        for book in loop.books.values():
            if abs(book.owed) > book.tolerance():
                owing = True
                words = f"{loop.id} has {-book.owed:+.8f} unhedged from before the restart; hedged in {linger_s:g} s"
                desk.alarms.sound(f"hedge/{loop.id}", "critical", words)
    return owing


async def _hedge_later(desk: Desk, linger_s: float) -> None:
    await desk.sleep(linger_s)
    desk.loops.work_off(look_first=True)


def _each(desk: Desk, what: str, bring: Callable[[], None]) -> None:
    try:
        bring()
    except Exception as error:  # noqa: BLE001  one thing that cannot come back must not keep the others away
        desk.alarms.sound(f"restart/{what}", "critical", f"{what} cannot come back: {type(error).__name__}: {error}")


def _doubt(desk: Desk, order: Order) -> None:
    """An order of the run before is cancelled, and asked after until its end is known."""
    desk.executor.cancel(order)
    desk.uncertain.look_after(order)


def _go_on(desk: Desk, job: JournaledFlatten) -> None:
    spec = msgspec.json.decode(job.spec, type=Spec)
    here = tuple(name for name in spec.accounts if name in desk.accounts)
    if not here:
        raise LookupError(
            f"none of its accounts is configured any more: {', '.join(spec.accounts)}; not known to be flat"
        )
    if here != spec.accounts:
        gone = ", ".join(sorted(set(spec.accounts) - set(here)))
        text = f"{spec.kind} {spec.id} goes on without {gone}: no longer configured, and not known to be flat"
        desk.alarms.sound(f"restart/{spec.id}", "critical", text)
        spec.accounts = here
    desk.flattener.start(spec)
