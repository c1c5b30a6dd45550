"""The exchange's books: positions, margin, liquidation, funding, queries, transfers, state."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_market import START, D, World, inverse, linear

from venues.model import (
    NS_PER_S,
    Mode,
    OrderStatus,
    Pricing,
    RejectReason,
    Side,
    TimeInForce,
    TransferKind,
    Venue,
    VenueRejected,
)
from venues.paper.account import KEEP_CLOSED, Account, History, Position
from venues.paper.account_state import AccountState
from venues.paper.funding import funding_cost, next_settlement
from venues.paper.margin import Margin, liquidation_price
from venues.paper.profiles import load_profile

BUY, SELL = Side.BUY, Side.SELL
IOC = TimeInForce.IOC


@pytest.fixture
def world():
    with World() as world:
        world.market.set({200: 5000, 199: 8000}, {201: 4000, 202: 6000})
        yield world


def free_of_fees():
    return World().profile.with_fees(D(0), D(0))


# -- positions ----------------------------------------------------------------------------------------------------


fills = st.lists(st.tuples(st.integers(-50, 50).filter(bool), st.integers(1, 4000)), min_size=1, max_size=30)


@given(fills=fills, exit_=st.integers(1, 4000), coin=st.booleans())
def test_profit_is_conserved_and_a_flat_position_costs_nothing(fills, exit_, coin):
    """Realised + unrealised at any mark equals the profit of every fill taken alone to that mark."""
    instrument = inverse() if coin else linear()
    mark = instrument.ticks_to_price(exit_)
    position, realised, alone = Position(instrument), Decimal(0), Decimal(0)
    for lots, ticks in fills:
        price = instrument.ticks_to_price(ticks)
        realised += position.apply(lots, price)
        alone += instrument.pnl(instrument.lots_to_qty(lots), price, mark)
    assert abs(realised + position.unrealised(mark) - alone) < D("1e-18")
    assert position.lots == sum(lots for lots, _ in fills)
    if not position.lots:
        assert position.cost == 0
        assert position.entry == 0
    else:
        assert abs(instrument.pnl(position.qty, position.entry, mark) - position.unrealised(mark)) < D("1e-18")


def test_entry_is_harmonic_on_inverse():
    position = Position(inverse())
    position.apply(10, D(50_000))
    position.apply(10, D(40_000))
    assert abs(position.entry - D(2) / (D(1) / 50_000 + D(1) / 40_000)) < D("1e-18")


def test_a_flip_opens_the_rest_at_the_new_price():
    position = Position(linear())
    position.apply(10, D(100))
    assert position.apply(-15, D(110)) == D("0.1")
    assert (position.lots, position.entry) == (-5, D(110))


# -- margin and liquidation ---------------------------------------------------------------------------------------


def test_margin_binds_open_orders_but_not_what_reduces():
    with World(cash={"USDT": D(10)}) as world:
        world.market.set({200: 50_000}, {201: 50_000})
        # 125 × 10 USDT buys 1250 USDT of notional: 12 BTC at 100 leave nothing for 1 BTC more.
        assert world.order("a", BUY, "12", "100").status is OrderStatus.OPEN
        assert world.order("b", BUY, "1", "100").reason is RejectReason.MARGIN
        assert world.order("c", SELL, "12", "101").status is OrderStatus.OPEN
        assert world.order("d", SELL, "1", "101").reason is RejectReason.MARGIN
        world.cancel("a")
        world.cancel("c")
        assert world.order("e", BUY, "12", "100.5", tif=IOC).status is OrderStatus.FILLED
        # Equity is below the initial margin now (fees), yet closing is always allowed.
        assert world.order("f", SELL, "12", "100", tif=IOC).status is OrderStatus.FILLED


def test_balances_add_up(world):
    world.order("a", BUY, "1", "100.5", tif=IOC)
    world.order("b", BUY, "1", "99")
    usdt = next(report for report in world.run(world.venue.balances()) if report.asset == "USDT")
    mark = D("100.25")
    fee = D("100.5") * D("0.0005")
    assert usdt.cash == D(10_000) - fee
    assert usdt.equity == usdt.cash - D("0.25")
    assert usdt.free == usdt.equity - 2 * mark / 125
    assert usdt.maintenance == mark * D("0.004")


def test_a_long_is_liquidated_below_its_price_and_not_above_it():
    with World(cash={"USDT": D(20)}) as world:
        world.market.set({2000: 50_000}, {2001: 50_000})
        world.order("a", BUY, "1", "1000.5", tif=IOC)
        world.order("tp", SELL, "1", "1100")
        report = world.run(world.venue.positions())[0]
        assert (report.qty, report.entry_price, report.mark_price) == (D("1.000"), D("1000.5"), D("1000.25"))
        assert report.liq_price is not None
        assert 980 < report.liq_price < 990
        world.market.mark(str(report.liq_price + D("0.01")))
        assert world.lots() == 1000
        world.market.mark(str(report.liq_price - D("0.01")))
        world.pass_time()
        assert world.lots() == 0
        assert world.heard.statuses("tp")[-1] is OrderStatus.CANCELED
        assert world.heard.orders[1].reason is None
        cancelled = [report for report in world.heard.orders if report.client_order_id == "tp"][-1]
        assert cancelled.reason is RejectReason.LIQUIDATION
        fill = world.heard.fills[-1]
        assert (fill.liquidation, fill.client_order_id, fill.side, fill.price) == (True, "", SELL, D(1000))


def test_liquidation_by_the_mid_and_what_finds_no_price_is_tried_again():
    profile = msgspec.structs.replace(
        load_profile("backpack").with_latency(World().profile.submit), book_interval_ms=50
    )
    with World(profile=profile, cash={"USDT": D(25)}) as world:
        world.market.set({2000: 50_000}, {2001: 50_000})
        world.order("a", SELL, "1", "1000", tif=IOC)
        world.market.replace({2080: 10}, {2082: 300})
        world.pass_time()
        assert world.lots() == -700
        assert world.heard.fills[-1].fee == D("0.300") * D(1041) * D("0.0105")
        world.market.replace({2080: 10}, {2083: 5000})
        assert world.lots() == 0
        assert world.books.cash["USDT"] < 0


@given(
    lots=st.integers(-2000, 2000).filter(bool),
    cash=st.integers(1, 100),
    mark=st.integers(500, 3000),
    coin=st.booleans(),
)
def test_at_the_liquidation_price_equity_meets_maintenance(lots, cash, mark, coin):
    instrument = inverse() if coin else linear()
    rate, price = D("0.01"), D(mark)
    position = Position(instrument)
    position.apply(lots, D(1000))

    def margin(at):
        worth = abs(position.qty) * instrument.contract_size
        worth = worth / at if coin else worth * at
        return Margin(D(cash), position.unrealised(at), D(0), worth * rate)

    found = liquidation_price(position, margin(price), price, rate)
    if found is not None:
        at = margin(found)
        assert abs(at.equity - at.maintenance) < D("1e-15")


def test_a_flat_position_has_no_liquidation_price():
    assert liquidation_price(Position(linear()), Margin(D(1), D(0), D(0), D(0)), D(100), D("0.01")) is None


# -- funding ------------------------------------------------------------------------------------------------------


def test_settlement_times_are_multiples_of_the_interval_in_utc():
    assert next_settlement(START, 28_800) == START + 28_800 * NS_PER_S
    assert next_settlement(START - 1, 28_800) == START
    assert next_settlement(START + 1, 3600) == START + 3600 * NS_PER_S


@pytest.mark.parametrize(("side", "sign"), [(BUY, 1), (SELL, -1)])
def test_a_long_pays_a_positive_rate_and_a_short_gets_it(side, sign):
    with World(profile=free_of_fees()) as world:
        world.market.set({200: 5000}, {201: 4000})
        world.order("a", side, "1", "100.5" if side is BUY else "100", tif=IOC)
        world.exchange.set_funding_rate("sim", "BTCUSDT", D("0.0001"))
        world.market.mark("100")
        world.pass_time(28_800)
        (payment,) = world.heard.funding
        assert payment.cost == sign * D("0.01")
        assert (payment.asset, payment.qty, payment.price) == ("USDT", sign * D("1.000"), D(100))
        assert payment.ts_event == START + 28_800 * NS_PER_S
        assert world.books.cash["USDT"] == D(10_000) - sign * D("0.01")
        assert world.run(world.venue.funding_since(payment.ts_event)) == world.books.funding
        assert world.run(world.venue.funding_since(payment.ts_event + 1)) == ()
        world.pass_time(28_800)
        assert len(world.heard.funding) == 2


def test_inverse_funding_is_paid_in_coin():
    position = Position(inverse())
    position.apply(10, D(50_000))
    assert funding_cost(position, D("0.001"), D(40_000)) == D("0.001") * 1000 / 40_000


def test_the_market_names_rate_interval_and_time(world):
    world.call(world.venue.subscribe, ["BTCUSDT"])
    sink, market = world.market.sink, world.market
    assert sink is not None
    sink.on_funding_rate(market, 0, D("0.0002"), 3600, START + 1800 * NS_PER_S)
    sink.on_funding_rate(market, 0, D("0.0002"), 3600, START + 1800 * NS_PER_S)
    sink.on_funding_rate(market, 0, D("0.0003"), 3600, START - 1)
    world.pass_time()
    rates = [(rate.rate, rate.interval_s, rate.next_ts) for rate in world.heard.rates]
    assert rates[1:] == [
        (D("0.0002"), 3600, START + 1800 * NS_PER_S),
        (D("0.0003"), 3600, START + 1800 * NS_PER_S),
    ]
    world.order("a", BUY, "1", "100.5", tif=IOC)
    world.market.mark("100")
    world.pass_time(3600 * 2)
    assert [payment.ts_event for payment in world.heard.funding] == [
        START + 1800 * NS_PER_S,
        START + 3600 * NS_PER_S,
        START + 7200 * NS_PER_S,
    ]


def test_accrual_grows_to_the_payment(world):
    assert world.exchange.accrued_funding("acc", "BTCUSDT") == 0
    world.order("a", BUY, "1", "100.5", tif=IOC)
    world.exchange.set_funding_rate("sim", "BTCUSDT", D("0.0001"))
    world.market.mark("100")
    world.pass_time(14_400 - (world.clock.now_ns() - START) / NS_PER_S)
    assert abs(world.exchange.accrued_funding("acc", "BTCUSDT") - D("0.005")) < D("1e-9")


# -- queries ------------------------------------------------------------------------------------------------------


def test_the_adapter_is_a_venue(world):
    venue: Venue = world.venue
    assert (venue.account, venue.venue, venue.mode) == ("acc", "sim", Mode.PAPER)
    assert venue.capabilities.pricing is Pricing.BOOK
    assert venue.capabilities.max_orders_per_s == 30
    assert list(venue.instruments) == ["BTCUSDT"]
    assert world.exchange.venue_for("acc") is venue


def test_orders_are_found_by_either_id_open_and_closed(world):
    opened = world.order("a", BUY, "0.01", "99")
    for ids in ({"client_order_id": "a"}, {"venue_order_id": opened.venue_order_id}):
        assert world.run(world.venue.query_order(**ids)).status is OrderStatus.OPEN
    assert [report.client_order_id for report in world.run(world.venue.open_orders())] == ["a"]
    world.run(world.venue.cancel_all("ETHUSDT"))
    assert len(world.run(world.venue.open_orders())) == 1
    world.run(world.venue.cancel_all())
    assert world.run(world.venue.open_orders()) == ()
    for ids in ({"client_order_id": "a"}, {"venue_order_id": opened.venue_order_id}):
        assert world.run(world.venue.query_order(**ids)).status is OrderStatus.CANCELED
    assert world.run(world.venue.query_order(client_order_id="never")) is None
    with pytest.raises(VenueRejected, match="no id"):
        world.run(world.venue.query_order())


def test_a_venue_without_client_id_lookup_says_so():
    profile = msgspec.structs.replace(World().profile, lookup_by_client_id=False)
    with World(profile=profile) as world:
        with pytest.raises(VenueRejected, match="venue order id"):
            world.run(world.venue.query_order(client_order_id="a"))
        opened = world.order("a", BUY, "0.01", "99")
        assert world.run(world.venue.query_order(venue_order_id=opened.venue_order_id)) is not None


def test_fills_go_on_from_the_cursor(world):
    world.order("a", BUY, "0.01", "100.5", tif=IOC)
    first = world.run(world.venue.fills_since(""))
    assert [fill.client_order_id for fill in first.fills] == ["a"]
    world.order("b", BUY, "0.01", "100.5", tif=IOC)
    second = world.run(world.venue.fills_since(first.cursor))
    assert [fill.client_order_id for fill in second.fills] == ["b"]
    assert world.run(world.venue.fills_since(second.cursor)).fills == ()
    with pytest.raises(VenueRejected, match="cursor"):
        world.run(world.venue.fills_since("yesterday"))


def test_a_closed_position_is_not_listed(world):
    world.order("a", BUY, "0.01", "100.5", tif=IOC)
    world.order("b", SELL, "0.01", "100", tif=IOC)
    assert world.run(world.venue.positions()) == ()


def test_history_forgets_the_oldest_but_keeps_its_numbers():
    history: History[int] = History(keep=3)
    for number in range(10):
        history.append(number)
    assert history.end == 10
    assert history.since(8) == (8, 9)
    assert history.since(0)[0] == history.first > 0


def test_closed_orders_are_bounded(world):
    account = Account("a", "v", {})
    template = world.order("x", BUY, "0.01", "99")
    for number in range(KEEP_CLOSED + 5):
        order = world.venue._engine.accounts["acc"].orders[template.venue_order_id]
        order.order_id, order.client_order_id = f"o{number}", f"c{number}"
        account.add(order)
        account.close(order, 0)
    assert len(account.closed) == len(account.by_client) == KEEP_CLOSED


# -- money and trades from outside --------------------------------------------------------------------------------


def test_transfers_move_cash_and_are_told(world):
    exchange = world.exchange
    exchange.add_account("b", "sim", {})
    world.call(exchange.deposit, "acc", "USDT", D(100))
    world.call(exchange.withdraw, "acc", "USDT", D(50))
    world.call(exchange.rebate, "acc", "USDT", D(3))
    world.call(exchange.transfer, "acc", "b", "USDT", D(1000))
    assert [transfer.kind for transfer in world.heard.transfers] == [
        TransferKind.DEPOSIT,
        TransferKind.WITHDRAWAL,
        TransferKind.REBATE,
        TransferKind.TRANSFER_OUT,
    ]
    assert world.books.cash["USDT"] == D(10_000) + sum(transfer.signed for transfer in world.heard.transfers)
    assert exchange.account_state("b").cash == {"USDT": D(1000)}
    assert len(world.run(world.venue.transfers_since(0))) == 4


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_a_transfer_of_nothing_is_refused(world, amount):
    with pytest.raises(ValueError, match="above 0"):
        world.exchange.deposit("acc", "USDT", D(amount))


def test_what_is_bound_as_margin_cannot_leave(world):
    world.order("a", BUY, "4", "100.5", tif=IOC)
    with pytest.raises(ValueError, match="free"):
        world.exchange.withdraw("acc", "USDT", D(10_000))
    with pytest.raises(ValueError, match="'nobody'"):
        world.exchange.transfer("acc", "nobody", "USDT", D(1))


def test_a_trade_by_hand_has_no_client_id(world):
    assert world.call(world.exchange.foreign_trade, "acc", "BTCUSDT", SELL, D("0.5")) == D("0.500")
    fill = world.heard.fills[-1]
    assert (fill.client_order_id, fill.side, fill.price, fill.liquidation) == ("", SELL, D(100), False)
    assert world.lots() == -500
    assert world.call(world.exchange.foreign_trade, "acc", "BTCUSDT", BUY, D(50)) == D(10)


# -- construction and state ---------------------------------------------------------------------------------------


def test_names_are_checked(world):
    exchange = world.exchange
    with pytest.raises(ValueError, match="there already"):
        exchange.add_venue("sim", world.profile)
    with pytest.raises(ValueError, match="has a market 'BTCUSDT'"):
        exchange.add_market("sim", world.market)
    with pytest.raises(ValueError, match=r"'nowhere'.*sim"):
        exchange.add_account("x", "nowhere", {})
    with pytest.raises(ValueError, match="there already, on sim"):
        exchange.add_account("acc", "sim", {})
    with pytest.raises(ValueError, match=r"'ghost'.*acc"):
        exchange.venue_for("ghost")
    assert (exchange.venues, exchange.accounts) == (("sim",), ("acc",))
    exchange.add_venue("empty", world.profile)
    assert exchange.pricing("empty") is Pricing.BOOK


def through_wire(state: AccountState) -> AccountState:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=AccountState)


def test_a_restart_finds_everything_again(world):
    world.order("a", BUY, "1", "100.5", tif=IOC)
    world.order("rests", SELL, "0.5", "101", reduce_only=True)
    world.order("gone", BUY, "0.5", "98")
    world.cancel("gone")
    world.call(world.exchange.deposit, "acc", "USDT", D(5))
    cursor = world.run(world.venue.fills_since("")).cursor
    state = through_wire(world.exchange.export_state("acc"))
    with World() as again:
        again.market.set({200: 5000}, {201: 4000, 202: 60})
        again.exchange.import_state(state)
        assert again.exchange.export_state("acc") == state
        assert again.run(again.venue.fills_since(cursor)).fills == ()
        assert again.run(again.venue.query_order(client_order_id="gone")).status is OrderStatus.CANCELED
        assert again.order("gone", BUY, "0.5", "98").reason is RejectReason.DUPLICATE_ID
        again.call(again.market.trade, 203, 5000, BUY)
        assert again.heard.statuses("rests") == [OrderStatus.FILLED]
        assert again.lots() == 500
        ids = [fill.trade_id for fill in again.books.fills]
        assert len(ids) == len(set(ids)) == 2
        # A second import replaces, it does not add.
        again.exchange.import_state(state)
        assert again.exchange.export_state("acc") == state


def test_a_state_that_does_not_belong_is_refused(world):
    state = world.exchange.export_state("acc")
    with pytest.raises(ValueError, match="does not belong"):
        world.exchange.import_state(msgspec.structs.replace(state, venue="other"))
    world.order("a", BUY, "1", "100.5", tif=IOC)
    state = world.exchange.export_state("acc")
    with (
        World(instruments=(linear("ETHUSDT"),)) as other,
        pytest.raises(ValueError, match="no market 'BTCUSDT'"),
    ):
        other.exchange.import_state(state)


# -- the whole ----------------------------------------------------------------------------------------------------

actions = st.lists(
    st.tuples(
        st.sampled_from(["take", "rest", "reduce", "print", "move", "cancel", "hand"]),
        st.sampled_from([BUY, SELL]),
        st.integers(2, 400),
        st.integers(-3, 3),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(actions=actions, coin=st.booleans())
def test_fills_alone_explain_cash_and_positions(actions, coin):
    """Whatever happens: cash = start + realised − fees, positions = sum of fills, and reduce-only never flips."""
    instrument = inverse() if coin else linear()
    with World(instruments=(instrument,), cash={"USDT": D(10**6), "BTC": D(10**4)}) as world:
        mid = 2000
        world.market.replace({mid: 300, mid - 1: 300}, {mid + 1: 300, mid + 2: 300})
        for number, (what, side, lots, shift) in enumerate(actions):
            cid, before = f"c{number}", world.lots()
            qty, touch = str(instrument.lots_to_qty(lots)), mid + (side is BUY)
            price = str(instrument.ticks_to_price(touch + shift))
            if what == "take":
                world.order(cid, side, qty, price, tif=IOC, seconds=0.01)
            elif what == "rest":
                world.order(cid, side, qty, price, seconds=0.01)
            elif what == "reduce":
                world.order(cid, side, qty, price, tif=IOC, reduce_only=True, seconds=0.01)
                assert abs(world.lots()) <= abs(before)
                assert world.lots() * before >= 0
            elif what == "print":
                world.market.trade(touch + shift, lots, side)
            elif what == "move":
                mid += shift
                world.market.replace({mid: 300 + lots, mid - 1: 300}, {mid + 1: 300 + lots, mid + 2: 300})
            elif what == "cancel":
                world.run(world.venue.cancel_all())
            else:
                world.call(world.exchange.foreign_trade, "acc", instrument.symbol, side, D(qty), seconds=0.01)
        world.pass_time()
        state = world.books
        assert len(world.heard.fills) == len(state.fills)
        assert len({fill.trade_id for fill in state.fills}) == len(state.fills)
        assert sum(fill.qty * fill.side.sign for fill in state.fills) == instrument.lots_to_qty(world.lots())
        mark = D(1000)
        position = world.venue._engine.accounts["acc"].position(instrument)
        profit = sum((instrument.pnl(fill.qty * fill.side.sign, fill.price, mark) for fill in state.fills), D(0))
        fees = sum((fill.fee for fill in state.fills), D(0))
        start = D(10**4) if coin else D(10**6)
        cash = state.cash[instrument.settle]
        assert abs(cash + position.unrealised(mark) - (start + profit - fees)) < D("1e-12")
        for order in state.open_orders:
            assert 0 <= order.filled < order.lots
