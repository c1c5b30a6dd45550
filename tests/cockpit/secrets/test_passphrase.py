"""Passphrases come by descriptor, credential or keyboard, and every other way is told what would be right."""

from __future__ import annotations

import os
import pty
from pathlib import Path

import pytest

from cockpit.secrets.errors import KeysError
from cockpit.secrets.passphrase import asked, from_credentials, from_descriptor
from venues.model.secret import Secret


def descriptor(content: bytes) -> int:
    reader, writer = os.pipe()
    os.write(writer, content)
    os.close(writer)
    return reader


@pytest.mark.parametrize("content", [b"words of mine", b"words of mine\n", b"words of mine\r\n"])
def test_one_line_from_a_descriptor(content: bytes) -> None:
    number = descriptor(content)
    assert from_descriptor(number).reveal() == "words of mine"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)


def test_stdin_is_read_and_left_on_nothing() -> None:
    kept = os.dup(0)
    number = descriptor(b"words of mine")
    os.dup2(number, 0)
    try:
        assert from_descriptor(0).reveal() == "words of mine"
        assert os.read(0, 1) == b""
    finally:
        os.dup2(kept, 0)
        os.close(kept)
        os.close(number)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe", "no UTF-8"), (b"x" * 5000, "more than 4096 bytes")],
)
def test_what_a_descriptor_must_not_hold(content: bytes, words: str) -> None:
    with pytest.raises(KeysError, match=rf"--passphrase-fd \d+: .*{words}"):
        from_descriptor(descriptor(content))


@pytest.mark.parametrize("number", [-1, 1, 2, 987])
def test_descriptors_that_are_none(number: int) -> None:
    with pytest.raises(KeysError, match=f"--passphrase-fd {number}: .*3< FILE"):
        from_descriptor(number)


def test_a_terminal_would_show_it() -> None:
    ours, theirs = pty.openpty()
    with pytest.raises(KeysError, match="is a terminal, which would show what is typed"):
        from_descriptor(theirs)
    os.close(ours)
    os.close(theirs)


def test_a_systemd_credential(tmp_path: Path) -> None:
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert from_credentials({}) is None
    assert from_credentials(environ) is None
    file = tmp_path / "cockpit-passphrase"
    file.write_text("from systemd\n")
    assert from_credentials(environ) == Secret("from systemd")
    file.write_text("\n")
    with pytest.raises(KeysError, match="cockpit-passphrase: is empty"):
        from_credentials(environ)
    file.unlink()
    file.mkdir()
    with pytest.raises(KeysError, match="cannot be read"):
        from_credentials(environ)


def test_typed_twice_where_it_is_new() -> None:
    typed = [Secret("one thing"), Secret("another")]
    with pytest.raises(KeysError, match="the two passphrases differ; nothing was written"):
        asked(lambda _prompt: typed.pop(0), new=True)
    assert asked(lambda _prompt: Secret("same"), new=True) == Secret("same")
    with pytest.raises(KeysError, match="the passphrase: is empty"):
        asked(lambda _prompt: Secret(""), new=False)
