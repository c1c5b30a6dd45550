"""A secret that cannot slip out: it has to be asked for by name."""

from __future__ import annotations

from typing import NoReturn

HIDDEN = "<secret>"


class Secret:
    """One credential. Printing, formatting, comparing for a log, pickling or encoding it shows or gives nothing; only
    `reveal` does, and its callers are few enough to be read."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """The secret itself: for the call that signs or logs in, and nothing else."""
        return self.__text

    def __repr__(self) -> str:
        return HIDDEN

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self.__text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.__text == other.__text

    __hash__ = None  # type: ignore[assignment]  # a secret is no key of a map that somebody prints

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")

    def __iter__(self) -> NoReturn:
        raise TypeError("a secret cannot be iterated")
