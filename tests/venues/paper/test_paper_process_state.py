"""What survives a restart of the paper exchange, and what must not be mistaken for nothing."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from venues.paper import state
from venues.paper.state import PaperStateError, SavedState, StateKeeper, load_state, write_atomically


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def accounts(path: Path) -> dict[str, object]:
    return {name: msgspec.json.decode(value) for name, value in load_state(path).accounts.items()}


class Exchange:
    """Exports a number for each account."""

    def __init__(self, path: Path, saved: SavedState | None = None, every: float = 0.0) -> None:
        self.values = {"a": 1, "b": 1}
        self.exported: list[str] = []
        self.keeper = StateKeeper(path, saved or SavedState(), self.export, lambda: {"BTC": 61_000.5}, every=every)

    def export(self, account: str) -> msgspec.Raw:
        self.exported.append(account)
        return raw(self.values[account])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "paper.json"


def test_no_file_is_a_first_start(path: Path) -> None:
    assert load_state(path) == SavedState()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"version": 1, "accounts": 5}', b"\xff\xfe", b'{"accounts": {}}']
)
def test_a_damaged_file_is_never_taken_for_an_empty_one(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(
        PaperStateError, match=rf"{path}: damaged: .*; restore it from a backup, or move it away"
    ) as caught:
        load_state(path)
    assert f"mv {path} {path}.bad" in str(caught.value)
    assert path.read_bytes() == content


def test_a_newer_file_is_refused(path: Path) -> None:
    path.write_bytes(b'{"version": 2, "accounts": {}, "more": 1}')
    with pytest.raises(PaperStateError, match="written in format 2, this program reads 1; run the version of cockpit"):
        load_state(path)


def test_a_file_that_cannot_be_read_is_an_error(path: Path) -> None:
    path.mkdir()
    with pytest.raises(PaperStateError, match=r"cannot be read: .*make it readable"):
        load_state(path)


def test_a_write_that_fails_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_atomically(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(state.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"


def test_the_file_is_the_users_alone(path: Path) -> None:
    write_atomically(path, b"x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_changes_are_saved_by_themselves_and_only_those_that_changed(path: Path) -> None:
    exchange = Exchange(path, SavedState({"c": raw("absent")}))
    exchange.keeper.mark("a")
    await saved(path, lambda: accounts(path) == {"a": 1, "c": "absent"})
    exchange.values["a"] = 2
    exchange.keeper.mark("a")
    exchange.keeper.mark("a")
    await exchange.keeper.close()
    assert accounts(path) == {"a": 2, "c": "absent"}
    assert exchange.exported == ["a", "a"]
    assert load_state(path).prices == {"BTC": 61_000.5}


async def test_many_changes_are_one_save(path: Path) -> None:
    exchange = Exchange(path, every=3600)
    exchange.keeper.mark("a")
    await saved(path, path.exists)
    for value in range(100):
        exchange.values["a"] = value
        exchange.keeper.mark("a")
    # the next save is an hour away, but an end waits for nothing
    await exchange.keeper.close()
    assert accounts(path) == {"a": 99}
    assert exchange.exported == ["a", "a"]


async def test_a_save_that_fails_is_tried_again(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write: Callable[[Path, bytes], None] = state.write_atomically
    failures = [OSError(28, "No space left on device")]

    def once(target: Path, content: bytes) -> None:
        if failures:
            raise failures.pop()
        write(target, content)

    monkeypatch.setattr(state, "write_atomically", once)
    exchange = Exchange(path)
    exchange.keeper.mark("b")
    await saved(path, path.exists)
    await exchange.keeper.close()
    assert accounts(path) == {"b": 1}
    assert "not saved, trying again" in caplog.text


async def test_nothing_new_is_nothing_written(path: Path) -> None:
    exchange = Exchange(path)
    await exchange.keeper.close()
    assert load_state(path) == SavedState()


async def saved(path: Path, done: Callable[[], bool]) -> None:
    """Let the loop turn until the file is as wanted."""

    async def turn() -> None:
        while not await asyncio.to_thread(path.exists) or not done():
            pass

    waiting: Awaitable[None] = turn()
    await asyncio.wait_for(waiting, 10)
