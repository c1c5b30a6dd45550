"""Which keyring holds the keys on this machine: the one that was asked for or configured, else an unlocked Secret
Service (or what macOS and Windows have), else an encrypted file. Never a weaker one, whatever its priority says."""

from __future__ import annotations

import configparser
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import msgspec
from keyring.backend import KeyringBackend

from cockpit.locations import Locations
from cockpit.secrets import allowed
from cockpit.secrets.cryptfile import FILE_NAME, CryptVault
from cockpit.secrets.errors import KeysError
from cockpit.secrets.passphrase import (
    CREDENTIAL,
    Ask,
    asked,
    credential_file,
    from_credentials,
)
from cockpit.secrets.secret_service import WORDS, State, hint, look
from cockpit.secrets.vault import KeyringVault, Vault
from venues.model.secret import Secret

BACKEND_VARIABLE = "PYTHON_KEYRING_BACKEND"


class Backend(StrEnum):
    """What may be asked for by name."""

    AUTO = "auto"
    SECRET_SERVICE = "secret-service"
    CRYPTFILE = "cryptfile"


class Wishes(msgspec.Struct, frozen=True):
    """How a keyring is to be opened."""

    backend: Backend = Backend.AUTO
    passphrase: Secret | None = None
    """Opens the cryptfile, and says that the cryptfile is meant."""
    ask: Ask | None = None
    """Asks for the passphrase; None where nobody sits there."""
    make: bool = False
    """Whether a cryptfile may be made where there is none."""


class Found(msgspec.Struct, frozen=True):
    """What `open_vault` would take, found out without opening anything."""

    kind: Backend | str
    """A `Backend`, the full name of an allowed type, or empty: nothing usable."""
    words: str
    mend: str = ""


def crypt_path(places: Locations) -> Path:
    return places.state / FILE_NAME


def open_vault(places: Locations, environ: Mapping[str, str], wishes: Wishes) -> Vault:
    """Raises `KeysError`."""
    found = find(places, environ, wishes.backend, passphrase=wishes.passphrase is not None, here=wishes.ask is not None)
    if found.kind == Backend.CRYPTFILE:
        return _cryptfile(places, environ, wishes)
    if found.kind in ("", Backend.AUTO):
        if crypt_path(places).exists() or (wishes.make and wishes.ask is not None):
            return _cryptfile(places, environ, wishes)
        raise KeysError(f"no keyring can be used: {found.words}", found.mend)
    if found.kind == Backend.SECRET_SERVICE:
        return KeyringVault(_backend(allowed.SECRET_SERVICE), allowed.ALLOWED[allowed.SECRET_SERVICE])
    return KeyringVault(_backend(found.kind), allowed.ALLOWED[found.kind])


def find(
    places: Locations, environ: Mapping[str, str], wanted: Backend, *, passphrase: bool = False, here: bool = False
) -> Found:
    """Decide, without a prompt. `here`: somebody sits at the terminal, so a desktop may ask him to unlock its keyring.

    Raises `KeysError` where something was asked for that may not or cannot be used."""
    if wanted is Backend.CRYPTFILE or (wanted is Backend.AUTO and passphrase):
        return Found(Backend.CRYPTFILE, f"cryptfile {crypt_path(places)}")
    if wanted is Backend.SECRET_SERVICE:
        return _service(environ)
    name, source = configured(environ)
    if name:
        return _configured(places, environ, name, source)
    if credential_file(environ) is not None:
        return Found(Backend.CRYPTFILE, f"cryptfile {crypt_path(places)}, opened by the credential {CREDENTIAL}")
    native = {"darwin": allowed.MACOS, "win32": allowed.WINDOWS}.get(sys.platform)
    if native:
        return Found(native, allowed.ALLOWED[native])
    state = look(environ)
    if state is State.READY or (state is State.LOCKED and here and _desktop(environ)):
        return Found(Backend.SECRET_SERVICE, WORDS[state][0])
    words, mend = WORDS[state][0], hint(state)
    if crypt_path(places).exists():
        return Found(Backend.CRYPTFILE, f"cryptfile {crypt_path(places)} ({words})")
    return Found("", words, f"{mend}; or keep keys in an encrypted file: `cockpit keys add … --backend cryptfile`")


def configured(environ: Mapping[str, str]) -> tuple[str, str]:
    """Full name of the backend that the keyring package is told to use, and where it is told; empty names: nowhere."""
    if name := environ.get(BACKEND_VARIABLE, "").strip():
        return name, BACKEND_VARIABLE
    from keyring.util import platform_

    file = Path(platform_.config_root()) / "keyringrc.cfg"
    config = configparser.RawConfigParser()
    try:
        config.read_string(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return "", ""
    except (OSError, UnicodeDecodeError, configparser.Error):
        raise KeysError(f"{file} cannot be read", "correct it or move it away") from None
    return config.get("backend", "default-keyring", fallback="").strip(), str(file)


def _configured(places: Locations, environ: Mapping[str, str], name: str, source: str) -> Found:
    if name == allowed.CHAINER:
        name = _first_of_chain(source)
    reason = allowed.why_refused(name)
    if reason:
        raise KeysError(f"{source} chooses the keyring backend {name}, which is refused: {reason}", allowed.MEND)
    if name == allowed.CRYPTFILE:
        return Found(Backend.CRYPTFILE, f"cryptfile {crypt_path(places)} (by {source})")
    if name == allowed.SECRET_SERVICE:
        return _service(environ)
    return Found(name, f"{allowed.ALLOWED[name]} (by {source})")


def _first_of_chain(source: str) -> str:
    """A chain reads from each of its members in turn, so all of them must be allowed; then its first one is used, for
    keys belong in one place."""
    from keyring.backends.chainer import ChainerBackend

    members = [allowed.type_name(member) for member in ChainerBackend.backends]
    for member in members:
        if reason := allowed.why_refused(member):
            raise KeysError(
                f"{source} chooses a chain of keyrings with {member}, which is refused: {reason}", allowed.MEND
            )
    if not members:
        raise KeysError(f"{source} chooses a chain of keyrings that is empty on this machine", allowed.MEND)
    return members[0]


def _desktop(environ: Mapping[str, str]) -> bool:
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def _service(environ: Mapping[str, str]) -> Found:
    state = look(environ)
    if state is not State.READY:
        raise KeysError(WORDS[state][0], hint(state))
    return Found(Backend.SECRET_SERVICE, WORDS[state][0])


def _backend(name: str) -> KeyringBackend:
    """An instance of an allowed type, whatever else is installed. Raises `KeysError`."""
    from keyring.core import load_keyring

    try:
        backend = load_keyring(name)
    except (ImportError, AttributeError, RuntimeError) as error:
        words = f"{allowed.ALLOWED[name]} cannot be used here ({type(error).__name__})"
        raise KeysError(words, "`cockpit doctor` says what there is") from None
    found = allowed.type_name(backend)
    if reason := allowed.why_refused(found):
        raise KeysError(f"the keyring backend {found} is refused: {reason}", allowed.MEND)
    return backend


def _cryptfile(places: Locations, environ: Mapping[str, str], wishes: Wishes) -> Vault:
    file = crypt_path(places)
    new = not file.exists()
    if new and not wishes.make:
        raise KeysError(
            f"there are no keys yet: {file} does not exist", "begin with `cockpit keys add ACCOUNT --venue V`"
        )
    passphrase = wishes.passphrase or from_credentials(environ)
    if passphrase is None:
        if wishes.ask is None:
            raise KeysError(
                f"{file} is encrypted, and nobody is here to type its passphrase",
                f"hand it over: `--passphrase-fd 3 3< FILE`, or the systemd credential {CREDENTIAL} (docs/keys.md)",
            )
        passphrase = asked(wishes.ask, new=new)
    return CryptVault(file, passphrase)
