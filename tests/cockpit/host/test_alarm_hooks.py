"""Alarms handed to real commands: what these get, what they do not, and that a bad one harms nobody."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cockpit.desk.alarms import Alarms
from cockpit.desk.journal import Journal
from cockpit.host.alarm_hooks import AT_ONCE, QUEUED, TEXT_CHARS, AlarmHooks, HookCommands
from venues.model import ManualClock

WAIT_S = 30.0
SECRET = "COCKPIT_TEST_SECRET"

WRITE = """
import json, os, sys
path = sys.argv[1]
with open(path + ".new", "w") as out:
    json.dump({"argv": sys.argv[2:], "stdin": json.loads(sys.stdin.read()), "env": dict(os.environ)}, out)
os.replace(path + ".new", path)
"""


class Hooked:
    """Alarms with hooks, and a way to wait for a hook's end."""

    def __init__(self, **commands: object) -> None:
        self.clock = ManualClock()
        self.alarms = Alarms(self.clock, Journal.open(":memory:"))
        made = HookCommands(**commands)  # type: ignore[arg-type]  # the test's own words
        environ = {"PATH": os.environ["PATH"], "HOME": "/nowhere", SECRET: "hunter2"}
        self.hooks = AlarmHooks(made, self.alarms, environ)
        self.alarms.on_ring.append(self.hooks)

    async def done(self) -> None:
        async with asyncio.timeout(WAIT_S):
            while self.hooks._running:
                await asyncio.wait(self.hooks._running)

    def texts(self) -> list[str]:
        return [alarm.text for alarm in self.alarms.active.values() if alarm.id.startswith("alarm-hook/")]


@pytest.fixture
async def running() -> AsyncIterator[list[Hooked]]:
    """Those put in are closed."""
    made: list[Hooked] = []
    yield made
    for each in made:
        await each.hooks.close()


def python(code: str, *args: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code, *args)


async def test_a_hook_gets_the_alarm_and_nothing_of_ours(tmp_path: Path, running: list[Hooked]) -> None:
    out = tmp_path / "told.json"
    hooked = Hooked(warning=python(WRITE, str(out), "a b", "$HOME;`id`"))
    running.append(hooked)
    hooked.alarms.sound("down/mk", "warning", 'mk is "down"\n; rm -rf /')
    await hooked.done()
    told = json.loads(out.read_text())
    assert told["argv"] == ["a b", "$HOME;`id`"], "no shell has read it"
    assert {name: told["stdin"][name] for name in ("id", "level", "text", "count")} == {
        "id": "down/mk",
        "level": "warning",
        "text": 'mk is "down"\n; rm -rf /',
        "count": 1,
    }
    assert told["stdin"]["ts"] == hooked.clock.now_ns()
    env = told["env"]
    assert (env["COCKPIT_ALARM_ID"], env["COCKPIT_ALARM_LEVEL"]) == ("down/mk", "warning")
    assert env["COCKPIT_ALARM_TEXT"] == 'mk is "down"\n; rm -rf /'
    assert SECRET not in env
    assert hooked.texts() == []


async def test_each_level_has_its_own(tmp_path: Path, running: list[Hooked]) -> None:
    files = {level: tmp_path / level for level in ("warning", "critical", "escalated")}
    hooked = Hooked(**{level: python(WRITE, str(file)) for level, file in files.items()})
    running.append(hooked)
    hooked.alarms.sound("down/mk", "warning", "down")
    await hooked.done()
    assert [level for level, file in files.items() if file.exists()] == ["warning"]
    hooked.alarms.sound("down/mk", "critical", "down for long")
    await hooked.done()
    assert [level for level, file in files.items() if file.exists()] == ["warning", "critical"]
    hooked.alarms.escalate(hooked.alarms.active["down/mk"])
    await hooked.done()
    assert json.loads(files["escalated"].read_text())["env"]["COCKPIT_ALARM_LEVEL"] == "escalated"


async def test_without_a_command_nothing_runs(running: list[Hooked]) -> None:
    hooked = Hooked()
    running.append(hooked)
    hooked.hooks.check()
    hooked.alarms.sound("down/mk", "critical", "down")
    assert not hooked.hooks._running
    assert hooked.texts() == []


async def test_a_long_text_with_a_zero_byte_is_handed_over(tmp_path: Path, running: list[Hooked]) -> None:
    out = tmp_path / "told.json"
    hooked = Hooked(warning=python(WRITE, str(out)))
    running.append(hooked)
    text = "a\0b" + "x" * 1_000_000
    hooked.alarms.sound("down/mk", "warning", text)
    await hooked.done()
    told = json.loads(out.read_text())
    assert told["stdin"]["text"] == text[:TEXT_CHARS]
    assert told["env"]["COCKPIT_ALARM_TEXT"] == ("a b" + text[3:])[:TEXT_CHARS]


async def test_one_that_cannot_be_run_is_found_at_the_start(tmp_path: Path, running: list[Hooked]) -> None:
    plain = tmp_path / "hook.sh"
    plain.write_text("#!/bin/sh\n")
    hooked = Hooked(warning=(str(tmp_path / "none"),), critical=(str(plain),), escalated=(sys.executable,))
    running.append(hooked)
    hooked.hooks.check()
    assert [text.split(":")[0] for text in hooked.texts()] == [f"alarm hook {plain}", f"alarm hook {tmp_path}/none"]
    hooked.alarms.sound("down/mk", "warning", "down")
    await hooked.done()
    assert any("cannot be run: No such file" in text for text in hooked.texts())


async def test_one_that_fails_is_alarmed_until_it_works_again(tmp_path: Path, running: list[Hooked]) -> None:
    good = tmp_path / "good"
    code = "import os, sys; sys.stderr.write('no network\\n' + 'x' * 100_000); sys.exit(0 if os.path.exists(%r) else 3)"
    hooked = Hooked(warning=python(code % str(good)))
    running.append(hooked)
    hooked.alarms.sound("down/mk", "warning", "down")
    await hooked.done()
    (text,) = hooked.texts()
    assert "ended with code 3: no network" in text
    assert len(text) < 1_000
    good.touch()
    hooked.alarms.sound("down/tk", "warning", "down")
    await hooked.done()
    assert hooked.texts() == []


async def test_one_that_reads_nothing_and_leaves_a_child_behind_holds_nobody_up(running: list[Hooked]) -> None:
    hooked = Hooked(warning=("/bin/sh", "-c", "exec 0<&-; sleep 3600 & exit 0"))
    running.append(hooked)
    hooked.alarms.sound("down/mk", "warning", "x" * 1_000_000)
    await hooked.done()
    assert hooked.texts() == []


async def test_one_that_hangs_is_killed_with_all_that_it_started(tmp_path: Path, running: list[Hooked]) -> None:
    held = tmp_path / "held"
    os.mkfifo(held)
    hooked = Hooked(warning=("/bin/sh", "-c", f"exec > {held}; echo here; sleep 3600 & wait"), timeout_s=1.0)
    running.append(hooked)
    hooked.alarms.sound("down/mk", "warning", "down")
    told = await asyncio.to_thread(held.read_text)
    assert told == "here\n", "read to the end: nobody who could write is alive any more"
    await hooked.done()
    assert any("took longer than 1 s and was killed" in text for text in hooked.texts())


async def test_only_a_few_run_at_once_and_the_newest_are_told(tmp_path: Path, running: list[Hooked]) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    log = tmp_path / "log"
    script = f'read line < {gate}; echo "$COCKPIT_ALARM_ID" >> {log}'
    hooked = Hooked(warning=("/bin/sh", "-c", script), timeout_s=WAIT_S)
    running.append(hooked)
    for number in range(AT_ONCE + QUEUED + 3):
        hooked.alarms.sound(f"down/{number}", "warning", "down")
    assert (len(hooked.hooks._running), len(hooked.hooks._queue), hooked.hooks.dropped) == (AT_ONCE, QUEUED, 3)
    assert any("hooks were not told of 3" in text for text in hooked.texts())
    await hooked.hooks.close()
    hooked.alarms.sound("down/late", "warning", "down")
    assert not hooked.hooks._running
    assert not hooked.hooks._queue
    assert not log.exists(), "what hung at the close was given up"
