"""Pictures of a screen in every window."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import pytest
from face_kit import Face, settled
from textual.pilot import Pilot

WINDOWS = ((60, 20), (80, 24), (120, 40), (200, 50))


def size_id(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


in_every_window = pytest.mark.parametrize("size", WINDOWS, ids=size_id)


class SnapCompare(Protocol):
    def __call__(self, app: object, *, terminal_size: tuple[int, int], run_before: object) -> bool: ...


def pressed(face: Face, *presses: str, screen: str = "", of: str = "") -> Callable[[Pilot[str]], Awaitable[None]]:
    """Open a screen (none: stay on the overview), press keys one by one, and let everything that they start come to
    rest. `of`: what the screen is about."""

    async def run(pilot: Pilot[str]) -> None:
        await settled(pilot)
        if screen:
            face.app.action_open(screen, of)
            await face.app.workers.wait_for_complete()
            await settled(pilot)
        for press in presses:
            await pilot.press(press)
            await face.app.workers.wait_for_complete()
            await settled(pilot)
        face.app.flush()
        await settled(pilot)

    return run
