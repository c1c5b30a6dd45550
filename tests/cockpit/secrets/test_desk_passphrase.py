"""The desk is handed the passphrase of the key file when it starts, by descriptor and by nothing else."""

from __future__ import annotations

import os

import pytest

from cockpit import desk_process, secrets
from cockpit.cli import main
from venues.model.secret import Secret


def test_a_desk_holds_what_the_descriptor_gave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_held", [])
    monkeypatch.setattr(desk_process, "main", lambda *_options: 0)
    reader, writer = os.pipe()
    os.write(writer, b"words of mine\n")
    os.close(writer)
    assert main(["desk", "--passphrase-fd", str(reader)]) == 0
    assert secrets._held == [Secret("words of mine")]


def test_a_descriptor_that_is_none(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(desk_process, "main", lambda *_options: pytest.fail("the desk must not start"))
    assert main(["desk", "--passphrase-fd", "987"]) == 1
    assert "--passphrase-fd 987: cannot be read" in capsys.readouterr().err
