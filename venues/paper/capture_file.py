"""Lines of a recorded capture, plain or gzipped, read in chunks so that the decoded file is never held."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path

_CHUNK = 1 << 18
_MAX_LINE = 8 << 20
"""A snapshot of 5,000 levels a side is under 0.5 MB; a line beyond this is no capture."""
_GZIP_MAGIC = b"\x1f\x8b"


class CaptureError(Exception):
    """A capture that cannot be read: which file, which line where it is known, and what was wrong."""

    def __init__(self, path: Path, text: str, line: int | None = None) -> None:
        where = f"{path}" if line is None else f"{path}, line {line}"
        super().__init__(f"{where}: {text}")
        self.path = path
        self.line = line


class CaptureFile:
    """The lines of a file, once, in order, without their newline. Iterate to read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.truncated = False
        """The file ended in the middle of a gzip stream; what came before was handed out."""
        try:
            self._size = path.stat().st_size
            self._raw = path.open("rb")
        except FileNotFoundError:
            raise CaptureError(path, "no such file; expected a recorded capture, plain or gzipped") from None
        except OSError as error:
            raise CaptureError(path, f"cannot be read: {error.strerror}") from None
        try:
            packed = self._raw.read(2) == _GZIP_MAGIC
            self._raw.seek(0)
        except OSError as error:  # a folder opens on no platform or reads on none
            raise CaptureError(path, f"cannot be read: {error.strerror}") from None
        self._file: io.BufferedReader | gzip.GzipFile = gzip.GzipFile(fileobj=self._raw) if packed else self._raw

    def close(self) -> None:
        self._file.close()
        self._raw.close()

    @property
    def fraction_read(self) -> float:
        """How much of the file has been taken from the disk, 0 to 1: the progress of a replay."""
        if self._raw.closed or not self._size:
            return 1.0
        return min(1.0, self._raw.tell() / self._size)

    def __iter__(self) -> Iterator[bytes]:
        rest = b""
        count = 0
        while chunk := self._read(count):
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()
            count += len(lines)
            yield from lines
            if len(rest) > _MAX_LINE:
                raise CaptureError(self.path, f"is over {_MAX_LINE} bytes long; not a capture", count + 1)
        self.close()
        if rest:
            yield rest

    def _read(self, count: int) -> bytes:
        try:
            return self._file.read1(_CHUNK)  # one raw read: what precedes a truncated end is not lost
        except EOFError:
            self.truncated = True
            return b""
        except (OSError, zlib.error) as error:
            raise CaptureError(self.path, f"is damaged: {error}", count + 1) from None
