"""What the first run and the settings look like."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import scenes
from face_kit import Face
from fake_setup import FakeSetup
from pictures_kit import SnapCompare
from textual.pilot import Pilot

PHONE, SMALL, MIDDLE, LARGE = (60, 20), (80, 24), (120, 40), (200, 50)


def sized(*sizes: tuple[int, int]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("size", sizes, ids=lambda size: f"{size[0]}x{size[1]}")


def keys(face: Face, *presses: str) -> Callable[[Pilot[str]], Awaitable[None]]:
    async def run(pilot: Pilot[str]) -> None:
        await pilot.pause()
        for press in presses:
            await pilot.press(*([press] if len(press) == 1 or press in NAMED else press))
            await pilot.pause()
            await face.app.workers.wait_for_complete()
            await pilot.pause()
        face.app.flush()
        await pilot.pause()

    return run


NAMED = ("enter", "comma", "tab", "space")


@sized(PHONE, SMALL, LARGE)
def test_welcome(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face()
    face.app.setup = FakeSetup()
    assert snap_compare(face.app, terminal_size=size, run_before=keys(face))


@sized(PHONE, SMALL)
def test_a_key_is_typed_unseen(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face()
    face.app.setup = FakeSetup()
    presses = ("a", "okx", "enter", "-main", "enter", "nobody sees this")
    assert snap_compare(face.app, terminal_size=size, run_before=keys(face, *presses))


def test_the_venue_has_taken_the_key(snap_compare: SnapCompare) -> None:
    face = Face()
    face.app.setup = FakeSetup()
    presses = ("a", "okx", "enter", "-main", "enter", *("nobody", "enter") * 3)
    assert snap_compare(face.app, terminal_size=SMALL, run_before=keys(face, *presses))


@sized(PHONE, SMALL, MIDDLE, LARGE)
def test_settings(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face(scenes.busy())
    face.app.setup = FakeSetup(first=False)
    assert snap_compare(face.app, terminal_size=size, run_before=keys(face, "comma"))
