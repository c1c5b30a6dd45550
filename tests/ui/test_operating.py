"""What keys do: staged tweaks, forms, stops, and what no single key may do."""

from __future__ import annotations

import asyncio
import string
from pathlib import Path

import msgspec
import pytest
import scenes
from face_kit import Face, overview, press, settled

from cockpit.app import CockpitApp, paint_rate
from cockpit.link.messages import (
    Ack,
    AckAlarm,
    FlattenCancel,
    Pause,
    Resume,
    SetParams,
    Stop,
    Verb,
)
from cockpit.screens.launch import LaunchDialog
from cockpit.screens.log import LogScreen
from cockpit.screens.orders import OrdersScreen
from cockpit.screens.overview import OverviewScreen


def row_text(face: Face, loop: str) -> str:
    row = next(row for row in overview(face).loops.rows if row.key == loop)
    return " ".join("".join(text for text, _ink in cell) for cell in (*row.cells, row.note))


# -- staged tweaks


async def test_tweaks_are_staged_and_sent_once_on_enter() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "greater_than_sign", "greater_than_sign", "right_curly_bracket")
        assert face.link.sent == []
        assert "0.05 → 0.052" in row_text(face, "hedge-1")
        await press(face, pilot, "enter")
        assert face.link.sent == [SetParams("hedge-1", {"size": "0.052", "iterations": "21"})]
        assert "→ 0.052" not in row_text(face, "hedge-1")
        await press(face, pilot, "enter")
        assert len(face.link.sent) == 1


async def test_enter_again_before_the_answer_sends_nothing_more() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "greater_than_sign")
        gate = asyncio.Event()
        send = face.link.send

        async def slow(verb: Verb, **_more: object) -> Ack:
            ack = await send(verb)
            await gate.wait()
            return ack

        face.link.send = slow
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert "0.05 → 0.051" in row_text(face, "hedge-1")
        gate.set()
        await face.app.workers.wait_for_complete()
        assert len(face.link.sent) == 1


async def test_escape_drops_what_is_staged() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "less_than_sign", "escape")
        assert "→" not in row_text(face, "hedge-1")
        await press(face, pilot, "enter")
        assert face.link.sent == []


async def test_back_to_the_present_value_leaves_nothing_staged() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "greater_than_sign", "less_than_sign")
        assert "→" not in row_text(face, "hedge-1")


async def test_refused_tweak_stays_staged_and_the_reason_is_shown() -> None:
    face = Face(scenes.busy())
    face.link.answer = lambda _verb: Ack("1", ok=False, error="size: 0.051 is under the minimum 0.1 of lighter")
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "greater_than_sign", "enter")
        assert "0.05 → 0.051" in row_text(face, "hedge-1")
        assert "under the minimum" in overview(face).keybar.message


async def test_size_never_goes_to_zero_or_below() -> None:
    tables = scenes.busy()
    tables.loops[0].params["size"] = "0.002"
    face = Face(tables)
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, *["less_than_sign"] * 11)
        assert face.app.staging.of("hedge-1") == {"size": "0.0009"}


async def test_endless_loop_is_given_an_end_after_what_is_done() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "j", "right_curly_bracket", "right_curly_bracket")
        assert face.app.staging.of("hedge-2") == {"iterations": "5"}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Ack("1", ok=False, error="shutting down"), "shutting down"),
        (Ack("1", ok=True, result=msgspec.Raw(b"[]")), "the desk has no strategy 'hedge'"),
    ],
)
async def test_desk_that_does_not_tell_the_parameters(answer: Ack, words: str) -> None:
    face = Face(scenes.busy())
    face.link.strategies = answer
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "n")
        form = face.app.screen
        assert isinstance(form, LaunchDialog)
        assert words in form.help.text
        await press(face, pilot, "ctrl+enter")
        assert face.link.sent == []


async def test_tweaks_go_to_the_loop_under_the_cursor() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "j", "greater_than_sign", "enter")
        assert face.link.sent == [SetParams("hedge-2", {"size": "0.81"})]


async def test_no_loop_selected_is_said_and_nothing_is_sent() -> None:
    face = Face(scenes.idle())
    async with face.app.run_test(size=(80, 24)) as pilot:
        for key in ("greater_than_sign", "enter", "e", "p", "r", "x"):
            await press(face, pilot, key)
            assert "no loop is selected" in overview(face).keybar.message
        assert face.link.sent == []


# -- stops and resumes


@pytest.mark.parametrize(("keys", "mode"), [(("up", "up", "up"), "cycle"), (("up", "up"), "now"), (("up",), "flatten")])
async def test_stop_asks_how(keys: tuple[str, ...], mode: str) -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "x", *keys, "enter")
        assert face.link.sent == [Stop("hedge-1", mode)]


async def test_stop_has_cancel_in_focus() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "x", "enter")
        assert face.link.sent == []
        assert isinstance(face.app.screen, OverviewScreen)


async def test_pause_resume_and_stop_entries() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "p", "j", "r", "X", "R", "up", "enter")
        assert face.link.sent == [Pause("hedge-1"), Resume("hedge-2"), Pause("all"), Resume("all")]


async def test_newest_alarm_is_acknowledged() -> None:
    tables = scenes.busy()
    tables.alarms = [scenes.alarm()]
    face = Face(tables)
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "a")
        assert face.link.sent == [AckAlarm("a1")]
        face.change(scenes.busy())
        await press(face, pilot, "a", "A")
        assert len(face.link.sent) == 1


async def test_flatten_at_work_is_called_off_only_after_a_question() -> None:
    tables = scenes.busy()
    tables.flattens = [scenes.flatten("blocked")]
    face = Face(tables)
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "C", "enter")
        assert face.link.sent == []
        await press(face, pilot, "C", "up", "enter")
        assert face.link.sent == [FlattenCancel("f1")]


@pytest.mark.parametrize("key", [*string.ascii_lowercase, *string.digits, "space", "enter", "escape", "tab", "f1"])
async def test_no_single_plain_key_closes_or_opens_anything(key: str) -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, key)
        assert all(isinstance(verb, Pause | Resume | AckAlarm) for verb in face.link.sent)


# -- leaving and looking


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_detach_tells_how_to_come_back_and_how_to_stop_the_desk(key: str) -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, key)
    text = face.app.return_value
    assert text is not None
    assert "4242" in text
    assert "cockpit desk stop" in text
    assert "2 running loops" in text
    assert face.link.closed
    assert face.link.sent == []


async def test_views_open_and_close() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "L")
        assert isinstance(face.app.screen, LogScreen)
        await press(face, pilot, "g", "pagedown", "escape", "o")
        assert isinstance(face.app.screen, OrdersScreen)
        await press(face, pilot, "down", "escape")
        assert isinstance(face.app.screen, OverviewScreen)


async def test_tab_walks_through_panels_that_take_turns() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        seen = []
        for _ in range(7):
            panel = overview(face).focused_panel
            assert panel.display
            assert panel.rows
            seen.append(panel.id)
            await press(face, pilot, "tab")
        assert seen == ["loops", "positions", "spreads", "wear", "funding", "exposure", "log"]


async def test_held_display_stands_still_but_alarms_do_not() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "space")
        tables = scenes.busy()
        tables.loops = tables.loops[:1]
        tables.alarms = [scenes.alarm()]
        face.change(tables)
        assert len(overview(face).loops.rows) == 2
        assert "CRITICAL" in overview(face).strips.text
        assert "DISPLAY PAUSED" in overview(face).header.text
        await press(face, pilot, "space")
        assert len(overview(face).loops.rows) == 1


async def test_picture_is_saved(tmp_path: Path) -> None:
    face = Face(scenes.busy(), pictures=tmp_path / "deep" / "pictures")
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "ctrl+s")
        (path,) = (tmp_path / "deep" / "pictures").iterdir()
        assert path.read_text(encoding="utf-8").startswith("<svg")


async def test_picture_that_cannot_be_saved_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    face = Face(scenes.busy(), pictures=tmp_path / "file")
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "ctrl+s")
        assert "no picture" in overview(face).keybar.message


async def test_message_goes_after_a_while() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "T")
        assert "theme" in overview(face).keybar.message
        face.clock.advance(7)
        face.app.flush()
        assert overview(face).keybar.message == ""


def test_unknown_theme_names_those_that_exist() -> None:
    face = Face()
    with pytest.raises(ValueError, match=r"theme: 'night' does not exist; expected one of .*harbor"):
        CockpitApp(face.link, face.clock, rate_hz=0, theme="night")


def test_fewer_paints_over_ssh() -> None:
    assert paint_rate({"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}) == 4
    assert paint_rate({"SSH_TTY": "/dev/pts/0"}) == 4
    assert paint_rate({}) == 10


@pytest.mark.parametrize("sizes", [((80, 24), (160, 50)), ((160, 50), (80, 24)), ((80, 50), (120, 40))])
async def test_window_that_was_resized_looks_like_a_new_one(sizes: tuple[tuple[int, int], tuple[int, int]]) -> None:
    first, then = sizes
    pictures = []
    for start in (first, then):
        face = Face(scenes.busy())
        async with face.app.run_test(size=start) as pilot:
            await pilot.pause()
            await pilot.resize_terminal(*then)
            await settled(pilot)
            face.app.flush()
            await settled(pilot)
            picture = face.app.screen._compositor.render_strips()
            pictures.append(["".join(segment.text for segment in strip) for strip in picture])
    assert pictures[0] == pictures[1]
