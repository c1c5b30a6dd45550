"""`[[account]]` and `[live]`: what belongs to which kind of account, and what an error says."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from cockpit.account_config import AccountConfig, LiveConfig
from cockpit.config import Config, ConfigError, config_text, parse_config
from cockpit.desk.going_live import LiveRules
from venues.model import Mode

FILE = Path("config.toml")
D = Decimal


def live(*lines: str, venue: str = "okx", mode: str = "live") -> str:
    return "\n".join(["[[account]]", 'name = "a"', f'venue = "{venue}"', f'mode = "{mode}"', *lines])


@pytest.mark.parametrize(
    ("text", "key", "value", "expected"),
    [
        (live(mode="real"), "[[account]] a mode", "'real'", "one of paper, live, rehearsal"),
        (live(venue="okex"), "[[account]] a venue", "'okex'", "did you mean okx?"),
        (live(venue="binance"), "[[account]] a venue", "'binance'", "did you mean binanceusdm?"),
        (live(venue="nowhere"), "[[account]] a venue", "'nowhere'", "one of apex, aster, backpack, binanceusdm"),
        (live(venue="nowhere", mode="rehearsal"), "[[account]] a venue", "'nowhere'", "one of apex, "),
        (live(venue="binanceusdm", mode="paper"), "[[account]] a venue", "'binanceusdm'", "did you mean binance?"),
        (live('endpoint = "localhost:80"'), "[[account]] a endpoint", "'localhost:80'", "an address like https://"),
        (live('endpoint = "http://h:1/path"'), "[[account]] a endpoint", "'http://h:1/path'", "no path"),
        (live("endpoint = 7"), "[[account]] a endpoint", "7", "an address like https://"),
        (live('endpoint = "http://h|http://h"'), "[[account]] a endpoint", "", "an address like https://"),
        (live('keys = "a b"'), "[[account]] a keys", "'a b'", "`cockpit keys list`"),
        (live('broker_tag = "a-b"'), "[[account]] a broker_tag", "'a-b'", "up to 16 letters and digits"),
        (live("bases = []"), "[[account]] a bases", "[]", "a list of different coins"),
        (live('bases = "BTC"'), "[[account]] a bases", "'BTC'", "a list of different coins"),
        (live('bases = ["BTC", "BTC"]'), "[[account]] a bases", "", "a list of different coins"),
        (live('bases = ["BTC", 3]'), "[[account]] a bases", "", "a list of different coins"),
        (live('bases = ["B C"]'), "[[account]] a bases", "", "a list of different coins"),
        (live("max_leverage = 0"), "[[account]] a max_leverage", "0", "> 0, <= 100"),
        (live('fast_books = "maybe"'), "[[account]] a fast_books", "'maybe'", "yes or no"),
        (live("read_only = false"), "[[account]] a read_only", "false", "`cockpit live` lets an account trade"),
        (live("cash = 5"), "[[account]] a cash", "5", "accounts with mode = 'paper' or 'rehearsal'"),
        (live("taker_bps = 5"), "[[account]] a taker_bps", "5", "accounts with mode = 'paper' or 'rehearsal'"),
        (live('keys = "b"', mode="rehearsal"), "[[account]] a keys", "'b'", "accounts with mode = 'live'"),
        (live("read_only = true", mode="paper"), "[[account]] a read_only", "true", "accounts with mode = 'live'"),
        (live('bases = ["BTC"]', mode="paper"), "[[account]] a bases", "", "mode = 'rehearsal' or 'live'"),
        (live('endpont = "x"'), "[[account]] 1 endpont", "", "did you mean endpoint?"),
        ("live = 3", "live", "3", "a table [live]"),
        ("[live]\nfirst_order = 3", "[live] first_order", "", "did you mean first_order_usd?"),
        ("[live]\nfirst_leverage = 50", "[live] first_leverage", "50", "<= 20"),
        ("[live]\nbases = [3]", "[live] bases", "[3]", "a list of different coins"),
    ],
)
def test_errors_name_file_key_value_and_what_would_be_right(text: str, key: str, value: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, FILE)
    said = str(caught.value)
    assert said.startswith(f"config.toml: {key}")
    assert value in said
    assert expected in said
    assert "\n" not in said


def test_a_live_account_is_read_only_and_named_after_its_key() -> None:
    (account,) = parse_config(live(), FILE).accounts
    assert account.mode is Mode.LIVE
    assert account.read_only
    assert account.fast_books
    assert account.keys_name == "a"
    (account,) = parse_config(live('keys = "main"'), FILE).accounts
    assert account.keys_name == "main"


def test_what_is_written_of_each_kind_reads_back_the_same_and_says_nothing_foreign() -> None:
    accounts = (
        AccountConfig("p", "okx", cash=D(5)),
        AccountConfig("r", "lighter", Mode.REHEARSAL, cash=D(7), bases=("BTC",), fast_books=False),
        AccountConfig(
            "l", "okx", Mode.LIVE, endpoint="http://127.0.0.1:8080|ws://127.0.0.1:8081", keys="main",
            bases=("BTC", "kPEPE", "BTC/USDT:USDT"), read_only=False, broker_tag="abc", max_leverage=D("1.5"),
        ),
    )  # fmt: skip
    config = Config(accounts=accounts, live=LiveConfig(first_order_usd=D(50), bases=("ETH",)))
    text = config_text(config)
    assert parse_config(text, FILE) == config
    paper, _, rest = text.partition('name = "r"')
    assert "read_only" not in paper
    assert "cash" not in rest.partition('name = "l"')[2]


def test_the_desk_goes_by_the_live_accounts_alone() -> None:
    text = "\n".join(
        [
            '[[account]]\nname = "p"\nvenue = "okx"',
            '[[account]]\nname = "l"\nvenue = "okx"\nmode = "live"\nmax_leverage = 1.5',
            '[[account]]\nname = "t"\nvenue = "okx"\nmode = "live"\nendpoint = "https://testnet.example"',
            "read_only = false",
        ]
    )
    config = parse_config("[live]\nfirst_fills = 3\n" + text, FILE)
    assert config.live.rules(config.accounts) == LiveRules(
        first_fills=3, max_leverage={"l": D("1.5")}, open=frozenset({"t"})
    )
    assert parse_config("", FILE).live.rules(()) == LiveRules()


def test_neither_reading_it_nor_the_desks_process_loads_the_adapter() -> None:
    code = (
        "import sys\n"
        "import cockpit.desk_process, cockpit.config\n"
        "from pathlib import Path\n"
        f"cockpit.config.parse_config({live()!r}, Path('c'))\n"
        "print([m for m in ('ccxt', 'aiohttp', 'picows', 'keyring', 'venues.live.venue') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
