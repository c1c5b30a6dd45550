"""The overview from a phone to a wall, busy and crowded, with trouble on top."""

from __future__ import annotations

import scenes
from face_kit import Face
from pictures_kit import SnapCompare, in_every_window, pressed


@in_every_window
def test_overview_busy(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=size, run_before=pressed(face))


@in_every_window
def test_overview_of_twenty_accounts(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face(scenes.crowded())
    assert snap_compare(face.app, terminal_size=size, run_before=pressed(face))


def test_overview_with_half_for_the_accounts(snap_compare: SnapCompare) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=(60, 20), run_before=pressed(face, "2", "plus", "down"))


def test_overview_with_trouble_on_a_phone(snap_compare: SnapCompare) -> None:
    tables = scenes.busy()
    tables.alarms, tables.flattens, tables.desk = scenes.alarms(), [scenes.flatten()], [scenes.desk(denied=True)]
    face = Face(tables)
    assert snap_compare(face.app, terminal_size=(60, 20), run_before=pressed(face))


def test_a_window_too_small(snap_compare: SnapCompare) -> None:
    tables = scenes.busy()
    tables.alarms = scenes.alarms()
    face = Face(tables)
    assert snap_compare(face.app, terminal_size=(48, 14), run_before=pressed(face))
