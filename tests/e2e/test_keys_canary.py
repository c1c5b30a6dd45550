"""A canary: a key that goes through everything `cockpit keys` does, and must come out nowhere but at the venue."""

from __future__ import annotations

import base64
import copy
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest
import secret_service_kit as kit
from keys_driver import shown_by_processes

from cockpit.secrets.entry import KeyEntry, entry_text
from venues.model.secret import Secret

CANARY = "canary+key/7f3e9a51"
PUBLIC = "canary+public/22b1c0de"
PASSPHRASE = "canary passphrase 4417"
DRIVER = Path(__file__).parent / "keys_driver.py"
PROJECT = Path(__file__).resolve().parent.parent.parent
KEY = {"apiKey": PUBLIC, "secret": CANARY}


def spellings(text: str) -> set[bytes]:
    raw = text.encode()
    return {raw, raw[::-1], raw.hex().encode(), base64.b64encode(raw), quote(text, safe="").encode(), raw[:14]}


SPELLINGS = set().union(*map(spellings, (CANARY, PUBLIC, PASSPHRASE)))


def assert_clean(content: bytes, where: str) -> None:
    found = sorted(each for each in SPELLINGS if each in content)
    assert not found, f"{where} holds {found}"


class Machine:
    """Runs verbs below one home and keeps all that they say."""

    def __init__(self, environ: Mapping[str, str], home: Path, *, file_backend: bool) -> None:
        self.environ = {**environ, "PYTHONPATH": f"{PROJECT}"}
        self.home = home
        self.file_backend = file_backend
        self.said = b""

    def start(self, mode: str, *argv: str) -> subprocess.Popen[bytes]:
        """`mode`: of the driver's venue."""
        verb = argv
        descriptors: tuple[int, ...] = ()
        if self.file_backend:
            reader, writer = os.pipe()
            os.write(writer, PASSPHRASE.encode())
            os.close(writer)
            descriptors = (reader,)
            verb = (*verb, "--passphrase-fd", str(reader))
        process = subprocess.Popen(
            [sys.executable, str(DRIVER), mode, *verb],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environ,
            pass_fds=descriptors,
            cwd=self.home,
        )
        for number in descriptors:
            os.close(number)
        return process

    def finish(self, process: subprocess.Popen[bytes], stdin: bytes = b"") -> tuple[int, str]:
        out, err = process.communicate(stdin, timeout=60)
        self.said += out + err
        assert_clean(out + err, "what it said")
        return process.returncode, (out + err).decode()

    def run(self, mode: str, *argv: str, stdin: str = "") -> tuple[int, str]:
        return self.finish(self.start(mode, *argv), stdin.encode())

    def doctor(self, *argv: str) -> str:
        said = subprocess.run(
            [sys.executable, "-m", "cockpit", "doctor", *argv], env=self.environ, capture_output=True, check=False
        )
        assert_clean(said.stdout + said.stderr, "doctor")
        return said.stdout.decode()


@contextmanager
def machine_with(backend: str, home: Path) -> Iterator[Machine]:
    if backend == "secret service":
        kit.need()
        with kit.session(home, "run") as environ:
            yield Machine(environ, home, file_backend=False)
        return
    home.mkdir()
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "COCKPIT_HOME": str(home / "cockpit"), "LANG": "C.UTF-8"}
    yield Machine(environ, home, file_backend=True)


@pytest.fixture(params=["secret service", "cryptfile"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Machine]:
    with machine_with(request.param, tmp_path / "home") as machine:
        yield machine


def test_a_key_comes_out_nowhere(machine: Machine) -> None:
    # add: looked at while it holds half of what it is given
    adding = machine.start("takes", "add", "main", "--venue", "bybit", "--stdin")
    assert adding.stdin is not None
    whole = json.dumps(KEY).encode()
    adding.stdin.write(whole[:-4])
    adding.stdin.flush()
    assert shown_by_processes(CANARY) == []
    assert machine.finish(adding, whole[-4:])[0] == 0

    code, said = machine.run("takes", "test", "main")
    assert code == 0
    assert "shown by processes: []" in said
    assert "WARNING: this key can withdraw money" in said
    assert "DEBUG:venue:asked with {'apiKey': <secret>, 'secret': <secret>}" in said
    assert machine.run("takes", "list")[0] == 0
    assert machine.run("takes", "list", "--json")[0] == 0

    code, said = machine.run("refuses", "test", "main", "--json")
    assert code == 1
    assert "signature of <secret> <secret> is wrong" in said
    code, said = machine.run("refuses", "rotate", "main", "--stdin", stdin=json.dumps(KEY))
    assert code == 1
    assert "the old one stays" in said
    assert machine.run("takes", "rotate", "main", "--stdin", stdin=json.dumps(KEY))[0] == 0

    env = machine.home / ".env"
    env.write_text(f"BACKPACK_PUBLIC_KEY={PUBLIC}\nBACKPACK_SECRET_KEY={CANARY}\nAPEX_API_KEY={CANARY}\n")
    assert machine.run("takes", "import", ".env")[0] == 0
    env.unlink()

    # a defect: the traceback with every local of every frame, and a crash of the interpreter itself
    code, said = machine.run("crashes", "test", "main")
    assert code == 1
    assert "RuntimeError: a defect, with {'apiKey': <secret>, 'secret': <secret>}" in said
    assert "credentials = {" in said
    code, said = machine.run("aborts", "test", "main")
    assert code == -6
    assert "Fatal Python error: Aborted" in said

    machine.doctor()
    machine.doctor("--json")
    assert "account lighter: lighter, paper" in machine.doctor("--report")
    assert machine.run("takes", "remove", "main", "--yes")[0] == 0
    assert machine.run("takes", "list")[0] == 0

    # after all of it: every file there is, core files among them
    files = [file for file in machine.home.rglob("*") if file.is_file()]
    assert files
    for file in files:
        assert_clean(file.read_bytes(), str(file))


def test_a_key_in_the_configuration_does_not_get_into_the_report(tmp_path: Path) -> None:
    with machine_with("cryptfile", tmp_path / "home") as machine:
        folder = machine.home / "cockpit" / "config"
        folder.mkdir(parents=True)
        for text in (
            f'[[account]]\nname = "lighter"\nvenue = "{CANARY}"\n',
            f'[desk]\npublish_hz = "{CANARY}"\n',
            f'"{CANARY}" = 1\n',
            f'x = = "{CANARY}"\n',
            f'[alarms]\nhook = ["/bin/echo", "https://example.org/bot{CANARY}"]\n',
        ):
            (folder / "config.toml").write_text(text)
            assert "[configuration]" in machine.doctor("--report")


def test_an_entry_gives_nothing_away() -> None:
    entry = KeyEntry("main", "bybit", {name: Secret(value) for name, value in KEY.items()})
    for text in (repr(entry), str(entry), f"{entry}", repr(entry_text(entry)), str(entry.fields)):
        assert_clean(text.encode(), text)
    for encode in (
        msgspec.json.encode,
        msgspec.msgpack.encode,
        msgspec.to_builtins,
        lambda value: json.dumps(value.fields),
        pickle.dumps,
        copy.deepcopy,
        lambda value: copy.copy(value.fields["secret"]),
    ):
        with pytest.raises(TypeError) as failed:
            encode(entry)
        assert_clean(str(failed.value).encode(), "the error")
