"""Files that are no capture, and captures with damage in them: an error that names the file, or a replay that ends."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from capture_kit import T0, replay, usdm
from hypothesis import example, given
from hypothesis import strategies as st

from tests.property_kit import tries, values
from venues.paper.capture import CaptureError
from venues.paper.capture_format import Kind, kind_of, stamp_of

SOUND = [
    line.encode()
    for line in usdm().ticker(101, ("100.00", "1"), ("100.10", "1")).trade("100.00", "0.5", buyer_maker=True).lines
]
odd_text = st.sampled_from(
    ["NaN", "-1", "1e5", "", ".", "１", "9" * 5_000, "0." + "0" * 5_000 + "1", "Infinity", "1_0"]
)
levels = st.lists(st.lists(odd_text | st.just("100.0"), min_size=1, max_size=3) | values, max_size=3)
numbers = st.integers(-(2**70), 2**70) | values
datas = st.fixed_dictionaries(
    {"s": st.sampled_from(["BTCUSDT", "", "BTCUSD_PERP"]) | values, "e": st.sampled_from(list(Kind)) | values},
    optional={
        **dict.fromkeys(("U", "u", "pu"), numbers),
        **dict.fromkeys(("b", "a"), levels | odd_text),
        **dict.fromkeys(("B", "A", "p", "q", "X"), odd_text | values),
        "m": values,
    },
)


def encoded(body: object) -> bytes:
    return json.dumps(body, default=repr).encode("utf-8", "surrogatepass")


bodies = (
    st.builds(lambda data: encoded({"stream": "x", "data": data}), datas)
    | st.fixed_dictionaries({"lastUpdateId": numbers, "bids": levels, "asks": levels}).map(encoded)
    | values.map(encoded)
    | st.binary(max_size=60)
)
stamps = st.sampled_from([str(T0 + n * 10**6).encode() for n in range(5)] + [b"0" * 19, b"9" * 19, b"x" * 19, b""])
damaged = st.tuples(st.sampled_from(SOUND), st.integers(0, 200), st.binary(max_size=3)).map(
    lambda cut: cut[0][: cut[1]] + cut[2] + cut[0][cut[1] + 1 :]
)
lines = st.tuples(stamps, bodies).map(lambda pair: pair[0] + b" " + pair[1]) | damaged | st.binary(max_size=40)


def play(path: Path) -> int | None:
    """How many lines a replay met; None where the file was refused by name."""
    try:
        market, heard = replay(path)
    except CaptureError as error:
        words = str(error)
        assert words.startswith(str(path))
        return None
    assert market.next_ts() is None
    stamps_told = [event[1] for event in heard.events]
    assert stamps_told == sorted(stamps_told), "time never steps back"  # type: ignore[type-var]
    return market.stats.lines


@tries(150)
@given(st.lists(lines, max_size=6), st.booleans(), st.booleans())
@example(
    [
        b"%d " % T0
        + encoded(
            {
                "stream": "x",
                "data": {"s": "BTCUSDT", "e": "depthUpdate", "U": 1, "u": 2, "b": [["9" * 5_000, "1"]], "a": []},
            }
        )
    ],
    True,
    False,
)
@example([b"%d " % T0 + b"[" * 100_000], True, False)
@example([b'%d {"stream":"x","data":{"s":"\xff\xfe"}}' % T0], False, False)
@example([b'%d {"lastUpdateId":1,"bids":[["\xff","1"]],"asks":[]}' % T0], True, True)
def test_damage_is_refused_or_skipped(
    tmp_path_factory: pytest.TempPathFactory, odd: list[bytes], after_a_sound_start: bool, packed: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "odd.capture"
    data = b"\n".join([*(SOUND if after_a_sound_start else []), *odd, *(SOUND if after_a_sound_start else [])])
    path.write_bytes(gzip.compress(data) if packed else data)
    met = play(path)
    if met is not None:
        assert 0 < met <= data.count(b"\n") + 1


@tries(80)
@given(st.binary(max_size=300), st.integers(0, 300), st.integers(0, 255))
def test_damage_in_the_packing_is_named(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int, byte: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "odd.gz"
    whole = bytearray(gzip.compress(b"\n".join(SOUND)))
    whole[at % len(whole)] = byte
    for data in (bytes(whole), bytes(whole[:at]), b"\x1f\x8b" + junk):
        path.write_bytes(data)
        play(path)


@tries(150)
@given(bodies | lines)
@example(b"[" * 100_000)
@example(b'{"stream":"\xff"}')
def test_any_line_has_a_kind_or_none(body: bytes) -> None:
    assert kind_of(body) is None or kind_of(body) in Kind
    stamp = stamp_of(body)
    assert stamp is None or 0 <= stamp < 10**19
