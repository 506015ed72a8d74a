"""What a target of a publication is, and the build that all targets of one run are written from.

A target knows its own format and place, nothing of the warehouse. Which targets a home has is the business of
`pipelines.publish.publish`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from pipelines.publish.publication import Publication, publication_in


class PublishError(Exception):
    """A target could not take the publication. What it held before still answers; the message says what to do."""


class Target(Protocol):
    """A place that publications are written to, whole or not at all."""

    @property
    def name(self) -> str:
        """The word that names it in `kpi.toml`."""
        ...

    @property
    def place(self) -> str:
        """Where it is, as people should read it: no password is in it."""
        ...

    @property
    def options(self) -> tuple[str, ...]:
        """Settings that decide what is written: if one changes, the same content is published again."""
        ...

    def holds(self, publication_id: str) -> bool:
        """Whether the publication that was written last is still there.

        Raises:
            PublishError: the place cannot be reached.
        """
        ...

    def write(self, build: Build) -> None:
        """Write the publication, then let readers see it, in one step.

        Raises:
            PublishError: it could not; readers see what they saw before.
        """
        ...


class OneFile:
    """What targets that are one file share.

    Attributes:
        path: the file; of a link, what it leads to.
        place: the same for people.
    """

    options: Final = ()

    def __init__(self, path: Path, place: str) -> None:
        self.path, self.place = path.resolve(), place

    def holds(self, publication_id: str) -> bool:  # noqa: ARG002
        """Whether the file is there."""
        return self.path.exists()


def replace_file(path: Path, write: Callable[[Path], None], kind: str) -> None:
    """Write a file beside the old one, then let it take its place; the old one stays where anything goes wrong.

    Args:
        write: writes the new file at the path that it is given.
        kind: what the file is, for people.

    Raises:
        PublishError: another program keeps the old file from being replaced.
    """
    unfinished = path.with_name(f".{path.name}.building")
    try:
        write(unfinished)
        try:
            unfinished.replace(path)
        except PermissionError as error:
            raise PublishError(
                f"{path} is open in another program and could not be replaced; the old {kind} stays. "
                "Close it there, then run again."
            ) from error
    finally:
        unfinished.unlink(missing_ok=True)


class Build:
    """A publication as a DuckDB file, built once, when the first target asks for it.

    Every target gets the rows of that file, so that all have the same types and the same numbers to the last digit.
    """

    def __init__(self, gather: Callable[[], Publication], build_file: Callable[[Publication], Path]) -> None:
        self._gather, self._build_file = gather, build_file
        self._publication: Publication | None = None
        self._file: Path | None = None

    @property
    def publication(self) -> Publication:
        """What is published."""
        if self._publication is None:
            self._publication = self._gather()
        return self._publication

    @property
    def file(self) -> Path:
        """The publication as a DuckDB file. Open it read-only."""
        if self._file is None:
            self._file = self._build_file(self.publication)
        return self._file

    def discard(self) -> None:
        """Remove the file, unless it was moved to where readers find it."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)


@contextmanager
def building(gather: Callable[[], Publication], build_file: Callable[[Publication], Path]) -> Iterator[Build]:
    """A build whose file is gone when all targets are written."""
    build = Build(gather, build_file)
    try:
        yield build
    finally:
        build.discard()


@contextmanager
def published_already(file: Path) -> Iterator[Build]:
    """The publication that readers of the file see, for a target that missed it."""
    yield Build(lambda: publication_in(file), lambda _: file)
