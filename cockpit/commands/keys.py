"""`keys`: credentials of venues, in the operating system's keyring and nowhere else."""

from __future__ import annotations

import argparse
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from cockpit import locations
from cockpit.commands.failure import FAILED, USAGE, CommandFailed, Parser
from cockpit.commands.keys_ask import ask_hidden, ask_shown, credentials, on_keyboard
from cockpit.commands.keys_text import clean_facts, facts_json, facts_text, row_json, rows_text, without_secrets
from cockpit.commands.output import put, put_json
from cockpit.commands.talk import desk_answers
from cockpit.secrets.choose import Backend, Wishes, open_vault
from cockpit.secrets.entry import KeyEntry, KeyRow
from cockpit.secrets.errors import KeysError
from cockpit.secrets.facts import Probe, ProbeFailed
from cockpit.secrets.fields import VENUE_KEYS, venue_keys
from cockpit.secrets.no_core import forbid_core_dumps
from cockpit.secrets.passphrase import from_descriptor
from cockpit.secrets.store import KeyStore, check_name
from venues.model import SystemClock

_HELP = f"""\
usage: cockpit keys add ACCOUNT --venue V [--endpoint URL] [--stdin]
       cockpit keys list
       cockpit keys test ACCOUNT ... | --all        one read-only call: does the venue take it, what may it do
       cockpit keys rotate ACCOUNT [--stdin]        verify a new key, then put it in the old one's place
       cockpit keys remove ACCOUNT [--yes]
       cockpit keys import FILE [--name VENUE=ACCOUNT] [--only VENUE,...] [--dry-run]
       cockpit keys mend [ACCOUNT ...]              make a damaged list of keys anew
Keys are typed unseen or come as one JSON object on stdin; never on the command line. All verbs take --json,
--backend auto|secret-service|cryptfile, and --passphrase-fd N for the encrypted file.
venues: {", ".join(VENUE_KEYS)}"""


def main(verb: str, argv: Sequence[str], *, probe: Probe | None = None) -> int:
    """`probe`: what `test` and `rotate` ask the venue with; the real one where it is left out."""
    what, rest = (argv[0], argv[1:]) if argv else ("", argv)
    if what in ("-h", "--help"):
        put(_HELP)
        return 0
    known = {"add": _add, "list": _list, "remove": _remove, "import": _import, "mend": _mend}
    forbid_core_dumps()
    try:
        if what in known:
            return known[what](rest)
        if what in ("test", "rotate"):
            return (_test if what == "test" else _rotate)(rest, probe or _live_probe())
    except KeysError as error:
        raise CommandFailed(f"cockpit keys {what}: {error}") from None
    # Whatever stands there is not repeated: it may be a key.
    raise CommandFailed("cockpit keys: expected add, list, test, rotate, remove, import or mend", USAGE)


_SCHEMES = ("http://", "https://", "ws://", "wss://")


def _live_probe() -> Probe:
    from cockpit.secrets.live_probe import probe

    return probe


class _Parser(Parser):
    """Never repeats what was typed: a key may stand where it does not belong."""

    def __init__(self, verb: str, description: str) -> None:
        super().__init__(f"keys {verb}", description)
        self.add_json()
        self.add_argument("--backend", type=_backend, default=Backend.AUTO, metavar="auto|secret-service|cryptfile")
        self.add_argument(
            "--passphrase-fd", type=_descriptor, metavar="N", help="read the cryptfile's passphrase there"
        )

    def error(self, message: str) -> NoReturn:
        if message.startswith("unrecognized arguments"):
            message = (
                "more words than it takes. A key never stands on the command line: it is typed when asked for, or "
                "comes with --stdin. If one stood there, it is in your shell's history now: rotate it"
            )
        super().error(message)


def _backend(text: str) -> Backend:
    try:
        return Backend(text)
    except ValueError:
        raise argparse.ArgumentTypeError("expected " + " or ".join(Backend)) from None


def _descriptor(text: str) -> int:
    if not text.isdecimal() or len(text) > 6:
        raise argparse.ArgumentTypeError("expected the number of an open file descriptor, like 3")
    return int(text)


def _store(options: argparse.Namespace, *, make: bool = False) -> KeyStore:
    number: int | None = options.passphrase_fd
    if number == 0 and getattr(options, "stdin", False):
        raise KeysError("--passphrase-fd 0 and --stdin both read stdin", "use another descriptor: 3< FILE")
    passphrase = None if number is None else from_descriptor(number)
    # With --stdin the keyboard may still be there for the passphrase, but not on stdin.
    ask = ask_hidden if on_keyboard() else None
    places = locations.find()
    wishes = Wishes(options.backend, passphrase, ask, make)
    return KeyStore(open_vault(places, os.environ, wishes), places)


def _done(options: argparse.Namespace, body: dict[str, object], text: str) -> int:
    if options.json:
        put_json({"ok": True, **body})
    else:
        put(text)
    return 0


def _add(argv: Sequence[str]) -> int:
    parser = _Parser("add", "Store a key.")
    parser.add_argument("account", metavar="ACCOUNT")
    parser.add_argument("--venue", required=True, metavar="V")
    parser.add_argument("--endpoint", default="", metavar="URL", help="another base URL, such as a testnet")
    parser.add_argument("--stdin", action="store_true", help="read one JSON object of credentials")
    options = parser.parse_args(argv)
    check_name(options.account)
    _check_endpoint(options.endpoint)
    venue_keys(options.venue)
    # The keyring is opened first: nobody should type a key for nothing.
    store = _store(options, make=True)
    store.check_free(options.account)
    fields = credentials(options.venue, stdin=options.stdin)
    entry = KeyEntry(options.account, options.venue, fields, options.endpoint, SystemClock().now_ns())
    row = store.add(entry)
    return _done(
        options,
        {"keyring": store.where, "key": row_json(row)},
        f"{row.account}: stored in {store.where}. See what it may do: cockpit keys test {row.account}",
    )


def _check_endpoint(endpoint: str) -> None:
    if endpoint and not all(part.startswith(_SCHEMES) for part in endpoint.split("|")):
        raise KeysError("--endpoint: that is no base URL", "expected one like https://testnet.example.org")
    if "@" in endpoint or "?" in endpoint:
        raise KeysError("--endpoint: a URL with a password or a query in it", "expected scheme, host and port only")


def _list(argv: Sequence[str]) -> int:
    options = _Parser("list", "The keys there are, without their values.").parse_args(argv)
    store = _store(options)
    rows = store.rows()
    text = f"{store.where}\n" + (rows_text(rows) if rows else "no keys yet: cockpit keys add ACCOUNT --venue V")
    return _done(options, {"keyring": store.where, "keys": [row_json(row) for row in rows]}, text)


def _test(argv: Sequence[str], probe: Probe) -> int:
    parser = _Parser("test", "Make one authenticated read-only call with a key and say what it may do.")
    parser.add_argument("accounts", nargs="*", metavar="ACCOUNT")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--endpoint", metavar="URL", help="another base URL than the one stored with the key")
    options = parser.parse_args(argv)
    if bool(options.accounts) == options.all:
        parser.error("expected names of accounts, or --all")
    _check_endpoint(options.endpoint or "")
    store = _store(options)
    names = [row.account for row in store.rows()] if options.all else list(dict.fromkeys(options.accounts))
    results: list[dict[str, object]] = []
    failed = False
    for name in names:
        entry = store.load(name)
        endpoint = entry.endpoint if options.endpoint is None else options.endpoint
        try:
            facts = clean_facts(probe(entry.venue, entry.fields, endpoint), entry.fields)
        except ProbeFailed as error:
            failed = True
            words = f"{entry.venue} refuses the key" if error.refused else f"{entry.venue} could not be asked"
            why = f"{words}: {without_secrets(str(error), entry.fields)}"
            results.append({"account": name, "ok": False, "refused": error.refused, "error": why})
            if not options.json:
                put(f"{name}: {why}")
            continue
        store.note_test(name, facts, SystemClock().now_ns())
        results.append({"account": name, "ok": True, "may": facts_json(facts)})
        if not options.json:
            put(facts_text(name, entry.venue, facts))
    if options.json:
        put_json({"ok": not failed, "keys": results})
    return FAILED if failed else 0


def _rotate(argv: Sequence[str], probe: Probe) -> int:
    parser = _Parser("rotate", "Verify a new key with the venue, then put it in the old one's place.")
    parser.add_argument("account", metavar="ACCOUNT")
    parser.add_argument("--stdin", action="store_true", help="read one JSON object of credentials")
    options = parser.parse_args(argv)
    store = _store(options)
    old = store.row(options.account)
    fields = credentials(old.venue, stdin=options.stdin)
    try:
        facts = clean_facts(probe(old.venue, fields, old.endpoint), fields)
    except ProbeFailed as error:
        words = "refuses the new key" if error.refused else "could not be asked, so nobody knows whether it is good"
        said = without_secrets(str(error), fields)
        raise KeysError(f"{old.venue} {words}; the old one stays: {said}") from None
    row = store.replace(options.account, fields, facts, SystemClock().now_ns())
    runs = desk_answers(locations.find())
    then = _switch(row, runs)
    body = {"key": row_json(row), "may": facts_json(facts), "desk_runs": runs, "then": then}
    return _done(options, body, f"{facts_text(row.account, row.venue, facts)}\n{row.account}: changed. {then}")


def _switch(row: KeyRow, runs: bool) -> str:
    """When the new key counts: a desk keeps the one that it connected with, so no order changes hands at work."""
    if not runs:
        return "The next desk connects with the new key; the old one can be revoked at the venue."
    return (
        "The desk that runs keeps the old key until it connects anew: once its loops are paused, `cockpit desk stop` "
        f"and start it again. Revoke the old key at {row.venue} only after that."
    )


def _remove(argv: Sequence[str]) -> int:
    parser = _Parser("remove", "Delete a key from the keyring.")
    parser.add_argument("account", metavar="ACCOUNT")
    parser.add_argument("--yes", action="store_true", help="without being asked for the name once more")
    options = parser.parse_args(argv)
    check_name(options.account)
    if not options.yes:
        if not on_keyboard():
            raise KeysError("nobody is here to confirm it; nothing was changed", "add --yes")
        if ask_shown(f"Type the name of the account to delete its key ({options.account}): ") != options.account:
            raise KeysError("that is another name; nothing was changed")
    store = _store(options)
    store.remove(options.account)
    text = f"{options.account}: deleted from {store.where}. Revoke it at the venue too."
    return _done(options, {"account": options.account}, text)


def _import(argv: Sequence[str]) -> int:
    from cockpit.secrets.dotenv import read_dotenv
    from cockpit.secrets.env_names import proposals

    parser = _Parser("import", "Take over the keys of a .env file, as users of perp-dex-tools have it.")
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--name", action="append", default=[], metavar="VENUE=ACCOUNT", help="what to call a key")
    parser.add_argument("--only", metavar="VENUE,...", default="", help="these venues and no others")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")
    options = parser.parse_args(argv)
    names = _names(options.name)
    only = {name for name in options.only.split(",") if name}
    variables = read_dotenv(options.file)
    found = [each for each in proposals(variables.values, names) if not only or each.venue in only]
    if not found:
        raise KeysError(f"{options.file} holds no variable of a venue that is known", "docs/keys.md lists their names")
    store = None if options.dry_run else _store(options, make=True)
    results: list[dict[str, object]] = []
    for each in found:
        why_not = each.why_not
        if store is not None and not why_not:
            try:
                store.add(KeyEntry(each.account, each.venue, each.fields, "", SystemClock().now_ns()))
            except KeysError as error:
                why_not = str(error)
        added = not why_not
        results.append(
            {"account": each.account, "venue": each.venue, "fields": list(each.fields), "added": added, "why": why_not}
        )
    notes = _file_notes(options.file, variables.odd)
    good = any(result["added"] for result in results)
    if options.json:
        put_json({"ok": good, "dry_run": options.dry_run, "keys": results, "notes": notes})
    else:
        verb = "would be stored" if options.dry_run else "stored"
        for result in results:
            said = (
                f"{verb} ({result['venue']})"
                if result["added"]
                else f"not taken over ({result['venue']}): {result['why']}"
            )
            put(f"{result['account']}: {said}")
        for note in notes:
            put(note)
    return 0 if good else FAILED


def _names(pairs: Sequence[str]) -> dict[str, str]:
    names = {}
    for pair in pairs:
        venue, sign, account = pair.partition("=")
        if not sign or venue not in VENUE_KEYS:
            raise KeysError("--name: that names no venue and account", "expected VENUE=ACCOUNT, like lighter=main")
        check_name(account)
        names[venue] = account
    return names


def _file_notes(file: Path, odd: Sequence[int]) -> list[str]:
    notes = [f"line {number} of {file} is no assignment and was left out" for number in odd]
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        notes.append(f"{file} can be read by other users of this machine: treat its keys as known, rotate them")
    notes.append(
        f"{file} still holds its keys in plain text: once `cockpit keys test --all` is content, shred -u {file}"
    )
    return notes


def _mend(argv: Sequence[str]) -> int:
    parser = _Parser("mend", "Make the list of keys anew from the keys themselves.")
    parser.add_argument("accounts", nargs="*", metavar="ACCOUNT", help="names that the list may have lost")
    options = parser.parse_args(argv)
    for name in options.accounts:
        check_name(name)
    kept, lost = _store(options).mend([*options.accounts, *_configured_names()])
    text = f"listed: {', '.join(kept) or 'none'}"
    named = [name for name in lost if name in options.accounts]
    if named:
        text += f"\nnothing that can be read lies under: {', '.join(named)}"
    return _done(options, {"keys": kept, "unreadable": named}, text)


def _configured_names() -> list[str]:
    """Accounts of the configuration, where it can be read: their keys may be what the list has lost."""
    from cockpit.config import ConfigError, load_config

    places = locations.find()
    try:
        return [account.name for account in load_config(places.config_file, places.profiles_file).accounts]
    except ConfigError:
        return []
