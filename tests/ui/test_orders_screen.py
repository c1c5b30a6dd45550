"""The orders screen: paged as one scrolls, filtered by the desk, useful while the desk says nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import scenes
from face_kit import Face, at_rest, settled
from order_journal import OrderJournal, answer, life, order, sheet
from textual.pilot import Pilot

from cockpit.link.client import LinkError
from cockpit.link.messages import Ack, Query, Verb
from cockpit.link.rows import OrderRow, Tables
from cockpit.screens.order_life import OrderLifeDialog
from cockpit.screens.orders import OrdersScreen
from venues.model import OrderStatus
from widgets.order_list import PAGE, PAGES_KEPT

SIZE = (120, 40)


def busy_with(rows: list[OrderRow]) -> Tables:
    tables = scenes.busy()
    tables.orders = rows
    return tables


async def opened(face: Face, pilot: Pilot[str], subject: str = "") -> OrdersScreen:
    face.app.action_open("orders", subject)
    await at_rest(face, pilot)
    screen = face.app.screen
    assert isinstance(screen, OrdersScreen)
    return screen


class SlowLink:
    """Answers of a link, each held back until the test lets it go."""

    def __init__(self, face: Face) -> None:
        self.held: list[tuple[Query, asyncio.Future[Ack]]] = []
        self._send = face.link.send
        face.link.send = self.send  # the link's one way in

    async def send(
        self, verb: Verb, *, command_id: str | None = None, timeout: float = 10.0, resend: bool = False
    ) -> Ack:
        if not isinstance(verb, Query):
            return await self._send(verb)
        future: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self.held.append((verb, future))
        return await future

    def let_go(self, index: int, journal: Callable[[Query], Ack]) -> None:
        query, future = self.held[index]
        future.set_result(journal(query))


async def test_pages_come_as_one_scrolls_and_memory_stays_level() -> None:
    face = Face(busy_with([]))
    journal = OrderJournal(6_000)
    face.link.answers["orders"] = journal
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert len(screen.panel.rows) == PAGE
        most = 0
        for _page in range(30):
            await pilot.press("G")
            await at_rest(face, pilot)
            most = max(most, screen.panel.orders.at_hand, len(screen.panel.rows))
        assert screen.panel.selected == order(0).client_order_id
        assert most <= PAGE * (PAGES_KEPT + 1) + 1
        assert "of 6,000 at hand" in screen.foot.text
        await pilot.press("g")
        await at_rest(face, pilot)
        assert screen.panel.selected == order(5_999).client_order_id


async def test_orders_at_work_stand_on_top_and_move_as_the_desk_says() -> None:
    face = Face(scenes.busy())
    face.link.answers["orders"] = OrderJournal(50)
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        first = screen.panel.order(screen.panel.rows[0].key)
        assert first is not None
        assert first.status is OrderStatus.UNKNOWN
        tables = scenes.busy()
        done = msgspec.structs.replace(first, status=OrderStatus.FILLED, filled=first.qty)
        tables.orders = [done if row.client_order_id == first.client_order_id else row for row in tables.orders]
        face.change(tables)
        await settled(pilot)
        now = screen.panel.order(first.client_order_id)
        assert now == done
        assert screen.panel.rows[0].key != first.client_order_id


async def test_the_filter_is_asked_of_the_desk_once_it_stands() -> None:
    face = Face(busy_with([]))
    journal = OrderJournal(2_000)
    face.link.answers["orders"] = journal
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        await pilot.press("slash", "e", "t", "h")
        await settled(pilot)
        assert len(journal.asked) == 1
        # what is at hand is filtered already
        assert 0 < len(screen.panel.rows) < PAGE
        face.later.run()
        await at_rest(face, pilot)
        assert journal.asked[1:] == [{"limit": str(PAGE), "filter": "eth"}]
        assert "(667 of 2,000)" in str(screen.panel.border_title)
        await pilot.press("escape")
        face.later.run()
        await at_rest(face, pilot)
        assert journal.asked[-1] == {"limit": str(PAGE)}
        assert len(screen.panel.rows) == PAGE
        assert isinstance(face.app.screen, OrdersScreen)


async def test_a_subject_is_a_filter_to_begin_with() -> None:
    face = Face(busy_with([]))
    journal = OrderJournal(100)
    face.link.answers["orders"] = journal
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot, "hedge-3")
        face.later.run()
        await at_rest(face, pilot)
        assert journal.asked == [{"limit": str(PAGE), "filter": "hedge-3"}]
        assert {row.loop for row in map(order, range(100)) if row.loop == "hedge-3"} == {"hedge-3"}
        assert len(screen.panel.rows) == 20


async def test_an_answer_to_older_words_is_dropped() -> None:
    face = Face(busy_with([]))
    journal = OrderJournal(1_000)
    async with face.app.run_test(size=SIZE) as pilot:
        slow = SlowLink(face)
        face.app.action_open("orders")
        await settled(pilot)
        screen = face.app.screen
        assert isinstance(screen, OrdersScreen)
        await pilot.press("slash", "e", "t", "h")
        face.later.run()
        await settled(pilot)
        assert [query.args.get("filter", "") for query, _future in slow.held] == ["", "eth"]
        slow.let_go(1, journal)
        await settled(pilot)
        rows = [row.key for row in screen.panel.rows]
        assert len(rows) == 333
        slow.let_go(0, journal)
        await settled(pilot)
        assert [row.key for row in screen.panel.rows] == rows


async def test_an_answer_that_comes_after_the_screen_was_closed_harms_nothing() -> None:
    face = Face(busy_with([]))
    async with face.app.run_test(size=SIZE) as pilot:
        slow = SlowLink(face)
        face.app.action_open("orders")
        await settled(pilot)
        await pilot.press("escape")
        await settled(pilot)
        assert len(face.app.screen_stack) == 1
        (_query, future) = slow.held[0]
        if not future.cancelled():
            slow.let_go(0, OrderJournal(10))
        await settled(pilot)
        assert face.app.is_running


async def test_a_desk_that_knows_no_pages_leaves_what_the_tables_have() -> None:
    face = Face(scenes.busy())
    face.link.answers["orders"] = Ack("1", ok=False, error="query: 'orders' is not known; expected one of fills")
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert len(screen.panel.rows) == len(scenes.order_rows())
        assert "'orders' is not known" in screen.foot.text
        asked = len(face.link.asked)
        face.clock.advance(5)
        face.change(scenes.busy())
        await at_rest(face, pilot)
        assert len(face.link.asked) == asked


async def test_an_answer_in_a_shape_of_another_version_is_told() -> None:
    face = Face(scenes.busy())
    face.link.answers["orders"] = answer({"rows": 7})
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert "cannot be read" in screen.foot.text
        assert len(screen.panel.rows) == len(scenes.order_rows())


async def test_it_asks_again_by_itself_when_the_desk_is_back() -> None:
    face = Face(scenes.busy())
    face.link.answers["orders"] = OrderJournal(60)
    face.link.cut = True
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert "not connected" in screen.foot.text
        face.link.cut = False
        face.clock.advance(1)
        face.change(scenes.busy())
        await at_rest(face, pilot)
        assert "of 60 at hand" in screen.foot.text
        assert len(screen.panel.rows) == 60 + len(scenes.order_rows())


async def test_the_age_of_the_answer_is_shown_while_the_desk_is_silent() -> None:
    face = Face(busy_with([]))
    face.link.answers["orders"] = OrderJournal(60)
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert "as of now" in screen.foot.text
        face.clock.advance(75)
        face.app.flush()
        await settled(pilot)
        assert "as of 1m15s ago" in screen.foot.text
        assert len(screen.panel.rows) == 60


async def test_enter_opens_the_whole_life_of_an_order() -> None:
    face = Face(busy_with([life().order]))
    face.link.answers |= {"orders": OrderJournal(5), "order": answer(life()), "loop": answer(sheet())}
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        screen.panel.select(life().order.client_order_id)
        await pilot.press("enter")
        await at_rest(face, pilot)
        dialog = face.app.screen
        assert isinstance(dialog, OrderLifeDialog)
        steps = [row.cells[2][0][0] for row in dialog.grid.rows]
        assert steps == ["intent", "sent", "open", "● fill", "partially filled", "● fill", "filled"]
        after = [row.cells[1][0][0] for row in dialog.grid.rows]
        assert after[:3] == ["–", "0.12 ms", "17.9 ms"]
        assert "obligation 4" in dialog.facts.text
        assert "covered after 42.0 ms" in dialog.facts.text
        await pilot.press("escape")
        await settled(pilot)
        assert face.app.screen is screen


async def test_an_order_that_the_journal_does_not_have_shows_what_is_known() -> None:
    face = Face(scenes.busy())
    face.link.answers |= {
        "orders": OrderJournal(0),
        "order": Ack("1", ok=False, error="id: 'c1-hedge-2-5' is no order of this journal"),
    }
    async with face.app.run_test(size=SIZE) as pilot:
        await opened(face, pilot)
        await pilot.press("enter")
        await at_rest(face, pilot)
        dialog = face.app.screen
        assert isinstance(dialog, OrderLifeDialog)
        assert "c1-hedge-2-5" in dialog.facts.text
        assert "is no order of this journal" in dialog.foot.text


async def test_the_life_is_asked_for_again_when_the_order_moves() -> None:
    face = Face(scenes.busy())
    face.link.answers |= {"orders": OrderJournal(0), "order": answer(life())}
    async with face.app.run_test(size=SIZE) as pilot:
        await opened(face, pilot)
        await pilot.press("enter")
        await at_rest(face, pilot)

        def asked() -> int:
            return sum(query.what == "order" for query in face.link.asked)

        before = asked()
        face.change(scenes.busy())
        await at_rest(face, pilot)
        assert asked() == before
        tables = scenes.busy()
        tables.orders = [msgspec.structs.replace(row, filled=row.qty) for row in tables.orders]
        face.change(tables)
        await at_rest(face, pilot)
        assert asked() == before + 1


async def test_how_it_was_sorted_is_remembered_for_the_next_session() -> None:
    face = Face(scenes.busy())
    face.link.answers["orders"] = OrderJournal(0)
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        await pilot.press("s", "s", "S")
        await at_rest(face, pilot)
        assert screen.panel.sorted_by == ("account", True)
    again = Face(scenes.busy())
    again.link.answers["orders"] = OrderJournal(0)
    async with again.app.run_test(size=SIZE) as pilot:
        screen = await opened(again, pilot)
        assert screen.panel.sorted_by == ("account", True)


async def test_a_failing_link_is_told_in_words() -> None:
    face = Face(scenes.busy())

    def broken(_query: Query) -> Ack:
        raise LinkError("the desk did not answer within 10 s", "1", unknown=True)

    face.link.answers["orders"] = broken
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert "did not answer within 10 s" in screen.foot.text
