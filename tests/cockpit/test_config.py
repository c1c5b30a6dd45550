"""Configuration: every error names the file, the key, the value and what would be right."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.account_config import AccountConfig
from cockpit.config import (
    DEFAULT_ACCOUNTS,
    RISK_BOUNDS,
    Config,
    ConfigError,
    DeskConfig,
    PaperConfig,
    Queue,
    check_removed,
    config_text,
    load_config,
    parse_config,
    write_default,
)
from cockpit.desk.escalation import AlarmRules, EscalateAction
from cockpit.desk.risk import RiskLimits
from cockpit.host.alarm_hooks import HookCommands
from cockpit.watchdog.rules import Rules, Scope
from venues.model import Mode

FILE = Path("config.toml")
D = Decimal


@pytest.mark.parametrize(
    ("text", "key", "value", "expected"),
    [
        ("colour = 3", "colour", "", "one of desk, risk, alarms, "),
        ("[dsk]\nx = 1", "dsk", "", "did you mean desk?"),
        ("desk = 3", "desk", "3", "a table [desk]"),
        ("[desk]\npublish_hertz = 3", "[desk] publish_hertz", "", "did you mean publish_hz?"),
        ("[desk]\npublish_hz = 100", "[desk] publish_hz", "100", ">= 1, <= 20"),
        ('[risk]\nmax_leverage = "abc"', "[risk] max_leverage", "'abc'", "a number > 0, <= 100"),
        ("[risk]\nmax_leverage = 0", "[risk] max_leverage", "0", "> 0"),
        ("[risk]\nmax_leverage = nan", "[risk] max_leverage", "NaN", "a number"),
        ("[risk]\nmax_leverage = true", "[risk] max_leverage", "true", "a number"),
        ("[risk]\nmax_leverage = [1]", "[risk] max_leverage", "[1]", "a single value"),
        ("[risk]\nmax_orders_per_s = 2.5", "[risk] max_orders_per_s", "2.5", "a whole number"),
        ("[risk]\nmax_levrage = 3", "[risk] max_levrage", "", "did you mean max_leverage?"),
        ('[paper]\nqueue = "fast"', "[paper] queue", "'fast'", "one of conservative, log_probability"),
        ('[paper]\nsource = "live"', "[paper] source", "'live'", "one of synthetic"),
        ("[paper]\nbases = []", "[paper] bases", "[]", "a list of different coins"),
        ('[paper]\nbases = ["BTC", "BTC"]', "[paper] bases", "['BTC', 'BTC']", "a list of different coins"),
        ('[paper]\nbases = ["btc/usd"]', "[paper] bases", "['btc/usd']", "a list of different coins"),
        ('[paper]\nbases = ["DOGE"]', "[paper] bases", "DOGE", "coins that the paper venues list: BTC, ETH, SOL"),
        ('[paper]\nbases = "BTC"', "[paper] bases", "'BTC'", "a list of different coins"),
        ("watchdog = 3", "watchdog", "3", "a table [watchdog]"),
        ("[watchdog]\ndeadline_s = 7", "[watchdog] deadline_s", "7", ">= 8, <= 3600 (s)"),
        ('[watchdog]\nflatten = "maybe"', "[watchdog] flatten", "'maybe'", "yes or no"),
        ('[watchdog]\nscope = "both"', "[watchdog] scope", "'both'", "one of pairs, all"),
        ('[watchdog]\naccounts = ["nobody"]', "[watchdog] accounts", "['nobody']", "accounts of this file (extended, "),
        ('[watchdog]\naccounts = ["grvt", "grvt"]', "[watchdog] accounts", "", "a list of different accounts"),
        ('[watchdog]\naccounts = "grvt"', "[watchdog] accounts", "'grvt'", "or [] for all"),
        ("[watchdog]\ndeadline = 10", "[watchdog] deadline", "", "did you mean deadline_s?"),
        ("alarms = 3", "alarms", "3", "a table [alarms]"),
        ("[alarms]\nbell = true", "[alarms] bell", "", "one of ring, "),
        ("[alarms]\nhok = []", "[alarms] hok", "", "did you mean hook?"),
        ('[alarms]\nring = "loud"', "[alarms] ring", "'loud'", "yes or no"),
        ("[alarms]\nrepeat_s = 0", "[alarms] repeat_s", "0", ">= 1, <= 86400 (s)"),
        ('[alarms]\nhook = "/bin/true"', "[alarms] hook", "'/bin/true'", "a program by its whole path"),
        ('[alarms]\nhook = ["page.sh"]', "[alarms] hook", "['page.sh']", "a program by its whole path"),
        ('[alarms]\ncritical_hook = ["/bin/echo", 3]', "[alarms] critical_hook", "['/bin/echo', 3]", "[] for none"),
        ('[alarms]\nescalate_hook = ["/bin/a\\u0000"]', "[alarms] escalate_hook", "", "[] for none"),
        ('[alarms]\nescalate_action = "sell"', "[alarms] escalate_action", "'sell'", "none, stop-entries, flatten"),
        (
            '[alarms]\nescalate_action = "flatten"\nescalate_after_s = 0',
            "[alarms] escalate_after_s",
            "0",
            "seconds > 0, for escalate_action = 'flatten'",
        ),
        ("account = 3", "account", "3", "tables [[account]]"),
        ("account = []", "account", "[]", "at least one [[account]]"),
        ("[[account]]\nvenue = 'grvt'", "[[account]] 1 name", "", "1 to 24 of the letters"),
        ("[[account]]\nname = 'a b'", "[[account]] 1 name", "'a b'", "1 to 24 of the letters"),
        ("[[account]]\nname = 'm1'\nvenue = 'ligter'", "[[account]] m1 venue", "'ligter'", "did you mean lighter?"),
        ("[[account]]\nname = 'grvt'\nmode = 'demo'", "[[account]] grvt mode", "'demo'", "one of paper, live"),
        ("[[account]]\nname = 'grvt'\ncash = -1.50", "[[account]] grvt cash", "-1.50", "> 0"),
        ("[[account]]\nname = 'grvt'\ncahs = 5", "[[account]] 1 cahs", "", "did you mean cash?"),
        ("[[account]]\nname = 'grvt'\n[[account]]\nname = 'grvt'", "[[account]] 2 name", "'grvt'", "no other account"),
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


def test_broken_toml_names_the_line() -> None:
    with pytest.raises(ConfigError, match=r"config\.toml: the file: expected valid TOML .*line 2"):
        parse_config("[desk]\npublish_hz = = 3", FILE)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8 text"):
        load_config(file)
    file.unlink()
    file.mkdir()
    with pytest.raises(ConfigError, match="a file that can be read"):
        load_config(file)
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="a folder that can be written to"):
        write_default(tmp_path / "file" / "config.toml")


def test_a_broken_profiles_file_is_named(tmp_path: Path) -> None:
    profiles = tmp_path / "profiles.toml"
    profiles.write_text("[grvt]\ntaker_bps = 'x'\n")
    with pytest.raises(ConfigError, match=r"profiles\.toml"):
        parse_config("[[account]]\nname = 'grvt'", FILE, profiles)


def test_a_venue_of_the_users_own_profiles(tmp_path: Path) -> None:
    profiles = tmp_path / "profiles.toml"
    profiles.write_text('[myvenue]\nlike = "binance"\ntaker_bps = 1\n')
    config = parse_config("[[account]]\nname = 'a'\nvenue = 'myvenue'", FILE, profiles)
    assert config.accounts[0].venue == "myvenue"


def test_no_file_is_the_defaults_and_the_first_start_writes_them(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "config.toml"
    assert load_config(file) == Config()
    assert write_default(file)
    assert load_config(file) == Config()
    file.write_text("[paper]\nseed = 5\n")
    assert not write_default(file), "what the user wrote stays"
    config = load_config(file)
    assert config.paper.seed == 5
    assert config.accounts == DEFAULT_ACCOUNTS


def test_the_defaults_allow_a_hedge_loop_at_once() -> None:
    config = Config()
    assert {account.name for account in config.accounts} >= {"extended", "lighter"}
    assert len(config.accounts) == 4
    assert all(account.mode is Mode.PAPER for account in config.accounts)
    assert config.paper.bases == ("BTC", "ETH", "SOL")


def test_every_limit_is_bounded() -> None:
    assert set(RISK_BOUNDS) == set(RiskLimits.__struct_fields__)


def decimals(low: str, high: str) -> st.SearchStrategy[Decimal]:
    return st.decimals(D(low), D(high), places=2)


@given(
    st.builds(
        Config,
        desk=st.builds(DeskConfig, publish_hz=decimals("1", "20"), stop_timeout_s=decimals("1", "600")),
        risk=st.builds(RiskLimits, max_leverage=decimals("0.01", "100"), max_orders_per_s=st.integers(1, 1000)),
        paper=st.builds(
            PaperConfig,
            seed=st.integers(0, 2**53),
            events_per_s=decimals("0.01", "2000"),
            queue=st.sampled_from(Queue),
            bases=st.lists(st.sampled_from(["BTC", "ETH", "SOL"]), min_size=1, unique=True).map(tuple),
        ),
        accounts=st.lists(
            st.builds(
                AccountConfig,
                name=st.from_regex(r"[A-Za-z0-9_-]{1,24}", fullmatch=True),
                venue=st.sampled_from(["grvt", "lighter", "okx"]),
                cash=decimals("0.01", "1000000"),
                maker_bps=st.none() | decimals("-50", "200"),
                taker_bps=st.none() | decimals("-50", "200"),
            ),
            min_size=1,
            max_size=5,
            unique_by=lambda account: account.name,
        ).map(tuple),
    )
)
def test_what_is_written_reads_back_the_same(config: Config) -> None:
    assert parse_config(config_text(config), FILE) == config


def test_an_account_with_positions_goes_only_by_name() -> None:
    config = Config(accounts=DEFAULT_ACCOUNTS[:2])
    held = {"extended": ["BTC-USD"], "grvt": ["BTC_USDT_Perp", "ETH_USDT_Perp"], "backpack": []}
    with pytest.raises(ConfigError) as caught:
        check_removed(config, FILE, held, ())
    said = str(caught.value)
    assert "grvt" in said
    assert "holds BTC_USDT_Perp, ETH_USDT_Perp" in said
    assert "--forget grvt" in said
    check_removed(config, FILE, held, ("grvt",))
    check_removed(config, FILE, {}, ())


def test_alarms_are_loud_as_told_and_a_louder_hook_left_out_is_the_next() -> None:
    text = """[alarms]
hook = ["/opt/page", "desk 1"]
escalate_hook = ["/opt/call"]
ring = false
repeat_s = 5
escalate_after_s = 60
escalate_action = "stop-entries"
"""
    alarms = parse_config(text, FILE).alarms
    assert alarms.rules == AlarmRules(
        repeat_s=5, bell_s=0, escalate_after_s=60, action=EscalateAction.STOP_ENTRIES, action_after_s=300
    )
    page = ("/opt/page", "desk 1")
    assert alarms.commands == HookCommands(page, page, ("/opt/call",), 10)
    assert parse_config("", FILE).alarms.rules == AlarmRules()
    only = parse_config('[alarms]\nhook = ["/opt/page"]', FILE).alarms.commands
    assert only.warning == only.critical == only.escalated
    assert parse_config(config_text(Config(alarms=alarms)), FILE).alarms == alarms


def test_the_watchdogs_section_is_read_and_written() -> None:
    text = '[watchdog]\ndeadline_s = 12.5\nflatten = true\nscope = "all"\naccounts = ["grvt"]\n'
    config = parse_config(text, FILE)
    assert config.watchdog == Rules(deadline_s=D("12.5"), flatten=True, scope=Scope.ALL, accounts=("grvt",))
    assert config.watchdog.words == "deadline 12.5 s, cancels and flattens (all)"
    assert parse_config(config_text(config), FILE) == config
    assert parse_config("", FILE).watchdog == Rules()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('api_key = "canary-4711"', "api_key"),
        ('[live]\nsecret = "canary-4711"', "[live] secret"),
        ('[[account]]\nname = "a"\nprivateKey = "canary-4711"', "[[account]] 1 privateKey"),
        ('[[account]]\nname = "a"\nPassphrase = ["canary-4711"]', "[[account]] 1 Passphrase"),
        ('[mnemonic]\nwords = "canary-4711"', "mnemonic"),
    ],
)
def test_a_credential_in_the_file_is_never_quoted_and_shown_the_way_to_the_keyring(text: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, FILE)
    assert str(caught.value).startswith(f"config.toml: {key}: expected no key of an exchange in this file")
    assert "cockpit keys add" in str(caught.value)
    assert "canary" not in repr(caught.value) + repr(vars(caught.value))


def test_the_value_of_an_unknown_key_is_not_quoted() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config('[desk]\npublish_hertz = "canary-4711"', FILE)
    assert "canary" not in repr(caught.value) + repr(vars(caught.value))
