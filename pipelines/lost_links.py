"""Links of a home that lead nowhere, because a disk or a share is not mounted.

Nothing else notices them: a landing folder that is not there looks like one without news, and what was published like
nothing that ever was. Folders that nobody linked are made when they are needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from data_contracts.problems import Problem
from pipelines.home import Home

#: Endings of what is published as one file.
_FILES: Final = (".duckdb", ".xlsx", ".hyper")


def lost_links(home: Home) -> Iterator[Problem]:
    """Links to folders of exports and of what is published, and to its files, of which the other end is missing."""
    for place in _places(home):
        # A file may be written through its link, so long as there is the folder that it leads to.
        end = place.resolve()
        is_lost = not place.exists() and (place.suffix not in _FILES or not end.parent.is_dir())
        if place.is_symlink() and is_lost:
            yield Problem(
                home.name_of(place),
                None,
                f"it is a link to {end}, which is not there",
                "Mount the disk or share, or correct the link, then run again; nothing was changed.",
            )


def _places(home: Home) -> Iterator[Path]:
    for folder in (home.landing, home.published):
        yield folder
        if folder.is_dir():
            yield from sorted(folder.iterdir())
