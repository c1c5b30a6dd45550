"""What the screens look like: one picture per state and window. `make snap-update` accepts changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
import pytest
import scenes
from face_kit import Face
from pictures_kit import SnapCompare
from textual.pilot import Pilot

from cockpit.link.messages import Ack
from cockpit.link.rows import Tables
from venues.model import Health, Mode

SMALL, MIDDLE, LARGE = (80, 24), (120, 40), (160, 50)


def keys(face: Face, *presses: str) -> Callable[[Pilot[str]], Awaitable[None]]:
    """Press keys one by one and let everything that they start come to rest."""

    async def run(pilot: Pilot[str]) -> None:
        await pilot.pause()
        for press in presses:
            await pilot.press(press)
            await face.app.workers.wait_for_complete()
            await pilot.pause()

    return run


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE], ids=lambda size: f"{size[0]}x{size[1]}")
def test_idle(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face(scenes.idle())
    assert snap_compare(face.app, terminal_size=size, run_before=keys(face))


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE], ids=lambda size: f"{size[0]}x{size[1]}")
def test_two_loops_on_four_accounts(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=size, run_before=keys(face))


def test_before_the_first_message(snap_compare: SnapCompare) -> None:
    face = Face()
    assert snap_compare(face.app, terminal_size=SMALL, run_before=keys(face))


def test_narrow_and_tall_stacks_all_panels(snap_compare: SnapCompare) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=(80, 50), run_before=keys(face))


def test_small_window_turns_to_another_panel(snap_compare: SnapCompare) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=SMALL, run_before=keys(face, "5"))


def test_zoomed_panel(snap_compare: SnapCompare) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=SMALL, run_before=keys(face, "2", "z"))


def test_stale_dims_and_tells_the_age(snap_compare: SnapCompare) -> None:
    face = Face(scenes.busy())

    async def run(pilot: Pilot[str]) -> None:
        await pilot.pause()
        face.clock.advance(4.2)
        face.app.flush()
        await pilot.pause()

    assert snap_compare(face.app, terminal_size=MIDDLE, run_before=run)


def test_disconnected(snap_compare: SnapCompare) -> None:
    face = Face(scenes.busy())
    face.link.store.connection = "disconnected"
    assert snap_compare(face.app, terminal_size=SMALL, run_before=keys(face))


def test_live_money_on_one_account(snap_compare: SnapCompare) -> None:
    tables = scenes.busy()
    tables.accounts[1] = msgspec.structs.replace(tables.accounts[1], mode=Mode.LIVE)
    face = Face(tables)
    assert snap_compare(face.app, terminal_size=MIDDLE, run_before=keys(face))


def of_three_kinds() -> Tables:
    """A live account in its first session, one that is watched only, a rehearsal, and one on paper."""
    tables = scenes.busy()
    kinds = (
        (Mode.LIVE, "first session: order 500, position 2000 USD, 2x, 3/20 fills"),
        (Mode.LIVE, "read-only"),
        (Mode.REHEARSAL, ""),
        (Mode.PAPER, ""),
    )
    tables.accounts = [
        msgspec.structs.replace(row, mode=mode, live=live)
        for row, (mode, live) in zip(tables.accounts, kinds, strict=True)
    ]
    for index, mode in enumerate(("live", "mixed")):
        tables.loops[index] = msgspec.structs.replace(tables.loops[index], mode=mode)
    return tables


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE], ids=lambda size: f"{size[0]}x{size[1]}")
def test_paper_rehearsal_and_live_side_by_side(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face(of_three_kinds())
    assert snap_compare(face.app, terminal_size=size, run_before=keys(face))


def test_orders_of_three_kinds_of_accounts(snap_compare: SnapCompare) -> None:
    face = Face(of_three_kinds())
    assert snap_compare(face.app, terminal_size=MIDDLE, run_before=keys(face, "o"))


def test_going_live_dialog(snap_compare: SnapCompare) -> None:
    face = Face(of_three_kinds())
    assert snap_compare(face.app, terminal_size=MIDDLE, run_before=keys(face, "M"))


def test_alarm_and_flatten_at_work(snap_compare: SnapCompare) -> None:
    tables = scenes.busy()
    tables.alarms = [scenes.alarm()]
    tables.flattens = [scenes.flatten()]
    tables.desk = [scenes.desk(denied=True)]
    face = Face(tables)
    assert snap_compare(face.app, terminal_size=SMALL, run_before=keys(face))


@pytest.mark.parametrize("size", [SMALL, MIDDLE], ids=lambda size: f"{size[0]}x{size[1]}")
def test_alarms_of_every_level(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    tables = scenes.busy()
    tables.alarms = scenes.alarms()
    face = Face(tables)
    assert snap_compare(face.app, terminal_size=size, run_before=keys(face))


def test_positions_that_differ_from_the_ledger(snap_compare: SnapCompare) -> None:
    tables = scenes.busy()
    odd = tables.positions[0]
    tables.positions[0] = msgspec.structs.replace(odd, ledger_qty=odd.qty * 2, foreign_qty=odd.qty)
    tables.accounts[0] = scenes.account(
        "lighter", 0, health=Health.SUSPECT, state="halted", note="rollback: 0.1 to 0.05"
    )
    face = Face(tables)
    assert snap_compare(face.app, terminal_size=MIDDLE, run_before=keys(face, "2"))


@pytest.mark.parametrize("size", [SMALL, MIDDLE], ids=lambda size: f"{size[0]}x{size[1]}")
def test_flatten_dialog(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=size, run_before=keys(face, "ctrl+x"))


def with_a_venue_down() -> Tables:
    tables = scenes.busy()
    tables.accounts[3] = scenes.account("okx", 3, health=Health.DOWN, note="no answer for 12 s")
    return tables


def test_flatten_dialog_with_a_venue_down_keeps_pairs(snap_compare: SnapCompare) -> None:
    face = Face(with_a_venue_down())
    assert snap_compare(face.app, terminal_size=MIDDLE, run_before=keys(face, "ctrl+x"))


def test_flatten_dialog_with_a_venue_down_all(snap_compare: SnapCompare) -> None:
    face = Face(with_a_venue_down())
    assert snap_compare(face.app, terminal_size=MIDDLE, run_before=keys(face, "ctrl+x", "right", "right", "enter"))


def test_flatten_dialog_that_came_too_late(snap_compare: SnapCompare) -> None:
    face = Face(scenes.busy())

    async def run(pilot: Pilot[str]) -> None:
        await pilot.press("ctrl+x")
        await pilot.pause()
        face.clock.advance(3.1)
        face.change(scenes.busy())
        await pilot.pause()

    assert snap_compare(face.app, terminal_size=SMALL, run_before=run)


@pytest.mark.parametrize("size", [SMALL, MIDDLE], ids=lambda size: f"{size[0]}x{size[1]}")
def test_launch_form(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=size, run_before=keys(face, "n"))


def test_launch_form_with_the_desks_complaint(snap_compare: SnapCompare) -> None:
    face = Face(scenes.busy())
    face.link.answer = lambda _verb: Ack("1", ok=False, error="size: '-1' is not valid; expected a number > 0 (base)")
    presses = ("n", "down", "down", "down", "minus", "1", "tab", "enter")
    assert snap_compare(face.app, terminal_size=SMALL, run_before=keys(face, *presses))


def test_edit_form_shows_old_and_new(snap_compare: SnapCompare) -> None:
    face = Face(scenes.busy())
    presses = ("e", "0", "full_stop", "0", "7", "down", "down", "down", "right")
    assert snap_compare(face.app, terminal_size=MIDDLE, run_before=keys(face, *presses))


def test_staged_changes(snap_compare: SnapCompare) -> None:
    face = Face(scenes.busy())
    presses = ("greater_than_sign", "greater_than_sign", "right_curly_bracket")
    assert snap_compare(face.app, terminal_size=MIDDLE, run_before=keys(face, *presses))


def test_change_that_waits_for_the_safe_point(snap_compare: SnapCompare) -> None:
    tables = scenes.busy()
    tables.loops[0] = scenes.loop("hedge-1", "BTC", "lighter", "extended", pending={"size": "0.07"})
    tables.loops[1] = scenes.loop("hedge-2", "ETH", "backpack", "okx", state="halted")
    face = Face(tables)
    assert snap_compare(face.app, terminal_size=SMALL, run_before=keys(face))


def test_stop_dialog(snap_compare: SnapCompare) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=SMALL, run_before=keys(face, "x"))


@pytest.mark.parametrize("size", [SMALL, MIDDLE], ids=lambda size: f"{size[0]}x{size[1]}")
def test_help(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=size, run_before=keys(face, "question_mark"))


@pytest.mark.parametrize("theme", ["daylight", "signal"])
def test_themes(snap_compare: SnapCompare, theme: str) -> None:
    face = Face(scenes.busy(), theme=theme)
    assert snap_compare(face.app, terminal_size=MIDDLE, run_before=keys(face))


def test_orders(snap_compare: SnapCompare) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=MIDDLE, run_before=keys(face, "o"))


def test_log(snap_compare: SnapCompare) -> None:
    face = Face(scenes.busy())
    assert snap_compare(face.app, terminal_size=SMALL, run_before=keys(face, "L"))


def test_refused_command_stays_in_the_key_bar(snap_compare: SnapCompare) -> None:
    face = Face(scenes.busy())
    face.link.answer = lambda _verb: Ack("1", ok=False, error="hedge-1: is not running")
    assert snap_compare(face.app, terminal_size=SMALL, run_before=keys(face, "p"))
