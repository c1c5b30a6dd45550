"""Orders as screens ask for them: pages of the journal, and the life of one."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from desk_kit import D, FakeRig
from host_kit import Host

from cockpit.link import messages as m
from cockpit.link.answers import OrderLife, OrdersPage
from venues.model import OrderStatus, RejectReason, Side

S = OrderStatus


@pytest.fixture
def rig() -> Iterator[FakeRig]:
    with FakeRig() as rig:
        yield rig


@pytest.fixture
def host(rig: FakeRig) -> Host:
    host = Host(rig)
    host.ok(m.Launch("idle", {"size": "0.05"}))
    return host


def page(host: Host, **args: str) -> OrdersPage:
    ack = host.send(m.Query("orders", args))
    assert ack.ok, ack.error
    return msgspec.json.decode(ack.result, type=OrdersPage)


def life(host: Host, id_: str) -> OrderLife:
    ack = host.send(m.Query("order", {"id": id_}))
    assert ack.ok, ack.error
    return msgspec.json.decode(ack.result, type=OrderLife)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (m.Query("orders", {"limit": "0"}), ("limit: '0'", "from 1 to 1000")),
        (m.Query("orders", {"limit": "1001"}), ("limit: '1001'", "from 1 to 1000")),
        (m.Query("orders", {"limit": "ten"}), ("limit: 'ten'", "whole number")),
        (m.Query("orders", {"limit": "²"}), ("limit: '²'", "whole number")),
        (m.Query("orders", {"state": "gone"}), ("state: 'gone'", "open", "filled", "denied")),
        (m.Query("orders", {"before": "nobody"}), ("before: 'nobody'", "`next`")),
        (m.Query("orders", {"filter": "a b c d e f g h i"}), ("filter: 9 words", "at the most 8")),
        (m.Query("order", {}), ("id: ''", "client order id")),
        (m.Query("order", {"id": "nobody"}), ("id: 'nobody'", "client order id")),
    ],
    ids=lambda value: str(value)[:50] if not isinstance(value, tuple) else "",
)
def test_what_makes_no_sense_is_told(host: Host, query: m.Query, words: tuple[str, ...]) -> None:
    error = host.no(query)
    for word in words:
        assert word in error


def test_a_desk_without_orders_has_one_empty_page(host: Host) -> None:
    assert page(host) == OrdersPage((), "", 0)


def test_pages_hold_what_was_placed_and_lead_from_one_to_the_next(rig: FakeRig, host: Host) -> None:
    placed = [rig.place(price=str(100_000 - number), seconds=0.1).id for number in range(5)]
    first = page(host, limit="2")
    assert [row.client_order_id for row in first.rows] == placed[:2:-1]
    assert (first.total, first.next) == (5, placed[3])
    last = page(host, limit="3", before=first.next)
    assert [row.client_order_id for row in last.rows] == placed[2::-1]
    assert (last.total, last.next) == (5, ""), "nothing after it"
    row = first.rows[0]
    assert (row.account, row.loop, row.role, row.side, row.qty) == ("mk", "L1", "open", Side.BUY, D("0.05"))
    assert row.price == D(99_996)
    assert page(host, filter="mk 99996").total == 0, "prices are not searched: they are read off, not typed"
    assert page(host, filter=f"MK {placed[0]}").total == 1
    assert page(host, state="open", account="mk", loop="L1").total == 5
    assert page(host, state="filled").total == 0


def test_a_filled_order_is_told_from_its_intent_to_its_last_fill(rig: FakeRig, host: Host) -> None:
    order = rig.place(qty="0.05")
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "report", order.id, S.OPEN)
    rig.at(rig.mk, "fill", order.id, "0.02", tell_order=True)
    rig.at(rig.mk, "fill", order.id, "0.03", tell_order=True)
    told = life(host, order.id)
    assert told.order.status is S.FILLED
    assert [event.status for event in told.events][:3] == [S.PENDING, S.IN_FLIGHT, S.OPEN]
    assert told.events[-1].status is S.FILLED
    assert told.events[-1].filled == D("0.05")
    stamps = [event.ts for event in told.events]
    assert stamps == sorted(stamps)
    assert [fill.qty for fill in told.fills] == [D("0.02"), D("0.03")]
    assert {(fill.account, fill.loop, fill.role) for fill in told.fills} == {("mk", "L1", "open")}
    assert life(host, told.order.venue_order_id).order == told.order, "the venue's id finds it too"


def test_a_refused_order_says_why(rig: FakeRig, host: Host) -> None:
    order = rig.place()
    rig.at(rig.mk, "report", order.id, S.REJECTED, reason=RejectReason.POST_ONLY)
    told = life(host, order.id)
    assert told.events[-1].status is S.REJECTED
    assert told.events[-1].text
    assert told.order.text == told.events[-1].text
    assert told.fills == ()


def test_an_order_whose_steps_are_forgotten_still_has_a_beginning_and_an_end(rig: FakeRig, host: Host) -> None:
    order = rig.place()
    rig.at(rig.mk, "report", order.id, S.CANCELED)
    rig.desk.journal.flush()
    connection = rig.desk.journal.reader()._connection
    connection.execute("DELETE FROM order_events")
    told = life(host, order.id)
    assert [event.status for event in told.events] == [S.PENDING, S.CANCELED]
