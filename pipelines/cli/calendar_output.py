"""What `kpi calendar` prints: the calendars of a home, and the days of one with their open time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import click

from metrics.calendars.calendar_days import CalendarDay, DayKind, list_days
from metrics.calendars.open_stretches import OpenPiece, to_instant
from pipelines.cli.calendar_span import Span
from pipelines.cli.query_output import open_output, write_csv_rows
from pipelines.cli.tables import Column, encode_value, show_heading, show_table, write_instant
from pipelines.policies.spelling import WEEKDAYS
from pipelines.words.numbers import NOTHING, count_of

if TYPE_CHECKING:
    from metrics.calendars.working_calendar import Intervals, WorkingCalendar
    from pipelines.policies.loading import Policies

_HOUR: Final = 3_600_000_000
_MINUTE: Final = 60_000_000
_SECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class LaidOpen:
    """A calendar's days within a span."""

    calendar: WorkingCalendar
    span: Span
    days: tuple[CalendarDay, ...]

    @property
    def zone(self) -> ZoneInfo:
        return self.calendar.zone()

    @property
    def open_microseconds(self) -> int:
        return sum(day.open_microseconds for day in self.days)


def lay_open(calendar: WorkingCalendar, span: Span) -> LaidOpen:
    """The days of a calendar within a span."""
    return LaidOpen(calendar, span, tuple(list_days(calendar, span.start, span.end)))


def show_days(laid_open: LaidOpen) -> None:
    """Print one line per day, and what they come to."""
    calendar, span, zone = laid_open.calendar, laid_open.span, laid_open.zone
    last = to_local(span.end, zone)
    if span.is_whole_days:
        first_day, last_day = laid_open.days[0].day, laid_open.days[-1].day
        said = str(first_day) if first_day == last_day else f"{first_day} to {last_day}"
    else:
        said = f"{to_local(span.start, zone)} to {last}"
    show_heading(calendar.name, f"{calendar.time_zone}, {said}")
    click.echo()
    show_table(
        [
            Column("date"), Column("day"), Column("open"), Column("hours", is_right=True), Column("UTC"),
            Column("because"),
        ],
        [
            (
                day.day,
                f"{day.day:%a}",
                " ".join(_intervals(day, zone)) or "closed",
                format_open_time(day.open_microseconds),
                " ".join(_changed_offsets(day)),
                ", ".join(_reasons(day)),
            )
            for day in laid_open.days
        ],
        styles=[_style(day) for day in laid_open.days],
    )  # fmt: skip
    click.echo()
    total = laid_open.open_microseconds
    open_days = sum(day.open_microseconds > 0 for day in laid_open.days)
    in_hours = f" ({total / _HOUR:,.6g} hours)" if total % _HOUR else ""
    click.echo(
        f"{click.style('Open ' + format_open_time(total), bold=True)}{in_hours} "
        f"on {open_days:,} of {count_of(len(laid_open.days), 'day')}."
    )
    if span.open_microseconds is not None:
        click.echo(f"{format_open_time(span.open_microseconds)} are over at {last} ({write_instant(span.end)}).")


def write_days(laid_open: LaidOpen, output_format: str, output: Path | None) -> None:
    """Write the days exactly, as CSV or JSON, to a file or stdout."""
    rows = [_exact_day(day, laid_open.zone) for day in laid_open.days]
    if output_format == "csv":
        texts = [{**row, "intervals": " ".join(interval["local"] for interval in row["intervals"])} for row in rows]
        write_csv_rows(list(texts[0]), ([*row.values()] for row in texts), output)
    else:
        document = {
            "calendar": laid_open.calendar.name,
            "time_zone": laid_open.calendar.time_zone,
            "starts_at": laid_open.span.start,
            "ends_at": laid_open.span.end,
            "open_microseconds": laid_open.open_microseconds,
            "open_hours": laid_open.open_microseconds / _HOUR,
            "days": rows,
        }
        with open_output(output) as file:
            file.write(json.dumps(document, ensure_ascii=False, indent=2, default=encode_value) + "\n")
    if output is not None:
        click.echo(f"Wrote {count_of(len(rows), 'day')} to {output}", err=True)


def describe_calendars(policies: Policies) -> list[dict[str, Any]]:
    """Every calendar with its versions, and the teams and promises that count by it."""
    teams = policies.team_calendars
    return [
        {
            "calendar": calendar.name,
            "time_zone": None if calendar.is_always_open else calendar.time_zone,
            "is_always_open": calendar.is_always_open,
            "is_default": calendar.name == teams.default,
            "teams": sorted(team for team, name in teams.teams.items() if name == calendar.name),
            "sla_policies": [policy.id for policy in policies.sla if policy.calendar == calendar.name],
            "versions": [
                {
                    # The first version holds for the days before it as well.
                    "effective_from_date": version.effective_from if position > 0 else None,
                    "week": {
                        WEEKDAYS[weekday]: [_wall_interval(interval) for interval in sorted(intervals)]
                        for weekday, intervals in sorted(version.week.items())
                    },
                    "weekly_open_hours": sum(map(_length, version.week.values())) / 60,
                    "holiday_region": version.holiday_region,
                    "has_holidays": bool(version.holidays),
                    "exceptional_day_count": len(version.exceptional_days),
                }
                for position, version in enumerate(calendar.versions)
            ],
        }
        for calendar in policies.calendars
    ]


def show_calendars(described: Sequence[Mapping[str, Any]]) -> None:
    """Print a line for each version of each calendar."""
    rows, styles = [], []
    for told in described:
        always = {"weekly_open_hours": 168, "effective_from_date": None, "holiday_region": None, "has_holidays": False}
        used_by = [*(["all other teams"] if told["is_default"] else []), *told["teams"]]
        used_by += [f"SLA {policy}" for policy in told["sla_policies"]]
        for version in told["versions"] or [always]:
            rows.append(
                (
                    told["calendar"],
                    told["time_zone"] or NOTHING,
                    version["effective_from_date"] or ("always" if len(told["versions"]) < 2 else "the beginning"),
                    format_open_time(round(version["weekly_open_hours"] * _HOUR)),
                    version["holiday_region"] or ("own dates" if version["has_holidays"] else "none"),
                    ", ".join(used_by) or "nobody",
                )
            )
            styles.append("" if used_by else "dim")
    show_table(
        [
            Column("calendar", is_cut=True), Column("zone", is_cut=True), Column("from", is_cut=True),
            Column("a week", is_right=True), Column("holidays", is_cut=True), Column("used by"),
        ],
        rows,
        styles=styles,
    )  # fmt: skip
    click.echo()
    click.echo(click.style("'kpi calendar show NAME' shows open time day by day.", dim=True))


def format_open_time(microseconds: int) -> str:
    """`7h30m` or `45m`, as policies write it; seconds only where there are any."""
    hours, rest = divmod(microseconds, _HOUR)
    minutes, rest = divmod(rest, _MINUTE)
    seconds = f"{rest / _SECOND:.6f}".rstrip("0").rstrip(".") if rest else ""
    parts = {"h": hours, "m": minutes, "s": seconds}
    return "".join(f"{number}{unit}" for unit, number in parts.items() if number) or "0h"


def to_local(instant: datetime, zone: ZoneInfo) -> str:
    """Date and time on the wall."""
    local = instant.astimezone(zone)
    return f"{local:%Y-%m-%d} {_wall_time(instant, zone)}"


def _exact_day(day: CalendarDay, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "date": day.day,
        "weekday": WEEKDAYS[day.day.weekday()],
        "intervals": [
            {"local": local, "opens_at": to_instant(piece.opens_at), "closes_at": to_instant(piece.closes_at)}
            for local, piece in zip(_intervals(day, zone), day.pieces, strict=True)
        ],
        "open_microseconds": day.open_microseconds,
        "open_hours": day.open_microseconds / _HOUR,
        "utc_offset": " ".join(map(_shown_offset, day.offsets)),
        "kind": day.kind.value,
        "name": day.name,
        "version_from_date": day.version.effective_from,
    }


def _intervals(day: CalendarDay, zone: ZoneInfo) -> list[str]:
    return [f"{_wall_time(to_instant(piece.opens_at), zone)}-{_closing(piece, zone)}" for piece in day.pieces]


def _closing(piece: OpenPiece, zone: ZoneInfo) -> str:
    closes_at = to_instant(piece.closes_at)
    return _wall_time(closes_at, zone) if closes_at.astimezone(zone).date() == piece.day else "24:00"


def _wall_time(instant: datetime, zone: ZoneInfo) -> str:
    """The time on the wall, with its offset where the clock shows it twice."""
    local = instant.astimezone(zone)
    is_exact = bool(local.second or local.microsecond)
    time_of_day = local.time().isoformat(timespec="auto" if is_exact else "minutes")
    first, second = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    is_shown_twice = first != second
    return time_of_day + (_shown_offset(_microseconds(local.utcoffset())) if is_shown_twice else "")


def _changed_offsets(day: CalendarDay) -> Iterator[str]:
    """The offsets of a day that were not in force before it."""
    before = day.offset_before
    for offset in day.offsets:
        if offset != before:
            yield _shown_offset(offset)
        before = offset


def _microseconds(duration: timedelta | None) -> int:
    return 0 if duration is None else duration // timedelta(microseconds=1)


def _shown_offset(offset: int) -> str:
    sign, rest = "-" if offset < 0 else "+", abs(offset)
    seconds = rest % _MINUTE // _SECOND
    return f"{sign}{rest // _HOUR:02d}:{rest % _HOUR // _MINUTE:02d}" + (f":{seconds:02d}" if seconds else "")


def _reasons(day: CalendarDay) -> Iterator[str]:
    """What is special about a day, or why it is closed."""
    named = f": {day.name}" if day.name else ""
    if day.kind is DayKind.EXCEPTIONAL_DAY:
        yield f"exceptional day{named}"
    elif day.kind is DayKind.HOLIDAY:
        yield f"holiday{named}"
    elif day.kind is DayKind.WEEKEND:
        yield "weekend"
    elif day.kind is DayKind.CLOSED:
        yield f"closed on {day.day:%A}s"
    if day.begins_version:
        yield f"hours of {day.day} begin"
    before = day.offset_before if day.offset_before is not None else day.offsets[0]
    change = day.offsets[-1] - before
    if change:
        yield f"clocks go {'forward' if change > 0 else 'back'} {format_open_time(abs(change))}"


def _style(day: CalendarDay) -> str:
    if day.kind is DayKind.EXCEPTIONAL_DAY:
        return "yellow"
    if day.kind is DayKind.HOLIDAY:
        return "cyan"
    return "" if day.open_microseconds else "dim"


def _wall_interval(interval: tuple[int, int]) -> str:
    return "-".join(f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in interval)


def _length(intervals: Intervals) -> int:
    return sum(closes - opens for opens, closes in intervals)
