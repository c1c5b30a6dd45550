"""Spreads, funding and history: what they show, and what their keys do."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
import scenes
from face_kit import Face, press, settled

from cockpit.link.answers import History
from cockpit.link.messages import Ack, Launch
from cockpit.link.rows import SpreadRow, Tables
from cockpit.screens.funding import FundingScreen
from cockpit.screens.history import AGAIN_S, HistoryScreen
from cockpit.screens.launch import LaunchDialog
from cockpit.screens.overview import OverviewScreen
from cockpit.screens.spreads import SpreadsScreen
from venues.model import NS_PER_S
from widgets.paint import plain
from widgets.panel import Panel


def texts(panel: Panel) -> list[list[str]]:
    return [[plain(cell) for cell in row.cells] for row in panel.rows]


def painted(face: Face) -> str:
    return "\n".join(strip.text for strip in face.app.screen._compositor.render_strips())


def text(panel: Panel) -> str:
    return "\n".join(plain(row.line) or " ".join(plain(cell) for cell in row.cells) for row in panel.rows)


# -- spreads


def spreads(face: Face) -> SpreadsScreen:
    screen = face.app.screen
    assert isinstance(screen, SpreadsScreen)
    return screen


async def test_best_edge_stands_first() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "v")
        store = face.link.store
        best = [
            max(store.spreads[row.key].buy_a_bps or 0, store.spreads[row.key].sell_a_bps or 0)
            for row in spreads(face).spreads.rows
        ]
        assert len(best) == 9
        assert best == sorted(best, reverse=True)


async def test_rows_do_not_jump_while_one_aims_at_them() -> None:
    tables = scenes.busy()
    face = Face(tables)
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "v")
        before = [row.key for row in spreads(face).spreads.rows]
        last = before[-1]
        tables.spreads = [
            msgspec.structs.replace(row, buy_a_bps=99.0) if row.key == last else row for row in tables.spreads
        ]
        face.clock.advance(1)
        face.change(tables)
        await settled(pilot)
        assert [row.key for row in spreads(face).spreads.rows] == before
        face.clock.advance(1.5)
        face.change(tables)
        await settled(pilot)
        assert spreads(face).spreads.rows[0].key == last


async def test_a_pair_without_books_stands_last_and_says_nothing() -> None:
    tables = scenes.busy()
    tables.spreads.insert(0, SpreadRow("XRP", "lighter", "okx", None, None, ()))
    face = Face(tables)
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "v")
        assert texts(spreads(face).spreads)[-1][:7] == ["XRP", "lighter › okx", "–", "–", "–", "–", "–"]


async def test_score_is_missing_under_twenty_values() -> None:
    tables = scenes.busy()
    tables.spreads = [msgspec.structs.replace(row, history=row.history[:19]) for row in tables.spreads]
    face = Face(tables)
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "v")
        assert {row[4] for row in texts(spreads(face).spreads)} == {"–"}
        tables.spreads = scenes.busy().spreads
        face.change(tables)
        await settled(pilot)
        assert "–" not in {row[4] for row in texts(spreads(face).spreads)}


async def test_one_coin_after_the_other() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "v", "right_square_bracket")
        assert {row[0].split()[0] for row in texts(spreads(face).spreads)} == {"BTC"}
        await press(face, pilot, "left_square_bracket")
        assert len(spreads(face).spreads.rows) == 9


async def test_a_coin_nobody_trades_shows_all_and_says_so() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        face.app.action_open("spreads", "DOGE")
        await settled(pilot)
        assert len(spreads(face).spreads.rows) == 9
        assert "DOGE" in spreads(face).keybar.message


async def test_a_coin_is_known_whatever_its_case() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        face.app.action_open("spreads", "eth")
        await settled(pilot)
        assert {row[0].split()[0] for row in texts(spreads(face).spreads)} == {"ETH"}


async def test_enter_proposes_the_pair_in_its_better_direction() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "v", "down")
        row = face.link.store.spreads[spreads(face).spreads.selected]
        await press(face, pilot, "enter")
        form = face.app.screen
        assert isinstance(form, LaunchDialog)
        values = form.fields.values()
        better = "buy" if (row.buy_a_bps or 0) >= (row.sell_a_bps or 0) else "sell"
        assert [values[name] for name in ("maker", "taker", "ticker", "direction")] == [row.a, row.b, row.base, better]
        assert values["size"]
        assert face.link.sent == []
        await press(face, pilot, "ctrl+enter")
        assert [type(verb) for verb in face.link.sent] == [Launch]


async def test_enter_without_a_pair_says_so() -> None:
    face = Face(scenes.idle())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "v", "enter")
        assert spreads(face).keybar.message.endswith("no pair is selected")


async def test_chart_is_of_the_selected_pair() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "v")
        first = spreads(face).chart.subject
        assert first == spreads(face).spreads.selected
        await press(face, pilot, "down")
        assert spreads(face).chart.subject == spreads(face).spreads.selected != first
        assert "bid" in text(spreads(face).chart)


# -- funding


def funding(face: Face) -> FundingScreen:
    screen = face.app.screen
    assert isinstance(screen, FundingScreen)
    return screen


async def test_venues_stand_side_by_side_with_the_best_pair_marked() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "f")
        assert [column.title for column in funding(face).matrix.columns] == ["coin", *scenes.ACCOUNTS, "gap", "next"]
        btc = texts(funding(face).matrix)[0]
        # 0.00125, 0.0025 and 0.00375 % an hour, and 0.005 % every eight hours
        assert btc == ["BTC", "+11.0%", "+21.9%", "▲+32.9%", "▼+5.5%", "+27.4%", "41m18s"]


async def test_many_accounts_are_listed_below_each_other() -> None:
    face = Face(scenes.crowded())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "f")
        assert [column.title for column in funding(face).matrix.columns][:3] == ["coin", "account", "yearly"]
        assert len(funding(face).matrix.rows) == 60
        await pilot.resize_terminal(300, 40)
        await settled(pilot)
        assert len(funding(face).matrix.rows) == 3


async def test_an_account_that_comes_gets_a_column() -> None:
    tables = scenes.busy()
    last = tables.accounts.pop()
    face = Face(tables)
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "f")
        assert len(texts(funding(face).matrix)[0]) == 6
        tables.accounts.append(last)
        face.change(tables)
        await settled(pilot)
        assert len(texts(funding(face).matrix)[0]) == 7


async def test_leverage_and_holding_time_change_the_return() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(160, 50)) as pilot:
        await press(face, pilot, "f")
        carry = funding(face).carry
        before = {row[0]: row[3:5] for row in texts(carry)}
        assert "3x" in carry.aside
        # a gap of 27.375 % at 3x on the sum of both margins
        assert before["BTC"][0] == "+41.1%"
        await press(face, pilot, "greater_than_sign")
        assert {row[0]: row[3] for row in texts(carry)}["BTC"] == "+54.8%"
        await press(face, pilot, "less_than_sign", "right_curly_bracket")
        after = {row[0]: row[3:5] for row in texts(carry)}
        assert after["BTC"][0] == before["BTC"][0]
        assert {coin for coin in after if after[coin][1] != before[coin][1]} == {
            coin for coin in before if before[coin][1] != "–"
        }


async def test_leverage_ends_at_one_and_at_ten() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "f", *["less_than_sign"] * 5)
        assert funding(face).carry.leverage == 1
        await press(face, pilot, *["greater_than_sign"] * 12)
        assert funding(face).carry.leverage == 10
        await press(face, pilot, *["left_curly_bracket"] * 8)
        assert funding(face).carry.hold_days == 1
        await press(face, pilot, *["right_curly_bracket"] * 8)
        assert funding(face).carry.hold_days == 90


async def test_what_accounts_have_paid_adds_up() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "f")
        rows = texts(funding(face).accrued)
        assert [row[0] for row in rows] == [*scenes.ACCOUNTS, "all"]
        assert rows[0][1] == "-1.26"
        assert rows[-1][1] == "+2.52"


async def test_enter_opens_the_spreads_of_the_coin() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "f", "down", "enter")
        assert spreads(face).subject == "ETH"


# -- history


def history(face: Face) -> HistoryScreen:
    screen = face.app.screen
    assert isinstance(screen, HistoryScreen)
    return screen


def with_past(tables: Tables, answer: Ack | Callable[[object], Ack] | None = None) -> Face:
    face = Face(tables)
    face.link.answers["history"] = answer or scenes.answered(scenes.past())
    return face


async def test_days_stand_newest_first_with_bars() -> None:
    face = with_past(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "w")
        rows = texts(history(face).bars)
        assert [row[0] for row in rows[:2]] == ["2026-01-01", "2025-12-31"]
        assert len(rows) == 40
        full = max(len(row[2].strip()) for row in rows)
        assert full == history(face).bars.column_width(2, 0)


async def test_a_day_without_volume_has_no_bars() -> None:
    face = with_past(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "w")
        quiet = next(row for row in texts(history(face).bars) if row[1] == "0")
        assert (quiet[2].strip(), quiet[3], quiet[5].strip()) == ("", "–", "")


async def test_unit_value_fills_the_width() -> None:
    face = with_past(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "w", "2")
        lines = [plain(row.line) for row in history(face).unit.rows]
        assert len(lines) >= 4
        assert max(len(line.rstrip()) for line in lines) == history(face).unit.size.width - 2


async def test_without_a_day_it_says_from_when_on_there_are_some() -> None:
    face = with_past(scenes.idle(), scenes.answered(History(())))
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "w")
        assert history(face).bars.rows == ()
        assert "Days show from the first fill on; each one closes at 00:00 UTC." in painted(face)


async def test_the_desk_is_asked_again_each_minute_and_not_before() -> None:
    face = with_past(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "w")
        asked = [query for query in face.link.asked if query.what == "history"]
        assert len(asked) == 1
        face.clock.advance(AGAIN_S - 2)
        face.change(scenes.busy())
        await press(face, pilot)
        assert len([query for query in face.link.asked if query.what == "history"]) == 1
        face.clock.advance(3)
        face.change(scenes.busy())
        await face.app.workers.wait_for_complete()
        assert len([query for query in face.link.asked if query.what == "history"]) == 2


async def test_a_silent_desk_leaves_what_is_known_with_its_age() -> None:
    face = with_past(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "w")
        face.link.cut = True
        face.clock.advance(AGAIN_S + 1)
        face.change(scenes.busy())
        await face.app.workers.wait_for_complete()
        await settled(pilot)
        assert len(history(face).bars.rows) == 40
        assert "not connected" in history(face).bars.aside
        assert "1m01s" in history(face).bars.aside


async def test_a_refusal_is_told() -> None:
    face = with_past(scenes.busy(), Ack("1", ok=False, error="days: '366' is not valid"))
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "w")
        assert "days: '366' is not valid" in history(face).bars.aside


@pytest.mark.parametrize("key", ["v", "f", "w"])
async def test_escape_goes_back(key: str) -> None:
    face = with_past(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, key, "escape")
        assert isinstance(face.app.screen, OverviewScreen)


async def test_countdown_runs_with_the_clock() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await press(face, pilot, "f")
        assert texts(funding(face).matrix)[0][-1] == "41m18s"
        face.clock.advance(18)
        face.app.flush()
        await settled(pilot)
        assert texts(funding(face).matrix)[0][-1] == "41m00s"
        assert face.clock.now_ns() == scenes.NOW + 18 * NS_PER_S
