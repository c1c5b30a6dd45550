"""Every screen and every dialog in every window: nothing outside, nothing over another, nothing without room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import msgspec
import pytest
import scenes
from face_kit import Face, settled
from fake_setup import FakeSetup
from sizes_kit import SIZES, layout_faults, text_faults
from textual.pilot import Pilot

from cockpit.link.rows import Tables
from cockpit.screens.add_account import AddAccountDialog
from cockpit.screens.catalogue import SCREENS
from cockpit.screens.deck import Deck
from cockpit.screens.dialog import Dialog
from cockpit.screens.flatten import FlattenDialog
from cockpit.screens.help import MessagesDialog
from cockpit.screens.live import LiveScreen
from cockpit.screens.overview import OverviewScreen
from cockpit.screens.welcome import WelcomeDialog
from venues.model import Mode

DIALOGS = {
    "launch": ("n",),
    "edit": ("e",),
    "stop": ("x",),
    "resume all": ("R",),
    "flatten": ("ctrl+x",),
    "reduce": ("ctrl+t",),
    "go live": ("M",),
    "help": ("question_mark",),
    "call off": ("C",),
    "palette": ("ctrl+p",),
    "columns": ("o", "vertical_line"),
    "an order's life": ("o", "enter"),
}
"""Dialog to the keys that open it from the overview."""


def troubled(tables: Tables) -> Tables:
    """The same with alarms, a flatten at work and entries denied, and one account with real money."""
    tables.alarms = scenes.alarms()
    tables.flattens = [scenes.flatten()]
    tables.desk = [scenes.desk(denied=True)]
    return tables


def with_live(tables: Tables) -> Tables:
    tables.accounts[0] = msgspec.structs.replace(tables.accounts[0], mode=Mode.LIVE, live="read-only")
    return tables


def face(tables: Tables) -> Face:
    made = Face(tables)
    made.link.answers["history"] = scenes.answered(scenes.past())
    return made


async def press(made: Face, pilot: Pilot[str], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await made.app.workers.wait_for_complete()
        await settled(pilot)


def faults(made: Face) -> list[str]:
    screen = made.app.screen
    assert isinstance(screen, LiveScreen)
    return [*layout_faults(screen), *text_faults(screen)]


async def every_window(made: Face, pilot: Pilot[str]) -> AsyncIterator[tuple[int, int]]:
    """The same screen in one window after the other, from the smallest to the largest, and the smallest again."""
    for size in (*SIZES, SIZES[0]):
        await pilot.resize_terminal(*size)
        await settled(pilot)
        made.app.flush()
        await settled(pilot)
        yield size


@pytest.mark.parametrize("scene", ["idle", "busy", "crowded", "troubled"])
async def test_overview(scene: str) -> None:
    tables = troubled(scenes.busy()) if scene == "troubled" else getattr(scenes, scene)()
    made = face(tables)
    async with made.app.run_test(size=SIZES[0]) as pilot:
        async for size in every_window(made, pilot):
            for number in range(7, 0, -1):
                await press(made, pilot, str(number))
                assert faults(made) == [], (size, number)


async def test_overview_with_a_panel_larger_and_full() -> None:
    made = face(scenes.busy())
    async with made.app.run_test(size=SIZES[0]) as pilot:
        for number in (1, 2, 6):
            await press(made, pilot, str(number))
            for _more in range(2):
                await press(made, pilot, "plus")
                async for size in every_window(made, pilot):
                    assert faults(made) == [], (size, number)
            await press(made, pilot, "underscore", "underscore")


@pytest.mark.parametrize("trouble", [False, True], ids=["calm", "troubled"])
@pytest.mark.parametrize("name", sorted(SCREENS))
async def test_screens(name: str, trouble: bool) -> None:
    made = face(troubled(scenes.busy()) if trouble else scenes.busy())
    async with made.app.run_test(size=SIZES[0]) as pilot:
        made.app.action_open(name)
        await press(made, pilot)
        await settled(pilot)
        screen = made.app.screen
        assert not isinstance(screen, OverviewScreen)
        async for size in every_window(made, pilot):
            assert faults(made) == [], size
            for number in range(1, len(screen.order) + 1 if isinstance(screen, Deck) else 1):
                await press(made, pilot, str(number))
                assert faults(made) == [], (size, number)


@pytest.mark.parametrize("scene", ["idle", "crowded"])
@pytest.mark.parametrize("name", ["spreads", "funding", "history"])
async def test_screens_of_many_accounts_and_of_none(name: str, scene: str) -> None:
    made = Face(getattr(scenes, scene)())
    async with made.app.run_test(size=SIZES[0]) as pilot:
        made.app.action_open(name)
        await press(made, pilot)
        async for size in every_window(made, pilot):
            assert faults(made) == [], size


@pytest.mark.parametrize("trouble", [False, True], ids=["calm", "troubled"])
@pytest.mark.parametrize("name", DIALOGS)
async def test_dialogs(name: str, trouble: bool) -> None:
    tables = scenes.busy()
    tables.flattens = [scenes.flatten()]
    made = face(with_live(troubled(tables) if trouble else tables))
    async with made.app.run_test(size=SIZES[0]) as pilot:
        await press(made, pilot, *DIALOGS[name])
        assert isinstance(made.app.screen, Dialog), name
        async for size in every_window(made, pilot):
            assert faults(made) == [], size


@pytest.mark.parametrize("name", ["welcome", "add account", "messages", "flatten one account"])
async def test_dialogs_that_no_key_of_the_overview_opens(name: str) -> None:
    made = face(scenes.busy())
    async with made.app.run_test(size=SIZES[0]) as pilot:
        await settled(pilot)
        made.app.say("something that is long enough to be told in more than one line of a small window " * 3, "error")
        opened: dict[str, Dialog[object]] = {
            "welcome": cast("Dialog[object]", WelcomeDialog(FakeSetup())),
            "add account": cast("Dialog[object]", AddAccountDialog(FakeSetup())),
            "messages": cast("Dialog[object]", MessagesDialog(((scenes.NOW, "error", "word " * 60),))),
            "flatten one account": cast("Dialog[object]", FlattenDialog(("okx",))),
        }
        made.app.push_screen(opened[name])
        async for size in every_window(made, pilot):
            assert faults(made) == [], size


@pytest.mark.parametrize("size", [(59, 20), (60, 19), (30, 8), (20, 5)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_window_that_is_too_small_says_so_and_keeps_alarms_and_flatten(size: tuple[int, int]) -> None:
    made = face(troubled(scenes.busy()))
    async with made.app.run_test(size=size) as pilot:
        await settled(pilot)
        screen = made.app.screen
        assert isinstance(screen, OverviewScreen)
        assert screen.small.display
        assert str(size[0]) in screen.small.text
        assert "FLATTENING" in screen.strips.text
        assert "ESCALATED" in screen.strips.text
        assert not screen.query_one("#body").display


async def test_a_window_that_grows_again_has_everything_and_the_keys() -> None:
    made = face(scenes.busy())
    async with made.app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.resize_terminal(40, 10)
        await settled(pilot)
        assert made.app.screen.has_class("-tiny")
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        screen = made.app.screen
        assert isinstance(screen, OverviewScreen)
        assert not screen.has_class("-tiny")
        assert screen.query_one("#body").display
        assert screen.focused is screen.loops
        assert faults(made) == []


async def test_a_flatten_can_be_confirmed_in_any_window() -> None:
    made = face(scenes.busy())
    async with made.app.run_test(size=(50, 12)) as pilot:
        await press(made, pilot, "ctrl+x")
        dialog = made.app.screen
        assert isinstance(dialog, Dialog)
        assert dialog.query_one("#dialog").display
        assert layout_faults(dialog) == []
