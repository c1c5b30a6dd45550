"""Orders in pages: level memory however far one scrolls, the store's word before the journal's, gaps told."""

from __future__ import annotations

import msgspec
import pytest
import scenes
from order_journal import OrderJournal, answer, order

from cockpit.link.answers import OrdersPage
from cockpit.link.messages import Query
from cockpit.link.rows import OrderRow
from venues.model import OrderStatus
from widgets.order_list import FRESH_KEPT, PAGE, PAGES_KEPT, Entry, Gap, OrderList, finds

DEEP = 65_536


def page(journal: OrderJournal, before: str = "", words: str = "") -> OrdersPage:
    args = {"limit": str(PAGE), "before": before, "filter": words}
    ack = journal(Query("orders", {name: value for name, value in args.items() if value}))
    return msgspec.json.decode(ack.result, type=OrdersPage)


def ids(entries: list[Entry]) -> list[str]:
    return [f"gap {entry.count}" if isinstance(entry, Gap) else entry.client_order_id for entry in entries]


def last_row(orders: OrderList) -> OrderRow:
    found = orders.entries({})[-1]
    assert isinstance(found, OrderRow)
    return found


def test_before_the_desk_has_answered_there_is_what_the_store_has() -> None:
    orders = OrderList()
    store = {row.client_order_id: row for row in scenes.order_rows()}
    assert orders.total is None
    assert orders.wanted(None) == 0
    shown = orders.entries(store)
    assert [row.status.value for row in shown if isinstance(row, OrderRow)][:2] == ["unknown", "partially_filled"]
    assert len(shown) == len(store)


def test_scrolling_through_everything_stays_level_and_misses_nothing() -> None:
    journal, orders = OrderJournal(DEEP), OrderList()
    orders.take(0, page(journal))
    seen: set[str] = set()
    most = 0
    while True:
        entries = orders.entries({})
        seen.update(entry.client_order_id for entry in entries if isinstance(entry, OrderRow))
        most = max(most, orders.at_hand)
        number = orders.wanted(last_row(orders))
        if number is None:
            break
        orders.take(number, page(journal, orders.before(number)))
    assert len(seen) == DEEP
    assert most <= PAGE * (PAGES_KEPT + 1)
    assert len(journal.asked) == DEEP // PAGE + 1


def test_scrolling_back_up_brings_the_pages_between_again() -> None:
    journal, orders = OrderJournal(20 * PAGE), OrderList()
    orders.take(0, page(journal))
    for number in range(1, 12):
        orders.take(number, page(journal, orders.before(number)))
    entries = orders.entries({})
    (gap,) = [entry for entry in entries if isinstance(entry, Gap)]
    assert gap.count == (12 - PAGES_KEPT - 1) * PAGE
    at = entries.index(gap)
    first_below = entries[at + 1]
    assert isinstance(first_below, OrderRow)
    below = orders.wanted(first_below)
    assert below == 12 - PAGES_KEPT - 1
    orders.take(below, page(journal, orders.before(below)))
    again = ids(orders.entries({}))
    assert again.index(first_below.client_order_id) == at + 1 + PAGE
    assert len(again) == len(set(again))


def test_the_end_of_the_newest_page_leads_on_though_the_window_is_elsewhere() -> None:
    journal, orders = OrderJournal(20 * PAGE), OrderList()
    orders.take(0, page(journal))
    for number in range(1, 12):
        orders.take(number, page(journal, orders.before(number)))
    end_of_newest = orders.entries({})[PAGE - 1]
    assert isinstance(end_of_newest, OrderRow)
    assert orders.wanted(end_of_newest) == 1
    orders.take(1, page(journal, orders.before(1)))
    shown = ids(orders.entries({}))
    assert shown[PAGE] == order(19 * PAGE - 1).client_order_id
    assert orders.at_hand <= PAGE * (PAGES_KEPT + 1)


def test_what_the_store_says_of_an_order_goes_before_the_journal() -> None:
    journal, orders = OrderJournal(10), OrderList()
    orders.take(0, page(journal))
    newest = order(9)
    at_work = msgspec.structs.replace(newest, status=OrderStatus.OPEN)
    shown = orders.entries({newest.client_order_id: at_work})
    assert shown[0] == at_work
    assert ids(shown).count(newest.client_order_id) == 1
    cancelled = msgspec.structs.replace(newest, status=OrderStatus.CANCELED, text="by hand")
    orders.entries({newest.client_order_id: cancelled})
    assert cancelled in orders.entries({})


def test_what_ended_since_the_page_was_asked_for_is_kept_when_the_store_forgets_it() -> None:
    journal, orders = OrderJournal(10), OrderList()
    orders.take(0, page(journal))
    newer = order(12)
    assert orders.entries({newer.client_order_id: newer})[0] == newer
    assert orders.entries({})[0] == newer


def test_more_news_than_is_kept_asks_for_a_new_beginning() -> None:
    orders = OrderList()
    orders.take(0, page(OrderJournal(10)))
    for start in range(0, FRESH_KEPT + 200, 100):
        orders.entries({row.client_order_id: row for row in map(order, range(1_000 + start, 1_100 + start))})
    assert orders.overrun
    assert orders.at_hand == FRESH_KEPT + 10
    orders.restart()
    assert not orders.overrun
    assert orders.at_hand == 0


def test_other_words_show_what_is_at_hand_until_the_desk_has_answered() -> None:
    journal, orders = OrderJournal(PAGE), OrderList()
    orders.take(0, page(journal))
    orders.restart(("eth", "okx"))
    before = orders.entries({})
    assert before
    assert all(isinstance(row, OrderRow) and finds(row, ("eth", "okx")) for row in before)
    assert orders.total is None
    orders.take(0, page(journal, words="eth okx"))
    assert ids(orders.entries({})) == ids(before)
    assert orders.total == len(before)


def test_words_filter_what_comes_from_the_store() -> None:
    orders = OrderList()
    orders.restart(("okx",))
    store = {row.client_order_id: row for row in scenes.order_rows()}
    assert {row.account for row in orders.entries(store) if isinstance(row, OrderRow)} == {"okx"}


def test_a_page_that_nobody_asked_for_is_dropped() -> None:
    orders = OrderList()
    orders.take(7, OrdersPage((order(1),), "", 1))
    assert orders.entries({}) == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("ck90",), True),
        (("700009",), True),
        (("okx", "hedge"), True),
        (("canceled",), True),
        (("sell",), True),
        (("post-only",), False),
        (("hedge", "nowhere"), False),
        ((), True),
    ],
)
def test_words_are_looked_for_where_the_desk_looks(words: tuple[str, ...], found: bool) -> None:
    assert finds(order(9), words) is found


def test_the_answer_is_the_desks_own_shape() -> None:
    assert msgspec.json.decode(answer(OrdersPage((order(1),), "x", 3)).result, type=OrdersPage).rows == (order(1),)
