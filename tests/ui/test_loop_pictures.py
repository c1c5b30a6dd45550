"""What the loop screen looks like, and the mixing strip of the overview."""

from __future__ import annotations

import msgspec
import pytest
import scenes
from pictures_kit import SnapCompare, pressed, size_id
from sheets import told

from cockpit.link.messages import Ack

PHONE, SMALL, MIDDLE, WIDE, LARGE = (60, 20), (80, 24), (120, 40), (160, 50), (200, 50)


@pytest.mark.parametrize("size", [PHONE, SMALL, MIDDLE, WIDE, LARGE], ids=size_id)
def test_loop(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = told(scenes.busy())
    assert snap_compare(face.app, terminal_size=size, run_before=pressed(face, screen="loop", of="hedge-1"))


@pytest.mark.parametrize("size", [PHONE, SMALL, MIDDLE], ids=size_id)
def test_loop_that_owes_with_a_change_staged(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = told(scenes.busy())
    presses = ("greater_than_sign", "greater_than_sign", "right_curly_bracket")
    assert snap_compare(face.app, terminal_size=size, run_before=pressed(face, *presses, screen="loop", of="hedge-2"))


@pytest.mark.parametrize("size", [PHONE, MIDDLE], ids=size_id)
def test_no_loop_at_all(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = told(scenes.idle())
    assert snap_compare(face.app, terminal_size=size, run_before=pressed(face, screen="loop", of="hedge-1"))


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
    assert snap_compare(face.app, terminal_size=SMALL, run_before=pressed(face, screen="loop", of="hedge-1"))


def test_desk_that_does_not_answer(snap_compare: SnapCompare) -> None:
    face = told(scenes.busy())
    face.link.answers["loop"] = Ack("1", ok=False, error="loop: 'hedge-1' is not known")
    assert snap_compare(face.app, terminal_size=MIDDLE, run_before=pressed(face, screen="loop", of="hedge-1"))


@pytest.mark.parametrize("panel", ["1", "3", "4", "5", "6", "7"])
def test_each_panel_of_a_small_window(snap_compare: SnapCompare, panel: str) -> None:
    face = told(scenes.busy())
    presses = (panel, "z") if panel == "1" else (panel,)
    assert snap_compare(face.app, terminal_size=PHONE, run_before=pressed(face, *presses, screen="loop", of="hedge-1"))


@pytest.mark.parametrize("size", [PHONE, SMALL, MIDDLE, LARGE], ids=size_id)
def test_mixing_strip_of_the_overview(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = told(scenes.busy())
    presses = ("m", "greater_than_sign", "right", "right", "right", "right", "greater_than_sign")
    assert snap_compare(face.app, terminal_size=size, run_before=pressed(face, *presses))
