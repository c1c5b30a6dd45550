"""Pictures of palette, command line, help, jump mode and reduce."""

from __future__ import annotations

import pytest
import scenes
from face_kit import Face
from pictures_kit import SnapCompare, pressed

from cockpit.keymap import parse

PHONE, SMALL, MIDDLE, LARGE = (60, 20), (80, 24), (120, 40), (160, 50)


def sizes(*wanted: tuple[int, int]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("size", wanted, ids=lambda size: f"{size[0]}x{size[1]}")


@sizes(PHONE, SMALL, LARGE)
def test_palette(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=size, run_before=pressed(face, "ctrl+p", *"flat"))


@sizes(PHONE, SMALL, LARGE)
def test_command_line(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=size, run_before=pressed(face, "colon", *"pause "))


def test_command_line_with_a_mistake(snap_compare: SnapCompare) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=SMALL, run_before=pressed(face, "colon", *"theme wurst", "enter"))


@sizes(PHONE, SMALL, LARGE)
def test_help(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=size, run_before=pressed(face, "question_mark"))


def test_help_filtered(snap_compare: SnapCompare) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=SMALL, run_before=pressed(face, "question_mark", "slash", *"loop"))


@sizes(SMALL, LARGE)
def test_jump(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=size, run_before=pressed(face, "ctrl+o"))


@sizes(PHONE, SMALL, MIDDLE)
def test_reduce(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=size, run_before=pressed(face, "ctrl+t", "tab", "tab", "enter"))


def test_mistakes_of_the_keymap_whole(snap_compare: SnapCompare) -> None:
    text = '[keys]\npause = "wurst"\nresume = "o"\nflatten = "k"\n'
    face = Face(scenes.busy(), keymap=parse(text, "/home/op/.config/cockpit/keymap.toml"))
    line = pressed(face, "colon", *"messages", "enter")
    assert snap_compare(face.app, terminal_size=SMALL, run_before=line)
