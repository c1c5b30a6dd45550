"""The desk and its watchdog: whether one hears it, and what one closed while the desk stood still."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cockpit.desk.orders import Order
from venues.model import FillReport

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk

ALARM = "watchdog"


class Watched:
    """What the desk knows of watchdogs."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.by: tuple[str, ...] = ()
        """What each that is attached says of itself."""
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether one may be at work: it hears us, or it has closed something in this run."""
        return bool(self.by) or self._closed

    def changed(self, by: tuple[str, ...]) -> None:
        """Watchdogs came or went."""
        alarms = self._desk.alarms
        if by and not self.by:
            alarms.say("info", ALARM, f"attached: {'; '.join(by)}")
            alarms.clear(ALARM, "a watchdog is there again")
        elif self.by and not by:
            alarms.sound(ALARM, "warning", "the watchdog has gone: nobody acts if the desk stalls now")
        self.by = by

    def closed(self, order: Order, fill: FillReport) -> None:
        """A fill of the watchdog's: its loop opens nothing until the operator resumes it, and what is left of it is
        evened out only once every account has been looked at, for the other leg may be closed as well."""
        desk = self._desk
        self._closed = True
        whose = order.loop or "nobody's"
        text = f"the watchdog closed {fill.qty:f} {fill.symbol} of {whose} on {order.account} at {fill.price:f}"
        if order.loop:
            desk.loops.close_only(order.loop, f"{text}; halted")
            loop = desk.loops.all.get(order.loop)
            if loop is not None:
                desk.standstill.hold((loop,))
        desk.alarms.sound(f"{ALARM}/{order.loop or order.account}", "critical", text)
