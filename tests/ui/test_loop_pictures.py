"""What the loop screen looks like, and the mixing strip of the overview."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec
import pytest
import scenes
from face_kit import Face
from sheets import told
from textual.pilot import Pilot

from cockpit.link.messages import Ack

PHONE, SMALL, MIDDLE, WIDE, LARGE = (60, 20), (80, 24), (120, 40), (160, 50), (200, 50)


class SnapCompare(Protocol):
    def __call__(self, app: object, *, terminal_size: tuple[int, int], run_before: object) -> bool: ...


def shown(face: Face, loop: str, *presses: str) -> Callable[[Pilot[str]], Awaitable[None]]:
    """Open a loop (none: stay on the overview) and press keys, one by one, until everything is at rest."""

    async def run(pilot: Pilot[str]) -> None:
        await pilot.pause()
        if loop:
            face.app.action_open("loop", loop)
            await face.app.workers.wait_for_complete()
            await pilot.pause()
        for press in presses:
            await pilot.press(press)
            await face.app.workers.wait_for_complete()
            await pilot.pause()
        face.app.flush()
        await pilot.pause()

    return run


def size_id(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


@pytest.mark.parametrize("size", [PHONE, SMALL, MIDDLE, WIDE, LARGE], ids=size_id)
def test_loop(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = told(scenes.busy())
    assert snap_compare(face.app, terminal_size=size, run_before=shown(face, "hedge-1"))


@pytest.mark.parametrize("size", [PHONE, SMALL, MIDDLE], ids=size_id)
def test_loop_that_owes_with_a_change_staged(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = told(scenes.busy())
    presses = ("greater_than_sign", "greater_than_sign", "right_curly_bracket")
    assert snap_compare(face.app, terminal_size=size, run_before=shown(face, "hedge-2", *presses))


@pytest.mark.parametrize("size", [PHONE, MIDDLE], ids=size_id)
def test_no_loop_at_all(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = told(scenes.idle())
    assert snap_compare(face.app, terminal_size=size, run_before=shown(face, "hedge-1"))


def test_loop_of_an_unknown_kind_with_three_legs_that_was_halted(snap_compare: SnapCompare) -> None:
    tables = scenes.busy()
    tables.loops[0] = msgspec.structs.replace(
        tables.loops[0],
        strategy="basket",
        state="halted",
        phase="rebalancing",
        detail="okx does not answer",
        legs=(("a", "lighter", "BTC"), ("b", "extended", "BTC-USD"), ("c", "okx", "BTC-USDT-SWAP")),
    )
    face = told(tables)
    assert snap_compare(face.app, terminal_size=SMALL, run_before=shown(face, "hedge-1"))


def test_desk_that_does_not_answer(snap_compare: SnapCompare) -> None:
    face = told(scenes.busy())
    face.link.answers["loop"] = Ack("1", ok=False, error="loop: 'hedge-1' is not known")
    assert snap_compare(face.app, terminal_size=MIDDLE, run_before=shown(face, "hedge-1"))


@pytest.mark.parametrize("panel", ["1", "3", "4", "5", "6", "7"])
def test_each_panel_of_a_small_window(snap_compare: SnapCompare, panel: str) -> None:
    face = told(scenes.busy())
    presses = (panel, "z") if panel == "1" else (panel,)
    assert snap_compare(face.app, terminal_size=PHONE, run_before=shown(face, "hedge-1", *presses))


@pytest.mark.parametrize("size", [PHONE, SMALL, MIDDLE, LARGE], ids=size_id)
def test_mixing_strip_of_the_overview(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = told(scenes.busy())
    presses = ("m", "greater_than_sign", "right", "right", "right", "right", "greater_than_sign")
    assert snap_compare(face.app, terminal_size=size, run_before=shown(face, "", *presses))
