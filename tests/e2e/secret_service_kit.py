"""A real Secret Service for a test: the project's script runs it, in a home of its own, until the test is over."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "secret_service.sh"
IN_CI = "CI"
"""Where this variable is set, a machine without a Secret Service is a failure and no reason to skip."""


def need() -> None:
    """Skip, or in CI install; fail there where that does not work."""
    missing = _missing()
    if not missing:
        return
    reason = f"no Secret Service here ({missing} missing): {SCRIPT.name} install"
    if not os.environ.get(IN_CI):
        pytest.skip(reason)
    with (Path(tempfile.gettempdir()) / "cockpit-secret-service.lock").open("w") as lock:
        # several workers of one run; whoever comes later finds it installed
        fcntl.flock(lock, fcntl.LOCK_EX)
        installed = subprocess.run([SCRIPT, "install"], capture_output=True, text=True, check=False)
    missing = _missing()
    assert not missing, f"{reason}\n{installed.stdout}\n{installed.stderr}"


def _missing() -> str:
    said = subprocess.run([SCRIPT, "missing"], capture_output=True, text=True, check=True)
    return ", ".join(said.stdout.split())


@contextmanager
def session(home: Path, *how: str) -> Iterator[dict[str, str]]:
    """The environment of a D-Bus session below `home`. `how`: `run`, `with PASSWORD` or `locked`, as the script has
    them."""
    home.mkdir(exist_ok=True)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "COCKPIT_HOME": str(home / "cockpit"),
    }
    script = 'printf "%s\\n" "$DBUS_SESSION_BUS_ADDRESS"; read -r _ || true'
    with subprocess.Popen(
        [SCRIPT, *how, "bash", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environ,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        address = next((line.strip() for line in process.stdout if line.startswith("unix:")), "")
        assert address, "the session did not come up"
        try:
            yield {**environ, "DBUS_SESSION_BUS_ADDRESS": address}
        finally:
            process.stdin.close()
