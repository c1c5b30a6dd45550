"""The first run: one key to the paper desk, or an account step by step, whose key is seen nowhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import scenes
from face_kit import Face
from fake_setup import FakeSetup
from textual import events
from textual.pilot import Pilot

from cockpit.screens.add_account import AddAccountDialog
from cockpit.screens.hidden import HiddenEntry
from cockpit.screens.overview import OverviewScreen
from cockpit.screens.welcome import WelcomeDialog
from cockpit.setup_port import Keyring, Trial

SECRETS = ("the-public-part", "the-private-part", "the-password")


def newcomer(setup: FakeSetup) -> Face:
    face = Face(scenes.idle())
    face.app.setup = setup
    return face


async def settle(face: Face, pilot: Pilot[str]) -> None:
    await pilot.pause()
    await face.app.workers.wait_for_complete()
    await pilot.pause()
    face.app.flush()


async def press(face: Face, pilot: Pilot[str], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settle(face, pilot)


async def type_in(face: Face, pilot: Pilot[str], text: str) -> None:
    await pilot.press(*text)
    await press(face, pilot, "enter")


def words(face: Face) -> str:
    """All text on the screen."""
    return face.app.export_screenshot()


async def test_without_a_first_run_there_is_no_welcome() -> None:
    for setup in (None, FakeSetup(first=False)):
        face = Face(scenes.idle())
        face.app.setup = setup
        async with face.app.run_test() as pilot:
            await settle(face, pilot)
            assert isinstance(face.app.screen, OverviewScreen)


async def test_a_desk_that_does_not_start_says_why_and_can_be_asked_again() -> None:
    setup = FakeSetup()
    setup.trouble = "the desk did not start (exit code 1): no room on the disk"
    face = newcomer(setup)
    async with face.app.run_test(size=(80, 24)) as pilot:
        await settle(face, pilot)
        await press(face, pilot, "enter")
        assert isinstance(face.app.screen, WelcomeDialog)
        assert "no room on the disk" in face.app.screen.query_one("#note").text
        setup.trouble = ""
        await press(face, pilot, "enter")
        assert isinstance(face.app.screen, OverviewScreen)
        assert setup.started == 1


async def test_one_key_leads_to_the_paper_desk() -> None:
    setup = FakeSetup()
    face = newcomer(setup)
    async with face.app.run_test(size=(80, 24)) as pilot:
        await settle(face, pilot)
        assert isinstance(face.app.screen, WelcomeDialog)
        await press(face, pilot, "escape")
        assert isinstance(face.app.screen, WelcomeDialog), "there is nothing to go back to"
        await press(face, pilot, "enter")
        assert isinstance(face.app.screen, OverviewScreen)
    assert setup.started == 1
    assert not face.link.sent, "nothing but the start of a desk"


async def test_leaving_starts_nothing() -> None:
    setup = FakeSetup()
    face = newcomer(setup)
    async with face.app.run_test(size=(80, 24)) as pilot:
        await settle(face, pilot)
        await press(face, pilot, "q")
    assert not setup.started
    assert face.link.closed


# -- an account


@pytest.fixture
def through() -> Callable[[Face, Pilot[str]], Awaitable[None]]:
    """From the welcome to the last question about a key of OKX."""

    async def go(face: Face, pilot: Pilot[str]) -> None:
        await settle(face, pilot)
        await press(face, pilot, "a")
        await type_in(face, pilot, "okx")
        await type_in(face, pilot, "-main")
        for secret in SECRETS:
            await type_in(face, pilot, secret)
            for each in SECRETS:
                assert each not in words(face)

    return go


async def test_the_account_is_kept_once_the_venue_has_taken_its_key(
    through: Callable[[Face, Pilot[str]], Awaitable[None]],
) -> None:
    setup = FakeSetup()
    face = newcomer(setup)
    async with face.app.run_test(size=(80, 24)) as pilot:
        await through(face, pilot)
        key = dict(zip(("apiKey", "secret", "password"), SECRETS, strict=True))
        assert setup.tried == [("okx", key)]
        assert not setup.added, "tried, and not kept yet"
        assert "okx takes the key" in face.app.screen.query_one("#note").text
        await press(face, pilot, "enter")
        assert setup.added == [("okx-main", "okx", key, "")]
        assert isinstance(face.app.screen, WelcomeDialog)
        assert "read-only" in face.app.screen.query_one("#note").text
        await press(face, pilot, "enter")
        assert setup.started == 1


async def test_a_key_that_is_refused_is_asked_for_again_and_not_kept(
    through: Callable[[Face, Pilot[str]], Awaitable[None]],
) -> None:
    setup = FakeSetup()
    setup.trial = Trial("refused", ("okx refuses the key: invalid sign",))
    face = newcomer(setup)
    async with face.app.run_test(size=(80, 24)) as pilot:
        await through(face, pilot)
        assert isinstance(face.app.screen, AddAccountDialog)
        assert "invalid sign" in face.app.screen.query_one("#note").text
        assert "1 of 3" in face.app.screen.query_one("#head").text
        await press(face, pilot, "escape", "escape", "escape")
        assert isinstance(face.app.screen, WelcomeDialog)
    assert not setup.added


async def test_a_key_that_nobody_could_ask_about_is_not_kept_by_enter_alone(
    through: Callable[[Face, Pilot[str]], Awaitable[None]],
) -> None:
    setup = FakeSetup()
    setup.trial = Trial("unknown", ("okx could not be asked: no route",))
    face = newcomer(setup)
    async with face.app.run_test(size=(80, 24)) as pilot:
        await through(face, pilot)
        await press(face, pilot, "enter")
        assert isinstance(face.app.screen, WelcomeDialog)
        assert not setup.added


async def test_what_cannot_be_written_is_told_and_may_be_tried_again(
    through: Callable[[Face, Pilot[str]], Awaitable[None]],
) -> None:
    setup = FakeSetup()
    setup.trouble = "config.toml: expected a folder that can be written to"
    face = newcomer(setup)
    async with face.app.run_test(size=(80, 24)) as pilot:
        await through(face, pilot)
        await press(face, pilot, "enter")
        assert "can be written to" in face.app.screen.query_one("#note").text
        setup.trouble = ""
        await press(face, pilot, "enter")
        assert len(setup.added) == 1


async def test_a_file_of_keys_asks_for_its_passphrase_twice() -> None:
    setup = FakeSetup()
    setup.ring = Keyring("the encrypted file keys.cfg", "new")
    face = newcomer(setup)
    async with face.app.run_test(size=(80, 24)) as pilot:
        await settle(face, pilot)
        await press(face, pilot, "a")
        for text in ("okx", "-2", *SECRETS, "eight words", "eight wrods"):
            await type_in(face, pilot, text)
        assert "differ" in face.app.screen.query_one("#note").text
        await type_in(face, pilot, "eight words")
        await press(face, pilot, "enter")
        assert setup.added[0][3] == "eight words"
        assert "again" not in setup.tried[0][1]


async def test_mistakes_keep_one_where_one_is() -> None:
    setup = FakeSetup()
    face = newcomer(setup)
    async with face.app.run_test(size=(80, 24)) as pilot:
        await settle(face, pilot)
        await press(face, pilot, "a")
        note = face.app.screen.query_one("#note")
        await type_in(face, pilot, "mtgox")
        assert "is no venue here" in note.text
        await press(face, pilot, "ctrl+u")
        await pilot.press(*"li")
        await press(face, pilot, "tab", "enter")
        assert "make signers" in note.text
        await press(face, pilot, "ctrl+u")
        await type_in(face, pilot, "extended")
        assert "already" in note.text
        setup.ring = Keyring("", trouble="no keyring can be used: D-Bus is not there")
        await press(face, pilot, "ctrl+u")
        await type_in(face, pilot, "main")
        assert "no keyring can be used" in note.text
        assert not setup.tried


async def test_what_is_typed_unseen_is_nowhere() -> None:
    setup = FakeSetup()
    face = newcomer(setup)
    async with face.app.run_test(size=(80, 24)) as pilot:
        await settle(face, pilot)
        await press(face, pilot, "a")
        await type_in(face, pilot, "okx")
        await type_in(face, pilot, "")
        entry = face.app.screen.query_one(HiddenEntry)
        entry.post_message(events.Paste("the-private-part\r\n"))
        await settle(face, pilot)
        assert entry.count == len("the-private-part")
        assert not setup.tried, "a line's end in a paste is no enter"
        for text in (words(face), repr(entry), str(vars(entry)), face.app.tree.label, str(face.app.screen.tree)):
            assert "the-private-part" not in str(text)
        await press(face, pilot, "backspace")
        assert entry.count == len("the-private-part") - 1
        await press(face, pilot, "ctrl+u")
        assert entry.count == 0
        await press(face, pilot, "enter")
        assert "missing" in face.app.screen.query_one("#note").text
