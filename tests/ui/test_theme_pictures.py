"""What the overview looks like in each theme, and on terminals that show less than a theme has."""

from __future__ import annotations

import pytest
import scenes
from face_kit import Face
from test_screens import SnapCompare, keys

from cockpit.link.rows import Tables

MIDDLE, SMALL = (120, 40), (80, 24)


def alarmed() -> Tables:
    tables = scenes.busy()
    tables.alarms = scenes.alarms()[:2]
    return tables


@pytest.mark.parametrize("theme", ["beacon", "chart", "ember", "fathom"])
def test_theme(snap_compare: SnapCompare, theme: str) -> None:
    face = Face(alarmed(), theme=theme)
    assert snap_compare(face.app, terminal_size=MIDDLE, run_before=keys(face, "2", "j"))


@pytest.mark.parametrize("theme", ["harbor", "daylight"])
def test_sixteen_colours(snap_compare: SnapCompare, monkeypatch: pytest.MonkeyPatch, theme: str) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("COLORTERM")
    face = Face(alarmed(), theme=theme)
    assert snap_compare(face.app, terminal_size=MIDDLE, run_before=keys(face, "2", "j"))


def test_no_colour(snap_compare: SnapCompare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    face = Face(alarmed())
    assert snap_compare(face.app, terminal_size=SMALL, run_before=keys(face, "2", "j"))


def test_ascii(snap_compare: SnapCompare) -> None:
    face = Face(alarmed())
    face.app.use_glyphs("ascii")
    assert snap_compare(face.app, terminal_size=SMALL, run_before=keys(face))
