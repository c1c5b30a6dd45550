"""Several pairs of eyes, as the header tells of them; and a screen that may only look."""

from __future__ import annotations

import msgspec
import pytest
from face_kit import Face, settled
from scenes import busy

from cockpit.link.messages import Ack, Verb
from widgets.header import Header

WINDOWS = [(60, 20), (80, 24), (160, 50)]
REFUSED = "this client only watches (it was started with --watch); nothing was done"


def header(face: Face) -> str:
    """Its first line."""
    return "".join(segment.text for segment in face.app.screen.query_one(Header).render_line(0))


@pytest.mark.parametrize("size", WINDOWS)
async def test_who_only_looks_is_told_so_in_every_window(size: tuple[int, int]) -> None:
    face = Face(busy())
    face.link.store.watch = True
    async with face.app.run_test(size=size) as pilot:
        await settled(pilot)
        face.app.repaint()
        await settled(pilot)
        assert " WATCH " in header(face)
        assert ":" in header(face)[-14:], "the time stays"


async def test_a_key_pressed_while_watching_changes_nothing_and_says_why() -> None:
    face = Face(busy())
    face.link.store.watch = True
    face.link.answer = lambda _verb: Ack("1", ok=False, error=REFUSED)
    sent: list[Verb] = face.link.sent
    async with face.app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("X")
        await settled(pilot)
        assert len(sent) == 1, "the desk says no, so that everybody sees who tried"
        assert "only watches" in "".join(str(line) for line in face.app.screen.keybar.render_line(0))


async def test_others_who_look_are_named_where_there_is_room() -> None:
    tables = busy()
    row = msgspec.structs.replace(tables.desk[0], clients=("anna@host", "ben@phone (watch)"))
    face = Face(msgspec.structs.replace(tables, desk=[row]))
    async with face.app.run_test(size=(160, 50)) as pilot:
        await settled(pilot)
        face.app.repaint()
        await settled(pilot)
        assert "looking: anna@host, ben@phone (watch)" in header(face)


@pytest.mark.parametrize("size", WINDOWS)
async def test_a_desk_of_another_version_says_what_to_do_first(size: tuple[int, int]) -> None:
    face = Face(busy())
    face.link.store.connection = "disconnected"
    face.link.store.trouble = "restart the desk (`kill 4711`, then `cockpit`): it speaks protocol 1, this cockpit 2"
    async with face.app.run_test(size=size) as pilot:
        await settled(pilot)
        face.app.repaint()
        await settled(pilot)
        assert "DISCONNECTED" in header(face)
        assert "restart the desk" in header(face)
