"""The alarms screen: the one under the cursor is meant, nothing goes without asking, the past is the journal's."""

from __future__ import annotations

import msgspec
import scenes
from face_kit import Face, at_rest
from order_journal import answer
from past_scenes import past_alarms
from textual.pilot import Pilot

from cockpit.link.messages import Ack, AckAlarm
from cockpit.link.rows import Tables
from cockpit.screens.alarms import AlarmsScreen
from cockpit.screens.dialog import ChoiceDialog

SIZE = (120, 40)


def alarmed(*gone: str) -> Tables:
    tables = scenes.busy()
    tables.alarms = [row for row in scenes.alarms() if row.id not in gone]
    return tables


async def opened(face: Face, pilot: Pilot[str]) -> AlarmsScreen:
    face.app.action_open("alarms")
    await at_rest(face, pilot)
    screen = face.app.screen
    assert isinstance(screen, AlarmsScreen)
    return screen


def text_of(screen: AlarmsScreen) -> str:
    return "\n".join("".join(t for span in row.cells for t, _ink in span) for row in screen.standing.rows)


async def test_the_worst_stands_on_top_with_what_helps_and_what_was_done() -> None:
    face = Face(alarmed())
    face.link.answers["alarms"] = answer(past_alarms())
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert [row.key for row in screen.standing.rows] == ["late", "a1", "budget", "down"]
        note = "".join(text for text, _ink in screen.standing.rows[0].note)
        assert "escalated at 09:00:00: all entries stopped" in note
        budget = "".join(text for text, _ink in screen.standing.rows[2].note)
        assert "look at the wear panel" in budget
        assert "✓ op@here" in text_of(screen)
        assert "nobody" in text_of(screen)


async def test_the_alarm_under_the_cursor_is_acknowledged() -> None:
    face = Face(alarmed())
    async with face.app.run_test(size=SIZE) as pilot:
        await opened(face, pilot)
        await pilot.press("down", "down", "a")
        await at_rest(face, pilot)
        await pilot.press("A")
        await at_rest(face, pilot)
        assert face.link.sent == [AckAlarm("budget"), AckAlarm("all")]


async def test_one_that_somebody_has_is_not_acknowledged_again() -> None:
    face = Face(alarmed())
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        await pilot.press("G", "a")
        await at_rest(face, pilot)
        assert face.link.sent == []
        assert "tui:op@here has it already" in screen.keybar.message


async def test_dropping_one_asks_first_and_cancel_has_the_focus() -> None:
    face = Face(alarmed())
    async with face.app.run_test(size=SIZE) as pilot:
        await opened(face, pilot)
        await pilot.press("D")
        await at_rest(face, pilot)
        dialog = face.app.screen
        assert isinstance(dialog, ChoiceDialog)
        assert dialog.focused is not None
        assert dialog.focused.id == "cancel"
        await pilot.press("enter")
        await at_rest(face, pilot)
        assert face.link.sent == []
        await pilot.press("D", "up", "enter")
        await at_rest(face, pilot)
        assert face.link.sent == [AckAlarm("late", drop=True)]


async def test_with_no_alarm_keys_say_so_and_send_nothing() -> None:
    face = Face(scenes.idle())
    face.link.answers["alarms"] = answer([])
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        for key in ("a", "A", "D"):
            await pilot.press(key)
            await at_rest(face, pilot)
            assert screen.keybar.message
            assert face.app.screen is screen
        assert face.link.sent == []


async def test_what_is_over_comes_from_the_journal_newest_first() -> None:
    face = Face(alarmed())
    face.link.answers["alarms"] = answer(past_alarms())
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert [row.key.partition("@")[0] for row in screen.past.rows] == [
            "down/okx", "budget/hedge-1", "naked/hedge-2",
        ]  # fmt: skip


async def test_it_asks_again_when_an_alarm_has_gone() -> None:
    face = Face(alarmed())
    face.link.answers["alarms"] = answer(past_alarms())
    async with face.app.run_test(size=SIZE) as pilot:
        await opened(face, pilot)
        asked = len(face.link.asked)
        face.change(alarmed())
        await at_rest(face, pilot)
        assert len(face.link.asked) == asked
        face.change(alarmed("budget"))
        await at_rest(face, pilot)
        assert len(face.link.asked) == asked + 1


async def test_a_refused_question_leaves_the_standing_alarms_and_says_why() -> None:
    face = Face(alarmed())
    face.link.answers["alarms"] = Ack("1", ok=False, error="the journal is being read by another")
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert len(screen.standing.rows) == 4
        assert "the journal is being read by another" in str(screen.past.border_title)


async def test_the_desks_refusal_of_an_acknowledgement_is_said() -> None:
    face = Face(alarmed())
    face.link.answer = lambda _verb: Ack("1", ok=False, error="alarm: 'late' does not stand")
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        await pilot.press("a")
        await at_rest(face, pilot)
        assert "does not stand" in screen.keybar.message
        assert screen.standing.rows[0].key == "late"


async def test_an_alarm_that_comes_while_one_looks_takes_its_place() -> None:
    face = Face(alarmed("late"))
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert screen.standing.selected == "a1"
        face.change(alarmed())
        await at_rest(face, pilot)
        assert screen.standing.rows[0].key == "late"
        assert screen.standing.selected == "a1"


async def test_an_unknown_level_is_shown_as_a_danger() -> None:
    tables = alarmed()
    tables.alarms = [msgspec.structs.replace(tables.alarms[1], level="doom")]
    face = Face(tables)
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert "▲ doom" in text_of(screen)
