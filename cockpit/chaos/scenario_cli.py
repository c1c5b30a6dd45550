"""`cockpit chaos --scenario NAME|list|all`: a story is told as it happens, with what the desk did, and its verdict."""

from __future__ import annotations

import sys
import textwrap
from datetime import datetime, timedelta

import msgspec

from cockpit.chaos.mutants import find
from cockpit.chaos.scenario import Verdict, run_scenario
from cockpit.chaos.scenario_file import Script, load, names
from cockpit.chaos.scenario_values import ScenarioError
from cockpit.chaos.scripted_world import Entry
from venues.model import NS_PER_S

WIDTH = 118
MOST_LINES = 40
"""Lines of the desk that are shown to one sentence of a story."""
LONGEST_LINE = 400
SILENT = frozenset({"heard", "chaos"})
"""What reaches the desk says the same as what the exchange booked, a little later."""


def scenarios(name: str, *, mutant: str, as_json: bool) -> int:
    """0 where the story went as it is told and no invariant broke, 1 where not, 2 for a name that is not known. Raises
    `MutantRefused`."""
    if name == "list":
        return _list(as_json=as_json)
    try:
        scripts = [load(one) for one in (names() if name == "all" else [name])]
    except ScenarioError as error:
        print(f"cockpit chaos: {error}", file=sys.stderr)
        return 2
    verdicts = []
    for script in scripts:
        teller = Teller(script)
        told = teller.tell if not as_json and len(scripts) == 1 else None
        if told is not None:
            print("\n".join(teller.head()))
        verdict = run_scenario(script, mutant=mutant, alter=find(mutant) if mutant else None, told=told)
        verdicts.append(verdict)
        if not as_json:
            print("\n".join([*teller.tail(), *summary(verdict)]))
    if as_json:
        print(msgspec.json.encode(verdicts if name == "all" else verdicts[0]).decode())
    elif name == "all":
        print(f"{sum(verdict.ok for verdict in verdicts)} of {len(verdicts)} scenarios passed")
    return 0 if all(verdict.ok for verdict in verdicts) else 1


def _list(*, as_json: bool) -> int:
    scripts = [load(name) for name in names()]
    if as_json:
        rows = [{"scenario": s.name, "title": s.title, "source": s.source, "catches": s.catches} for s in scripts]
        print(msgspec.json.encode(rows).decode())
        return 0
    wide = max(len(script.name) for script in scripts)
    print("\n".join(f"{script.name:<{wide}}  {script.title}" for script in scripts))
    return 0


def summary(verdict: Verdict) -> list[str]:
    """The verdict in lines."""
    word = "passed" if verdict.ok else "FAILED"
    by = f" with {verdict.mutant}" if verdict.mutant else ""
    lines = [f"{word}  {verdict.scenario}{by}  ({verdict.sim_s:,.0f} s in {verdict.wall_s:.2f} s)"]
    if verdict.unmet:
        lines.append(f"  unmet: {verdict.unmet}")
    lines += [f"  VIOLATION {v.invariant} at {v.at:.2f} s: {v.what}" for v in verdict.violations]
    if not verdict.ok:
        option = f" --mutant {verdict.mutant}" if verdict.mutant else ""
        lines.append(f"  replay: cockpit chaos --scenario {verdict.scenario}{option}")
    elif verdict.mutant:
        lines.append(f"  {verdict.mutant} was not caught")
    return lines


class Teller:
    """Prints a story as it happens."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._lines = 0
        self._held_back = 0

    def head(self) -> list[str]:
        script = self._script
        out = [script.title, "=" * len(script.title), f"source: {script.source}", ""]
        for who, words in (("What the peer does", script.peer), ("What we do", script.ours)):
            out += [f"{who}.", *_wrapped(words, "  "), ""]
        return out

    def tell(self, entry: Entry) -> None:
        """One thing that happened: sentences of the story stand out, the rest is what the desk made of it."""
        stamp = self._stamp(entry.at)
        if entry.who == "story":
            print("\n".join([*self.tail(), "", *_wrapped(entry.what, f"{stamp}  ")]))
            self._lines = 0
            return
        if entry.who in SILENT or (entry.who == "exchange" and " ended " in entry.what):
            return
        self._lines += 1
        if self._lines > MOST_LINES and entry.who not in ("BROKEN", "UNMET"):
            self._held_back += 1
            return
        mark = "✓" if entry.who == "holds" else "!" if entry.who in ("fault", "trouble", "BROKEN", "UNMET") else " "
        who = "" if entry.who == "holds" else entry.who
        print(f"    {stamp} {mark} {who:<9} {' '.join(entry.what.split())}"[:LONGEST_LINE])

    def tail(self) -> list[str]:
        """What was held back since the last sentence."""
        count, self._held_back = self._held_back, 0
        return [f"    … and {count} more lines"] if count else []

    def _stamp(self, at: int) -> str:
        seconds = (at - self._script.start_ns) / NS_PER_S
        begins = self._script.begins
        if begins is None:
            return f"{seconds:9.3f}"
        moment: datetime = begins + timedelta(seconds=seconds)
        return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"


def _wrapped(text: str, before: str) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), WIDTH, initial_indent=before, subsequent_indent=" " * len(before))
