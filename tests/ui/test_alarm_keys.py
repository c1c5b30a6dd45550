"""Acknowledging from the keyboard: what is on top, or everything."""

from __future__ import annotations

import msgspec
import scenes
from face_kit import Face, settled

from cockpit.link.messages import AckAlarm
from cockpit.link.rows import Tables
from cockpit.screens.overview import OverviewScreen


async def test_the_worst_alarm_is_acknowledged_first_and_those_that_are_stay_below() -> None:
    def tables(*ids: str) -> Tables:
        changed = scenes.busy()
        changed.alarms = [
            msgspec.structs.replace(row, acked_ts=scenes.NOW, acked_by="op") if row.id in ids else row
            for row in scenes.alarms()
        ]
        return changed

    face = Face(tables())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await pilot.press("a")
        await settled(pilot)
        face.change(tables("late"))
        await pilot.press("a")
        await settled(pilot)
        face.change(tables("late", "a1"))
        await pilot.press("A")
        await settled(pilot)
        assert face.link.sent == [AckAlarm("late"), AckAlarm("a1"), AckAlarm("all")]
        screen = face.app.screen
        assert isinstance(screen, OverviewScreen)
        lines = screen.strips.text.splitlines()
        assert ["WARNING" in lines[0], "✓ escalated" in lines[1], "✓ critical" in lines[2]] == [True] * 3
        assert lines[3] == "   and 1 more alarm; ! lists them"
