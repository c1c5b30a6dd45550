"""Changes the operator has made on the screen and not sent yet."""

from __future__ import annotations

from collections.abc import Mapping

from cockpit.link.rows import LoopRow
from widgets.loops import step_size


class Staging:
    """Loop id → parameter → new value. Sent by enter, dropped by escape, kept where the desk refuses."""

    def __init__(self) -> None:
        self._changes: dict[str, dict[str, str]] = {}
        self._sending: set[str] = set()

    @property
    def all(self) -> Mapping[str, Mapping[str, str]]:
        return self._changes

    def of(self, loop: str) -> dict[str, str]:
        """A copy of one loop's changes."""
        return dict(self._changes.get(loop, {}))

    def step(self, row: LoopRow, name: str, step: str, steps: int) -> bool:
        """Move a parameter by steps; False where it would leave what makes sense."""
        if row.id in self._sending:
            return False
        value = step_size(row, self._changes.get(row.id, {}), name, step, steps)
        if value is None:
            return False
        self._changes.setdefault(row.id, {})[name] = value
        if value == row.pending.get(name, row.params.get(name)):
            del self._changes[row.id][name]
            if not self._changes[row.id]:
                del self._changes[row.id]
        return True

    def drop(self, loop: str) -> bool:
        """Forget a loop's changes; True if there were any."""
        return loop not in self._sending and self._changes.pop(loop, None) is not None

    def begin(self, loop: str) -> dict[str, str]:
        """The changes to send; empty while they are being sent already."""
        if loop in self._sending:
            return {}
        changes = self.of(loop)
        if changes:
            self._sending.add(loop)
        return changes

    def end(self, loop: str, *, taken: bool) -> None:
        """The desk has answered: what it took is no longer staged."""
        self._sending.discard(loop)
        if taken:
            self._changes.pop(loop, None)
