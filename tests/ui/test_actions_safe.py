"""No destructive action by one plain key, by a key that is held, or by pasting, on any screen."""

from __future__ import annotations

import string
from collections.abc import Iterator

import msgspec
import pytest
import scenes
from face_kit import Face, at_rest, settled
from textual import events
from textual.pilot import Pilot

from cockpit.actions.commands import word_of
from cockpit.actions.registry import ACTIONS
from cockpit.link.messages import (
    AckAlarm,
    Flatten,
    FlattenCancel,
    GoLive,
    Launch,
    Pause,
    Query,
    Reduce,
    Resume,
    ResumeAccount,
    SetParams,
    Shutdown,
    Stop,
    Verb,
)
from cockpit.link.rows import Tables
from cockpit.screens.catalogue import SCREENS
from cockpit.screens.chord import QUIET_S
from cockpit.screens.command_line import CommandLine
from venues.model import Mode

SCREEN_NAMES = ("overview", *SCREENS)
HARMLESS = (Pause, AckAlarm, Query)
"""What may go out at one key: it makes things safer, or shows that somebody has seen."""
RESUMES_ONE = (Resume,)
"""`r` lets the one selected loop go on; all of them are asked about."""
DESTRUCTIVE = (Flatten, Reduce, FlattenCancel, Stop, Launch, GoLive, ResumeAccount, SetParams, Shutdown)
REPEAT_S = 0.03


def everything() -> Tables:
    """A desk on which every action has something to do."""
    tables = scenes.busy()
    tables.alarms = [scenes.alarm()]
    tables.flattens = [scenes.flatten()]
    tables.accounts = [
        msgspec.structs.replace(row, mode=Mode.LIVE, live="read-only", state="halted") if i == 0 else row
        for i, row in enumerate(tables.accounts)
    ]
    return tables


def destructive(sent: list[Verb]) -> list[Verb]:
    return [verb for verb in sent if isinstance(verb, DESTRUCTIVE) or verb == Resume("all")]


async def at(face: Face, pilot: Pilot[str], name: str) -> None:
    if name != "overview":
        face.app.action_open(name)
    await at_rest(face, pilot)


def held() -> Iterator[tuple[str, str]]:
    """(screen, key): every dangerous key at each screen where it works, those that work everywhere on two of them; and
    the keys that press a button, on all."""
    for action in ACTIONS:
        if action.dangerous and action.scope not in ("replay", "welcome"):
            names = {"app": ("overview", "log"), "view": ("overview", "orders"), "loop": ("overview", "loop")}
            for name in names.get(action.scope, (action.scope,)):
                for key in filter(None, action.keys.split(",")):
                    yield name, key
    for name in SCREEN_NAMES:
        for key in ("enter", "space", "tab"):
            yield name, key


def test_what_may_be_sent_is_told_apart() -> None:
    kinds = set(Verb.__args__)
    assert kinds == {*HARMLESS, *RESUMES_ONE, *DESTRUCTIVE} | (kinds - {*HARMLESS, *RESUMES_ONE, *DESTRUCTIVE})
    left = {kind.__name__ for kind in kinds - {*HARMLESS, *RESUMES_ONE, *DESTRUCTIVE}}
    assert left == {"Fault"}, "a new verb: is it destructive?"


@pytest.mark.parametrize("screen", SCREEN_NAMES)
async def test_one_press_of_any_printable_key_sends_nothing_destructive(screen: str) -> None:
    """Each alone; what a key has opened is closed before the next one."""
    face = Face(everything())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await at(face, pilot, screen)
        shown, stack = type(face.app.screen), len(face.app.screen_stack)
        for character in string.printable.strip():
            if character in "qQ":
                continue
            await pilot.press(character)
            await settled(pilot)
            assert destructive(face.link.sent) == [], character
            face.link.sent.clear()
            for line in face.app.screen.query(CommandLine):
                line.close()
            if type(face.app.screen) is not shown or len(face.app.screen_stack) != stack:
                face.app.action_overview()
                await at(face, pilot, screen)


@pytest.mark.parametrize(("screen", "key"), sorted(set(held())))
async def test_a_held_key_sends_nothing_destructive(screen: str, key: str) -> None:
    """The first repeat after half a second, then every 30 ms, thirty strokes in all; a timer fires once the strokes
    have stopped for as long as it waits."""
    face = Face(everything())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await at(face, pilot, screen)
        await pilot.press(key)
        face.clock.advance(0.5)
        for _ in range(29):
            await pilot.press(key)
            face.clock.advance(REPEAT_S)
        face.clock.advance(QUIET_S)
        face.later.run()
        await at_rest(face, pilot)
        assert destructive(face.link.sent) == []


TEXTS = (
    string.printable,
    "\n".join(string.printable),
    "yes\ny\n\r\n",
    *(f":{word_of(action)} all\n{word_of(action)} hedge-1 flatten\n" for action in ACTIONS if action.dangerous),
    ":flatten\n\n\n",
    ":reduce 75\n\n",
    ":stop hedge-1 flatten\n",
    "lighter\n\tlighter\n\t\n",
)


@pytest.mark.parametrize("screen", SCREEN_NAMES)
async def test_pasting_sends_nothing_at_all(screen: str) -> None:
    face = Face(everything())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await at(face, pilot, screen)
        for text in TEXTS:
            face.app.post_message(events.Paste(text))
            await settled(pilot)
        await at_rest(face, pilot)
        assert face.link.sent == []


@pytest.mark.parametrize("opener", ["colon", "ctrl+p", "slash", "ctrl+x", "ctrl+t", "x", "R", "C", "M", "n", "e"])
async def test_pasting_into_what_a_key_has_opened_sends_nothing(opener: str) -> None:
    face = Face(everything())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await pilot.press(opener)
        await at_rest(face, pilot)
        face.link.sent.clear()
        for text in TEXTS:
            face.app.post_message(events.Paste(text))
            await settled(pilot)
        await at_rest(face, pilot)
        assert face.link.sent == []


async def test_a_paste_of_several_lines_is_cut_at_the_first_and_says_so() -> None:
    face = Face(everything())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await pilot.press("colon")
        await at_rest(face, pilot)
        face.app.post_message(events.Paste("pause hedge-1\nstop hedge-2 flatten\n"))
        await at_rest(face, pilot)
        line = face.app.screen.query_one(CommandLine)
        assert line.entry.text == "pause hedge-1"
        assert "first line" in line.words.text
        assert face.link.sent == []
        await pilot.press("enter")
        await at_rest(face, pilot)
        assert face.link.sent == [Pause("hedge-1")]


@pytest.mark.parametrize(
    "line",
    [
        "stop hedge-1 flatten",
        "stop hedge-1 now",
        "stop hedge-1",
        "resume all",
        "flatten",
        "flatten okx",
        "reduce 75",
        "live",
        "flatten.cancel",
        "launch hedge maker=lighter taker=okx ticker=BTC size=0.01",
    ],
)
async def test_a_dangerous_line_asks_and_enter_again_does_nothing(line: str) -> None:
    """Were the line pasted by a terminal without bracketed paste, its newlines would be keys."""
    face = Face(everything())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await pilot.press("colon")
        await at_rest(face, pilot)
        face.app.screen.query_one(CommandLine).entry.put(line)
        await pilot.press("enter")
        await at_rest(face, pilot)
        assert face.link.sent == []
        await pilot.press("enter")
        await at_rest(face, pilot)
        assert face.link.sent == []
