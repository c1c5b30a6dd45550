"""`.env` files as people have them, and what becomes of their variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.secrets.dotenv import MAX_BYTES, parse_dotenv, read_dotenv
from cockpit.secrets.env_names import NAMES, Proposal, proposals
from cockpit.secrets.errors import KeysError
from cockpit.secrets.fields import venue_keys

HEX_40 = "cd" * 40

PERP_DEX_TOOLS = f"""\
# used to distinguish log files
ACCOUNT_NAME=
EDGEX_ACCOUNT_ID=5551
EDGEX_STARK_PRIVATE_KEY=0x{"1f" * 31}
BACKPACK_PUBLIC_KEY=pub
export BACKPACK_SECRET_KEY='se cret'
PARADEX_L1_ADDRESS=your_generated_l1_address_here
PARADEX_L2_PRIVATE_KEY=your_generated_l2_private_key_here
PARADEX_ENVIRONMENT=prod # or testnet
GRVT_TRADING_ACCOUNT_ID=42
GRVT_PRIVATE_KEY={"ab" * 32}
GRVT_API_KEY="grvt # key"   # comment
GRVT_ENVIRONMENT=testnet
ASTER_API_KEY=a
ASTER_SECRET_KEY=b
API_KEY_PRIVATE_KEY={HEX_40}
LIGHTER_ACCOUNT_INDEX=7
LIGHTER_API_KEY_INDEX=4
EXTENDED_API_KEY=ext
EXTENDED_STARK_KEY_PUBLIC=0x1
EXTENDED_STARK_KEY_PRIVATE=0x2
EXTENDED_VAULT=100
APEX_API_KEY=k
APEX_API_KEY_PASSPHRASE=p
APEX_API_KEY_SECRET=s
APEX_OMNI_KEY_SEED=seed
NADO_PRIVATE_KEY=0xabc
LARK_TOKEN=
TIMEZONE=Asia/Shanghai
TICKER_MAPPING={{"extended_to_lighter": {{"EUR":"EURUSD"}}}}
"""


def by_venue(text: str, **names: str) -> dict[str, Proposal]:
    return {each.venue: each for each in proposals(parse_dotenv(text).values, names)}


def plain(proposal: Proposal) -> dict[str, str]:
    return {name: value.reveal() for name, value in proposal.fields.items()}


def test_a_file_of_perp_dex_tools() -> None:
    found = by_venue(PERP_DEX_TOOLS)
    assert plain(found["backpack"]) == {"apiKey": "pub", "secret": "se cret"}
    assert plain(found["lighter"]) == {"accountIndex": "7", "apiKeyIndex": "4", "privateKey": HEX_40}
    assert plain(found["extended"]) == {"apiKey": "ext", "privateKey": "0x2"}
    assert plain(found["apex"]) == {"apiKey": "k", "secret": "s", "password": "p", "seeds": "seed"}
    assert {venue: each.why_not for venue, each in found.items() if each.why_not} == {
        "grvt": "GRVT_ENVIRONMENT says that it is of a testnet; add it by hand with --endpoint",
        "aster": "ASTER_PRIVATE_KEY is not set; keys of Aster's first API are not taken any more; make a signer, "
        "and add it by hand",
        "edgex": "EDGEX_API_KEY, EDGEX_API_SECRET, EDGEX_API_PASSPHRASE, EDGEX_TRADING_PRIVATE_KEY is not set; Stark "
        "keys of edgeX's first API are not taken any more; make an API key, and add it by hand",
        "nado": "cockpit does not trade there",
    }
    assert "paradex" not in found, "placeholders are nothing"
    assert all(each.account == each.venue for each in found.values())


def test_accounts_are_named_after_the_file_or_by_hand() -> None:
    text = "ACCOUNT_NAME=alt2\nBACKPACK_PUBLIC_KEY=a\nBACKPACK_SECRET_KEY=b\nBYBIT_API_KEY=a\nBYBIT_API_SECRET=b\n"
    found = by_venue(text, bybit="spare")
    assert (found["backpack"].account, found["bybit"].account) == ("alt2-backpack", "spare")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("BACKPACK_PUBLIC_KEY=canary", "BACKPACK_SECRET_KEY is not set"),
        ("BACKPACK_PUBLIC_KEY=canary\nBACKPACK_SECRET_KEY=your_api_secret", "BACKPACK_SECRET_KEY is not set"),
        (
            "PARADEX_L1_ADDRESS=0xcanary\nPARADEX_L2_PRIVATE_KEY=0x1",
            "PARADEX_L2_ADDRESS is not set; the address of the account is on the venue's wallet page",
        ),
        ("BACKPACK_PUBLIC_KEY=${canary}\nBACKPACK_SECRET_KEY=b", "BACKPACK_PUBLIC_KEY refers to another variable"),
        ("EXTENDED_API_KEY=a\nEXTENDED_STARK_KEY_PRIVATE=canary", "privateKey of a key of extended cannot be right"),
    ],
)
def test_why_not(text: str, why: str) -> None:
    (found,) = by_venue(text).values()
    assert found.why_not.startswith(why)
    assert found.fields == {}
    assert "canary" not in found.why_not


def test_how_lines_are_read() -> None:
    found = parse_dotenv(
        "\n# A=1\n  B = two words  # comment\nC='q # q'\nD=\"x\"\nE=a#b\nF=\nB=last\n"
        "export G=g\nH='open\nno assignment\n=x\n1X=y\n"
    )
    assert {name: value.reveal() for name, value in found.values.items()} == {
        "B": "last", "C": "q # q", "D": "x", "E": "a#b", "F": "", "G": "g",
    }  # fmt: skip
    assert found.odd == (10, 11, 12, 13)


def test_windows_files_and_others(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"\xef\xbb\xbfA=1\r\nB=2\r\n")
    assert {name: value.reveal() for name, value in read_dotenv(file).values.items()} == {"A": "1", "B": "2"}
    file.write_bytes(b"A=\xff\xfe")
    with pytest.raises(KeysError, match=r"\.env is no UTF-8 text \(byte 2\)"):
        read_dotenv(file)
    file.write_bytes(b"A=1\n" * MAX_BYTES)
    with pytest.raises(KeysError, match="more than 1000000 bytes"):
        read_dotenv(file)
    with pytest.raises(KeysError, match="cannot be read"):
        read_dotenv(tmp_path)


def test_the_names_lead_to_fields_that_exist() -> None:
    for each in NAMES:
        if not each.without:
            assert set(each.fields) <= {field.name for field in venue_keys(each.venue).fields}
