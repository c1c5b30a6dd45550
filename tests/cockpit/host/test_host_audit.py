"""Who changed what: told to everybody, taken or refused, and kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from desk_kit import FakeRig
from host_kit import Host

from cockpit.link import messages as m
from cockpit.link.answers import ChangeLine

IDLE = {"size": "0.05"}
ANNA = "tui:anna@host"


@pytest.fixture
def rig() -> Iterator[FakeRig]:
    with FakeRig() as rig:
        yield rig


@pytest.fixture
def host(rig: FakeRig) -> Host:
    host = Host(rig)
    host.ok(m.Launch("idle", IDLE), "launch")
    return host


def audit(host: Host, **args: str) -> tuple[ChangeLine, ...]:
    ack = host.send(m.Query("audit", args))
    assert ack.ok, ack.error
    return msgspec.json.decode(ack.result, type=tuple[ChangeLine, ...])


def by_anna(
    host: Host, verb: m.Verb, *, watch: bool = False, origin: str = ANNA
) -> tuple[m.Ack, list[tuple[str, str]]]:
    """The answer, and what the log said meanwhile of its origin, as (source, text)."""
    lines = host.rig.desk.alarms.lines
    before = lines[-1].seq if lines else 0
    command = m.Command(f"a{len(lines)}-{id(verb)}", origin, verb, watch)
    ack = host.rig.run(host.desk_host.execute(command))
    return ack, [(line.source, line.text) for line in lines if line.seq > before and "anna@host" in line.text]


# -- what all see


@pytest.mark.parametrize(
    ("verb", "source", "text"),
    [
        (m.SetParams("L1", {"size": "0.06", "iterations": "9"}), "L1", "size 0.05 → 0.06, iterations 0 → 9 by"),
        (m.Pause("L1"), "L1", "pause by"),
        (m.Pause("all"), "desk", "stop all entries by"),
        (m.Resume("L1"), "L1", "resume by"),
        (m.Resume("all"), "desk", "resume all by"),
        (m.Stop("L1"), "L1", "stop after this cycle by"),
        (m.Stop("all", "now"), "desk", "all loops: stop now by"),
        (m.Stop("L1", "flatten"), "L1", "stop and flatten by"),
        (m.Flatten(), "desk", "flatten all accounts by"),
        (m.Flatten(("mk",), "all"), "desk", "flatten mk; all that can be closed by"),
        (m.Reduce("0.5", ("mk", "tk")), "desk", "reduce mk, tk by 0.5 by"),
        (m.ResumeAccount("mk"), "mk", "resume account by"),
        (m.Shutdown(), "desk", "stop the desk by"),
        (m.Launch("idle", {**IDLE, "maker": "tk", "taker": "mk"}), "L2", "launched by"),
    ],
    ids=lambda value: str(value)[:50] if isinstance(value, msgspec.Struct) else "",
)
def test_every_change_is_one_line_with_who_made_it(host: Host, verb: m.Verb, source: str, text: str) -> None:
    if isinstance(verb, m.Launch):
        host.ok(m.Stop("L1", "now"), seconds=1)
    ack, told = by_anna(host, verb)
    assert ack.ok, ack.error
    # A loop that pauses says so itself, and for whom, once it does.
    ((whom, said),) = [line for line in told if not line[1].startswith("paused: ")]
    assert whom == source
    assert said.startswith(f"{text} {ANNA}")


def test_calling_off_a_flatten_is_told_too(rig: Any, host: Host) -> None:
    rig.at(rig.tk, "lose", "no route")
    id_ = host.ok(m.Flatten(), seconds=1)["id"]
    ack, told = by_anna(host, m.FlattenCancel(id_))
    assert ack.ok
    assert told == [("desk", f"call off {id_} by {ANNA}")]


def test_acknowledging_an_alarm_is_told_too(rig: FakeRig, host: Host) -> None:
    rig.desk.alarms.sound("defect/x", "critical", "a defect")
    ack, told = by_anna(host, m.AckAlarm("defect/x"))
    assert ack.ok
    assert told == [("defect/x", f"acknowledged by {ANNA}")]


def test_a_change_that_changes_nothing_is_not_told(host: Host) -> None:
    ack, told = by_anna(host, m.SetParams("L1", {"size": "0.05"}))
    assert ack.ok
    assert told == []


@pytest.mark.parametrize(
    "verb",
    [m.SetParams("L1", {"size": "-1"}), m.Stop("L9"), m.Flatten(("nobody",)), m.Reduce("2"), m.Launch("scalp", {})],
    ids=str,
)
def test_a_refusal_is_told_with_who_asked_and_why(host: Host, verb: m.Verb) -> None:
    ack, told = by_anna(host, verb)
    assert not ack.ok
    ((_source, text),) = told
    assert text.endswith(f"refused ({ANNA}): {ack.error}")


def test_nobody_can_paint_on_anothers_terminal(host: Host) -> None:
    ack, told = by_anna(host, m.Pause("L1"), origin="tui:anna@host\x1b[2J\nroot: all is well" + "x" * 500)
    assert ack.ok
    assert told
    for _source, text in told:
        assert text.isprintable()
        assert len(text) < 100


# -- who only watches


@pytest.mark.parametrize(
    "verb",
    [
        m.Launch("idle", IDLE),
        m.SetParams("L1", {"size": "0.06"}),
        m.Pause("all"),
        m.Resume("all"),
        m.Stop("L1"),
        m.Flatten(),
        m.Reduce("1"),
        m.FlattenCancel("F1-1"),
        m.ResumeAccount("mk"),
        m.GoLive("mk", typed="mk"),
        m.AckAlarm("all"),
        m.Fault("mk", "slow"),
        m.Shutdown(),
    ],
    ids=lambda verb: type(verb).__name__,
)
def test_who_watches_changes_nothing_and_everybody_sees_that_he_tried(host: Host, verb: m.Verb) -> None:
    before = host.state()
    ack, told = by_anna(host, verb, watch=True)
    assert not ack.ok
    assert "only watches" in ack.error
    assert "--watch" in ack.error
    assert host.state() == before
    assert not host.desk_host.shutdown.is_set()
    ((_source, text),) = told
    assert f"refused ({ANNA})" in text


def test_who_watches_may_ask(host: Host) -> None:
    ack, _told = by_anna(host, m.Query("orders"), watch=True)
    assert ack.ok


# -- what is kept


def test_the_trail_tells_old_and_new_values_newest_first(host: Host) -> None:
    host.ok(m.SetParams("L1", {"size": "0.06", "iterations": "9"}))
    host.no(m.SetParams("L1", {"size": "-1"}))
    host.ok(m.Pause("all"))
    paused, refused, changed, launched = audit(host)
    assert (paused.text, paused.loop, paused.origin, paused.answer) == ("stop all entries", "all", "cli:op@host", "")
    assert refused.text == "set size=-1"
    assert "size: '-1'" in refused.answer
    assert changed.changes == {"size": ("0.05", "0.06"), "iterations": ("0", "9")}
    assert changed.text == "size 0.05 → 0.06, iterations 0 → 9"
    assert (launched.text, launched.loop) == ("launch idle size=0.05", "L1")
    assert paused.ts >= refused.ts >= changed.ts >= launched.ts


def test_the_trail_of_one_loop_and_its_pages(host: Host) -> None:
    for size in ("0.06", "0.07", "0.08"):
        host.ok(m.SetParams("L1", {"size": size}))
    host.ok(m.ResumeAccount("mk"))
    assert len(audit(host)) == 5
    assert [line.text for line in audit(host, loop="L1")][-1] == "launch idle size=0.05"
    assert len(audit(host, loop="L1")) == 4
    first = audit(host, loop="L1", limit="2")
    rest = audit(host, loop="L1", before=str(first[-1].ts))
    assert [line.changes.get("size", ("", ""))[1] for line in (*first, *rest)] == ["0.08", "0.07", "0.06", ""]
    assert audit(host, loop="L9") == ()
    for args in ({"limit": "0"}, {"limit": "1001"}, {"before": "yesterday"}):
        assert "is not" in host.no(m.Query("audit", args))


def test_a_verb_of_another_version_is_told_as_it_stands(host: Host) -> None:
    host.rig.desk.journal.command("old", ts=1, origin="cli:x@y", verb='{"type":"juggle","loop":"L1"}', ok=True)
    assert audit(host)[0].text == '{"type":"juggle","loop":"L1"}'
