"""Whether the name of a file says when it was exported, and whether others lie beside it that say so alike.

Daily exports come under such names, and make repeated snapshots of what alone would be one. What the rows are is found
out in `grain`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import polars as pl

from data_contracts.snapshot_names import compile_name_pattern
from data_contracts.spec import Snapshots
from models.vocabulary import ExportShape, SnapshotInstant
from pipelines.infer.findings import ColumnFinding, SnapshotFinding, TableFinding
from pipelines.readers import values
from pipelines.staging.snapshot_instants import instants_of_names

_TIME: Final = (
    r"(?P<gap>[T_ -]{0,2})(?P<hour>[01]\d|2[0-3])(?P<colon>[-_.h]?)[0-5]\d(?P<second>(?P=colon)[0-5]\d)?(?!\d)"
    r"(?P<zone>Z)?"
)
_YEAR_FIRST: Final = re.compile(rf"(?<!\d)(?:19|20)\d\d(?P<dash>[-_.]?)[01]\d(?P=dash)[0-3]\d(?:{_TIME}|(?!\d))")
_YEAR_LAST: Final = re.compile(rf"(?<!\d)[0-3]\d(?P<dash>[-_.])[0-3]\d(?P=dash)(?:19|20)\d\d(?:{_TIME}|(?!\d))")
#: What follows may be a time without a separator.
_SURE_DAY: Final = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<dash>[-_.]?)(?P<month>[01]\d)(?P=dash)(?P<day>[0-3]\d)"
    r"(?=(?:\d{4}|\d{6})?(?!\d))"
)
_COMPRESSION: Final = re.compile(r"\.(gz|zip)$", re.IGNORECASE)
#: How many of the latest days are asked whether they went on for longer than that of the export, and how many at least.
_DAYS: Final = 28
_LEAST_DAYS: Final = 7
_PAST: Final = ("tickets.created_at", "tickets.first_response_at", "tickets.resolved_at", "tickets.closed_at")


@dataclass(frozen=True, slots=True)
class DatedName:
    """What the name of a file says.

    Attributes:
        pattern: as contracts write it.
        day: day that the name tells.
        siblings: names of other files beside it that follow the pattern with other instants, in order of time.
        is_sure: whether day and month cannot be confused.
    """

    pattern: str
    day: date
    siblings: tuple[str, ...]
    is_sure: bool

    @property
    def has_time(self) -> bool:
        """Whether the name tells a time of day."""
        return compile_name_pattern(self.pattern).has_time

    @property
    def needs_zone(self) -> bool:
        """Whether only a zone can tell the instant."""
        return not compile_name_pattern(self.pattern).has_offset


def read_dated_name(path: Path) -> DatedName | None:
    """Find the date in a file's name; None if there is none, or more than one."""
    patterns = list(dict.fromkeys(_patterns(_COMPRESSION.sub("", path.name))))
    names = sorted({path.name, *(each.name for each in path.parent.iterdir() if each.is_file())})
    read = [(pattern, _instants(pattern, names)) for pattern in patterns]
    read = [(pattern, instants) for pattern, instants in read if instants.get(path.name) is not None]
    if not read:
        return None
    # Which of day and month stands first is told by the reading that reads more of the files.
    read.sort(key=lambda each: -len(each[1]))
    pattern, instants = read[0]
    own = instants[path.name]
    others = sorted((at, name) for name, at in instants.items() if at != own)
    is_sure = len(read) == 1 or len(read[0][1]) > len(read[1][1])
    return DatedName(pattern, own.date(), tuple(name for _, name in others), is_sure)


def sure_days_in(name: str) -> tuple[date, ...]:
    """The days in a name that begin with the year, so that nobody can confuse day and month in them."""
    found = []
    for match in _SURE_DAY.finditer(name):
        with suppress(ValueError):
            found.append(date(int(match["year"]), int(match["month"]), int(match["day"])))
    return tuple(found)


def leave_out_dates(name: str) -> str:
    """A name without the dates and times in it: what all exports of one kind have in common."""
    return _YEAR_LAST.sub("", _YEAR_FIRST.sub("", name))


def apply_dated_name(finding: TableFinding, dated: DatedName) -> None:
    """Make a snapshot with others like it beside it one of repeated snapshots; ask about one that is alone."""
    if finding.grain.shape is not ExportShape.SNAPSHOT or finding.grain.entity is None:
        return
    moment, reason = _moment_of_day(dated, finding.columns)
    found = SnapshotFinding(dated.pattern, moment, reason)
    if not dated.siblings:
        finding.remarks.append(
            "its name holds a date. Does such a file come every day? Then write shape: repeated_snapshots and "
            f"{found.as_property()}; what changes from one to the next becomes the tickets' history"
        )
        return
    finding.snapshots = found
    count = len(dated.siblings)
    finding.grain = finding.grain.as_repeated_snapshots(
        f"Beside it {'lies 1 more file' if count == 1 else f'lie {count:,} more files'} with names like it, from "
        f"{dated.siblings[0]} to {dated.siblings[-1]}: rows are repeated snapshots, and what changes between them "
        "becomes the tickets' history."
    )
    if not dated.is_sure:
        finding.remarks.append(f"day or month first in the names of files? They were read as {dated.pattern}")


def _patterns(name: str) -> Iterator[str]:
    for expression, formats in ((_YEAR_FIRST, ("%Y{0}%m{0}%d",)), (_YEAR_LAST, ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y"))):
        found = list(expression.finditer(name))
        if len(found) != 1:
            continue
        (match,) = found
        time = ""
        if match["hour"] is not None:
            second = f"{match['colon']}%S" if match["second"] else ""
            time = f"{match['gap']}%H{match['colon']}%M{second}{'%z' if match['zone'] else ''}"
        for format_ in formats:
            yield f"{name[: match.start()]}{format_.format(match['dash'])}{time}{name[match.end() :]}"


def _instants(pattern: str, names: Sequence[str]) -> dict[str, datetime]:
    """File name -> instant, of the names that follow a pattern."""
    settings = Snapshots(instant=SnapshotInstant.FILE_NAME, pattern=pattern, time_of_day="start")
    try:
        found = instants_of_names(settings, names)
    except ValueError:
        return {}
    return {name: at for name, at in zip(names, found, strict=True) if at is not None}


def _moment_of_day(dated: DatedName, columns: Sequence[ColumnFinding]) -> tuple[str | None, str]:
    """Which moment of its day the file seems to be of, by the latest instant in it; and why."""
    if dated.has_time:
        return None, "The name tells day and time of the export."
    instants = [
        told
        for column in columns
        if column.logical_type == "timestamp" and set(column.feeds) & set(_PAST)
        if isinstance((told := _instants_of(column)).dtype, pl.Datetime)
    ]
    latest = [instant for told in instants if isinstance(instant := told.max(), datetime)]
    if not latest:
        return "end", 'CHECK: at which moment of the day in its name was it exported? end, start, or a time as "06:00".'
    last = f"{max(latest):%Y-%m-%d %H:%M}"
    if max(latest).date() < dated.day:
        told = f"The latest instant in the file is {last}, before the day in its name"
        return "start", f'CHECK: {told}: exported as that day began? Else write end, or a time as "06:00".'
    told = f"The latest instant in the file is {last}, and its name tells {dated.day}"
    if soon := _ends_before_its_day(instants, max(latest)):
        return soon, (
            f"CHECK: {told}. Nearly all days before have later ones: exported soon after, at {soon[1:-1]}? Write the "
            "time at which the export runs, or end or start; a wrong one makes exports and their fields contradict."
        )
    return "end", f'CHECK: {told}: exported as that day ended? If you know the time, write it, as "18:30".'


def _ends_before_its_day(instants: Sequence[pl.Series], latest: datetime) -> str | None:
    """The full hour after the latest instant, if nearly every day before went on for longer than that hour."""
    soon = latest.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if soon.date() > latest.date():
        return None
    ends = pl.concat([told.rename("at") for told in instants]).drop_nulls().to_frame().group_by(pl.col("at").dt.date())
    last = ends.agg(pl.col("at").max().dt.time().alias("last"), day=pl.col("at").dt.date().first())
    before = last.filter(pl.col("day") < latest.date()).top_k(_DAYS, by="day")["last"]
    goes_on = (before > soon.time()).sum()
    if before.len() < _LEAST_DAYS or goes_on * 10 < before.len() * 9:
        return None
    return f'"{soon:%H:%M}"'


def _instants_of(column: ColumnFinding) -> pl.Series:
    read = values.parse_instant(pl.col(column.name), column.formats, "UTC", null_tokens=tuple(column.null_texts))
    return column.text.to_frame().select(read).to_series()
