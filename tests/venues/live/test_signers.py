from __future__ import annotations

import sys
from pathlib import Path

import pytest

from venues.live import signers
from venues.live.dialects import DIALECTS
from venues.live.finding import Level
from venues.live.signers import CCXT_SIGNERS, SIGNERS, Machine, apex_signer, lighter_library, missing

LINUX = Machine("linux", "x86_64")
ARM = Machine("linux", "aarch64")


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signers, "find_spec", lambda name: None)


def test_an_unknown_venue_is_an_error() -> None:
    with pytest.raises(KeyError):
        missing("bitmex", LINUX)


def test_a_refused_venue_says_why() -> None:
    (found,) = missing("dydx", LINUX)
    assert found.level is Level.STOP
    assert "cannot be traded" in found.text


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("lighter", "python -m pip install --no-deps lighter-sdk==1.1.8"),
        ("apex", "python -m pip install --no-deps apexomni==3.4.2"),
    ],
)
def test_a_missing_signer_comes_with_the_line_that_installs_it(name: str, line: str) -> None:
    (found,) = missing(name, LINUX)
    assert (found.level, found.mend) == (Level.STOP, line)


@pytest.mark.usefixtures("nothing_installed")
def test_a_machine_without_a_library_is_told_where_there_is_one() -> None:
    (found,) = missing("apex", ARM)
    assert "cannot sign on linux aarch64" in found.text
    assert "linux x86_64, macos aarch64" in found.text


@pytest.mark.usefixtures("nothing_installed")
def test_lighter_has_a_library_for_arm_servers() -> None:
    assert missing("lighter", ARM)[0].mend.startswith("python -m pip install")


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize("name", sorted(CCXT_SIGNERS))
def test_a_broken_install_is_seen(name: str) -> None:
    assert "coincurve is missing" in missing(name, LINUX)[0].text


@pytest.mark.parametrize("name", ["backpack", "binanceusdm", "bybit", "extended", "okx", "paradex", *CCXT_SIGNERS])
def test_venues_that_ccxt_signs_for_lack_nothing_here(name: str) -> None:
    assert missing(name) == []


def test_a_package_without_the_library_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "signers").mkdir()
    assert lighter_library(LINUX, [tmp_path]) is None
    assert apex_signer(LINUX, [tmp_path]) is None


def test_the_library_of_the_machine_is_taken(tmp_path: Path) -> None:
    (tmp_path / "signers").mkdir()
    for name in ("lighter-signer-linux-amd64.so", "lighter-signer-linux-arm64.so"):
        (tmp_path / "signers" / name).touch()
    found = lighter_library(ARM, [tmp_path])
    assert found is not None
    assert found.name == "lighter-signer-linux-arm64.so"
    assert lighter_library(Machine("freebsd", "x86_64"), [tmp_path]) is None


def test_zklink_is_offered_to_ccxt_without_the_package_around_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "apexomni"
    (home / "pc" / "linux_x86").mkdir(parents=True)
    (home / "__init__.py").write_text("raise ImportError('what it needs conflicts')\n")
    (home / "pc" / "linux_x86" / "zklink_sdk.py").write_text("here = True\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(Machine, "here", classmethod(lambda cls: LINUX))
    for name in ("apexpro", "apexpro.zklink_sdk"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert missing("apex") == []
    assert signers.offer_apex_signer()
    import apexpro.zklink_sdk as offered  # type: ignore[import-not-found]  # made a line above

    assert offered.here is True
    assert signers.offer_apex_signer()
    for name in ("apexpro", "apexpro.zklink_sdk"):
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.usefixtures("nothing_installed")
def test_nothing_is_offered_where_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "apexpro.zklink_sdk", raising=False)
    assert not signers.offer_apex_signer()


def test_every_native_signer_of_a_dialect_is_known() -> None:
    assert {DIALECTS[name].native for name in DIALECTS} - {""} == set(SIGNERS)
