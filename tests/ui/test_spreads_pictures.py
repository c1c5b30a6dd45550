"""The spreads in every window."""

from __future__ import annotations

import scenes
from face_kit import Face
from pictures_kit import SnapCompare, in_every_window, pressed


@in_every_window
def test_spreads(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=size, run_before=pressed(face, "v", "down"))


def test_spreads_without_any(snap_compare: SnapCompare) -> None:
    face = Face(scenes.idle())
    assert snap_compare(face.app, terminal_size=(80, 24), run_before=pressed(face, "v"))
