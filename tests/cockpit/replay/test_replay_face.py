"""The hand on time: keys, the time bar, what is refused, and that typing is left alone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from replay_kit import Session, record
from textual.pilot import Pilot

from cockpit.replay.link import REFUSED, ReplayClock, ReplayLink
from cockpit.replay.player import Player
from cockpit.replay_app import ReplayApp, time_of
from venues.model import NS_PER_S, ManualClock

DAY = 1_767_225_600 * NS_PER_S
"""2026-01-01 00:00 UTC."""


class Shown:
    """A replay on a screen, its clock in the test's hand."""

    def __init__(self, session: Session) -> None:
        self.clock = ManualClock(5 * NS_PER_S)
        self.player = Player(session.path, self.clock, start=lambda _last: session.began)
        self.link = ReplayLink(self.player, self.clock, rate_hz=0)
        self.app = ReplayApp(self.link, ReplayClock(self.player, self.clock), rate_hz=0)

    async def settle(self, pilot: Pilot[str]) -> None:
        await pilot.pause()
        await self.player.settled()
        await self.app.workers.wait_for_complete()
        self.link.tick()
        self.app.flush()
        await pilot.pause()

    async def press(self, pilot: Pilot[str], *keys: str) -> None:
        await pilot.press(*keys)
        await self.settle(pilot)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return record(tmp_path_factory.mktemp("journal") / "journal.sqlite")


@pytest.fixture
async def shown(session: Session) -> AsyncIterator[Shown]:
    shown = Shown(session)
    yield shown
    await shown.link.close()


def test_times_as_they_are_typed() -> None:
    near = DAY + 2 * 3600 * NS_PER_S
    assert time_of("01:39", near) == DAY + (99 * 60) * NS_PER_S
    assert time_of("01:39:20", near) == DAY + (99 * 60 + 20) * NS_PER_S
    assert time_of("23:00", near) == DAY - 3600 * NS_PER_S, "the last one there was"
    assert time_of("2026-01-01 01:39", near) == DAY + (99 * 60) * NS_PER_S
    assert time_of("2026-01-01", near) == DAY
    for wrong in ("", "soon", "25:00", "01:60", "2026-13-01", "1"):
        with pytest.raises(ValueError, match="expected one like 01:39"):
            time_of(wrong, near)


async def test_the_header_says_replay_and_the_time_of_then(shown: Shown) -> None:
    async with shown.app.run_test(size=(120, 40)) as pilot:
        await shown.settle(pilot)
        header = shown.app.screen.header.text
        assert "REPLAY" in header
        assert "PAPER" not in header
        assert "1x" in header
        assert "UTC" in header
        assert shown.app.screen.timebar.text.count("●") == 1
        assert "▲" in shown.app.screen.timebar.text


async def test_keys_move_time(shown: Shown) -> None:
    async with shown.app.run_test(size=(120, 40)) as pilot:
        await shown.settle(pilot)
        player = shown.player
        await shown.press(pilot, "greater_than_sign", "greater_than_sign")
        assert player.speed == 20
        await shown.press(pilot, "less_than_sign")
        assert player.speed == 5
        await shown.press(pilot, "end")
        assert player.ts == player.last
        await shown.press(pilot, "home")
        assert player.ts == player.first
        await shown.press(pilot, "pagedown")
        assert player.ts == player.last, "a jump beyond the end goes to the end"
        await shown.press(pilot, "left")
        assert player.ts == player.first
        await shown.press(pilot, "space")
        assert player.paused
        assert "held" in shown.app.screen.header.text
        # on every other screen too
        await shown.press(pilot, "L")
        await shown.press(pilot, "end")
        assert player.ts == player.last
        await shown.press(pilot, "space")
        assert not player.paused


async def test_commands_are_refused_in_words(shown: Shown) -> None:
    async with shown.app.run_test(size=(120, 40)) as pilot:
        await shown.settle(pilot)
        await shown.press(pilot, "X")
        assert REFUSED in shown.app.screen.keybar.text


async def test_what_is_typed_stays_text(shown: Shown) -> None:
    async with shown.app.run_test(size=(120, 40)) as pilot:
        await shown.settle(pilot)
        await shown.press(pilot, "colon", *"seek 00:00:05")
        assert not shown.player.paused, "the space went into the line"
        await shown.press(pilot, "enter")
        assert shown.player.ts == max(shown.player.first, time_of("00:00:05", shown.player.last))
        before = shown.player.ts
        await shown.press(pilot, "colon", *"seek never", "enter")
        assert shown.player.ts == before


async def test_leaving_ends_it(shown: Shown) -> None:
    async with shown.app.run_test(size=(120, 40)) as pilot:
        await shown.settle(pilot)
        await pilot.press("q")
    assert shown.app.return_value == ""
