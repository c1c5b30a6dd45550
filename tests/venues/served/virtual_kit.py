"""A loop in virtual time that a test drives from outside: nothing waits."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from cockpit.sim.loop import VirtualClock, VirtualLoop


class InVirtualTime:
    """Owns the loop and its clock."""

    def __init__(self, start_ns: int) -> None:
        self.loop = VirtualLoop(start_ns)
        self.clock = VirtualClock(self.loop)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def pass_time(self, seconds: float) -> None:
        done = self.loop.create_future()
        self.loop.call_later(seconds, done.set_result, None)
        self.loop.run_until_complete(done)

    def call(self, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Call inside the running loop."""

        async def inside() -> Any:
            return function(*args, **options)

        return self.run(inside())
