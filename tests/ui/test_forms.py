"""Forms: launching and editing a loop, what a refusal keeps, what is sent."""

from __future__ import annotations

import msgspec
import scenes
from face_kit import Face, overview, press

from cockpit.link.messages import (
    Ack,
    Launch,
    SetParams,
)
from cockpit.screens.edit import EditDialog
from cockpit.screens.launch import LaunchDialog
from cockpit.screens.overview import OverviewScreen
from widgets.fields import FieldList


async def test_plain_launch_on_a_fresh_desk_has_all_that_is_required() -> None:
    tables = scenes.busy()
    tables.loops = []
    face = Face(tables)
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "n", "tab", "enter")
        (verb,) = face.link.sent
        assert isinstance(verb, Launch)
        assert verb.strategy == "hedge"
        assert {verb.params["maker"], verb.params["taker"]} <= set(scenes.ACCOUNTS)
        assert verb.params["maker"] != verb.params["taker"]
        assert verb.params["ticker"] in scenes.MARKS
        assert float(verb.params["size"]) > 0
        assert "launched" in overview(face).keybar.message


async def test_launch_proposes_a_pair_that_no_loop_trades() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "n", "ctrl+enter")
        (verb,) = face.link.sent
        assert isinstance(verb, Launch)
        assert verb.params["ticker"] == "SOL"


async def test_launch_form_shows_the_leverage_that_it_can_come_to_before_it_is_sent() -> None:
    face = Face(scenes.busy())
    face.link.reach = Ack("1", ok=True, result=msgspec.Raw(b'{"text": "leverage at the most 2.00x on extended"}'))
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "n")
        form = face.app.screen
        assert isinstance(form, LaunchDialog)
        assert "leverage at the most 2.00x on extended" in form.help.text
        face.link.reach = Ack("1", ok=True, result=msgspec.Raw(b'{"text": "leverage at the most 4.00x on extended"}'))
        await press(face, pilot, "down")
        assert "2.00x" in form.help.text, "nothing was changed, nothing is asked"
        await press(face, pilot, "down", "down", "9", "down")
        assert "4.00x" in form.help.text
        assert face.link.sent == []


async def test_refused_launch_keeps_every_field() -> None:
    face = Face(scenes.busy())
    face.link.answer = lambda _verb: Ack("1", ok=False, error="size: 'abc' is not valid; expected a number > 0 (base)")
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "n", "right", "down", "down", "down", *"abc", "ctrl+enter")
        form = face.app.screen
        assert isinstance(form, LaunchDialog)
        values = form.fields.values()
        assert values["size"] == "abc"
        assert values["maker"] == "extended"
        assert form.fields.current is not None
        assert form.fields.current.name == "size"
        assert "expected a number" in form.help.text
        face.link.answer = lambda _verb: Ack("1", ok=True)
        await press(face, pilot, "0", "full_stop", "2", "ctrl+enter")
        sent = face.link.sent[-1]
        assert isinstance(sent, Launch)
        assert sent.params["size"] == "0.2"
        assert isinstance(face.app.screen, OverviewScreen)


async def test_launch_without_a_desk_keeps_the_form_open() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "n")
        face.link.cut = True
        await press(face, pilot, "ctrl+enter")
        form = face.app.screen
        assert isinstance(form, LaunchDialog)
        assert "not connected" in form.help.text
        assert form.fields.values()["maker"]


async def test_launch_form_without_a_desk_from_the_start() -> None:
    face = Face(scenes.busy())
    face.link.cut = True
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "n", "ctrl+enter")
        form = face.app.screen
        assert isinstance(form, LaunchDialog)
        assert face.link.sent == []


async def test_edit_sends_only_what_was_changed() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "e", *"0.07", "enter")
        assert face.link.sent == [SetParams("hedge-1", {"size": "0.07"})]
        assert isinstance(face.app.screen, OverviewScreen)


async def test_edit_takes_over_what_is_staged_and_ends_it() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "greater_than_sign", "e", "enter")
        assert face.link.sent == [SetParams("hedge-1", {"size": "0.051"})]
        assert face.app.staging.of("hedge-1") == {}


async def test_edit_with_nothing_changed_sends_nothing() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "e", "enter")
        form = face.app.screen
        assert isinstance(form, EditDialog)
        assert "nothing is changed" in form.help.text
        await press(face, pilot, "escape")
        assert isinstance(face.app.screen, OverviewScreen)
        assert face.link.sent == []


async def test_edit_offers_live_parameters_only() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "e")
        names = {field.name for field in face.app.screen.query_one(FieldList).fields}
        assert "size" in names
        assert not names & {"maker", "taker", "ticker", "direction"}
