"""One exchange is loaded, and no other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from venues.live import lean_ccxt
from venues.live.lean_ccxt import CcxtMissing

ROOT = Path(__file__).resolve().parents[3]
ALONE = """
import sys
from venues.live.dialects import DIALECTS
from venues.live import dialect, pool, venue
assert not any(name.split(".")[0] == "ccxt" for name in sys.modules), "the adapter alone imports ccxt"
from venues.live.lean_ccxt import load
made = load("{name}")({{}})
assert made.id == "{name}", made.id
pro = sorted(name for name in sys.modules if name.startswith("ccxt.pro."))
import ccxt, ccxt.pro, ccxt.async_support
assert ccxt.Exchange.__name__ == "Exchange" and ccxt.__version__ and ccxt.NetworkError and ccxt.Precise
assert ccxt.pro.{name} is load("{name}")
print(*pro)
"""


def test_an_exchange_that_ccxt_has_not_is_named() -> None:
    with pytest.raises(CcxtMissing, match=r"ccxt\.pro has no exchange 'bitmex'"):
        lean_ccxt.load("bitmex")
    with pytest.raises(CcxtMissing, match="is no exchange"):
        lean_ccxt.load("__name__")


@pytest.mark.parametrize(("name", "most"), [("binanceusdm", 2), ("lighter", 1), ("hyperliquid", 1)])
def test_nothing_else_is_imported(name: str, most: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALONE.format(name=name)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) <= most


def test_where_the_whole_package_is_there_it_is_used() -> None:
    code = "import ccxt.pro; from venues.live.lean_ccxt import load; assert load('okx') is ccxt.pro.okx"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


ROUNDING = """
import decimal
from venues.live.lean_ccxt import load
before = repr(decimal.getcontext())
exchange = load("binanceusdm")({})
from ccxt.base import decimal_to_precision as theirs
assert exchange.decimal_to_precision("1.25", theirs.ROUND, 1, theirs.DECIMAL_PLACES) == "1.3"
assert repr(decimal.getcontext()) == before, decimal.getcontext()
assert f"{decimal.Decimal('1.25'):.1f}" == "1.2"
"""


def test_the_processs_own_rounding_is_left_alone() -> None:
    done = subprocess.run([sys.executable, "-c", ROUNDING], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
