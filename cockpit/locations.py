"""Where things lie on this machine. The only place that knows.

The sockets lie beside the journal and not in `$XDG_RUNTIME_DIR`: that folder goes when the last SSH session ends, and
cron and systemd see another one or none, while the desk lives on and must be found by all of them.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec
import platformdirs

HOME_VARIABLE = "COCKPIT_HOME"
"""Puts everything below one folder: for tests, and for a second cockpit beside the first."""

MAX_SOCKET_PATH = 107
"""Longest path of a unix socket on Linux, bytes."""

_LONGEST_SOCKET = "paper.sock"


class LocationError(Exception):
    """A folder that cannot be used; the text names it and what would help."""


class Locations(msgspec.Struct, frozen=True):
    """Paths only; nothing is created before it is asked for."""

    config: Path
    """Folder of what the user edits."""
    state: Path
    """Folder of the journal and the logs."""
    runtime: Path
    """Folder of the sockets, 0700."""

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"

    @property
    def profiles_file(self) -> Path:
        """The user's own figures over the built-in venue profiles; need not exist."""
        return self.config / "profiles.toml"

    @property
    def journal(self) -> Path:
        return self.state / "journal.sqlite"

    @property
    def desk_log(self) -> Path:
        return self.state / "desk.log"

    @property
    def paper_log(self) -> Path:
        return self.state / "paper.log"

    @property
    def paper_state(self) -> Path:
        """File in which the paper venues keep their accounts."""
        return self.state / "paper.state"

    @property
    def command_history(self) -> Path:
        """What was typed on the cockpit's command line."""
        return self.state / "commands"

    @property
    def pictures(self) -> Path:
        return self.state / "pictures"

    @property
    def desk_socket(self) -> Path:
        return self.runtime / "desk.sock"

    @property
    def paper_socket(self) -> Path:
        return self.runtime / _LONGEST_SOCKET

    def prepare(self) -> None:
        """Create the folders, for this user alone. Raises `LocationError`."""
        for folder in (self.config, self.state, self.runtime.parent, self.runtime):
            private_folder(folder)


def find(environ: Mapping[str, str] = os.environ) -> Locations:
    """The user's locations: XDG folders, or everything below `$COCKPIT_HOME`."""
    home = environ.get(HOME_VARIABLE, "")
    if home:
        root = Path(home).expanduser().absolute()
        config, state = root / "config", root / "state"
    else:
        config = Path(platformdirs.user_config_dir("cockpit"))
        state = Path(platformdirs.user_state_dir("cockpit"))
    return Locations(config=config, state=state, runtime=_runtime(state))


def _runtime(state: Path) -> Path:
    """Beside the journal; where that path is too long for a socket, a short one that is as much ours."""
    folder = state / "run"
    if len(os.fsencode(folder / _LONGEST_SOCKET)) <= MAX_SOCKET_PATH:
        return folder
    which = hashlib.sha256(os.fsencode(state)).hexdigest()[:12]
    return Path(f"/tmp/cockpit-{os.getuid()}") / which


def private_folder(folder: Path) -> None:
    """Make sure that `folder` exists, is ours and lets nobody else in. Raises `LocationError`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise LocationError(f"folder {folder}: cannot be created: {error.strerror or error}") from None
    if not stat.S_ISDIR(found.st_mode):
        if folder.is_dir() and folder.stat().st_uid == os.getuid():
            return
        raise LocationError(f"folder {folder}: is no folder of this user; expected a folder of your own")
    if found.st_uid != os.getuid():
        raise LocationError(f"folder {folder}: belongs to user {found.st_uid}; expected user {os.getuid()}")
    if stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(0o700)
