"""Whatever stands in a file of the operator's: a configuration, or one line that says what is wrong and where."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import tomli_w
from hypothesis import example, given
from hypothesis import strategies as st

from cockpit.config import RISK_BOUNDS, AccountConfig, Config, ConfigError, DeskConfig, PaperConfig, load_config
from cockpit.config import parse_config as parse
from tests.property_kit import tries
from venues.paper.profiles import Profile, ProfileError, load_profiles

FILE = Path("config.toml")

wrong = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=12)
    | st.datetimes(timezones=st.none())
    | st.dates()
    | st.sampled_from(["nan", "inf", "-0", "1e400", "0x1", " 7 ", "１２", "1_000", "paper", "live"])
    | st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
KEYS = {
    "desk": DeskConfig.__struct_fields__,
    "risk": tuple(RISK_BOUNDS),
    "paper": PaperConfig.__struct_fields__,
    "account": AccountConfig.__struct_fields__,
}
keys = st.sampled_from([(table, key) for table, names in KEYS.items() for key in names])


def read(text: str, profiles: Path | None = None) -> Config | str:
    """What became of it: a configuration, or the words of the error, which must fit one line and name the file."""
    try:
        return parse(text, FILE, profiles)
    except ConfigError as error:
        words = str(error)
        assert words.startswith("config.toml: ")
        assert ": expected " in words
        assert "\n" not in words
        return words


@tries(60)
@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"\xff\xfe[desk]")
@example(b"a = " + b"[" * 100_000)
@example(b"a = " + b"{a=" * 5_000)
def test_any_bytes_are_a_configuration_or_an_error(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "config.toml"
    file.write_bytes(raw)
    try:
        assert isinstance(load_config(file), Config)
    except ConfigError as error:
        words = str(error)
        assert words.startswith(f"{file}: ")


@tries(300)
@given(keys, wrong)
@example(("desk", "publish_hz"), Decimal("1E+400"))
@example(("paper", "seed"), "9" * 5_000)
@example(("account", "venue"), ["grvt"])
def test_any_value_at_any_known_key_is_taken_or_named(at: tuple[str, str], value: object) -> None:
    table, key = at
    if table == "account":
        text = tomli_w.dumps({"account": [{"name": "grvt", key: value}]})
    else:
        text = tomli_w.dumps({table: {key: value}})
    said = read(text)
    if isinstance(said, str):
        where = "[[account]]" if table == "account" else f"[{table}]"
        assert f"{where} " in said or "the file" in said
        assert key in said or "the file" in said
    else:
        assert parse(text, FILE) == said, "reading is deterministic"


@tries(150)
@given(st.dictionaries(st.sampled_from([*KEYS, "dsk", "", "a\nb"]) | st.text(max_size=5), wrong, max_size=4))
def test_any_structure_is_taken_or_named(tables: dict[str, object]) -> None:
    said = read(tomli_w.dumps(tables))
    assert isinstance(said, Config) or len(said) > 30


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = " + "[" * 5_000, "nested deeper than 16 levels"),
        ("a" + ".a" * 500 + " = 1", "nested deeper than 16 levels"),
        ("[paper]\nseed = " + "1" * 5_000, "valid TOML"),
        ("[paper]\nseed = 0x" + "f" * 5_000, "beyond 64 bits"),
        ("[desk]\npublish_hz = 1e9999999999999999999", "1e9999999999999999999 is out of every range"),
        ('"a\\nb" = 1', r"config.toml: 'a\nb': expected one of desk"),
    ],
    ids=["lists", "dotted", "long", "long hex", "exponent", "newline in a key"],
)
def test_what_fuzzing_once_found(text: str, words: str) -> None:
    assert words in str(read(text))


# -- the venue profiles of the operator


@tries(150)
@given(
    st.sampled_from([*Profile.__struct_fields__, "like", "?"]),
    wrong | st.fixed_dictionaries({"value": wrong}, optional={"source": wrong, "date": wrong}),
)
@example("taker_bps", float("nan"))
@example("submit", {"base_ms": float("nan")})
def test_any_figure_of_a_venue_is_taken_or_named(
    tmp_path_factory: pytest.TempPathFactory, key: str, value: object
) -> None:
    file = tmp_path_factory.getbasetemp() / "profiles.toml"
    file.write_text(tomli_w.dumps({"binance": {key: value}}), encoding="utf-8")
    try:
        profile = load_profiles(file)["binance"]
    except ProfileError as error:
        words = str(error)
        assert words.startswith(f"{file}: ")
        assert key in words
    else:
        assert profile.taker_bps.is_finite()
