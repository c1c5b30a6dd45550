"""The bell: once for what is new, again and again for what is critical, never for what somebody has."""

from __future__ import annotations

import msgspec
import pytest
import scenes
from face_kit import Face
from scenes import NOW

from cockpit.link.rows import AlarmRow, Tables
from cockpit.screens.bell import LOUDER, Bell
from venues.model import NS_PER_S


class Ear:
    """A bell, and a desk's tables to ring it."""

    def __init__(self, bell_s: float = 30.0) -> None:
        self.face = Face(scenes.busy())
        self.bell = Bell(self.face.clock)
        self.bell_s = bell_s

    def show(self, *alarms: AlarmRow) -> None:
        tables = scenes.busy()
        tables.alarms = list(alarms)
        tables.desk = [msgspec.structs.replace(scenes.desk(), bell_s=self.bell_s)]
        self.face.link.snapshot(tables)

    def rings(self, seconds: int, *alarms: AlarmRow) -> list[int]:
        """Seconds at which it rang while these stood."""
        out = []
        for second in range(seconds):
            self.show(*alarms)
            if self.bell.rings(self.face.link.store):
                out.append(second)
            assert not self.bell.rings(self.face.link.store), "twice in a moment"
            self.face.clock.advance(1)
        return out


def row(level: str = "warning", id_: str = "x", rings: int = 1, **more: int) -> AlarmRow:
    return AlarmRow(id_, level, "text", NOW, first_ts=NOW, rings=rings, **more)


def test_a_warning_rings_once_for_each_time_that_the_desk_rang() -> None:
    ear = Ear()
    assert ear.rings(100, row()) == [0]
    assert ear.rings(100, row(rings=2)) == [0]
    assert ear.rings(100, row(rings=2), row(id_="y")) == [0]
    assert ear.rings(5) == []
    again = msgspec.structs.replace(row(), first_ts=NOW + NS_PER_S)
    assert ear.rings(100, again) == [0], "it stands anew"


def test_a_critical_one_rings_on_and_an_escalated_one_louder() -> None:
    ear = Ear()
    assert ear.rings(100, row("critical")) == [0, 30, 60, 90]
    pause = 30 // LOUDER
    assert ear.rings(20, row("critical", rings=2, escalated_ts=NOW)) == list(range(0, 20, pause))
    assert ear.rings(100, row("critical", rings=2, escalated_ts=NOW, acked_ts=NOW)) == []


def test_what_is_held_back_by_the_desk_does_not_ring() -> None:
    assert Ear().rings(100, row(rings=0)) == []


@pytest.mark.parametrize("level", ["warning", "critical"])
def test_it_can_be_switched_off(level: str) -> None:
    assert Ear(bell_s=0).rings(100, row(level)) == []


def test_old_news_do_not_ring() -> None:
    ear = Ear()
    ear.show(row("critical"))
    ear.face.clock.advance(60)
    assert not ear.bell.rings(ear.face.link.store), "nothing was heard of the desk for a minute"
    assert not Bell(ear.face.clock).rings(Face().link.store), "no desk yet"


async def test_the_app_rings_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    face = Face(scenes.busy())
    rung: list[int] = []
    monkeypatch.setattr(face.app, "bell", lambda: rung.append(face.clock.now_ns()))
    async with face.app.run_test(size=(80, 24)):
        assert rung == []
        tables: Tables = scenes.busy()
        tables.alarms = [row("critical")]
        face.change(tables)
        face.change(tables)
        assert rung == [NOW]
