"""Connecting an account: again and again until its venue answers, and anew where it is to trade from now on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from cockpit.desk.accounts import Account
from cockpit.desk.listener import AccountListener
from cockpit.desk.pairing import Fitted
from venues.model import VenueError, VenueRejected

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk

FIRST_S, MOST_S = 0.2, 10.0
"""Between two tries, seconds: doubled each time."""


class Connecting:
    """Brings accounts up. Where a venue or the machine says no for good (no key, no signer, a wrong mode of the
    account) it is alarmed, and tried again all the same: the operator may mend it meanwhile."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def account(self, account: Account) -> None:
        """Connect and reconcile one account, trying on until it answers."""
        desk = self._desk
        listener = AccountListener(desk, account)
        task = asyncio.current_task()
        if task is not None:
            self._tasks[account.name] = task
        delay, said = FIRST_S, ""
        while not desk.stopping:
            try:
                await account.venue.connect(listener)
            except VenueError as error:
                account.down_reason = str(error)
                if account.down_reason == said:
                    pass
                elif isinstance(error, VenueRejected):
                    desk.alarms.sound(f"connect/{account.name}", "critical", f"{account.name} cannot connect: {error}")
                else:
                    desk.alarms.say("warning", account.name, f"cannot connect: {error}")
                said = account.down_reason
                await desk.sleep(delay)
                delay = min(delay * 2, MOST_S)
                continue
            except Exception as error:  # noqa: BLE001  an adapter's defect must not take its account away for good
                account.down_reason = f"{type(error).__name__}: {error}"
                if account.down_reason != said:
                    desk.trouble(f"connecting {account.name}", error)
                said = account.down_reason
                await desk.sleep(MOST_S)
                continue
            desk.alarms.clear(f"connect/{account.name}", f"{account.name} is connected")
            self._tell_fitness(account)
            self.know(account)
            account.venue.subscribe(account.venue.instruments)
            if listener.said_up is False:
                # The way there is open, the venue at its end is not: it tells when it comes up.
                return
            desk.intake.connection(account, True, "connected", reconcile=False)
            await desk.reconciler.account(account)
            return

    def _tell_fitness(self, account: Account) -> None:
        """Say what the venue found wrong with the account's set-up there; a launch is refused for it too."""
        venue, alarms = account.venue, self._desk.alarms
        if not isinstance(venue, Fitted):
            return
        for remark in venue.remarks:
            alarms.say("warning", account.name, remark)
        if venue.unfit:
            alarms.sound(f"unfit/{account.name}", "warning", f"{account.name}: {'; '.join(venue.unfit)}")
        else:
            alarms.clear(f"unfit/{account.name}", f"{account.name} is set up as it must be")

    def anew(self, account: Account, why: str) -> None:
        """Drop the connection and make it again, as its venue is set up now."""
        running = self._tasks.pop(account.name, None)
        if running is not None:
            running.cancel()
        self._desk.intake.connection(account, False, why)
        task = asyncio.get_running_loop().create_task(self.account(account))
        self._desk.keep(task)

    def know(self, account: Account) -> None:
        """Take in what the venue trades: into the books, the markets and the journal."""
        desk = self._desk
        instruments = list(account.venue.instruments.values())
        for instrument in instruments:
            desk.booking.know(account.name, instrument)
            desk.markets.add(account.name, instrument)
        desk.journal.cursor(account.name, "instruments", msgspec.json.encode(instruments).decode())
