"""The store: entry and index stay in step whatever fails between them, and damage is named."""

from __future__ import annotations

import msgspec
import pytest
from secrets_kit import BYBIT, MemoryVault, bybit

from cockpit.locations import Locations
from cockpit.secrets.errors import KeysError, NoSuchKey
from cockpit.secrets.facts import KeyFacts
from cockpit.secrets.store import INDEX, KeyStore
from venues.model.secret import Secret

FACTS = KeyFacts("account 7", may_read=True, may_trade=True, may_withdraw=False)


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault()


@pytest.fixture
def store(vault: MemoryVault, places: Locations) -> KeyStore:
    return KeyStore(vault, places)


def test_nothing_there(store: KeyStore) -> None:
    assert store.rows() == []
    with pytest.raises(NoSuchKey, match=r"there is no key main in memory \(there: none\); `cockpit keys add main"):
        store.load("main")
    for work in (store.row, store.remove, lambda name: store.note_test(name, FACTS, 1)):
        with pytest.raises(NoSuchKey):
            work("main")
    with pytest.raises(NoSuchKey):
        store.replace("main", BYBIT, FACTS, 1)


@pytest.mark.parametrize("name", ["", "(index)", "a b", "x" * 25, "ключ", "a/b"])
def test_names_that_cannot_be(store: KeyStore, name: str) -> None:
    for work in (store.load, store.remove, lambda name: store.add(bybit(name))):
        with pytest.raises(KeysError, match="1 to 24 of the letters"):
            work(name)


def test_what_was_added_comes_back_and_the_index_has_no_secret(store: KeyStore, vault: MemoryVault) -> None:
    store.add(bybit(endpoint="https://testnet.example.org"))
    entry = store.load("main")
    assert (entry.venue, entry.endpoint, entry.created_ns) == ("bybit", "https://testnet.example.org", 1_700_000_000)
    assert {name: value.reveal() for name, value in entry.fields.items()} == {
        "apiKey": "bybit-public",
        "secret": "bybit-private",
    }
    (row,) = store.rows()
    assert row.fields == ("apiKey", "secret")
    assert "bybit-p" not in vault.texts[INDEX].reveal()


def test_a_name_is_taken_once_whatever_its_case(store: KeyStore) -> None:
    store.add(bybit())
    with pytest.raises(KeysError, match=r"there is a key main already \(of bybit\); `cockpit keys rotate main`"):
        store.add(bybit())
    with pytest.raises(KeysError, match="Main differs from main by case alone"):
        store.add(bybit("Main"))
    assert [row.account for row in store.rows()] == ["main"]


def test_an_entry_never_lies_there_unlisted(store: KeyStore, vault: MemoryVault) -> None:
    store.add(bybit())
    assert vault.writes == [INDEX, "main"]
    vault.writes.clear()
    store.remove("main")
    assert vault.writes == ["-main", INDEX]


def test_listed_but_not_there(store: KeyStore, vault: MemoryVault) -> None:
    store.add(bybit())
    vault.texts.pop("main")
    with pytest.raises(KeysError, match="lists the key main and does not hold it; `cockpit keys remove main`"):
        store.load("main")
    store.remove("main")
    assert store.rows() == []


def test_there_but_not_listed(store: KeyStore, vault: MemoryVault) -> None:
    store.add(bybit())
    vault.texts.pop(INDEX)
    with pytest.raises(
        KeysError, match="holds an entry main that is not on the list of keys; `cockpit keys mend main`"
    ):
        store.add(bybit())
    assert store.mend(["main", "other"]) == (["main"], ["other"])
    assert [row.venue for row in store.rows()] == ["bybit"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format":1}', '{"format":1,"account":"main","venue":"bybit","fields":{"apiKey":7}}']
)
def test_a_damaged_entry_is_named_with_its_mend(store: KeyStore, vault: MemoryVault, text: str) -> None:
    store.add(bybit())
    vault.texts["main"] = Secret(text)
    with pytest.raises(KeysError, match=r"entry main \(service cockpit\) cannot be read: .*`cockpit keys remove main`"):
        store.load("main")
    store.remove("main")
    store.add(bybit())
    assert store.load("main").venue == "bybit"


def test_an_entry_under_the_wrong_name_is_not_taken(store: KeyStore, vault: MemoryVault) -> None:
    store.add(bybit("one"))
    store.add(bybit("two"))
    vault.texts["two"] = vault.texts["one"]
    with pytest.raises(KeysError, match="two holds the key of another account"):
        store.load("two")


def test_a_newer_format_is_not_guessed_at(store: KeyStore, vault: MemoryVault) -> None:
    store.add(bybit())
    for name in ("main", INDEX):
        vault.texts[name] = Secret(vault.texts[name].reveal().replace('"format":1', '"format":2'))
    for work in (lambda: store.load("main"), store.rows):
        with pytest.raises(KeysError, match="has format 2, and this cockpit reads 1; use the newer cockpit"):
            work()


def test_a_damaged_list_can_be_made_anew(store: KeyStore, vault: MemoryVault) -> None:
    store.add(bybit("one"))
    store.add(bybit("two"))
    store.add(bybit("bad"))
    vault.texts[INDEX] = Secret("no json")
    vault.broken.add("bad")
    with pytest.raises(KeysError, match=r"list of keys .* is damaged; make it anew: `cockpit keys mend ACCOUNT"):
        store.rows()
    assert store.mend(["two", "one", "bad", "none"]) == (["one", "two"], ["bad", "none"])
    assert [row.account for row in store.rows()] == ["one", "two"]


def test_mending_keeps_what_the_list_knows(store: KeyStore) -> None:
    store.add(bybit())
    store.note_test("main", FACTS, 5)
    store.mend([])
    assert store.row("main").tested_ns == 5


def test_rotation_changes_the_secrets_and_keeps_the_rest(store: KeyStore) -> None:
    store.add(bybit(), FACTS)
    row = store.replace("main", {"apiKey": Secret("new"), "secret": Secret("newer")}, FACTS, 9)
    assert (row.rotated_ns, row.tested_ns, row.created_ns) == (9, 9, 1_700_000_000)
    assert store.load("main").fields["apiKey"].reveal() == "new"


def test_rotation_to_another_account_is_refused(store: KeyStore) -> None:
    store.add(bybit(), FACTS)
    with pytest.raises(KeysError, match="belongs to another account of bybit than main; nothing was changed"):
        store.replace("main", {"apiKey": Secret("new")}, msgspec.structs.replace(FACTS, account_id="account 8"), 9)
    assert store.load("main").fields["apiKey"].reveal() == "bybit-public"
    # a venue that names no account this time is not taken for another one, and what was known stays known
    store.replace("main", {"apiKey": Secret("new")}, msgspec.structs.replace(FACTS, account_id=""), 9)
    with pytest.raises(KeysError, match="another account"):
        store.replace("main", BYBIT, msgspec.structs.replace(FACTS, account_id="account 8"), 10)


def test_a_keyring_that_fills_up_changes_nothing(store: KeyStore, vault: MemoryVault) -> None:
    store.add(bybit())
    vault.full = True
    for work in (lambda: store.add(bybit("two")), lambda: store.remove("main")):
        with pytest.raises(KeysError, match="memory is full"):
            work()
    assert [row.account for row in store.rows()] == ["main"]
    assert store.load("main").venue == "bybit"


def test_a_folder_that_is_not_ours(vault: MemoryVault, places: Locations) -> None:
    places.state.parent.mkdir(parents=True)
    places.state.write_text("a file")
    with pytest.raises(KeysError, match=r"keys\.lock cannot be made"):
        KeyStore(vault, places).add(bybit())
    assert vault.texts == {}
