"""The account screen: figures, keys, and answers that stay away."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
import scenes
from face_kit import Face, press, settled, words
from sheets import account_sheet, ack, told
from textual.pilot import Pilot

from cockpit.link.messages import Ack, ResumeAccount
from cockpit.screens.account import AccountScreen
from cockpit.screens.dialog import ChoiceDialog
from cockpit.screens.flatten import FlattenDialog
from cockpit.screens.order_life import OrderLifeDialog
from cockpit.screens.overview import OverviewScreen
from venues.model import Health, Mode
from widgets.account_positions import margin_share
from widgets.panel import Panel

SIZE = (160, 50)


async def opened(face: Face, pilot: Pilot[str], name: str = "lighter") -> AccountScreen:
    await settled(pilot)
    face.app.action_open("account", name)
    await face.app.workers.wait_for_complete()
    await settled(pilot)
    screen = face.app.screen
    assert isinstance(screen, AccountScreen)
    return screen


def shows(face: Face, kind: type[object]) -> bool:
    return isinstance(face.app.screen, kind)


def panel(screen: AccountScreen, name: str) -> Panel:
    return next(each for each in screen.order if each.id == name)


async def test_a_refused_question_is_told_and_positions_stand_all_the_same() -> None:
    face = told(scenes.busy())
    face.link.answers["account"] = Ack("1", ok=False, error="account: 'lighter' is not known")
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        for name in ("summary", "fills", "balances", "accrued"):
            assert "is not known" in words(panel(screen, name))
        assert "BTC" in words(panel(screen, "held"))


async def test_an_account_that_is_not_there_says_so_and_does_nothing() -> None:
    face = told(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot, "nobody")
        assert panel(screen, "summary").rows == ()
        for key in ("F", "r"):
            await press(face, pilot, key)
            assert "nobody" in screen.keybar.message
        await press(face, pilot, "right_square_bracket")
        assert screen.subject == "lighter"
        assert face.link.sent == []


async def test_equity_that_is_not_known_is_no_zero() -> None:
    tables = scenes.busy()
    tables.accounts[0] = msgspec.structs.replace(
        tables.accounts[0], equity_usd=None, free_usd=None, margin_ratio=None, leverage=None
    )
    face = told(tables)
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        text = words(panel(screen, "summary"))
        assert "equity – USD" in text
        assert "the venue has not said" in text


async def test_what_is_wrong_stands_in_the_summary_once() -> None:
    tables = scenes.busy()
    limits = "first session: order 500, position 2000 USD, 2x, 3/20 fills"
    tables.accounts[0] = msgspec.structs.replace(
        tables.accounts[0], mode=Mode.LIVE, health=Health.SUSPECT, state="halted", note="rollback: 0.1", live=limits
    )
    face = told(tables)
    face.link.answers["account"] = ack(
        msgspec.structs.replace(account_sheet(), notes=("rollback: 0.1", limits, "no withdrawals"))
    )
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        text = words(panel(screen, "summary"))
        assert text.count("rollback: 0.1") == 1
        assert text.count(limits) == 0, "it stands in the headline"
        assert "no withdrawals" in text


async def test_positions_show_margin_distance_and_what_is_foreign() -> None:
    tables = scenes.busy()
    odd = tables.positions[0]
    tables.positions[0] = msgspec.structs.replace(
        odd, ledger_qty=odd.qty * 2, foreign_qty=odd.qty / 5, liq=odd.mark * 96 / 100
    )
    face = told(tables)
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        text = words(panel(screen, "held"))
        assert "!4.0%" in text
        assert "the venue differs" in text
        assert "never hedged by us" in text
        store = face.link.store
        account = store.accounts["lighter"]
        assert account.equity_usd is not None
        assert account.free_usd is not None
        held = [row for row in store.positions.values() if row.account == "lighter"]
        gross = sum((abs(row.notional_usd) for row in held), Decimal(0))
        shares = [margin_share(row, account, gross) for row in held]
        assert sum(share for share in shares if share is not None) == pytest.approx(
            account.equity_usd - account.free_usd
        )


async def test_daily_moves_show_once_the_market_was_watched_for_a_while() -> None:
    face = told(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        row = panel(screen, "held").rows[0]
        assert row.cells[6][0][0] == "–"
        for step in range(40):
            tables = scenes.busy()
            market = tables.markets[0]
            assert market.bid is not None
            assert market.ask is not None
            moved = market.bid / 1000 if step % 2 else 0
            tables.markets[0] = msgspec.structs.replace(market, bid=market.bid + moved, ask=market.ask + moved)
            face.clock.advance(10)
            face.change(tables)
            await face.app.workers.wait_for_complete()
        row = panel(screen, "held").rows[0]
        # 0.1 % in 10 s is 9.3 % a day; 31 % to the liquidation are 3.3 of them, a little more for the still beginning
        assert row.cells[6][0][0] == "3.4"


async def test_brackets_walk_the_accounts() -> None:
    face = told(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        await press(face, pilot, "right_square_bracket")
        assert screen.subject == "extended"
        assert "extended" in [query.args["account"] for query in face.link.asked if query.what == "account"]
        await press(face, pilot, "left_square_bracket", "left_square_bracket")
        assert screen.subject == "okx"


async def test_flatten_of_this_account_opens_the_chord_and_sends_nothing_by_itself() -> None:
    face = told(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await opened(face, pilot)
        await press(face, pilot, "F")
        assert isinstance(face.app.screen, FlattenDialog)
        await press(face, pilot, "escape")
        assert face.link.sent == []


async def test_resume_asks_first() -> None:
    face = told(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await opened(face, pilot)
        await press(face, pilot, "r")
        assert isinstance(face.app.screen, ChoiceDialog)
        await press(face, pilot, "enter")
        assert face.link.sent == [], "Cancel has the focus"
        await press(face, pilot, "r", "up", "enter")
        assert face.link.sent == [ResumeAccount("lighter")]


async def test_enter_goes_to_what_stands_behind_the_row() -> None:
    face = told(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        await press(face, pilot, "1", "enter")
        assert "nothing stands behind" in screen.keybar.message
        await press(face, pilot, "4", "enter")
        assert shows(face, OrderLifeDialog)
        await press(face, pilot, "escape", "3", "enter")
        assert shows(face, AccountScreen)
        assert "no order is selected" in screen.keybar.message
        await press(face, pilot, "escape")
        assert shows(face, OverviewScreen)
