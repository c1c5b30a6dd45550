"""`cockpit keys` with everything logged and a venue that is played: run by tests in a process of its own.

    python keys_driver.py MODE VERB …

MODE says how the venue behaves: `takes` the key (for verbs that ask no venue too), `refuses` it and repeats it in its
words, `crashes`, `aborts`. While it has the key it looks whether any process of this machine shows it."""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from keyrings.cryptfile.cryptfile import CryptFileKeyring

from cockpit.commands import keys
from cockpit.commands.failure import CommandFailed
from cockpit.secrets.facts import KeyFacts, ProbeFailed
from venues.model.secret import Secret


def shown_by_processes(canary: str) -> list[str]:
    """Files of /proc in which everybody, or every process of this user, could read it."""
    found = []
    for entry in Path("/proc").iterdir():
        for name in ("environ", "cmdline"):
            try:
                content = (entry / name).read_bytes() if entry.name.isdigit() else b""
            except OSError:
                continue
            if canary.encode() in content:
                found.append(f"{entry}/{name}")
    return found


class Venue:
    def __init__(self, mode: str) -> None:
        self.mode = mode

    def __call__(self, venue: str, credentials: Mapping[str, Secret], endpoint: str) -> KeyFacts:
        shown = [place for value in credentials.values() for place in shown_by_processes(value.reveal())]
        print(f"shown by processes: {shown}")
        logging.getLogger("venue").debug("asked with %s %r {%s}", credentials, credentials, credentials["secret"])
        if self.mode == "refuses":
            said = " ".join(value.reveal() for value in credentials.values())
            raise ProbeFailed(f"signature of {said} is wrong", refused=True)
        if self.mode == "crashes":
            raise RuntimeError(f"a defect, with {credentials}")
        if self.mode == "aborts":
            os.abort()
        return KeyFacts("account", True, True, True, notes=(f"key {credentials['apiKey'].reveal()} is fine",))


def everything(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The most talkative excepthook there is: every local of every frame."""
    whole = traceback.TracebackException(kind, error, trace, capture_locals=True)
    print("".join(whole.format()), file=sys.stderr)


def main() -> int:
    logging.basicConfig(level=logging.DEBUG)
    faulthandler.enable()
    sys.excepthook = everything
    mode, *argv = sys.argv[1:]
    # hashing as it is meant takes a third of a second each time, and much longer where tests run side by side
    CryptFileKeyring.time_cost, CryptFileKeyring.memory_cost = 1, 64
    try:
        return keys.main("keys", argv, probe=Venue(mode))
    except CommandFailed as failed:
        print(failed, file=sys.stderr)
        return failed.code


if __name__ == "__main__":
    sys.exit(main())
