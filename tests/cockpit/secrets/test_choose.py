"""Which keyring is taken: never a weaker one, and each refusal says why and what to do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import keyring.errors
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import chainer
from keyring.backends.SecretService import Keyring as SecretServiceKeyring
from keyrings.cryptfile.cryptfile import CryptFileKeyring
from keyrings.cryptfile.file import PlaintextKeyring
from secrets_kit import PASSPHRASE

from cockpit import secrets
from cockpit.locations import Locations
from cockpit.secrets import KeysError, allowed, choose
from cockpit.secrets.choose import Backend, Wishes, crypt_path, find, open_vault
from cockpit.secrets.secret_service import State, hint, look
from cockpit.secrets.vault import KeyringVault
from venues.model.secret import Secret

OPEN = Wishes(passphrase=PASSPHRASE, make=True)


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Callable[[State], None]:
    return lambda found: monkeypatch.setattr(choose, "look", lambda _environ: found)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("keyring.backends.fail.Keyring", "it refuses everything"),
        ("keyring.backends.null.Keyring", "it forgets what it is given"),
        ("keyrings.alt.file.PlaintextKeyring", "plain text"),
        ("keyrings.alt.Gnome.Keyring", "keyrings.alt"),
        ("keyrings.cryptfile.file.PlaintextKeyring", "plain text"),
        ("my.own.Keyring", "not among those that were checked"),
    ],
)
def test_backends_that_are_refused(places: Locations, name: str, reason: str) -> None:
    with pytest.raises(
        KeysError, match=rf"PYTHON_KEYRING_BACKEND chooses .*{name}, which is refused: .*{reason}.*; choose"
    ):
        open_vault(places, {"PYTHON_KEYRING_BACKEND": name}, OPEN.__class__(make=True))
    # refused by name: nothing of it is imported for that
    assert name.rpartition(".")[0] not in sys.modules or not name.startswith(("my", "keyrings.alt"))


def test_the_configuration_file_of_keyring_counts(places: Locations, tmp_path: Path) -> None:
    folder = tmp_path / "python_keyring"
    folder.mkdir()
    file = folder / "keyringrc.cfg"
    file.write_text("[backend]\ndefault-keyring=keyring.backends.null.Keyring\n")
    with pytest.raises(KeysError, match=r"keyringrc\.cfg chooses .*null.*forgets"):
        find(places, {}, Backend.AUTO)
    file.write_text("[backend]\ndefault-keyring=keyrings.cryptfile.cryptfile.CryptFileKeyring\n")
    assert find(places, {}, Backend.AUTO).kind == Backend.CRYPTFILE
    file.write_text("[backend]\n")
    assert find(places, {}, Backend.AUTO).kind == ""
    file.write_text("no section")
    with pytest.raises(KeysError, match=r"keyringrc\.cfg cannot be read; correct it"):
        find(places, {}, Backend.AUTO)


@pytest.mark.parametrize(
    ("members", "outcome"),
    [
        ((SecretServiceKeyring, PlaintextKeyring), "a chain of keyrings with .*PlaintextKeyring, which is refused"),
        ((), "a chain of keyrings that is empty"),
    ],
)
def test_a_chain_with_a_weak_member_is_refused(
    places: Locations, monkeypatch: pytest.MonkeyPatch, members: tuple[type, ...], outcome: str
) -> None:
    monkeypatch.setattr(chainer.ChainerBackend, "backends", [member() for member in members])
    with pytest.raises(KeysError, match=outcome):
        find(places, {"PYTHON_KEYRING_BACKEND": allowed.CHAINER}, Backend.AUTO)


def test_of_a_sound_chain_its_first_member_is_taken(
    places: Locations, monkeypatch: pytest.MonkeyPatch, state: Callable[[State], None]
) -> None:
    state(State.READY)
    environ = {"PYTHON_KEYRING_BACKEND": allowed.CHAINER}
    monkeypatch.setattr(chainer.ChainerBackend, "backends", [SecretServiceKeyring(), CryptFileKeyring()])
    assert find(places, environ, Backend.AUTO).kind == Backend.SECRET_SERVICE
    monkeypatch.setattr(chainer.ChainerBackend, "backends", [CryptFileKeyring(), SecretServiceKeyring()])
    assert find(places, environ, Backend.AUTO).kind == Backend.CRYPTFILE


def test_a_type_that_borrows_an_allowed_name() -> None:
    fake = type("Keyring", (SecretServiceKeyring,), {"__module__": "keyring.backends.SecretService"})
    assert allowed.why_refused(allowed.type_name(SecretServiceKeyring())) == ""
    assert "not among" in allowed.why_refused(allowed.type_name(fake()))


@pytest.mark.parametrize("found", [each for each in State if each is not State.READY])
def test_without_a_secret_service_a_newcomer_is_told_what_to_do(
    places: Locations, state: Callable[[State], None], found: State
) -> None:
    state(found)
    with pytest.raises(KeysError) as failed:
        open_vault(places, {}, Wishes())
    assert str(failed.value).startswith("no keyring can be used: ")
    assert "--backend cryptfile" in failed.value.mend
    assert hint(found) in failed.value.mend
    with pytest.raises(KeysError) as failed:
        open_vault(places, {}, Wishes(Backend.SECRET_SERVICE))
    assert failed.value.mend == hint(found)


def test_the_words_differ_for_each_state(places: Locations, state: Callable[[State], None]) -> None:
    said = set()
    for found in State:
        state(found)
        said.add(find(places, {}, Backend.AUTO).words)
    assert len(said) == len(State)


def test_a_bus_that_is_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert look({}) is State.NO_BUS
    for address in (f"unix:path={tmp_path}/gone", "nonsense", ";;", "unix:"):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        assert look() is State.DEAD_BUS


def test_without_the_client_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "secretstorage", None)
    assert look({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/x"}) is State.NO_LIBRARY


def test_an_unlocked_service_comes_before_a_file_that_is_there(
    places: Locations, state: Callable[[State], None]
) -> None:
    open_vault(places, {}, OPEN)
    assert crypt_path(places).exists()
    state(State.READY)
    assert find(places, {}, Backend.AUTO).kind == Backend.SECRET_SERVICE
    state(State.LOCKED)
    assert find(places, {}, Backend.AUTO).kind == Backend.CRYPTFILE
    # a desktop can ask its user to unlock it, where there is one
    assert find(places, {"DISPLAY": ":0"}, Backend.AUTO, here=True).kind == Backend.SECRET_SERVICE
    assert find(places, {"DISPLAY": ":0"}, Backend.AUTO).kind == Backend.CRYPTFILE


def test_a_passphrase_that_is_handed_over_means_the_file(places: Locations, state: Callable[[State], None]) -> None:
    state(State.READY)
    assert find(places, {}, Backend.AUTO, passphrase=True).kind == Backend.CRYPTFILE
    assert "cryptfile" in open_vault(places, {}, OPEN).where


def test_a_systemd_credential_opens_the_file(places: Locations, tmp_path: Path, state: Callable[[State], None]) -> None:
    state(State.NO_BUS)
    open_vault(places, {}, OPEN).put("main", Secret("x"))
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "cockpit-passphrase").write_text(PASSPHRASE.reveal() + "\n")
    assert open_vault(places, environ, Wishes()).get("main") == Secret("x")


def test_a_file_and_nobody_to_open_it(places: Locations) -> None:
    with pytest.raises(KeysError, match=r"there are no keys yet: .* `cockpit keys add ACCOUNT --venue V`"):
        open_vault(places, {}, Wishes(Backend.CRYPTFILE))
    open_vault(places, {}, OPEN)
    with pytest.raises(
        KeysError, match=r"nobody is here to type its passphrase; hand it over: `--passphrase-fd 3 3< FILE`"
    ):
        open_vault(places, {}, Wishes())
    assert open_vault(places, {}, Wishes(ask=lambda _prompt: PASSPHRASE)).get("main") is None


def test_a_newcomer_at_a_terminal_gets_a_file(places: Locations) -> None:
    asked: list[str] = []

    def ask(prompt: str) -> Secret:
        asked.append(prompt)
        return PASSPHRASE

    open_vault(places, {}, Wishes(ask=ask, make=True))
    assert [prompt.split()[0] for prompt in asked] == ["New", "The"]
    assert crypt_path(places).exists()


@pytest.mark.parametrize(("platform", "name"), [("darwin", allowed.MACOS), ("win32", allowed.WINDOWS)])
def test_native_keyrings(places: Locations, monkeypatch: pytest.MonkeyPatch, platform: str, name: str) -> None:
    monkeypatch.setattr(choose.sys, "platform", platform)
    assert find(places, {}, Backend.AUTO).kind == name


def test_an_allowed_backend_that_this_machine_lacks(places: Locations) -> None:
    with pytest.raises(KeysError, match="Windows credential vault cannot be used here"):
        open_vault(places, {"PYTHON_KEYRING_BACKEND": allowed.WINDOWS}, Wishes())


class Failing(KeyringBackend):
    priority = 0

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.kept: dict[str, str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        if self.error is not None:
            raise self.error
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[username] = password[:20]

    def delete_password(self, service: str, username: str) -> None:
        raise keyring.errors.PasswordDeleteError("Secret: canary")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (keyring.errors.KeyringLocked("canary"), "the vault is locked; unlock it"),
        (keyring.errors.InitError("canary"), "the vault could not be opened; unlock it"),
        (keyring.errors.NoKeyringError("canary"), r"would not read the entry \(NoKeyringError\)"),
        (ConnectionResetError("canary"), r"went away while it was asked to read \(ConnectionResetError\)"),
    ],
)
def test_failures_of_a_backend_have_words_of_ours(error: Exception, words: str) -> None:
    with pytest.raises(KeysError, match=words) as failed:
        KeyringVault(Failing(error), "the vault").get("main")
    assert "canary" not in str(failed.value)


def test_a_backend_that_cuts_what_it_is_given() -> None:
    vault = KeyringVault(Failing(), "the vault")
    vault.put("main", Secret("short enough"))
    with pytest.raises(KeysError, match="took the entry main and gives something else back"):
        vault.put("main", Secret("much longer than it will hold"))
    with pytest.raises(KeysError, match="would not delete the entry"):
        vault.drop("main")
    vault.drop("never there")


def test_load_for_a_desk(places: Locations, monkeypatch: pytest.MonkeyPatch) -> None:
    from secrets_kit import bybit

    from cockpit.secrets.store import KeyStore

    KeyStore(open_vault(places, {}, OPEN), places).add(bybit())
    fields = secrets.load("main", venue="bybit", places=places, environ={}, passphrase=PASSPHRASE)
    assert fields["secret"].reveal() == "bybit-private"
    with pytest.raises(KeysError, match="the key main is one of bybit, and the account is on okx"):
        secrets.load("main", venue="okx", places=places, environ={}, passphrase=PASSPHRASE)
    with pytest.raises(secrets.NoSuchKey, match=r"there is no key spare .*\(there: main\)"):
        secrets.load("spare", places=places, environ={}, passphrase=PASSPHRASE)
    with pytest.raises(KeysError, match="nobody is here"):
        secrets.load("main", places=places, environ={})
    monkeypatch.setattr(secrets, "_held", [])
    secrets.hold_passphrase(Secret("the wrong one"))
    with pytest.raises(KeysError, match="does not open"):
        secrets.load("main", places=places, environ={})
    secrets.hold_passphrase(PASSPHRASE)
    assert secrets.load("main", places=places, environ={})["apiKey"].reveal() == "bybit-public"
