"""`cockpit simulate hedge` from its arguments to its numbers."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from market_data import COINM, USDM, capture_path

from cockpit.sim.cli import FILL_COLUMNS, main, read_rates
from cockpit.sim.sources import SourceError
from venues.model import NS_PER_S

D = Decimal
SYNTHETIC = ("hedge", "--maker", "synthetic:lighter", "--taker", "synthetic:hyperliquid", "--size", "0.02")


def run(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, Any]:
    assert main([*args, "--json"]) == 0
    record: dict[str, Any] = json.loads(capsys.readouterr().out)
    return record


def both(maker: str, taker: str, *more: str) -> tuple[str, ...]:
    paths = str(capture_path(maker)), str(capture_path(taker))
    return ("hedge", "--maker", paths[0], "--taker", paths[1], "--size", "0.05", "--iter", "20", *more)


# -- input that cannot be taken


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--maker", "/no/such/file"), "maker: '/no/such/file' is neither a file nor synthetic:PROFILE"),
        (("--taker", "synthetic:nowhere"), "nowhere"),
        (("--size", "abc"), "size: 'abc' is not valid; expected a number > 0 (base)"),
        (("--size", "-1"), "size: '-1' is not valid"),
        (("--size", "0.0000001"), "is too small for this pair"),
        (("--iter", "1.5"), "iterations: '1.5' is not valid; expected a whole number >= 0"),
        (("--direction", "up"), "direction: 'up' is not valid; expected one of buy, sell"),
        (("--max-position", "0.001"), "max_position"),
        (("--fills", "/no/such/folder/f.csv"), "/no/such/folder/f.csv"),
        (("--funding", "/no/such/rates.csv"), "/no/such/rates.csv"),
        (("--profiles", "/no/such/profiles.toml"), "/no/such/profiles.toml"),
    ],
)
def test_input_that_cannot_be_taken_is_named(
    capsys: pytest.CaptureFixture[str], args: tuple[str, ...], words: str
) -> None:
    assert main([*SYNTHETIC, "--iter", "1", "--hours", "0.02", *args]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err
    assert said.err.startswith("cockpit simulate: ")
    assert "Traceback" not in said.err


def test_a_file_that_is_no_capture_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a capture\n")
    assert main([*SYNTHETIC, "--iter", "1", "--maker", str(path)]) == 2
    assert str(path) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1,nobody,0.1", "line 3: account is 'nobody', expected maker or taker"),
        ("soon,maker,0.1", "line 3: ts is 'soon', expected ns or a UTC time"),
        ("1,maker,much", "line 3: rate is 'much', expected a number"),
        ("1,maker,nan", "line 3: rate is 'nan', expected a number"),
        ("1,maker", "line 3: rate is None, expected a number"),
    ],
)
def test_a_funding_file_is_refused_by_line_and_field(tmp_path: Path, row: str, words: str) -> None:
    path = tmp_path / "rates.csv"
    path.write_text(f"ts,account,rate\n1,maker,0.0001\n{row}\n")
    with pytest.raises(SourceError) as told:
        read_rates(path)
    assert words in str(told.value)


def test_a_funding_file_that_is_no_text(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "rates.gz"
    path.write_bytes(b"\x1f\x8b\xff\xfe\x00")
    assert main([*SYNTHETIC, "--iter", "1", "--funding", str(path)]) == 2
    assert "rates.gz: not a text file" in capsys.readouterr().err


def test_times_of_a_funding_file(tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text("ts,account,rate\n2024-08-08T08:00,maker,0.0001\n1723104000000000000,taker,-0.0002\n")
    one, two = read_rates(path)
    assert one.ts == two.ts == 1_723_104_000 * NS_PER_S
    assert (one.rate, two.rate, two.account) == (D("0.0001"), D("-0.0002"), "taker")


# -- the two real captures


@pytest.mark.parametrize(("maker", "taker", "least"), [(USDM, COINM, 10), (COINM, USDM, 5)])
def test_real_captures_to_the_cent(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, maker: str, taker: str, least: int
) -> None:
    path = tmp_path / "fills.csv"
    record = run(capsys, *both(maker, taker, "--fills", str(path)))
    assert record["iterations"] >= least
    assert abs(record["residual_base"]) <= record["tolerance_base"]
    assert record["funding_usd"] == 0
    assert "no funding file" in record["funding"]
    assert record["alarms"] == []
    rows = list(csv.DictReader(path.open()))
    assert tuple(rows[0]) == FILL_COLUMNS
    mids = {account: D(str(mid)) for account, mid in record["final_mid"].items()}
    fees = trade = volume = residual = D(0)
    for row in rows:
        sign = 1 if row["side"] == "buy" else -1
        price, qty, base = D(row["price"]), D(row["qty"]), D(row["base_qty"])
        if row["instrument"].endswith("_PERP"):
            assert qty == qty.to_integral_value()
            assert abs(base - qty * 100 / price) < D("1e-12")
        else:
            assert base == qty
        assert row["liquidity"] == row["account"]
        fees += D(row["fee_usd"])
        trade += sign * base * (price - mids[row["account"]])
        residual += sign * base
        volume += base * price if row["account"] == "maker" else D(0)
    cent = D("0.005")
    assert abs(fees - D(str(record["fees_usd"]))) < cent
    assert abs(trade - D(str(record["trade_usd"]))) < cent
    assert abs(fees + trade - D(str(record["wear_usd"]))) < cent
    assert abs(volume - D(str(record["volume_usd"]))) < cent
    assert abs(residual - D(str(record["residual_base"]))) < D("1e-9")
    assert record["wear_bps"] == pytest.approx(float((fees + trade) / volume * 10_000), abs=1e-6)
    assert record["maker_fills"] + record["hedge_fills"] == len(rows)
    assert len({(row["account"], row["trade_id"]) for row in rows}) == len(rows)


def test_two_runs_of_a_seed_are_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    records = []
    for number in range(2):
        path = tmp_path / f"{number}.csv"
        record = run(capsys, *SYNTHETIC, "--iter", "3", "--seed", "7", "--fills", str(path))
        assert record.pop("wall_s") > 0
        assert record.pop("events_per_s") > 0
        records.append((record, path.read_bytes()))
    assert records[0] == records[1]
    other = run(capsys, *SYNTHETIC, "--iter", "3", "--seed", "8")
    assert other["wear_usd"] != records[0][0]["wear_usd"]


def test_a_capture_that_ends_in_mid_cycle_says_so_and_closes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    record = run(capsys, *both(USDM, COINM, "--sleep", "60"))
    assert record["iterations"] < 20
    assert "capture ended in mid-cycle" in record["ended"]
    assert record["open_base"]["maker"] != 0


# -- synthetic markets


def test_words_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SYNTHETIC, "--iter", "2"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("2 cycles, iterations done")
    for word in ("volume", "wear", "fees", "trading", "funding", "residual", "p50", "seed 1"):
        assert word in said


def test_time_that_is_up_ends_an_endless_market(capsys: pytest.CaptureFixture[str]) -> None:
    record = run(capsys, *SYNTHETIC, "--iter", "0", "--hours", "0.05")
    assert record["ended"] == "time is up"


def test_funding_of_a_file_is_settled_at_the_venues_clock(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The synthetic world begins at 2025-10-09 08:53:20 UTC; both venues settle on the hour."""
    rates = tmp_path / "rates.csv"
    rates.write_text(
        "ts,account,rate\n2025-10-09T08:00,taker,0.001\n2025-10-09T07:00,taker,0.5\n2025-10-09T08:30,taker,0.001\n"
    )
    more = ("--iter", "1", "--sleep", "900", "--funding", str(rates))
    record = run(capsys, *SYNTHETIC, *more)
    assert record["funding"] == "rates from the file"
    assert record["iterations"] == 1
    without = run(capsys, *SYNTHETIC, "--iter", "1", "--sleep", "900")
    assert without["funding_usd"] == 0
    settled = -0.001 * 0.02 * record["final_mid"]["taker"]
    assert record["funding_usd"] == pytest.approx(settled, rel=0.02), "the short taker receives once, at 09:00"
