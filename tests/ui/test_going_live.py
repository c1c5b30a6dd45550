"""Going live on the screen: harmless until the name is typed, and the desk has the last word."""

from __future__ import annotations

import msgspec
import scenes
from face_kit import Face, settled
from textual.pilot import Pilot

from cockpit.link.messages import Ack, GoLive, Launch
from cockpit.link.rows import Tables
from cockpit.screens.going_live import GoLiveDialog
from cockpit.screens.launch import MIX, proposed_pair
from venues.model import Mode
from widgets.header import Header
from widgets.modes import account_cell, loop_cell, mode_ink, pair_cell
from widgets.paint import plain


def tables(*modes: Mode, live: str = "read-only") -> Tables:
    found = scenes.busy()
    found.accounts = [
        msgspec.structs.replace(row, mode=mode, live=live if mode is Mode.LIVE else "")
        for row, mode in zip(found.accounts, modes, strict=True)
    ]
    found.loops = []
    return found


LIVE, PAPER, REHEARSAL = Mode.LIVE, Mode.PAPER, Mode.REHEARSAL


async def press(pilot: Pilot[str], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


async def test_without_a_live_account_there_is_nothing_to_let_trade() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "M")
        assert not isinstance(face.app.screen, GoLiveDialog)
        assert face.link.sent == []


async def test_as_the_form_opens_nothing_in_it_would_trade() -> None:
    face = Face(tables(PAPER, LIVE, PAPER, LIVE))
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "M", "tab", "enter")
        assert face.link.sent == [GoLive("extended", "off", "")]


async def test_the_name_is_typed_and_sent_as_it_was_typed() -> None:
    face = Face(tables(PAPER, LIVE, PAPER, LIVE))
    face.link.answer = lambda _verb: Ack("1", ok=False, error="typed: 'exten' is not the account's name")
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "M", "down", "left", "down", *"exten", "tab", "enter")
        assert face.link.sent == [GoLive("extended", "on", "exten")]
        assert isinstance(face.app.screen, GoLiveDialog), "it stays open with the reason"
        face.link.answer = lambda _verb: Ack("2", ok=True)
        await press(pilot, *"ded", "down", "right", "tab", "enter")
        assert face.link.sent[-1] == GoLive("extended", "on", "ded", skip_rehearsal=True), "typed anew, not added to"
        assert not isinstance(face.app.screen, GoLiveDialog)


async def test_the_header_names_every_kind_money_first() -> None:
    face = Face(tables(PAPER, REHEARSAL, LIVE, PAPER))
    async with face.app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        line = face.app.screen.query_one(Header).text
        assert line.index(" LIVE ") < line.index(" REHEARSAL ") < line.index(" PAPER ")
        assert face.app.screen.has_class("-live-money")


async def test_a_mixed_launch_is_asked_for_by_name_and_money_is_never_proposed() -> None:
    face = Face(tables(LIVE, LIVE, REHEARSAL, PAPER))
    assert proposed_pair(face.link.store)[:2] == ("backpack", "okx"), "no pair is alike: what is no money"
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "n")
        fields = face.app.screen.fields  # type: ignore[attr-defined]  # the launch form's
        assert fields.fields[-1].name == MIX.name
        fields.fields[-1].value = "yes"
        await press(pilot, "tab", "enter")
        (sent,) = face.link.sent
        assert isinstance(sent, Launch)
        assert sent.mix is True
        assert MIX.name not in sent.params
    alike = Face(tables(PAPER, LIVE, PAPER, PAPER))
    maker, taker, _coin = proposed_pair(alike.link.store)
    assert "extended" not in (maker, taker)


def test_names_carry_their_kind_unless_all_are_on_paper() -> None:
    store = Face(tables(LIVE, REHEARSAL, PAPER, PAPER)).link.store
    assert [plain(account_cell(store, name)) for name in ("lighter", "extended", "okx", "gone")] == [
        "LIVE lighter", "REHEARSAL extended", "PAPER okx", "gone",
    ]  # fmt: skip
    paper = Face(scenes.busy()).link.store
    assert plain(account_cell(paper, "lighter")) == "lighter"
    assert plain(loop_cell(paper, "hedge-1")) == "hedge-1"
    busy = scenes.busy()
    busy.accounts[0] = msgspec.structs.replace(busy.accounts[0], mode=Mode.LIVE)
    busy.loops[0] = msgspec.structs.replace(busy.loops[0], mode="mixed")
    mixed = Face(busy).link.store
    assert loop_cell(mixed, "hedge-1")[0] == ("MIXED ", "crit")
    assert mode_ink("live") == "live"


def test_a_pair_has_one_mark_and_two_kinds_are_a_danger() -> None:
    store = Face(tables(LIVE, LIVE, PAPER, PAPER)).link.store
    assert plain(pair_cell(store, "lighter", "extended")) == "LIVE lighter › extended"
    assert plain(pair_cell(store, "lighter", "okx")) == "MIXED lighter › okx"
    assert pair_cell(store, "lighter", "okx")[0][1] == "crit"
    assert plain(pair_cell(store, "gone", "away")) == "gone › away"
    assert plain(pair_cell(Face(scenes.busy()).link.store, "lighter", "okx")) == "lighter › okx"
