"""What orders, alarms, log and audit look like, from a phone to a wall. `make snap-update` accepts changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import scenes
from face_kit import Face
from order_journal import OrderJournal, answer, life, sheet
from past_scenes import changes, past_alarms
from pictures_kit import SnapCompare
from textual.pilot import Pilot

from cockpit.link.rows import Tables

SIZES = [(60, 20), (80, 24), (120, 40), (200, 50)]


def name(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def face_with(tables: Tables | None = None) -> Face:
    face = Face(tables or scenes.busy())
    face.link.answers |= {
        "orders": OrderJournal(6_000),
        "order": answer(life()),
        "loop": answer(sheet()),
        "alarms": answer(past_alarms()),
        "audit": answer(changes()),
    }
    return face


def show(face: Face, screen: str, *presses: str) -> Callable[[Pilot[str]], Awaitable[None]]:
    """Open a screen, press keys one by one, and let everything come to rest."""

    async def run(pilot: Pilot[str]) -> None:
        await pilot.pause()
        face.app.action_open(screen)
        for press in ("", *presses):
            await pilot.pause()
            if press:
                await pilot.press(press)
            await face.app.workers.wait_for_complete()
            face.later.run()
            await face.app.workers.wait_for_complete()
            await pilot.pause()

    return run


@pytest.mark.parametrize("size", SIZES, ids=name)
def test_orders(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = face_with()
    assert snap_compare(face.app, terminal_size=size, run_before=show(face, "orders"))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=name)
def test_orders_filtered_and_sorted(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = face_with()
    keys = ("slash", "o", "k", "x", "space", "s", "o", "l", "enter", "s", "S")
    assert snap_compare(face.app, terminal_size=size, run_before=show(face, "orders", *keys))


def test_orders_while_a_filter_is_typed(snap_compare: SnapCompare) -> None:
    face = face_with()
    assert snap_compare(face.app, terminal_size=(80, 24), run_before=show(face, "orders", "slash", "n", "o", "n", "e"))


def test_no_order_yet(snap_compare: SnapCompare) -> None:
    face = face_with(scenes.idle())
    face.link.answers["orders"] = OrderJournal(0)
    assert snap_compare(face.app, terminal_size=(80, 24), run_before=show(face, "orders"))


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (160, 50)], ids=name)
def test_life_of_an_order(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    tables = scenes.busy()
    tables.orders = [life().order]
    face = face_with(tables)
    assert snap_compare(face.app, terminal_size=size, run_before=show(face, "orders", "enter"))


def test_columns(snap_compare: SnapCompare) -> None:
    face = face_with()
    keys = ("vertical_line", "down", "right")
    assert snap_compare(face.app, terminal_size=(80, 24), run_before=show(face, "orders", *keys))


def alarmed() -> Tables:
    tables = scenes.busy()
    tables.alarms = scenes.alarms()
    return tables


@pytest.mark.parametrize("size", SIZES, ids=name)
def test_alarms(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = face_with(alarmed())
    assert snap_compare(face.app, terminal_size=size, run_before=show(face, "alarms"))


def test_no_alarm(snap_compare: SnapCompare) -> None:
    face = face_with()
    face.link.answers["alarms"] = answer([])
    assert snap_compare(face.app, terminal_size=(80, 24), run_before=show(face, "alarms"))


@pytest.mark.parametrize("size", SIZES, ids=name)
def test_log(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = face_with()
    assert snap_compare(face.app, terminal_size=size, run_before=show(face, "log"))


def test_log_held_and_found(snap_compare: SnapCompare) -> None:
    face = face_with()
    keys = ("slash", "tab", "c", "y", "c", "l", "e", "enter")
    assert snap_compare(face.app, terminal_size=(80, 24), run_before=show(face, "log", *keys))


@pytest.mark.parametrize("size", SIZES, ids=name)
def test_audit(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = face_with()
    assert snap_compare(face.app, terminal_size=size, run_before=show(face, "audit", "down", "down"))


def test_positions_sorted_and_filtered_on_the_overview(snap_compare: SnapCompare) -> None:
    face = face_with()

    async def run(pilot: Pilot[str]) -> None:
        await pilot.pause()
        for press in ("2", "slash", "o", "k", "x", "enter", "s", "s"):
            await pilot.press(press)
        await pilot.pause()

    assert snap_compare(face.app, terminal_size=(120, 40), run_before=run)
