"""The encrypted file: what is wrong with it is told apart, and a write that fails leaves the file of before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from secrets_kit import PASSPHRASE

from cockpit.secrets.cryptfile import CryptVault
from cockpit.secrets.errors import KeysError
from venues.model.secret import Secret


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "keys.cryptfile"


@pytest.fixture
def vault(file: Path) -> CryptVault:
    vault = CryptVault(file, PASSPHRASE)
    vault.put("main", Secret("canary-in-the-file"))
    return vault


def test_a_round_trip(vault: CryptVault, file: Path) -> None:
    again = CryptVault(file, PASSPHRASE)
    found = again.get("main")
    assert found is not None
    assert found.reveal() == "canary-in-the-file"
    assert again.get("other") is None
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert b"canary" not in file.read_bytes()
    assert str(file) in again.where


def test_dropping(vault: CryptVault) -> None:
    vault.put("second", Secret("x"))
    vault.drop("main")
    vault.drop("never there")
    assert vault.get("main") is None
    assert vault.get("second") == Secret("x")


def test_a_wrong_passphrase(vault: CryptVault, file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(
        KeysError, match=r"does not open .*keys\.cryptfile: it is wrong, or the file is damaged; try again"
    ):
        CryptVault(file, Secret("something else"))
    assert file.read_bytes() == before


def test_a_passphrase_that_is_too_short_makes_no_file(file: Path) -> None:
    with pytest.raises(KeysError, match="too short; take 8 characters or more"):
        CryptVault(file, Secret("seven77"))
    assert not file.exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"no section = 1\n", b"[cockpit]\nmain = x\n", b"[a]\n[a]\n"])
def test_a_file_that_is_something_else_is_not_written_over(file: Path, content: bytes) -> None:
    file.parent.mkdir(mode=0o700)
    file.write_bytes(content)
    with pytest.raises(KeysError, match="is damaged: it is no file of encrypted keys; put a backup of it back"):
        CryptVault(file, PASSPHRASE)
    assert file.read_bytes() == content


@pytest.mark.parametrize("setting", ["password_20reference", "scheme", "version"])
def test_a_file_without_its_settings_takes_no_new_passphrase(vault: CryptVault, file: Path, setting: str) -> None:
    file.write_text(file.read_text().replace(setting, "something"))
    before = file.read_bytes()
    with pytest.raises(KeysError, match="is damaged"):
        CryptVault(file, Secret("another passphrase"))
    assert file.read_bytes() == before


def test_one_damaged_entry_is_named_and_the_others_are_read(vault: CryptVault, file: Path) -> None:
    vault.put("second", Secret("y"))
    text = file.read_text()
    start = text.index("second = ") + 60
    file.write_text(text[:start] + ("A" if text[start] != "A" else "B") + text[start + 1 :])
    with pytest.raises(KeysError, match=r"the entry second in .* cannot be deciphered: .*`cockpit keys remove second`"):
        vault.get("second")
    assert vault.get("main") == Secret("canary-in-the-file")


def test_an_entry_cannot_be_moved_to_another_name(vault: CryptVault, file: Path) -> None:
    file.write_text(file.read_text().replace("main = ", "other = "))
    with pytest.raises(KeysError, match="the entry other"):
        vault.get("other")


def test_a_write_that_fails_leaves_the_file_of_before(
    vault: CryptVault, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file.read_bytes()

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(KeysError, match="cannot be written \\(No space left on device\\)"):
            vault.put("second", Secret("y"))
    assert file.read_bytes() == before
    assert [each.name for each in file.parent.iterdir()] == [file.name]
    vault.put("second", Secret("y"))
    assert vault.get("second") == Secret("y")


def test_a_file_that_others_can_read_is_closed(vault: CryptVault, file: Path) -> None:
    file.chmod(0o644)
    CryptVault(file, PASSPHRASE)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_of_somebody_else(vault: CryptVault, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)
    with pytest.raises(KeysError, match=f"belongs to user {mine}; expected user {mine + 1}"):
        CryptVault(file, PASSPHRASE)
