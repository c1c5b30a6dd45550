"""Slots: which loop of a run a client order id belongs to."""

from __future__ import annotations

from cockpit.desk.ids import SLOT_BITS
from cockpit.desk.journal import Journal
from cockpit.desk.refusals import LaunchError


class Slots:
    """Gives them out, journaled, so that a restart knows whose orders bear them."""

    def __init__(self, journal: Journal, epoch: int) -> None:
        self._journal = journal
        self._epoch = epoch
        self._taken: set[int] = set()

    def free_for(self, loop_id: str) -> int:
        """The loop's own number where it can be had: then an id tells its loop even where a dead disk kept the journal
        from saying so. Else one from the other end. Raises `LaunchError` when all are taken."""
        number = int(loop_id.removeprefix("L") or 0)
        if 0 < number < 1 << SLOT_BITS and number not in self._taken:
            return number
        for slot in range((1 << SLOT_BITS) - 1, 0, -1):
            if slot not in self._taken:
                return slot
        raise LaunchError("255 loops were launched since the desk started; restart the desk to launch more")

    def one_more(self, loop_id: str) -> int:
        """Another slot for a loop that has used its serials up."""
        slot = self.free_for(loop_id)
        self.take(slot, loop_id)
        return slot

    def take(self, slot: int, loop_id: str) -> None:
        self._taken.add(slot)
        self._journal.slot(self._epoch, slot, loop_id)
