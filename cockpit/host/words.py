"""What an operator asked for, in words: for the log that every client sees, and for the audit trail."""

from __future__ import annotations

from collections.abc import Mapping

from cockpit.link import messages as m
from cockpit.link.origin import printable

LONGEST_WORDS = 400

STOPS = {"cycle": "stop after this cycle", "now": "stop now", "flatten": "stop and flatten"}


def changes_text(changes: Mapping[str, tuple[str, str]]) -> str:
    """`size 0.10 → 0.12, iterations 20 → 30`"""
    return ", ".join(f"{name} {old or '-'} → {new or '-'}" for name, (old, new) in changes.items())


def source_of(verb: m.Verb) -> str:
    """Whom it is about, as the log names it: a loop, an account, or the desk."""
    match verb:
        case m.SetParams(loop=loop) | m.Pause(loop=loop) | m.Resume(loop=loop) | m.Stop(loop=loop):
            return "desk" if loop == "all" else printable(loop)
        case m.ResumeAccount(account=account) | m.GoLive(account=account) | m.Fault(account=account):
            return printable(account)
        case _:
            return "desk"


def words_of(verb: m.Verb, changes: Mapping[str, tuple[str, str]] | None = None) -> str:
    """`pause`, `flatten all accounts`; `changes` are those that a `SetParams` has made, where it made any."""
    return printable(_words(verb, changes), LONGEST_WORDS)


def _words(verb: m.Verb, changes: Mapping[str, tuple[str, str]] | None) -> str:
    match verb:
        case m.Launch():
            return f"launch {verb.strategy} {_pairs(verb.params)}" + (" mix" if verb.mix else "")
        case m.SetParams():
            return changes_text(changes) if changes else f"set {_pairs(verb.changes)}"
        case m.Pause():
            return "stop all entries" if verb.loop == "all" else "pause"
        case m.Resume():
            return "resume all" if verb.loop == "all" else "resume"
        case m.Stop():
            return _about(verb.loop, STOPS.get(verb.mode, f"stop {verb.mode}"))
        case m.Flatten():
            named = f"; suspect too: {', '.join(verb.named)}" if verb.named else ""
            return (
                f"flatten {_accounts(verb.accounts)}"
                + ("; all that can be closed" if verb.scope == "all" else "")
                + named
            )
        case m.Reduce():
            return f"reduce {_accounts(verb.accounts)} by {verb.fraction}"
        case m.FlattenCancel():
            return f"call off {verb.id}"
        case m.ResumeAccount():
            return "resume account"
        case m.GoLive():
            return {"on": "trade real money", "off": "read-only", "lift": "lift first-session limits"}.get(
                verb.what, f"live {verb.what}"
            )
        case m.AckAlarm():
            about = "all alarms" if verb.id == "all" else verb.id
            return f"take off {about}" if verb.drop else f"acknowledge {about}"
        case m.Fault():
            return f"fault {verb.kind}"
        case m.Query():
            return f"ask {verb.what}"
        case m.Shutdown():
            return "stop the desk"


def _about(loop: str, words: str) -> str:
    return f"all loops: {words}" if loop == "all" else words


def _accounts(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "all accounts"


def _pairs(values: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in values.items())
