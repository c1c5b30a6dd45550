"""A grid that knows which tables of the store it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from textual import events

from cockpit.link.store import Store
from widgets.columns import Row
from widgets.grid import Grid


@dataclass(frozen=True, slots=True)
class View:
    """What panels paint from: the replica, the time, and what the operator has staged but not sent."""

    store: Store
    now_ns: int
    """Wall clock, ns."""
    staged: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Loop id → parameter → new value."""


class Panel(Grid):
    """Rebuilds its rows when a table it shows has changed, and not otherwise."""

    TABLES: ClassVar[frozenset[str]] = frozenset()
    """Names of the store's tables; `second` for what counts time, `staged` for staged changes."""

    _view: View | None = None

    def build(self, view: View) -> list[Row]:
        """Rows as they should stand now. A panel without any shows its empty text."""
        return []

    def update_from(self, view: View, dirty: frozenset[str]) -> None:
        """Build again if something of ours is dirty."""
        first = self._view is None
        self._view = view
        if first or dirty & self.TABLES:
            self.show(self.build(view))

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        if self._view is not None:
            self.show(self.build(self._view))
