"""Which of the files of an export is the later one: of what two of them tell, the later one has the word.

People number and date their files, and drop older ones later on. So the order is what the names say, where all names of
an export say it in one way: by a date, or by numbers in names that are the same otherwise. Where they do not, it is the
order in which the files came.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Final

from pipelines.warehouse import Warehouse

_YEAR: Final = r"(?P<year>(?:19|20)\d\d)"
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED_MONTH: Final = rf"(?P<named>{'|'.join(_MONTHS)})[a-z]*"
#: Ways to write a day, month or quarter in a name. Of two numbers without a dot, none says whether the day leads.
_DATES: Final = tuple(
    re.compile(rf"(?<![\da-z]){pattern}(?!\d)", re.IGNORECASE)
    for pattern in (
        _YEAR + r"(?P<gap>[-_.]?)(?P<month>0[1-9]|1[0-2])(?P=gap)(?P<day>0[1-9]|[12]\d|3[01])",
        r"(?P<day>0?[1-9]|[12]\d|3[01])\.(?P<month>0?[1-9]|1[0-2])\." + _YEAR,
        _YEAR + r"[-_. ]?(?P<month>0[1-9]|1[0-2])",
        rf"{_NAMED_MONTH}[-_. ]?{_YEAR}",
        rf"{_YEAR}[-_. ]?{_NAMED_MONTH}",
        rf"{_YEAR}[-_. ]?Q(?P<quarter>[1-4])",
        rf"Q(?P<quarter>[1-4])[-_. ]?{_YEAR}",
    )
)
#: How browsers and desktops number a second file of one name.
_COPY: Final = re.compile(r"\s*(?:\((?P<brackets>\d+)\)|- Copy(?: \((?P<copy>\d+)\))?)$")
_NUMBER: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A load by what its order may depend on.

    Attributes:
        name: of the file in its landing folder.
        run: position of the run that landed it.
        modified_at: when the file was written last; None where it is not known.
        loaded_at: when it was landed.
    """

    load_id: str
    name: str
    run: int
    modified_at: datetime | None
    loaded_at: datetime


def order_loads(loads: Iterable[LoadedFile]) -> list[LoadedFile]:
    """Loads of one export object, the earliest first: of what several tell, the last one has the word."""
    by_arrival = sorted(loads, key=_arrival)
    names = [load.name for load in by_arrival]
    told = _dates_of(names) or _numbers_of(names)
    if told is None:
        return by_arrival
    # Files of one day are in the order of the numbers in their names, two versions of one name in that of arrival.
    return sorted(by_arrival, key=lambda load: (told[load.name], _numbered(load.name)))


def ordered_loads(warehouse: Warehouse, export: str, object_name: str) -> list[LoadedFile]:
    """The loads of an export object that staging reads, the earliest first."""
    query = """
        SELECT load_id, file_name, dense_rank() OVER (ORDER BY began_at), modified_at, loaded_at
        FROM (SELECT *, min(loaded_at) OVER (PARTITION BY run_id) AS began_at FROM ops.ops_loads)
        WHERE export = ? AND object_name = ? AND superseded_by IS NULL
    """
    return order_loads(LoadedFile(*row) for row in warehouse.rows(query, [export, object_name]))


def earlier_than_known(loads: Sequence[LoadedFile], new: Container[str]) -> dict[LoadedFile, LoadedFile]:
    """New loads that are earlier than one which was there before -> the latest such load.

    Args:
        loads: as `ordered_loads` gives them.
        new: load ids of those that a run has just landed.
    """
    known = [number for number, load in enumerate(loads) if load.load_id not in new]
    return {load: loads[known[-1]] for load in loads[: known[-1]] if load.load_id in new} if known else {}


def date_in_name(name: str) -> tuple[int, int, int] | None:
    """Year, month and day that a file's name tells: the day is 0 where it tells a month, the month where a quarter.

    A day with the year behind it is not told: whether day or month leads in it, nobody knows.
    """
    for pattern in _DATES:
        if found := list(pattern.finditer(_stem(name))):
            year, _, month, day = _date_in(found[-1])
            return None if day and found[-1].start("year") > found[-1].start() else (year, month, day)
    return None


def _arrival(load: LoadedFile) -> tuple[int, float, tuple[tuple[int, ...], str], datetime]:
    # Of files that came together, the one that was written later; those of a second were copied together.
    written = load.modified_at.timestamp() // 1 if load.modified_at is not None else 0.0
    return load.run, written, _numbered(load.name), load.loaded_at


def _dates_of(names: Sequence[str]) -> dict[str, tuple[int, ...]] | None:
    """The last date in each name, if they all have one that is written in one way."""
    for pattern in _DATES:
        dates = {}
        for name in names:
            found = list(pattern.finditer(_stem(name)))
            if not found:
                break
            dates[name] = _date_in(found[-1])
        else:
            return dates
    return None


def _date_in(found: re.Match[str]) -> tuple[int, ...]:
    parts = found.groupdict()
    month = _MONTHS.index(parts["named"].lower()) + 1 if parts.get("named") else int(parts.get("month") or 0)
    return int(parts["year"]), int(parts.get("quarter") or 0), month, int(parts.get("day") or 0)


def _numbers_of(names: Sequence[str]) -> dict[str, tuple[int, ...]] | None:
    """The numbers in each name, if names differ in nothing else."""
    shapes = {_NUMBER.sub("#", _COPY.sub("", _stem(name))) for name in names}
    return {name: _numbered(name)[0] for name in names} if len(shapes) == 1 else None


def _numbered(name: str) -> tuple[tuple[int, ...], str]:
    """The numbers of a name, that of a copy last, and the name."""
    stem = _stem(name)
    copy = _COPY.search(stem)
    number = 0 if copy is None else int(copy["brackets"] or copy["copy"] or 1)
    return (*map(int, _NUMBER.findall(_COPY.sub("", stem))), number), name


def _stem(name: str) -> str:
    """A file's name without its endings, such as .csv.gz."""
    path = PurePath(name)
    endings = "".join(ending for ending in path.suffixes[-2:] if not _NUMBER.search(ending) and len(ending) <= 6)
    return path.name.removesuffix(endings)
