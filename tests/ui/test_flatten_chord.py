"""The chord that flattens: a held key, a hasty one and a late one confirm nothing."""

from __future__ import annotations

import pytest
import scenes
from face_kit import Face
from textual.pilot import Pilot
from textual.widgets import Button

from cockpit.link.client import LinkError
from cockpit.link.messages import Ack, Flatten, Verb
from cockpit.screens.chord import QUIET_S, Chord
from cockpit.screens.flatten import FlattenDialog, remaining
from cockpit.screens.overview import OverviewScreen
from venues.model import Health

MS = 1_000_000


async def opened(face: Face, pilot: Pilot[str]) -> FlattenDialog:
    await pilot.press("ctrl+x")
    await pilot.pause()
    assert isinstance(face.app.screen, FlattenDialog)
    return face.app.screen


async def again(face: Face, pilot: Pilot[str], after_s: float) -> None:
    """Another ctrl+x some seconds later, and the quiet time after it."""
    face.clock.advance(after_s)
    await pilot.press("ctrl+x")
    await pilot.pause()


async def settle(face: Face, pilot: Pilot[str]) -> None:
    face.clock.advance(QUIET_S)
    face.later.run()
    await pilot.pause()
    await face.app.workers.wait_for_complete()
    await pilot.pause()


async def test_second_stroke_at_250_ms_is_ignored() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        dialog = await opened(face, pilot)
        await again(face, pilot, 0.25)
        await settle(face, pilot)
        assert face.link.sent == []
        assert face.app.screen is dialog
        assert "too soon" in dialog.status.text


async def test_second_stroke_at_400_ms_confirms() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await opened(face, pilot)
        await again(face, pilot, 0.4)
        assert face.link.sent == []
        await settle(face, pilot)
        assert face.link.sent == [Flatten(scope="pairs")]
        assert isinstance(face.app.screen, OverviewScreen)


async def test_second_stroke_after_3_s_confirms_nothing_and_says_so() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        dialog = await opened(face, pilot)
        await again(face, pilot, 3.1)
        await settle(face, pilot)
        assert face.link.sent == []
        assert "Too late" in dialog.status.text
        assert "start again" in dialog.status.text


@pytest.mark.parametrize("first_repeat_ms", [30, 250, 310, 500, 660, 1000])
@pytest.mark.parametrize("repeat_ms", [15, 33, 100])
async def test_held_key_never_confirms(first_repeat_ms: int, repeat_ms: int) -> None:
    """Whatever the terminal's delay and rate, until long after the window has closed, and when it is let go."""
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        dialog = await opened(face, pilot)
        await again(face, pilot, first_repeat_ms / 1000)
        held = first_repeat_ms
        while held < 3200:
            held += repeat_ms
            face.clock.advance(repeat_ms / 1000)
            dialog.stroke()
        await settle(face, pilot)
        assert face.link.sent == []


@pytest.mark.parametrize("let_go_after", [1, 2, 3, 5])
async def test_held_key_let_go_early_confirms_nothing(let_go_after: int) -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        dialog = await opened(face, pilot)
        await again(face, pilot, 0.5)
        for _ in range(let_go_after):
            face.clock.advance(0.033)
            dialog.stroke()
        await settle(face, pilot)
        assert face.link.sent == []


async def test_hasty_strokes_restart_the_wait_and_a_calm_one_counts() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await opened(face, pilot)
        for _ in range(3):
            await again(face, pilot, 0.2)
        await settle(face, pilot)
        assert face.link.sent == []
        await again(face, pilot, 0.3)
        await settle(face, pilot)
        assert face.link.sent == [Flatten(scope="pairs")]


async def test_cancel_has_the_focus_and_enter_cancels() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        dialog = await opened(face, pilot)
        assert dialog.focused is dialog.query_one("#cancel", Button)
        face.clock.advance(0.5)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(face.app.screen, OverviewScreen)
        assert face.link.sent == []


@pytest.mark.parametrize("key", ["escape", "a", "y", "space", "q", "x", "f5", "ctrl+f"])
async def test_any_other_key_cancels(key: str) -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await opened(face, pilot)
        face.clock.advance(0.5)
        await pilot.press(key)
        await pilot.pause()
        assert isinstance(face.app.screen, OverviewScreen)
        assert face.link.sent == []


async def test_scope_all_is_sent_and_starts_the_window_anew() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        dialog = await opened(face, pilot)
        face.clock.advance(2.9)
        await pilot.press("tab", "tab", "enter")
        await pilot.pause()
        assert dialog.scope == "all"
        await again(face, pilot, 2.0)
        await settle(face, pilot)
        assert face.link.sent == [Flatten(scope="all")]


async def test_scope_cannot_be_changed_back_to_life_after_the_window() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await opened(face, pilot)
        face.clock.advance(3.1)
        await pilot.press("tab", "tab", "enter")
        await again(face, pilot, 0.5)
        await settle(face, pilot)
        assert face.link.sent == []


async def test_flatten_opens_over_a_form_and_leaves_it_alone() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await pilot.press("n")
        await face.app.workers.wait_for_complete()
        form = face.app.screen
        await opened(face, pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert face.app.screen is form


async def test_flatten_that_does_not_reach_the_desk_is_an_error_on_the_screen() -> None:
    face = Face(scenes.busy())
    face.link.cut = True
    async with face.app.run_test(size=(80, 24)) as pilot:
        await opened(face, pilot)
        await again(face, pilot, 0.5)
        await settle(face, pilot)
        screen = face.app.screen
        assert isinstance(screen, OverviewScreen)
        assert "not connected" in screen.keybar.message


async def test_an_answer_that_was_lost_is_not_called_a_failure() -> None:
    face = Face(scenes.busy())

    def lost(_verb: Verb) -> Ack:
        raise LinkError("no answer in 10 s", "1", unknown=True)

    face.link.answer = lost
    async with face.app.run_test(size=(120, 40)) as pilot:
        await pilot.press("p")
        await face.app.workers.wait_for_complete()
        await pilot.pause()
        screen = face.app.screen
        assert isinstance(screen, OverviewScreen)
        assert "may have been done" in screen.keybar.message


async def test_flat_is_claimed_only_when_the_desk_says_so() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await opened(face, pilot)
        await again(face, pilot, 0.5)
        await settle(face, pilot)
        screen = face.app.screen
        assert isinstance(screen, OverviewScreen)
        for state, word in (("working", "FLATTENING"), ("blocked", "FLATTEN BLOCKED"), ("flat", " FLAT ")):
            tables = scenes.busy()
            tables.flattens = [scenes.flatten(state)]
            face.change(tables)
            assert word in screen.strips.text
            assert (" FLAT " in screen.strips.text) == (state == "flat")


async def test_what_would_stay_open_with_a_venue_down() -> None:
    tables = scenes.busy()
    tables.accounts[3] = scenes.account("okx", 3, health=Health.DOWN)
    face = Face(tables)
    alone = remaining(face.link.store, "all")
    assert alone["ETH"] == -scenes.SIZES["ETH"]
    kept = remaining(face.link.store, "pairs")
    assert kept["ETH"] == 0
    assert remaining(Face(scenes.busy()).link.store, "all") == {}


def test_stroke_before_the_dialog_is_painted_counts_for_nothing() -> None:
    chord = Chord()
    assert chord.stroke(0) == "early"
    chord.painted(100 * MS)
    assert chord.stroke(399 * MS) == "early"
    assert chord.stroke(699 * MS) == "maybe"
    assert chord.settle()
    assert not chord.settle()
