"""What screens ask the desk for, on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from cli_kit import one_line, results, serving
from link_kit import TS, D, FakeDesk, order

from cockpit import locations
from cockpit.cli import VERBS, help_text, main
from cockpit.link.answers import (
    NO_BOUND,
    AccountSheet,
    BalanceLine,
    Bucket,
    ChangeLine,
    DayLine,
    FillLine,
    FundingLine,
    History,
    LoopSheet,
    ObligationLine,
    OrderEvent,
    OrderLife,
    OrdersPage,
)
from cockpit.link.messages import Ack, Command, Query
from cockpit.link.rows import FundingRow, SpreadRow
from venues.model import LiquiditySide, OrderStatus, Side

FILL = FillLine(
    TS, "extended", "BTC-USD", Side.BUY, D("0.05"), D("90000"), D("0.9"), "USD", D("0.9"), LiquiditySide.MAKER, "h1",
    "open", "t-1", "o1",
)  # fmt: skip
LIFE = OrderLife(
    order("o1"),
    (OrderEvent(TS, OrderStatus.PENDING, D(0)), OrderEvent(TS + 1, OrderStatus.REJECTED, D(0), "post only")),
    (FILL,),
)
CHANGE = ChangeLine(TS, "tui:anna@host", "h1", "size 0.05 → 0.06", {"size": ("0.05", "0.06")})
REFUSED = ChangeLine(TS, "tui:ben@phone", "h1", "set size=-1", answer="size: '-1' is not valid")
LOOP = LoopSheet(
    "h1",
    (Bucket(1.0, 3), Bucket(2.0, 0), Bucket(NO_BOUND, 1)),
    (ObligationLine(2, TS, D("-0.05"), 0), ObligationLine(1, TS, D("0.05"), TS + 5)),
    (CHANGE, REFUSED),
    12.5,
)
ACCOUNT = AccountSheet(
    "lighter", (BalanceLine("USD", D("10000.5"), D("10000.50")), BalanceLine("XYZ", D(1), None)), (FILL,),
    (FundingLine("BTC-PERP", D("1.25"), 3, TS),), D("30"), ("silent for 4 s",),
)  # fmt: skip
HISTORY = History((DayLine("2026-11-21", D(300_000), D("36.38"), 1.21, D(30), D(6), D("0.38"), None, None),))
BY_QUERY = {
    "orders": OrdersPage((order("o2"), order("o1")), "", 2),
    "order": LIFE,
    "loop": LOOP,
    "account": ACCOUNT,
    "history": HISTORY,
    "audit": (CHANGE, REFUSED),
}


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> locations.Locations:
    monkeypatch.setenv(locations.HOME_VARIABLE, str(tmp_path))
    return locations.find()


@pytest.fixture
def desk(places: locations.Locations) -> Iterator[FakeDesk]:
    fake = FakeDesk()
    fake.answer = results(BY_QUERY)
    with serving(fake, places.desk_socket):
        yield fake


def asked(desk: FakeDesk) -> Query:
    (command,) = desk.commands
    assert isinstance(command.verb, Query)
    return command.verb


@pytest.mark.parametrize(
    ("argv", "query", "shown"),
    [
        (["order", "o1"], Query("order", {"id": "o1"}), ("rejected", "post only", "t-1", "0.9 USD")),
        (["loop", "h1"], Query("loop", {"loop": "h1"}), ("12.5 ms", "≤ 1 ms", "more", "size 0.05 → 0.06", "-0.05")),
        (["account", "lighter"], Query("account", {"account": "lighter"}), ("10,000.50", "XYZ", "silent", "1.25")),
        (["history", "--days", "7"], Query("history", {"days": "7"}), ("2026-11-21", "36.38", "300,000.00", "–")),
        (["history"], Query("history"), ("1.210",)),
        (
            ["audit", "--loop", "h1", "--limit", "5"],
            Query("audit", {"loop": "h1", "limit": "5"}),
            ("tui:anna@host", "refused: size: '-1'"),
        ),
        (
            ["orders", "--filter", "mk open", "--state", "open"],
            Query("orders", {"filter": "mk open", "state": "open", "limit": "100"}),
            ("2 orders", "extended"),
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_sheet_is_asked_for_and_printed(
    desk: FakeDesk, argv: list[str], query: Query, shown: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for words in shown:
        assert words in out
    assert asked(desk) == query


@pytest.mark.parametrize(
    ("argv", "kind"),
    [
        (["order", "o1", "--json"], OrderLife),
        (["loop", "h1", "--json"], LoopSheet),
        (["account", "lighter", "--json"], AccountSheet),
        (["history", "--json"], History),
        (["audit", "--json"], tuple[ChangeLine, ...]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_json_is_the_desks_own_answer(
    desk: FakeDesk, argv: list[str], kind: type, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 0
    told = msgspec.json.decode(capsys.readouterr().out, type=kind, strict=False)
    assert told == BY_QUERY[argv[0]]


def test_orders_of_the_journal_are_gathered_page_by_page_oldest_first(
    desk: FakeDesk, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = {
        "": OrdersPage((order("o5"), order("o4")), "o4", 5),
        "o4": OrdersPage((order("o3"), order("o2")), "o2", 5),
        "o2": OrdersPage((order("o1"),), "", 5),
    }

    def answer(command: Command) -> Ack:
        assert isinstance(command.verb, Query)
        page = pages[command.verb.args.get("before", "")]
        return Ack(command.id, ok=True, result=msgspec.Raw(msgspec.json.encode(page)))

    desk.answer = answer
    assert main(["orders", "--limit", "9", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["client_order_id"] for row in rows] == ["o1", "o2", "o3", "o4", "o5"]
    desk.commands.clear()
    assert main(["orders", "--limit", "4"]) == 0
    assert capsys.readouterr().out.endswith("4 of 5 orders\n")
    assert len(desk.commands) == 2, "no page that is not needed"


def test_the_whole_trail_is_gathered_page_by_page(
    desk: FakeDesk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cockpit.commands.sheets.PAGE", 2)
    trail = [ChangeLine(ts, "tui:anna@host", "h1", f"change {ts}") for ts in (5, 4, 3, 2, 1)]

    def answer(command: Command) -> Ack:
        assert isinstance(command.verb, Query)
        before = int(command.verb.args.get("before", "99"))
        page = [line for line in trail if line.ts < before][: int(command.verb.args["limit"])]
        return Ack(command.id, ok=True, result=msgspec.Raw(msgspec.json.encode(page)))

    desk.answer = answer
    assert main(["audit", "--json"]) == 0
    assert [row["ts"] for row in json.loads(capsys.readouterr().out)] == [5, 4, 3, 2, 1]
    assert main(["audit", "--json", "--limit", "3"]) == 0
    assert [row["ts"] for row in json.loads(capsys.readouterr().out)] == [5, 4, 3]


@pytest.mark.parametrize("verb", ["spreads", "funding", "log"])
def test_tables_as_they_stand(desk: FakeDesk, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    desk.change(
        spreads=[SpreadRow("BTC", "lighter", "extended", 1.25, None, (0.5,))],
        funding=[FundingRow("lighter", "BTC-PERP", "BTC", D("0.0001"), 28_800, 0.1095, TS, D("2.5"))],
    )
    assert main([verb]) == 0
    page = capsys.readouterr().out
    assert {"spreads": "1.25", "funding": "10.95%", "log": "a line"}[verb] in page
    assert main([verb, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == {"spreads": 1, "funding": 1, "log": 2}[verb]


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["order"], 2, "required: ID"),
        (["orders", "--limit", "-1"], 2, "--limit: -1 is not valid"),
        (["loop", "h1"], 1, "the desk answered loop with something else"),
        (["audit"], 1, "the desk answered audit with something else"),
        (["audit", "--limit", "0"], 2, "--limit: 0 is not valid"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_went_wrong_is_one_line(
    desk: FakeDesk, argv: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.answer = results({})
    assert main(argv) == code
    assert said in one_line(capsys.readouterr().err)


def test_the_help_names_every_verb() -> None:
    for verb in VERBS:
        assert f"  {verb} " in help_text()
    assert "--watch" in help_text()


# -- only to look


def on_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.commands.tui.on_terminal", lambda: True)


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["--watch"], 3, "no desk is running: there is nothing to watch"),
        (["--watch", "--embedded"], 2, "--watch looks at a desk that runs"),
        (["--watch", "--config", "x.toml"], 2, "--watch looks at a desk that runs"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_watching_starts_no_desk(
    argv: list[str], code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    places: locations.Locations,
) -> None:  # fmt: skip
    on_terminal(monkeypatch)
    assert main(argv) == code
    assert said in one_line(capsys.readouterr().err)
    assert not places.desk_socket.exists()
