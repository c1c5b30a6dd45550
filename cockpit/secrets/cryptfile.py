"""The headless fallback: an encrypted file (keyrings.cryptfile: AES-GCM, the key by Argon2id from a passphrase).

It protects what lies on the disk. Whoever can read this process's memory, or the passphrase, has the keys."""

from __future__ import annotations

import configparser
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Protocol, TypeVar, cast

from cockpit.locations import LocationError, private_folder
from cockpit.secrets.errors import KeysError
from cockpit.secrets.passphrase import check_new
from cockpit.secrets.vault import SERVICE
from venues.model.secret import Secret

FILE_NAME = "keys.cryptfile"

_SETTING = "keyring_2Dsetting"
_SETTINGS = ("password_20reference", "scheme", "version")
"""Section and options of every cryptfile, escaped as they stand there. Without one of them the backend would take the
file for a new one, and whatever passphrase it is given for the right one."""

T = TypeVar("T")


class _Backend(Protocol):
    """What we use of `CryptFileKeyring`, which has no types of its own."""

    file_path: str
    keyring_key: str

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


class CryptVault:
    """Keys in one encrypted file. Writing goes to a copy that then takes the file's place, so that a crash or a full
    disk leaves the file of before. Callers keep writers apart (`KeyStore` does)."""

    def __init__(self, file: Path, passphrase: Secret) -> None:
        """Opens the file, or makes it. Raises `KeysError`: wrong passphrase, damaged, not writable."""
        self._file = file
        kind = cast(Callable[[], _Backend], import_module("keyrings.cryptfile.cryptfile").CryptFileKeyring)
        self._backend = kind()
        self._backend.file_path = str(file)
        if file.exists():
            self._open(passphrase)
        else:
            check_new(passphrase)
            self._make(passphrase)

    @property
    def where(self) -> str:
        return f"cryptfile {self._file}"

    def get(self, name: str) -> Secret | None:
        text = self._in_words(lambda: self._backend.get_password(SERVICE, name), name)
        return None if text is None else Secret(text)

    def put(self, name: str, text: Secret) -> None:
        with self._copy():
            self._in_words(lambda: self._backend.set_password(SERVICE, name, text.reveal()), name)

    def drop(self, name: str) -> None:
        if self.get(name) is None:
            return
        with self._copy():
            self._in_words(lambda: self._backend.delete_password(SERVICE, name), name)

    # -- opening

    def _open(self, passphrase: Secret) -> None:
        self._check_file()

        def unlock() -> None:
            self._backend.keyring_key = passphrase.reveal()

        try:
            # it deciphers a reference that stands in the file
            self._in_words(unlock, "")
        except _Undecipherable:
            raise KeysError(
                f"the passphrase does not open {self._file}: it is wrong, or the file is damaged",
                "try again; where nobody knows it any more, move the file away and add the keys anew",
            ) from None

    def _check_file(self) -> None:
        """Ours alone, and a cryptfile at all: the backend would take a damaged one for a new one."""
        try:
            found = self._file.stat()
            if found.st_uid != os.getuid():
                raise KeysError(
                    f"{self._file} belongs to user {found.st_uid}", f"expected user {os.getuid()}: chown it"
                )
            if stat.S_IMODE(found.st_mode) & 0o077:
                self._file.chmod(0o600)
            config = configparser.RawConfigParser()
            config.read_string(self._file.read_text(encoding="utf-8"))
        except OSError as error:
            raise KeysError(f"{self._file} cannot be read ({error.strerror})", "see who owns it: ls -l") from None
        except (configparser.Error, UnicodeDecodeError):
            raise self._damaged() from None
        if not all(config.has_option(_SETTING, name) for name in _SETTINGS):
            raise self._damaged()

    def _damaged(self) -> KeysError:
        return KeysError(
            f"{self._file} is damaged: it is no file of encrypted keys",
            "put a backup of it back, or move it away and add the keys anew",
        )

    def _make(self, passphrase: Secret) -> None:
        try:
            private_folder(self._file.parent)
        except LocationError as error:
            raise KeysError(str(error)) from None
        with self._copy():

            def begin() -> None:
                self._backend.keyring_key = passphrase.reveal()

            self._in_words(begin, "")

    # -- writing

    @contextmanager
    def _copy(self) -> Iterator[None]:
        copy = self._file.with_name(f"{self._file.name}.{os.getpid()}.new")
        try:
            with suppress(FileNotFoundError):
                copy.unlink()
            os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            if self._file.exists():
                shutil.copyfile(self._file, copy)
            self._backend.file_path = str(copy)
            yield
            with copy.open("rb") as written:
                os.fsync(written.fileno())
            copy.replace(self._file)
            _sync_folder(self._file.parent)
        except OSError as error:
            raise KeysError(
                f"{self._file} cannot be written ({error.strerror})", "make room, or chown the folder"
            ) from None
        finally:
            self._backend.file_path = str(self._file)
            copy.unlink(missing_ok=True)

    def _in_words(self, work: Callable[[], T], name: str) -> T:
        try:
            return work()
        except configparser.Error:
            raise self._damaged() from None
        except (ValueError, KeyError):
            # Of the cipher (the check sum is not right), base64 or JSON around it; their texts are of no help.
            raise _Undecipherable(
                f"the entry {name} in {self._file} cannot be deciphered: it is damaged",
                f"store it anew: `cockpit keys remove {name}`, then `cockpit keys add {name} --venue …`",
            ) from None


class _Undecipherable(KeysError):
    pass


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
