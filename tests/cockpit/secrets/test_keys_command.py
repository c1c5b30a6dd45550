"""`cockpit keys`: what it stores, asks and says; a key never stands in what it says."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from secrets_kit import PASSPHRASE, FakeProbe

from cockpit import secrets
from cockpit.cli import main as cockpit
from cockpit.commands import keys, keys_ask
from cockpit.commands.failure import CommandFailed
from cockpit.locations import Locations
from cockpit.secrets.facts import KeyFacts, ProbeFailed

CANARY = "canary-0f3a9c71"
ADDRESS = "0x" + "a" * 40
WALLET = "0x" + "c4" * 32


class Desk:
    """The verb at work, with a passphrase on a descriptor and stdin as given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], places: Locations) -> None:
        self.patch = monkeypatch
        self.capsys = capsys
        self.places = places
        self.probe = FakeProbe()
        self.said: list[str] = []

    def __call__(self, *argv: str, stdin: str = "", code: int = 0, passphrase: bool = True) -> str:
        more: list[str] = []
        if passphrase:
            reader, writer = os.pipe()
            os.write(writer, PASSPHRASE.reveal().encode())
            os.close(writer)
            more = ["--passphrase-fd", str(reader)]
        source = SimpleNamespace(
            buffer=io.BytesIO(stdin.encode()), isatty=lambda: False, readline=lambda: "", fileno=lambda: 0
        )
        self.patch.setattr(sys, "stdin", source)
        assert keys.main("keys", [*argv, *more], probe=self.probe) == code
        out = self.capsys.readouterr().out
        self.said.append(out)
        return out

    def fails(self, *argv: str, stdin: str = "", passphrase: bool = True) -> str:
        with pytest.raises(CommandFailed) as failed:
            self(*argv, stdin=stdin, passphrase=passphrase)
        self.said.append(str(failed.value))
        assert "\n" not in str(failed.value)
        return str(failed.value)

    def add(self, account: str = "main", secret: str = CANARY) -> None:
        self("add", account, "--venue", "bybit", "--stdin", stdin=json.dumps({"apiKey": "public", "secret": secret}))

    def stored(self, account: str) -> dict[str, str]:
        fields = secrets.load(account, places=self.places, environ={}, passphrase=PASSPHRASE)
        return {name: value.reveal() for name, value in fields.items()}


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], places: Locations) -> Desk:
    return Desk(monkeypatch, capsys, places)


@pytest.fixture(autouse=True)
def no_canary(desk: Desk):
    yield
    captured = desk.capsys.readouterr()
    for text in (*desk.said, captured.out, captured.err):
        assert CANARY not in text
        assert PASSPHRASE.reveal() not in text


def test_add_list_test_remove(desk: Desk) -> None:
    desk.add()
    assert desk.stored("main") == {"apiKey": "public", "secret": CANARY}
    listed = json.loads(desk("list", "--json"))
    (key,) = listed["keys"]
    assert (key["account"], key["venue"], key["fields"], key["tested"]) == ("main", "bybit", ["apiKey", "secret"], None)
    assert "cryptfile" in listed["keyring"]
    assert "main: bybit takes the key; read yes, trade yes, withdraw no; the venue does not say: transfer" in desk(
        "test", "main"
    )
    assert desk.probe.asked == [("bybit", {"apiKey": "public", "secret": CANARY}, "")]
    assert json.loads(desk("list", "--json"))["keys"][0]["tested"].endswith("Z")
    assert "deleted" in desk("remove", "main", "--yes")
    assert "no keys yet" in desk("list")


def test_a_key_that_can_withdraw_is_flagged(desk: Desk) -> None:
    desk.add()
    desk.probe.facts = KeyFacts("7", True, False, True, True, False, 1_800_000_000_000_000_000, (f"tier of {CANARY}",))
    said = desk("test", "--all")
    assert "WARNING: this key can withdraw money" in said
    assert "cannot trade" in said
    assert "works from any address" in said
    assert "expires 2027-01-15" in said
    assert "tier of <secret>" in said
    assert "YES" in desk("list")
    may = json.loads(desk("test", "main", "--json"))["keys"][0]["may"]
    assert (may["withdraw"], may["trade"], may["ip_bound"]) == (True, False, False)


@pytest.mark.parametrize(
    ("refused", "words"), [(True, "bybit refuses the key: "), (False, "bybit could not be asked: ")]
)
def test_a_test_that_fails_says_whose_no_it_is(desk: Desk, refused: bool, words: str) -> None:
    desk.add()
    desk.probe.error = ProbeFailed(f"sign={CANARY}", refused=refused)
    assert f"main: {words}sign=<secret>" in desk("test", "main", code=1)
    result = json.loads(desk("test", "--all", "--json", code=1))
    assert result["ok"] is False
    assert result["keys"][0]["refused"] is refused
    assert json.loads(desk("list", "--json"))["keys"][0]["tested"] is None


def test_rotation_verifies_first(desk: Desk) -> None:
    desk.add()
    new = json.dumps({"apiKey": "public2", "secret": CANARY + "2"})
    desk.probe.error = ProbeFailed("no answer", refused=False)
    assert "nobody knows whether it is good; the old one stays: no answer" in desk.fails(
        "rotate", "main", "--stdin", stdin=new
    )
    desk.probe.error = ProbeFailed("bad key", refused=True)
    assert "bybit refuses the new key; the old one stays: bad key" in desk.fails("rotate", "main", "--stdin", stdin=new)
    assert desk.stored("main")["apiKey"] == "public"
    desk.probe.error = None
    assert "main: changed. The next desk connects with the new key" in desk("rotate", "main", "--stdin", stdin=new)
    assert desk.stored("main")["apiKey"] == "public2"
    assert "there is no key spare" in desk.fails("rotate", "spare", "--stdin", stdin=new)


def test_rotation_while_a_desk_runs_says_when_it_counts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.add()
    monkeypatch.setattr(keys, "desk_answers", lambda _places: True)
    said = desk("rotate", "main", "--stdin", stdin='{"apiKey": "a", "secret": "b"}')
    assert "The desk that runs keeps the old key until it connects anew" in said
    assert "Revoke the old key at bybit only after that" in said


def test_rotation_to_another_account_changes_nothing(desk: Desk) -> None:
    desk.add()
    desk("test", "main")
    desk.probe.facts = KeyFacts("account 8")
    said = desk.fails("rotate", "main", "--stdin", stdin='{"apiKey": "a", "secret": "b"}')
    assert "another account of bybit than main; nothing was changed" in said
    assert desk.stored("main")["apiKey"] == "public"


@pytest.mark.parametrize(
    ("stdin", "words"),
    [
        ("", "expected one JSON object"),
        (CANARY, "expected one JSON object"),
        (json.dumps([CANARY]), "expected one JSON object"),
        (json.dumps({"apiKey": [CANARY]}), "expected one JSON object"),
        (json.dumps({"apiKey": 1.5}), "expected one JSON object"),
        (json.dumps({"apiKey": CANARY}), "secret of a key of bybit is missing"),
        (json.dumps({CANARY: "x"}), "no such a field"),
        (json.dumps({"apiKey": CANARY + "\n" + CANARY, "secret": "x"}), "cannot be printed"),
        ('{"apiKey": "' + "x" * 70_000, "more than 65536 bytes"),
    ],
)
def test_bad_input_is_not_repeated(desk: Desk, stdin: str, words: str) -> None:
    assert words in desk.fails("add", "main", "--venue", "bybit", "--stdin", stdin=stdin)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["add", "main", "--venue", "bybit", CANARY], "in your shell's history now: rotate it"),
        (["add", "main", "--venue", "bybit", "--secret", CANARY], "in your shell's history now: rotate it"),
        (["add", "main", "--venue", "bybit", f"--secret={CANARY}"], "in your shell's history now: rotate it"),
        ([CANARY], "expected add, list"),
        (["add", CANARY * 3, "--venue", "bybit"], "1 to 24 of the letters"),
        (["add", "main", "--venue", CANARY * 3], "no venue that takes keys"),
        (["add", "main", "--venue", "bybit", "--backend", CANARY], "expected auto or secret-service or cryptfile"),
        (["add", "main", "--venue", "bybit", "--passphrase-fd", CANARY], "number of an open file descriptor"),
        (["add", "main", "--venue", "bybit", "--endpoint", CANARY], "--endpoint: that is no base URL"),
        (["add", "main", "--venue", "bybit", "--endpoint", f"https://u:{CANARY}@x"], "a URL with a password"),
        (["import", ".env", "--name", CANARY], "expected VENUE=ACCOUNT"),
        (["test"], "expected names of accounts, or --all"),
        (["remove", "main"], "nobody is here to confirm it"),
    ],
)
def test_a_key_in_the_wrong_place_is_not_repeated(desk: Desk, argv: list[str], words: str) -> None:
    assert words in desk.fails(*argv, passphrase=False)


def test_without_a_terminal_the_way_by_stdin_is_named(desk: Desk) -> None:
    said = desk.fails("add", "main", "--venue", "bybit")
    assert said.endswith('as one JSON object: `… --stdin < FILE` with {"apiKey": "…", "secret": "…"}')


def test_numbers_are_fine_as_numbers(desk: Desk) -> None:
    given = {"accountIndex": 7, "apiKeyIndex": 4, "privateKey": "cd" * 40}
    desk("add", "lit", "--venue", "lighter", "--stdin", stdin=json.dumps(given))
    assert desk.stored("lit")["accountIndex"] == "7"


def test_typed_on_a_terminal(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = {"private key of the API wallet: ": WALLET}
    monkeypatch.setattr(keys_ask.getpass, "getpass", lambda prompt: hidden[prompt])
    monkeypatch.setattr(keys_ask, "on_keyboard", lambda: True)
    monkeypatch.setattr(keys_ask, "ask_shown", lambda prompt: "" if "empty" in prompt else ADDRESS)
    desk("add", "hl", "--venue", "hyperliquid")
    assert desk.stored("hl") == {"walletAddress": ADDRESS, "privateKey": WALLET}
    assert WALLET not in "".join(desk.said)
    assert "--stdin: a terminal would show" in desk.fails("add", "x", "--venue", "bybit", "--stdin")


def test_a_terminal_that_cannot_hide(monkeypatch: pytest.MonkeyPatch) -> None:
    import getpass
    import warnings

    def shows(_prompt: str) -> str:
        warnings.warn("Can not control echo on the terminal.", getpass.GetPassWarning, stacklevel=2)
        return CANARY

    monkeypatch.setattr(keys_ask.getpass, "getpass", shows)
    with pytest.raises(secrets.KeysError, match="this terminal would show what is typed; use --stdin"):
        keys_ask.ask_hidden("? ")

    def ends(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr(keys_ask.getpass, "getpass", ends)
    with pytest.raises(secrets.KeysError, match="nothing was typed"):
        keys_ask.ask_hidden("? ")


def test_removing_asks_for_the_name(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.add()
    monkeypatch.setattr(keys, "on_keyboard", lambda: True)
    monkeypatch.setattr(keys, "ask_shown", lambda _prompt: "other")
    assert "that is another name; nothing was changed" in desk.fails("remove", "main")
    monkeypatch.setattr(keys, "ask_shown", lambda _prompt: "main")
    desk("remove", "main")
    assert "there is no key main" in desk.fails("remove", "main")


def test_import(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(f"BACKPACK_PUBLIC_KEY=p\nBACKPACK_SECRET_KEY={CANARY}\nAPEX_API_KEY={CANARY}\n{CANARY}\n")
    file.chmod(0o644)
    assert "backpack: would be stored (backpack)" in desk("import", str(file), "--dry-run", passphrase=False)
    assert not (desk.places.state / "keys.cryptfile").exists()
    said = desk("import", str(file), "--name", "backpack=bp1")
    assert "bp1: stored (backpack)" in said
    assert "apex: not taken over (apex): APEX_API_KEY_SECRET, APEX_API_KEY_PASSPHRASE, " in said
    assert f"line 4 of {file} is no assignment" in said
    assert "can be read by other users" in said
    assert "shred -u" in said
    assert desk.stored("bp1")["secret"] == CANARY
    again = json.loads(desk("import", str(file), "--name", "backpack=bp1", "--only", "backpack", "--json", code=1))
    assert again["ok"] is False
    assert [each["why"].split(";")[0] for each in again["keys"]] == ["there is a key bp1 already (of backpack)"]
    file.write_text("TIMEZONE=UTC\n")
    assert "holds no variable of a venue that is known" in desk.fails("import", str(file))


def test_mend(desk: Desk) -> None:
    desk.add()
    assert "listed: main" in desk("mend", "main")
    assert "nothing that can be read lies under: gone" in desk("mend", "gone")


def test_a_broken_configuration_does_not_stop_a_mend(desk: Desk) -> None:
    desk.add()
    desk.places.prepare()
    desk.places.config_file.write_text("x = = 1")
    assert "listed: main" in desk("mend")


def test_with_no_backend_the_error_can_be_acted_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert cockpit(["keys", "list"]) == 1
    said = capsys.readouterr().err
    assert "no D-Bus session here" in said
    assert "`cockpit keys add … --backend cryptfile`" in said
    assert said.count("\n") == 1


def test_help_and_the_shell(capsys: pytest.CaptureFixture[str]) -> None:
    assert cockpit(["keys", "--help"]) == 0
    assert "cockpit keys rotate ACCOUNT" in capsys.readouterr().out
    assert cockpit(["keys"]) == 2
    assert "expected add, list" in capsys.readouterr().err


def test_both_from_stdin(desk: Desk) -> None:
    said = desk.fails(
        "add",
        "m",
        "--venue",
        "bybit",
        "--stdin",
        "--passphrase-fd",
        "0",
        stdin='{"apiKey":"a","secret":"b"}',
        passphrase=False,
    )
    assert "both read stdin" in said


def test_no_core_file_is_left(desk: Desk) -> None:
    import resource

    desk.add()
    assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
