"""The audit: who changed what, with old and new values; paged, and up to date as commands are given."""

from __future__ import annotations

import msgspec
import scenes
from face_kit import Face, at_rest, settled
from order_journal import answer
from past_scenes import changes
from textual.pilot import Pilot

from cockpit.link.answers import ChangeLine
from cockpit.link.messages import Ack, Query
from cockpit.link.rows import LogRow
from cockpit.screens import audit
from cockpit.screens.audit import AuditScreen
from venues.model import NS_PER_S
from widgets.audit import LINES_KEPT

SIZE = (120, 30)


async def opened(face: Face, pilot: Pilot[str]) -> AuditScreen:
    face.app.action_open("audit")
    await at_rest(face, pilot)
    screen = face.app.screen
    assert isinstance(screen, AuditScreen)
    return screen


def texts(screen: AuditScreen) -> list[str]:
    return [" | ".join("".join(t for t, _ink in cell) for cell in row.cells) for row in screen.panel.rows]


class Journal:
    """Commands one a second, the newest just now, answered as the desk does."""

    def __init__(self, count: int) -> None:
        self.lines = [
            ChangeLine(scenes.NOW - n * NS_PER_S, "tui:anna@tokyo", f"L{n % 2}", f"pause {n}") for n in range(count)
        ]
        self.asked: list[dict[str, str]] = []

    def __call__(self, query: Query) -> Ack:
        self.asked.append(query.args)
        before = int(query.args.get("before", scenes.NOW + 10**18))
        loop = query.args.get("loop", "")
        found = [line for line in self.lines if line.ts < before and loop in ("", line.loop)]
        return answer(found[: int(query.args["limit"])])


async def test_old_and_new_values_and_the_answer_of_the_desk() -> None:
    face = Face(scenes.busy())
    face.link.answers["audit"] = answer(changes())
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        lines = texts(screen)
        assert lines[0] == "08:59:20 | anna@tokyo | tui | hedge-1 | size 0.04 → 0.05  slippage 5 → 7 | ✓ taken"
        assert lines[2].endswith("size 0.8 → 80 | ✗ refused")
        assert lines[4].startswith("12-31 09:00 | escalation | – | –")
        await pilot.press("down", "down")
        await settled(pilot)
        assert "max_order_notional_usd" in screen.detail.text


async def test_older_lines_come_as_one_scrolls_and_stop_where_enough_is_at_hand() -> None:
    face = Face(scenes.busy())
    journal = Journal(LINES_KEPT + 1_000)
    face.link.answers["audit"] = journal
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert len(screen.panel.rows) == audit.PAGE
        for _page in range(LINES_KEPT // audit.PAGE + 3):
            await pilot.press("G")
            await at_rest(face, pilot)
        assert len(screen.panel.rows) == LINES_KEPT
        assert "cockpit audit" in str(screen.panel.border_title)
        assert len(journal.asked) == LINES_KEPT // audit.PAGE


async def test_the_end_of_the_journal_ends_the_questions() -> None:
    face = Face(scenes.busy())
    journal = Journal(audit.PAGE + 5)
    face.link.answers["audit"] = journal
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        for _page in range(4):
            await pilot.press("G", "up")
            await at_rest(face, pilot)
        assert len(screen.panel.rows) == audit.PAGE + 5
        assert len(journal.asked) == 2


async def test_a_command_of_somebody_else_shows_by_itself() -> None:
    face = Face(scenes.busy())
    lines = changes()
    face.link.answers["audit"] = lambda _query: answer(lines)
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        await pilot.press("down")
        chosen = screen.panel.selected
        lines.insert(0, ChangeLine(scenes.NOW, "tui:ben@london", "hedge-1", "pause"))
        tables = scenes.busy()
        tables.log.append(LogRow(90, scenes.NOW, "info", "hedge-1", "pause by tui:ben@london"))
        face.change(tables)
        await at_rest(face, pilot)
        assert "pause" in texts(screen)[0]
        assert len(screen.panel.rows) == 7
        assert screen.panel.selected == chosen


async def test_one_loop_alone() -> None:
    tables = scenes.busy()
    tables.loops = [msgspec.structs.replace(row, id=f"L{n}") for n, row in enumerate(tables.loops)]
    face = Face(tables)
    journal = Journal(10)
    face.link.answers["audit"] = journal
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        await pilot.press("right_square_bracket")
        await at_rest(face, pilot)
        assert journal.asked[-1] == {"limit": str(audit.PAGE), "loop": "L0"}
        assert {line.split(" | ")[3] for line in texts(screen)} == {"L0"}
        await pilot.press("left_square_bracket")
        await at_rest(face, pilot)
        assert len(screen.panel.rows) == 10


async def test_a_desk_of_another_version_is_told_apart_from_an_empty_journal() -> None:
    face = Face(scenes.busy())
    face.link.answers["audit"] = answer([{"loop": "L1", "field": "size", "old": "1", "new": "2"}])
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert "cannot be read" in screen.detail.text
        assert screen.panel.rows == ()


async def test_it_says_why_there_is_no_answer() -> None:
    face = Face(scenes.busy())
    face.link.cut = True
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert "not connected" in screen.detail.text
