"""Parameters of whatever strategy is shown: asked of the desk once, and again some seconds after it did not tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cockpit.link.client import LinkError
from cockpit.link.rows import LoopRow
from cockpit.screens.live import LiveScreen
from strategies.params import ParamSpec
from venues.model import NS_PER_S
from widgets.desk_words import said
from widgets.panel import View

AGAIN_S = 5
"""Seconds until a desk that did not tell is asked again."""


class Learning:
    def __init__(self, screen: LiveScreen[None], heard: Callable[[Sequence[ParamSpec], str], None]) -> None:
        """`heard` gets the parameters, or none and why not."""
        self._screen = screen
        self._heard = heard
        self._strategy = ""
        self._failed_ns: int | None = None

    def look(self, row: LoopRow | None, view: View) -> None:
        """Ask, if a strategy is shown that was not asked for yet."""
        if row is None or view.store.state != "live":
            return
        again = self._failed_ns is not None and view.now_ns - self._failed_ns >= AGAIN_S * NS_PER_S
        if row.strategy == self._strategy and not again:
            return
        if row.strategy != self._strategy:
            self._heard((), "")
        self._strategy, self._failed_ns = row.strategy, None
        self._screen.run_worker(self._ask(row.strategy), group="specs")

    async def _ask(self, strategy: str) -> None:
        specs: tuple[ParamSpec, ...] = ()
        problem = ""
        try:
            specs = await self._screen.cockpit.specs(strategy)
        except LinkError as error:
            problem = f"✗ {said(str(error))}"
        if strategy != self._strategy:
            return
        if problem:
            self._failed_ns = self._screen.cockpit.clock.now_ns()
        self._heard(specs, problem)
        self._screen.cockpit.staged_changed()
