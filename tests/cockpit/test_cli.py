"""The command line against a fake desk on the real socket."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from cli_kit import one_line, results, serving
from link_kit import FakeDesk, wear

from cockpit import locations
from cockpit.cli import VERBS, main
from cockpit.link.messages import (
    Ack,
    Fault,
    FlattenCancel,
    Launch,
    Pause,
    Query,
    Resume,
    ResumeAccount,
    SetParams,
    Stop,
    Verb,
)


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> locations.Locations:
    monkeypatch.setenv(locations.HOME_VARIABLE, str(tmp_path))
    return locations.find()


@pytest.fixture
def desk(places: locations.Locations) -> Iterator[FakeDesk]:
    fake = FakeDesk()
    with serving(fake, places.desk_socket):
        yield fake


FILL = {
    "ts_event": 1_763_715_600_123_000_000,
    "account": "lighter",
    "instrument": "BTC-PERP",
    "side": "buy",
    "price": 90000.10,
    "qty": "0.05",
    "base_qty": "0.05",
    "fee": "0.9",
    "fee_asset": "USD",
    "fee_usd": "0.9",
    "liquidity": "taker",
    "client_order_id": "c-1",
    "trade_id": "t-1",
    "loop": "h1",
    "role": "hedge",
}


# -- without a desk --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "argv",
    [
        ["status"],
        ["status", "--json"],
        ["accounts"],
        ["orders"],
        ["fills"],
        ["wear"],
        ["set", "h1", "size=1"],
        ["pause", "h1"],
        ["resume", "all"],
        ["stop", "h1"],
        ["flatten", "--all"],
        ["reduce", "--all", "--fraction", "0.5"],
        ["export", "fills"],
        ["report"],
        ["desk", "stop"],
        ["paper", "fault", "lighter", "slow"],
        ["resume-account", "lighter"],
    ],
    ids=" ".join,
)
def test_verbs_that_need_a_desk_say_so_in_one_line(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert one_line(err) == "cockpit: no desk is running; start one with `cockpit` or `cockpit desk`\n"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["staus"], "did you mean status?"),
        (["zzz"], "'zzz' is no verb"),
        (["status", "--bogus"], "unrecognized arguments: --bogus"),
        (["status", "--js"], "unrecognized arguments: --js"),
        (["set", "h1"], "PARAM=VALUE"),
        (["set", "h1", "size"], "'size' is not valid; expected PARAM=VALUE"),
        (["set", "h1", "=3"], "expected PARAM=VALUE"),
        (["set", "h1", "size=1", "size=2"], "size is given twice"),
        (["stop", "h1", "--mode", "soon"], "invalid choice: 'soon'"),
        (["flatten"], "say which accounts: --all, or --account A"),
        (["flatten", "--all", "--account", "a"], "say which accounts"),
        (["flatten", "--all", "--timeout", "0"], "--timeout: 0 is not valid; expected seconds > 0"),
        (["flatten", "--all", "--scope", "half"], "invalid choice: 'half'"),
        (["reduce", "--all"], "--fraction: '' is not valid; expected a number > 0, <= 1"),
        (["reduce", "--all", "--fraction", "1.5"], "'1.5' is not valid"),
        (["reduce", "--all", "--fraction", "nan"], "'nan' is not valid"),
        (["fills", "--from", "yesterday"], "'yesterday' is not valid; expected a UTC day"),
        (["fills", "--from", "2026-13-01"], "expected a UTC day"),
        (["fills", "--limit", "-1"], "expected a whole number > 0"),
        (["export", "fills", "--from", "2026-11-22", "--to", "2026-11-21"], "a time after --from 2026-11-22"),
        (["export", "orders"], "invalid choice: 'orders'"),
        (["report", "--day", "tomorrow"], "expected a UTC day"),
        (["paper", "explode"], "expected fault, stop or run"),
        (["paper", "fault", "lighter", "melt"], "invalid choice: 'melt'"),
        (["launch", "scalp"], "strategy 'scalp' does not exist; expected one of hedge"),
        (["launch", "hedge", "--maker", "a", "--taker", "b", "--ticker", "BTC", "--size", "-1"], "size: '-1'"),
        (["launch", "hedge", "--maker", "a", "--taker", "b", "--ticker", "BTC", "--size", "abc"], "size: 'abc'"),
        (["launch", "hedge", "--maker", "a", "--taker", "b", "--size", "1"], "ticker: '' is not valid"),
        (["launch", "hedge", "--exchange", "a", "--maker", "b"], "--exchange: 'a' is not valid"),
        ([], "cockpit needs a terminal"),
        (["--embedded"], "cockpit needs a terminal"),
        (["--bogus"], "unrecognized arguments"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_command_line_is_one_line_and_exit_code_2(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in one_line(err)
    assert err.startswith("cockpit")


def test_help_names_every_verb_and_each_has_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {verb} " in text for verb in VERBS)
    for verb in VERBS.keys() - {"simulate", "bench", "launch", "paper", "keys"}:
        with pytest.raises(SystemExit) as ended:
            main([verb, "--help"])
        assert ended.value.code == 0
        assert f"usage: cockpit {verb}" in capsys.readouterr().out
    assert main(["paper", "--help"]) == 0
    assert main(["launch", "--help"]) == 0
    with pytest.raises(SystemExit):
        main(["launch", "hedge", "--help"])
    text = capsys.readouterr().out
    assert "--fill-timeout" in text
    assert "--max-position" in text
    assert main(["--version"]) == 0


def test_reading_verbs_load_no_terminal_toolkit() -> None:
    code = (
        "import sys; from cockpit.cli import main; code = main(['status']);"
        "heavy = {'textual', 'rich', 'sqlite3', 'uvloop', 'cockpit.app', 'cockpit.desk.desk'} & set(sys.modules);"
        "sys.exit(repr(heavy) if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr


def test_a_reader_that_has_gone_is_no_traceback() -> None:
    command = [sys.executable, "-m", "cockpit", "--help"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(30) == 1


# -- reading ---------------------------------------------------------------------------------------------------------


def test_status_json_holds_what_scripts_rely_on(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--json"]) == 0
    status = json.loads(capsys.readouterr().out, parse_float=Decimal)
    lighter, extended = status["accounts"]
    assert {key: lighter[key] for key in ("name", "venue", "mode", "health", "state")} == {
        "name": "lighter",
        "venue": "lighter",
        "mode": "paper",
        "health": "live",
        "state": "active",
    }
    assert extended["health"] == "stale"
    (held,) = lighter["positions"]
    assert held["instrument"] == "BTC-PERP"
    assert held["base_qty"] == Decimal("0.05")
    assert held["liq"] is None
    assert extended["positions"][0]["base_qty"] == Decimal("-0.05")
    (loop,) = status["loops"]
    assert {key: loop[key] for key in ("id", "strategy", "state", "iterations_done", "iterations", "params")} == {
        "id": "h1",
        "strategy": "hedge",
        "state": "running",
        "iterations_done": 3,
        "iterations": 20,
        "params": {"size": "0.05", "iterations": "20"},
    }
    assert status["desk"]["pid"] == 4711
    assert status["alarms"][0]["text"] == "naked 0.05 BTC"
    assert status["flattens"] == []


@pytest.mark.parametrize("verb", ["status", "accounts", "orders", "wear"])
def test_pages_and_json_of_tables(verb: str, desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb]) == 0
    page = capsys.readouterr().out
    assert "h1" in page or verb == "accounts"
    assert main([verb, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)
    assert all(isinstance(command.verb, Query) for command in desk.commands), "reading changes nothing"


def test_an_empty_desk_reads_well(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.change(loops=[], positions=[], orders=[], alarms=[], wear=[], accounts=[])
    assert main(["status"]) == 0
    assert "no loops; start one with" in capsys.readouterr().out


def test_wear_by_scope(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wear", "--by", "loop", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["name"] == "h1"
    assert row["wear_usd"] == 36.38


def test_fills_keep_every_digit(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    exact = {**FILL, "price": Decimal("90000.123456789012345678")}
    raw = msgspec.json.Encoder(decimal_format="number").encode([FILL, exact])
    desk.answer = lambda command: Ack(command.id, ok=True, result=msgspec.Raw(raw))
    assert main(["fills", "--json", "--from", "2026-11-21", "--to", "2026-11-21", "--account", "lighter"]) == 0
    assert "90000.123456789012345678" in capsys.readouterr().out
    query = desk.commands[0].verb
    assert query == Query("fills", {"from": "1795219200000000000", "to": "1795305600000000000", "account": "lighter"})
    assert main(["fills", "--limit", "1", "--loop", "h1"]) == 0
    page = capsys.readouterr().out
    assert page.count("\n") == 2
    assert "2025-11-21 09:00:00.123" in page
    assert main(["fills", "--loop", "other", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_export_is_csv_in_a_fixed_order(desk: FakeDesk, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    desk.answer = results({"fills": [FILL], "funding": []})
    assert main(["export", "fills"]) == 0
    text = capsys.readouterr().out
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["price"] == "90000.1"
    assert row["trade_id"] == "t-1"
    assert text.splitlines()[0].startswith("ts_event,account,instrument,side,price,qty,base_qty,fee,fee_asset,fee_usd")
    target = tmp_path / "out.csv"
    assert main(["export", "fills", "-o", str(target)]) == 0
    assert target.read_text() == text
    assert main(["export", "funding"]) == 0
    assert capsys.readouterr().out.startswith("ts_event,account")
    assert main(["export", "fills", "-o", str(tmp_path)]) == 1
    assert "Is a directory" in one_line(capsys.readouterr().err)


def test_report_of_a_day(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.change(wear=[wear("day", "2025-11-21")])
    paid = {"account": "lighter", "cost": "1.5", "asset": "USD", "cost_usd": "1.5"}
    went = {"account": "extended", "kind": "withdrawal", "amount": "250", "asset": "USD"}
    desk.answer = results({"fills": [FILL, {**FILL, "liquidity": "maker"}], "funding": [paid], "transfers": [went]})
    assert main(["report", "--day", "2025-11-21"]) == 0
    page = capsys.readouterr().out
    assert "# 2025-11-21 (UTC)" in page
    assert "Wear **36.38 USD** on 300,000.00 USD: 1.210 bps" in page
    assert "| lighter | 2 | 1 | 9,000.01 | 1.80 | 1.50 | 0.00 |" in page
    assert "| extended | 0 | 0 | 0.00 | 0.00 | 0.00 | -250.00 |" in page
    assert main(["report", "--day", "2025-11-21", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accounts"][1]["fills"] == 2
    desk.answer = results({"fills": [], "funding": [], "transfers": []})
    assert main(["report", "--day", "2024-01-01"]) == 0
    assert "No fills" in capsys.readouterr().out


def test_a_query_that_is_no_list_is_an_error(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.answer = results({"fills": None})
    assert main(["fills"]) == 1
    assert "no list" in one_line(capsys.readouterr().err)


# -- steering --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "verb"),
    [
        (["set", "h1", "size=0.02", "iter=40"], SetParams("h1", {"size": "0.02", "iterations": "40"})),
        (["set", "h1", "fill-timeout=3"], SetParams("h1", {"fill_timeout": "3"})),
        (["pause", "all"], Pause("all")),
        (["resume", "h1"], Resume("h1")),
        (["stop", "h1"], Stop("h1", "cycle")),
        (["stop", "h1", "--mode", "flatten"], Stop("h1", "flatten")),
        (["resume-account", "lighter"], ResumeAccount("lighter")),
        (["paper", "fault", "lighter", "unreachable"], Fault("lighter", "unreachable")),
        (["flatten", "--cancel", "f1"], FlattenCancel("f1")),
    ],
)
def test_steering(argv: list[str], verb: Verb, desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 0
    assert [command.verb for command in desk.commands] == [verb]
    assert desk.commands[0].origin.startswith("cli:")
    assert capsys.readouterr().out.count("\n") == 1
    assert main([*argv, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    assert len({command.id for command in desk.commands}) == 2


def test_the_desks_no_is_shown_in_its_own_words(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.answer = lambda command: Ack(command.id, ok=False, error="size: '-1' is not valid; expected a number > 0")
    assert main(["set", "h1", "size=-1", "--json"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert one_line(err) == "cockpit: size: '-1' is not valid; expected a number > 0\n"


@pytest.mark.parametrize(
    ("flags", "params"),
    [
        (
            ["--maker", "extended", "--taker", "grvt", "--ticker", "BTC", "--size", "0.01", "--iter", "20"],
            {"maker": "extended", "taker": "grvt", "ticker": "BTC", "size": "0.01", "iterations": "20"},
        ),
        (
            ["--exchange", "backpack", "--ticker", "ETH", "--size", "0.1", "--fill-timeout", "5", "--sleep", "2"],
            {
                "maker": "backpack",
                "taker": "lighter",
                "ticker": "ETH",
                "size": "0.1",
                "fill_timeout": "5",
                "sleep": "2",
            },
        ),
        (
            ["--exchange", "grvt", "--taker", "extended", "--ticker", "ETH", "--size", "0.1", "--max-position", "0.3"],
            {"maker": "grvt", "taker": "extended", "ticker": "ETH", "size": "0.1", "max_position": "0.3"},
        ),
    ],
)
def test_launch(flags: list[str], params: dict[str, str], desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.answer = results({"Launch": {"id": "h7"}})
    assert main(["launch", "hedge", *flags]) == 0
    assert capsys.readouterr().out.startswith("h7 is running")
    assert desk.commands[-1].verb == Launch("hedge", params)
    assert main(["launch", "hedge", *flags, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "result": {"id": "h7"}}


def test_launch_prints_the_leverage_it_can_come_to(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.answer = results({"Launch": {"loop": "L3", "text": "leverage at the most 0.50x on a"}})
    assert main(["launch", "hedge", "--exchange", "a", "--ticker", "BTC", "--size", "0.1"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "leverage at the most 0.50x on a"
