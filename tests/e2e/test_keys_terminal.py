"""`cockpit keys` as somebody types it: what is secret never comes on the screen."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from process_kit import Home
from terminal_kit import Terminal

WALLET = "0x" + "4a" * 20
CANARY = "c4" * 32
PASSPHRASE = "typed on a terminal"


@pytest.fixture
async def home() -> AsyncIterator[Home]:
    home = Home()
    for name in ("DBUS_SESSION_BUS_ADDRESS", "PYTHON_KEYRING_BACKEND", "CREDENTIALS_DIRECTORY"):
        home.environ.pop(name, None)
    yield home
    await home.close()


async def typed(home: Home, *argv: str, answers: tuple[tuple[str, str], ...]) -> tuple[int, str]:
    """Exit code and screen; `answers`: what is waited for, and what is typed then."""
    terminal = Terminal(120, 40)
    await terminal.start(home, *argv)
    assert terminal.process is not None
    for prompt, answer in answers:
        await terminal.shows(prompt)
        terminal.press(answer + "\r")
    code = await terminal.process.wait()
    text = terminal.text
    assert CANARY not in text
    assert CANARY[:12] not in text
    assert PASSPHRASE not in text
    return code, text


async def test_a_newcomer_adds_a_key_lists_it_and_removes_it(home: Home) -> None:
    code, text = await typed(
        home,
        "keys", "add", "main", "--venue", "hyperliquid",
        answers=(
            ("New passphrase of the key file", PASSPHRASE),
            ("The same again", PASSPHRASE),
            ("address of the account", WALLET),
            ("private key of the API wallet", CANARY),
            ("(may be left empty)", ""),
        ),
    )  # fmt: skip
    assert code == 0, text
    assert WALLET in text, "what is public may be seen"
    assert "main: stored in cryptfile" in text.replace("\n", "")

    code, text = await typed(home, "keys", "list", answers=(("Passphrase of the key file", PASSPHRASE),))
    assert code == 0, text
    assert "main" in text
    code, text = await typed(home, "keys", "list", answers=(("Passphrase of the key file", "another one"),))
    assert code == 1
    assert "the passphrase does not open" in text

    code, text = await typed(home, "keys", "remove", "main", answers=(("Type the name of the account", "mian"),))
    assert code == 1
    assert "that is another name; nothing was changed" in text
    code, text = await typed(
        home,
        "keys", "remove", "main",
        answers=(("Type the name of the account", "main"), ("Passphrase of the key file", PASSPHRASE)),
    )  # fmt: skip
    assert code == 0, text


async def test_two_passphrases_that_differ_make_no_file(home: Home) -> None:
    code, text = await typed(
        home,
        "keys", "add", "main", "--venue", "bybit",
        answers=(("New passphrase of the key file", PASSPHRASE), ("The same again", "something else")),
    )  # fmt: skip
    assert code == 1
    assert "the two passphrases differ; nothing was written" in text
    assert not (home.places.state / "keys.cryptfile").exists()
