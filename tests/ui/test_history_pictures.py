"""The days past in every window, and before there are any."""

from __future__ import annotations

import scenes
from face_kit import Face
from pictures_kit import SnapCompare, in_every_window, pressed

from cockpit.link.answers import History


@in_every_window
def test_history(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face(scenes.busy())
    face.link.answers["history"] = scenes.answered(scenes.past())
    assert snap_compare(face.app, terminal_size=size, run_before=pressed(face, "w"))


def test_history_unit_value_on_a_phone(snap_compare: SnapCompare) -> None:
    face = Face(scenes.busy())
    face.link.answers["history"] = scenes.answered(scenes.past())
    assert snap_compare(face.app, terminal_size=(60, 20), run_before=pressed(face, "w", "2"))


def test_history_before_the_first_day(snap_compare: SnapCompare) -> None:
    face = Face(scenes.idle())
    face.link.answers["history"] = scenes.answered(History(()))
    assert snap_compare(face.app, terminal_size=(80, 24), run_before=pressed(face, "w"))
