"""Pictures of a screen in every window."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import pytest
from face_kit import Face, settled
from textual.pilot import Pilot

WINDOWS = ((60, 20), (80, 24), (120, 40), (200, 50))

in_every_window = pytest.mark.parametrize("size", WINDOWS, ids=lambda size: f"{size[0]}x{size[1]}")


class SnapCompare(Protocol):
    def __call__(self, app: object, *, terminal_size: tuple[int, int], run_before: object) -> bool: ...


def pressed(face: Face, *presses: str) -> Callable[[Pilot[str]], Awaitable[None]]:
    """Press keys one by one and let everything that they start come to rest."""

    async def run(pilot: Pilot[str]) -> None:
        await settled(pilot)
        for press in presses:
            await pilot.press(press)
            await face.app.workers.wait_for_complete()
            await settled(pilot)
        face.app.flush()
        await settled(pilot)

    return run
