"""The overview as a deck of panels: turns, sizes, and the screens behind the rows."""

from __future__ import annotations

import msgspec
import pytest
import scenes
from face_kit import Face, overview, press, settled

from cockpit.link.messages import Delta
from cockpit.link.rows import Tables
from cockpit.screens.overview import OverviewScreen
from cockpit.screens.views import ViewScreen
from venues.model import Health
from widgets.paint import plain


def shown(face: Face) -> list[str]:
    return [panel.id or "" for panel in overview(face).order if panel.display]


async def test_low_window_has_loops_accounts_and_one_more_in_turn() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert shown(face) == ["loops", "positions", "spreads"]
        await press(face, pilot, "5")
        assert shown(face) == ["loops", "positions", "funding"]
        assert overview(face).focused_panel.id == "funding"
        assert "3 spreads" in overview(face).focused_panel.aside


async def test_lowest_window_has_loops_and_one_more_in_turn() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(60, 20)) as pilot:
        await settled(pilot)
        assert shown(face) == ["loops", "positions"]
        await press(face, pilot, "6")
        assert shown(face) == ["loops", "exposure"]


async def test_a_strip_of_alarms_takes_its_room_from_the_panels() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        tables = scenes.busy()
        tables.alarms, tables.flattens = scenes.alarms(), [scenes.flatten()]
        face.change(tables)
        await settled(pilot)
        assert shown(face) == ["loops", "positions"]


async def test_with_all_strips_full_every_panel_keeps_a_row() -> None:
    tables = scenes.busy()
    tables.alarms, tables.flattens = scenes.alarms(), [scenes.flatten()]
    face = Face(tables)
    async with face.app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        heights = {panel.id: panel.size.height for panel in overview(face).order}
        assert min(heights.values()) >= 2, heights
        tables.alarms, tables.flattens = [], []
        face.change(tables)
        await settled(pilot)
        assert overview(face).query_one("#positions").size.height > heights["positions"]


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (160, 50)], ids=str)
async def test_panel_gets_half_then_all_and_comes_back(size: tuple[int, int]) -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=size) as pilot:
        await settled(pilot)
        normal = shown(face)
        await press(face, pilot, "4", "plus")
        assert shown(face) == ["loops", "wear"]
        room = overview(face).query_one("#body").size.height
        assert abs(overview(face).order[3].outer_size.height * 2 - room) <= 1
        await press(face, pilot, "plus", "plus")
        assert shown(face) == ["wear"]
        assert overview(face).order[3].outer_size.height == room
        await press(face, pilot, "underscore", "underscore", "underscore", "2")
        assert set(normal) >= {"loops", "positions"}
        assert shown(face) == normal or "wear" in shown(face)


async def test_z_goes_to_full_and_back() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "2", "z")
        assert shown(face) == ["positions"]
        await press(face, pilot, "z")
        assert len(shown(face)) == 7


async def test_full_loops_are_not_kept_small() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "1", "z")
        assert overview(face).loops.outer_size.height == overview(face).query_one("#body").size.height


# -- the screens behind the rows


@pytest.mark.parametrize(
    ("panel", "kind", "subject"),
    [
        ("1", "LoopScreen", "hedge-1"),
        ("2", "AccountScreen", "lighter"),
        ("3", "SpreadsScreen", "BTC"),
        ("4", "HistoryScreen", ""),
        ("5", "FundingScreen", "BTC"),
        ("6", "SpreadsScreen", "BTC"),
        ("7", "LogScreen", ""),
    ],
)
async def test_enter_opens_the_screen_behind_the_row(panel: str, kind: str, subject: str) -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, panel, "enter")
        screen = face.app.screen
        assert type(screen).__name__ == kind
        assert isinstance(screen, ViewScreen)
        assert screen.subject == subject
        await press(face, pilot, "escape")
        assert isinstance(face.app.screen, OverviewScreen)


async def test_enter_sends_what_is_staged_from_any_panel() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "greater_than_sign", "5", "enter")
        assert len(face.link.sent) == 1
        assert isinstance(face.app.screen, OverviewScreen)


async def test_enter_on_an_account_that_holds_nothing_opens_it() -> None:
    face = Face(scenes.idle())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "2", "down", "enter")
        screen = face.app.screen
        assert isinstance(screen, ViewScreen)
        assert screen.subject == "extended"


async def test_enter_without_loops_says_how_to_get_one() -> None:
    face = Face(scenes.idle())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "enter")
        assert "n launches one" in overview(face).keybar.message


# -- what is seen at a glance


@pytest.mark.parametrize("width", [60, 80, 120, 200])
async def test_header_has_what_matters_most_in_every_window(width: int) -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(width, 40)) as pilot:
        await settled(pilot)
        text = overview(face).header.text
        for word in ("net", "gross", "PnL -5.13", "margin 8.1% okx", "day 63.4k", "wear +0.81"):
            assert word in text
        assert len(text.split("\n")) == (3 if width == 60 else 2)


async def test_what_an_accounts_line_has_no_room_for_stands_below_it() -> None:
    tables = scenes.busy()
    tables.accounts[1] = scenes.account("extended", 1, health=Health.SUSPECT, state="halted", note="0.1 became 0.05")
    tables.accounts[1] = msgspec.structs.replace(tables.accounts[1], live="read-only")
    face = Face(tables)
    async with face.app.run_test(size=(60, 20)) as pilot:
        await settled(pilot)
        rows = overview(face).order[1].rows
        head = next(row for row in rows if row.key == "#extended")
        assert "suspect" in plain(head.line)
        assert "halted" in plain(head.line)
        words = plain(head.line) + plain(head.note)
        for word in ("read-only", "25,000.00", "5.5%", "0.38x", "0.1 became 0.05"):
            assert word in words
        calm = next(row for row in rows if row.key == "#okx")
        assert not calm.note
        assert "25,274.84" in plain(calm.line)


async def test_columns_without_room_stand_below_the_selected_row() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(60, 20)) as pilot:
        await press(face, pilot, "2", "down")
        rows = overview(face).order[1].rows
        notes = {row.key: plain(row.note) for row in rows if row.note}
        assert list(notes) == ["lighter/BTC"]
        assert "entry 67,086.9" in notes["lighter/BTC"]
        assert "liq price" in notes["lighter/BTC"]
        await press(face, pilot, "down")
        assert [row.key for row in overview(face).order[1].rows if row.note] == ["lighter/ETH"]


async def test_exposure_sums_both_sides_of_each_coin() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(160, 50)) as pilot:
        await settled(pilot)
        panel = overview(face).order[5]
        rows = {row.key: [plain(cell) for cell in row.cells] for row in panel.rows}
        assert list(rows) == ["BTC", "ETH", "SOL", "*"]
        assert rows["BTC"][1:4] == ["0", "0.00", "13,424.10"]


async def test_many_accounts_are_all_in_sight_and_one_has_its_positions() -> None:
    face = Face(scenes.crowded())
    async with face.app.run_test(size=(200, 50)) as pilot:
        await press(face, pilot, "2")
        panel = overview(face).order[1]
        keys = [row.key for row in panel.rows]
        assert sum(key.startswith("#") for key in keys) == 20
        assert [key for key in keys if not key.startswith("#")] == [f"lighter-1/{coin}" for coin in scenes.MARKS]
        folded = next(row for row in panel.rows if row.key == "#okx-1")
        assert "3 positions  liq !5.5%" in plain(folded.line)
        await press(face, pilot, "down", "down", "down", "down")
        assert panel.selected == "#extended-1"
        held = [row.key for row in panel.rows if not row.key.startswith("#")]
        assert held == [f"extended-1/{coin}-USD" for coin in scenes.MARKS]
        await press(face, pilot, "up")
        assert panel.selected == "#lighter-1"
        await press(face, pilot, "1")
        assert [row.key for row in panel.rows if not row.key.startswith("#")] == []


async def test_a_filter_looks_at_positions_that_are_folded_away() -> None:
    face = Face(scenes.crowded())
    async with face.app.run_test(size=(200, 50)) as pilot:
        await press(face, pilot, "2")
        panel = overview(face).order[1]
        panel.filter_by("SOL-USDT")
        await settled(pilot)
        assert [row.key for row in panel.rows if not row.key.startswith("#")] == [
            f"okx-{n}/SOL-USDT-SWAP" for n in range(1, 6)
        ]


async def test_a_folded_position_that_differs_from_the_ledger_is_told() -> None:
    tables = scenes.crowded()
    odd = next(index for index, row in enumerate(tables.positions) if row.account == "okx-5")
    tables.positions[odd] = msgspec.structs.replace(tables.positions[odd], ledger_qty=tables.positions[odd].qty * 2)
    face = Face(tables)
    async with face.app.run_test(size=(60, 20)) as pilot:
        await settled(pilot)
        head = next(row for row in overview(face).order[1].rows if row.key == "#okx-5")
        assert "▲ differs from the ledger" in plain(head.line) + plain(head.note)


async def test_a_folded_account_out_of_sight_is_up_to_date_once_it_is_seen() -> None:
    tables = scenes.crowded()
    face = Face(tables)
    async with face.app.run_test(size=(60, 20)) as pilot:
        await press(face, pilot, "2", "g")
        panel = overview(face).order[1]
        assert "#okx-5" not in panel.keys_in_sight()
        before = next(row for row in tables.positions if row.account == "okx-5")
        changed = msgspec.structs.replace(before, ledger_qty=before.qty * 2)
        face.link.store.apply(Delta(2, 0, Tables(positions=[changed])))
        face.app.flush()
        await settled(pilot)
        await press(face, pilot, "G")
        await press(face, pilot, "1")
        assert "#okx-5" in panel.keys_in_sight()
        head = next(row for row in panel.rows if row.key == "#okx-5")
        assert "▲ differs from the ledger" in plain(head.line) + plain(head.note)
