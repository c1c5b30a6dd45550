"""The journal a page at a time: nothing is left out, nothing comes twice, and what is typed stands for itself."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_kit import T0, D, fill

from cockpit.desk import journal_pages as pages
from cockpit.desk import journal_schema
from cockpit.desk.journal import Journal
from cockpit.desk.journal_file import connect_rw
from cockpit.desk.journal_schema import APPLICATION_ID, MIGRATIONS
from venues.model import OrderRequest, OrderStatus, Side

S = OrderStatus


class Kept(msgspec.Struct):
    """What the journal asks of an order."""

    id: str
    request: OrderRequest
    account: str = "a"
    loop: str = "L1"
    leg: str = "maker"
    role: str = "open"
    cycle: int = 3
    status: OrderStatus = S.PENDING
    filled_qty: Decimal = D(0)
    venue_order_id: str = ""
    reason: str = ""
    ts: int = T0


def put(journal: Journal, id_: str, status: OrderStatus = S.FILLED, **facts: object) -> Kept:
    """An order with its intent and one step."""
    made = Kept(id_, OrderRequest(id_, "BTCUSDT", Side.BUY, D("0.010"), D("90000.50")))
    for name, value in facts.items():
        setattr(made, name, value)
    journal.order_intent(made)
    made.status = status
    journal.order_changed(made)
    return made


@pytest.fixture
def journal() -> Journal:
    return Journal.open(":memory:")


def found(journal: Journal, *words: str, before: str = "", limit: int = 100, **wanted: str) -> list[str]:
    journal.flush()
    rows = pages.orders(journal.reader(), pages.OrderFilter(words, **wanted), before=before, limit=limit)
    return [row.client_order_id for row in rows]


def test_pages_are_newest_first_and_go_on_where_the_last_one_ended(journal: Journal) -> None:
    for number in range(7):
        put(journal, f"o{number}")
    assert found(journal, limit=3) == ["o6", "o5", "o4"]
    assert found(journal, limit=3, before="o4") == ["o3", "o2", "o1"]
    put(journal, "o7")
    assert found(journal, limit=3, before="o1") == ["o0"], "what came meanwhile moves no page"


def test_words_must_all_occur_in_some_column_whatever_their_case(journal: Journal) -> None:
    put(journal, "ck1-a", account="lighter", loop="L1", reason="post only would cross")
    put(journal, "ck1-b", account="extended", loop="L2", venue_order_id="V77", role="hedge")
    assert found(journal, "LIGHT", "cross") == ["ck1-a"]
    assert found(journal, "hedge", "v77") == ["ck1-b"]
    assert found(journal, "lighter", "hedge") == []
    assert found(journal, "ck1") == ["ck1-b", "ck1-a"]
    assert found(journal, "crossL1") == [], "a word is in one column"


@pytest.mark.parametrize("typed", ["%", "_", "!", "\\", "a%b", "a_b", "a!b", "'", '"', "a!"])
def test_what_is_typed_is_no_pattern(journal: Journal, typed: str) -> None:
    put(journal, "plain", reason="axb")
    put(journal, "meant", reason=f"x{typed}x")
    assert found(journal, typed) == ["meant"]


def test_whole_values_are_whole(journal: Journal) -> None:
    put(journal, "a", account="mk", loop="L1", status=S.OPEN)
    put(journal, "b", account="mk2", loop="L11", status=S.CANCELED)
    put(journal, "c", account="mk", loop="L1", status=S.UNKNOWN)
    assert found(journal, account="mk") == ["c", "a"]
    assert found(journal, loop="L11") == ["b"]
    assert found(journal, state="canceled") == ["b"]
    assert found(journal, state="open") == ["c", "a"], "all that have not ended"
    assert pages.count_orders(journal.reader(), pages.OrderFilter(account="mk")) == 2


def test_one_can_page_through_so_many_and_no_more(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    window = pages._FIRST_PAGED.replace(str(journal_schema.PAGED_ORDERS - 1), "3")
    monkeypatch.setattr(pages, "_FIRST_PAGED", window)
    for number in range(9):
        put(journal, f"o{number}", venue_order_id=f"v{number}")
    assert found(journal) == ["o8", "o7", "o6", "o5"]
    assert pages.count_orders(journal.reader(), pages.OrderFilter()) == 4
    reader = journal.reader()
    assert pages.order(reader, "o1") is not None, "by our id any order is found"
    assert pages.order(reader, "v1") is None
    by_venue = pages.order(reader, "v8")
    assert by_venue is not None
    assert by_venue.client_order_id == "o8"
    assert pages.order(reader, "") is None


def test_steps_and_fills_of_one_order(journal: Journal) -> None:
    one = put(journal, "o1", S.OPEN)
    put(journal, "o2", S.REJECTED)
    one.status, one.filled_qty = S.FILLED, D("0.01")
    journal.order_changed(one)
    for trade in ("t1", "t2"):
        report = msgspec.structs.replace(fill(trade, "BTCUSDT", Side.BUY, "0.005", "100"), client_order_id="o1")
        journal.fill(
            "a", report, base_qty=D(1), fee_rate_usd=D(1), settle_rate_usd=D(1), loop="L1", cycle=1, role="open",
            volume=True,
        )  # fmt: skip
    journal.flush()
    reader = journal.reader()
    assert [(row.status, row.filled_qty) for row in pages.steps(reader, "o1", 10)] == [
        (S.OPEN, 0),
        (S.FILLED, D("0.01")),
    ]
    assert [row.status for row in pages.steps(reader, "o1", 1)] == [S.FILLED], "the newest"
    assert [row.trade_id for row in pages.fills_of_order(reader, "o1", 10)] == ["t1", "t2"]
    assert [row.trade_id for row in pages.newest_fills(reader, "a", 1)] == ["t2"]


def test_the_steps_of_orders_at_hand_are_never_pruned(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    old = 17
    for number in range(4):
        put(journal, f"o{number}", ts=old)
    journal.prune(old + 1)
    journal.flush()
    assert all(pages.steps(journal.reader(), f"o{number}", 9) for number in range(4))
    statement = journal_schema.STATEMENTS["prune_order_events"].replace(str(journal_schema.PAGED_ORDERS - 1), "1")
    monkeypatch.setitem(journal_schema.STATEMENTS, "prune_order_events", statement)
    journal.prune(old)
    journal.flush()
    assert pages.steps(journal.reader(), "o0", 9), "young enough"
    journal.prune(old + 1)
    journal.flush()
    kept = [number for number in range(4) if pages.steps(journal.reader(), f"o{number}", 9)]
    assert kept == [2, 3], "of the newest two, however old they are"


def test_a_journal_of_the_schema_before_is_brought_over_with_all_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    raw = connect_rw(str(path))
    raw.executescript(
        f"{MIGRATIONS[0]} {MIGRATIONS[1]} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 2;"
    )
    raw.execute(
        "INSERT INTO orders VALUES ('o1', 1, 'mk', 'BTCUSDT', 'buy', '0.01', '100', 'gtc', 0, 0, 'L1', 'maker', 1, "
        "'open', 17, 'filled', '0.01', 'v1', '')"
    )
    raw.execute("INSERT INTO order_events VALUES (2, 'o1', 'v1', 'filled', '0.01', '', 18)")
    raw.close()
    journal = Journal.open(path)
    journal.equity("2025-11-21", "mk", D("100.50"), 19)
    journal.equity("2025-11-21", "mk", D("101.50"), 20)
    assert found(journal, "v1") == ["o1"]
    assert [row.ts for row in pages.steps(journal.reader(), "o1", 9)] == [18]
    (worth,) = pages.equities(journal.reader())
    assert (worth.day, worth.account, worth.usd, worth.ts) == ("2025-11-21", "mk", D("101.50"), 20)
    journal.close()


def test_the_queries_of_pages_use_an_index(tmp_path: Path) -> None:
    """Each of them must stay quick in a journal of years."""
    journal = Journal.open(tmp_path / "journal.sqlite")
    for sql in (
        "SELECT * FROM fills WHERE client_order_id = 'x' ORDER BY seq LIMIT 5",
        "SELECT * FROM fills WHERE account = 'x' ORDER BY seq DESC LIMIT 5",
        "SELECT * FROM fills WHERE loop = 'x' AND role IN ('hedge', 'unwind') AND seq > 5 ORDER BY seq LIMIT 5",
        "SELECT * FROM param_changes WHERE command_id = 'x' ORDER BY seq",
        "SELECT * FROM order_events WHERE client_order_id = 'x' ORDER BY seq DESC LIMIT 5",
        "SELECT * FROM orders WHERE rowid >= 5 ORDER BY rowid DESC LIMIT 5",
    ):
        plan = " ".join(str(row[3]) for row in journal.reader().all(f"EXPLAIN QUERY PLAN {sql}"))
        assert "SEARCH" in plan, sql
        assert "SCAN" not in plan, sql
    journal.close()


@settings(max_examples=40, deadline=None)
@given(
    orders=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(("filled", "open"))), max_size=12),
    limit=st.integers(1, 5),
    account=st.sampled_from(("", "a", "b")),
)
def test_every_order_is_on_exactly_one_page(orders: list[tuple[str, str]], limit: int, account: str) -> None:
    journal = Journal.open(":memory:")
    for number, (name, status) in enumerate(orders):
        put(journal, f"o{number}", S(status), account=name)
    seen: list[str] = []
    while page := found(journal, before=seen[-1] if seen else "", limit=limit, account=account):
        seen += page
    assert seen == [f"o{n}" for n, (name, _) in reversed([*enumerate(orders)]) if account in ("", name)]
    journal.close()
