"""What the screens look like in Chinese."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import scenes
from face_kit import Face
from language_kit import DIALOGS, OVERVIEW, eventful, face_of, go, spoken
from pictures_kit import SnapCompare
from textual.pilot import Pilot

from cockpit.screens.catalogue import SCREENS

PHONE, SMALL, MIDDLE, LARGE = (60, 20), (80, 24), (120, 40), (200, 50)
PICTURED = ("launch", "flatten", "help", "stop", "mixing strip", "palette", "add an account")
"""Dialogs, and what else is laid over the overview, that have pictures."""


pytestmark = pytest.mark.usefixtures("chinese")


def at(face: Face, place: str) -> Callable[[Pilot[str]], Awaitable[None]]:
    async def run(pilot: Pilot[str]) -> None:
        await go(face, pilot, place)

    return run


@pytest.mark.parametrize("size", [PHONE, SMALL, MIDDLE, LARGE], ids=lambda size: f"{size[0]}x{size[1]}")
def test_overview(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = face_of(spoken(scenes.busy()))
    assert snap_compare(face.app, terminal_size=size, run_before=at(face, OVERVIEW))


def test_alarms_a_flatten_and_accounts_of_every_kind(snap_compare: SnapCompare) -> None:
    face = face_of(spoken(eventful()))
    assert snap_compare(face.app, terminal_size=MIDDLE, run_before=at(face, OVERVIEW))


@pytest.mark.parametrize("place", SCREENS)
def test_screen(snap_compare: SnapCompare, place: str) -> None:
    face = face_of(spoken(eventful() if place == "alarms" else scenes.busy()))
    assert snap_compare(face.app, terminal_size=SMALL, run_before=at(face, place))


def test_welcome(snap_compare: SnapCompare) -> None:
    face = face_of(scenes.idle(), first=True)
    assert snap_compare(face.app, terminal_size=SMALL, run_before=at(face, OVERVIEW))


@pytest.mark.parametrize("place", PICTURED)
def test_dialog(snap_compare: SnapCompare, place: str) -> None:
    assert place in DIALOGS
    face = face_of(spoken(scenes.busy()))
    assert snap_compare(face.app, terminal_size=SMALL, run_before=at(face, place))
