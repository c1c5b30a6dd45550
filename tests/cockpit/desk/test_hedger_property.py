"""Whatever the fills and whatever the hedge venue answers: never over-hedged, and at quiet even or alarmed."""

from __future__ import annotations

from decimal import Decimal

from desk_kit import D, FakeRig
from fake_venue import linear
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cockpit.desk.orders import Order
from venues.model import OrderRequest, OrderStatus, Side

Answer = tuple[str, int]
answers = st.lists(
    st.tuples(
        st.sampled_from(
            ["whole", "part", "none", "reject", "report first", "fill twice", "lost ack", "lost order", "lost fill"]
        ),
        st.integers(1, 9),
    ),
    max_size=12,
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("fill"), st.integers(1, 60)),
        st.tuples(st.just("wait"), st.integers(1, 30)),
        st.tuples(st.just("book"), st.integers(0, 1)),
    ),
    min_size=1,
    max_size=12,
)


class Taker:
    """Answers each hedge by the script, and fills whole once the script is over."""

    def __init__(self, rig: FakeRig, script: list[Answer]) -> None:
        self.rig, self.script = rig, script

    def answer(self, order: OrderRequest) -> None:
        kind, tenths = self.script.pop(0) if self.script else ("whole", 0)
        tk, cid = self.rig.tk, order.client_order_id
        lot = tk.instruments[order.symbol].lot
        part = max(lot, (order.qty * tenths / 10 / lot).to_integral_value() * lot)
        part = min(part, order.qty)

        def act() -> None:
            if kind in ("whole", "fill twice"):
                fill = tk.fill(cid, order.qty, tell_order=True)
                if kind == "fill twice":
                    tk.hand(fill)
                    tk.tell(tk.orders[cid])
            elif kind in ("part", "report first"):
                fill = tk.fill(cid, part, tell=False)
                if part < order.qty:
                    tk.report(cid, OrderStatus.CANCELED, tell=False)
                if kind == "report first":
                    tk.tell(tk.orders[cid])
                    tk.later(lambda: tk.hand(fill), 0.2)
                else:
                    tk.hand(fill)
                    tk.tell(tk.orders[cid])
            elif kind == "lost ack":
                tk.fill(cid, order.qty, tell=False)
            elif kind == "lost fill":
                tk.fill(cid, part, tell=False)
                tk.report(cid, OrderStatus.CANCELED if part < order.qty else OrderStatus.FILLED)
            elif kind == "lost order":
                del tk.orders[cid]
            elif kind == "reject":
                tk.report(cid, OrderStatus.REJECTED)
            else:
                tk.report(cid, OrderStatus.CANCELED)

        tk.later(act, 0.02)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=steps, script=answers, lots=st.sampled_from(["0.001", "0.005", "0.02"]))
def test_hedges_never_exceed_what_is_owed(steps: list[tuple[str, int]], script: list[Answer], lots: str) -> None:
    with FakeRig(taker=linear(lot=D(lots), min_qty=D(lots))) as rig:
        loop = rig.launch(size="0.5", attempts=4, unwind="no")
        rig.tk.on_submit = Taker(rig, list(script)).answer
        order = rig.place(Side.BUY, "5", "100000")
        tolerance = loop.tolerance()
        most = D(0)
        for kind, number in steps:
            if kind == "fill":
                qty = min(D(number) / 1000, order.qty - order.filled_qty)
                if qty:
                    rig.at(rig.mk, "fill", order.id, qty, seconds=0.01)
            elif kind == "wait":
                rig.pass_time(number / 10)
            elif number:
                rig.at(rig.tk, "book", "99999.5", "100000.5")
            else:
                rig.at(rig.tk, "no_book")
            working = sum((remaining(o) for o in rig.desk.tracker.live() if o.account == "tk"), D(0))
            owed = rig.held("mk")
            most = max(most, -rig.tk.held.get("BTCUSDT", D(0)) - owed)
            assert -rig.held("tk") + working <= owed + tolerance, "at work and done together exceed what is owed"
            assert most <= tolerance
        rig.at(rig.tk, "book", "99999.5", "100000.5")
        rig.tk.on_submit = rig.tk.fills_whole
        rig.pass_time(60)
        assert rig.tk.held.get("BTCUSDT", D(0)) == rig.held("tk"), "each venue fill stands once in the ledger"
        assert abs(loop.owed()) <= tolerance or rig.alarms
        assert not [o for o in rig.desk.tracker.live() if o.account == "tk"]
        assert abs(rig.held("mk") + rig.held("tk")) <= tolerance


def remaining(order: Order) -> Decimal:
    return -order.side.sign * order.remaining
