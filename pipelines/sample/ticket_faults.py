"""Faults in the ticket systems' exports. Each function spoils written files; what it stands for is in `defects`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.sample import jira, servicenow, zendesk
from pipelines.sample.company import HEADQUARTERS_ZONE, TEAMS, System
from pipelines.sample.text_edits import CsvEdit, latest_file

_SERVICENOW_TIMES = ("opened_at", "sys_created_at", "sys_updated_at", "resolved_at", "closed_at")


def truncate_last_line(landing: Path) -> None:
    """The transfer broke off within the last row of the latest file."""
    path = latest_file(landing, servicenow.EXPORT)
    content = path.read_bytes()
    last_line = content.rstrip(b"\n").rsplit(b"\n", 1)[-1]
    path.write_bytes(content[: -len(last_line) // 2 - 1])


def repeat_rows_of_other_file(landing: Path) -> None:
    """The latest file begins with the last hundred rows of the file before, as overlapping exports do."""
    paths = sorted((landing / servicenow.EXPORT).iterdir())
    if len(paths) < 2:
        raise ValueError("Only one incident file was written, so none can overlap with it; ask for more years.")
    *_, previous, latest = paths
    with CsvEdit(previous) as earlier, CsvEdit(latest) as later:
        for row in list(earlier)[:-101:-1]:
            later.add(row, before=0)


def rename_status(landing: Path) -> None:
    """An administrator renamed a state; the latest file has the new word."""
    with CsvEdit(latest_file(landing, servicenow.EXPORT)) as file:
        for index, row in enumerate(file):
            if row["incident_state"] == "Awaiting Vendor":
                file.replace(index, incident_state="Pending Vendor")


def rename_service(landing: Path) -> None:
    """An administrator renamed a service; the latest file has the new name."""
    with CsvEdit(latest_file(landing, servicenow.EXPORT)) as file:
        for index, row in enumerate(file):
            if row["business_service"] == "Workplace":
                file.replace(index, business_service="Digital Workplace")


def lose_half_a_day(landing: Path) -> None:
    """Everything updated after noon on the busiest day of the latest file is missing."""
    with CsvEdit(latest_file(landing, servicenow.EXPORT)) as file:
        times = [row["sys_updated_at"].split(" ") for row in file]
        ((busiest, _),) = Counter(day for day, _ in times).most_common(1)
        file.remove({index for index, (day, time) in enumerate(times) if day == busiest and time >= "12"})


def swap_day_and_month(landing: Path) -> None:
    """A spreadsheet opened the latest file and took D/M for M/D wherever that makes a date."""
    with CsvEdit(latest_file(landing, servicenow.EXPORT)) as file:
        for index, row in enumerate(file):
            swapped = {column: _swap(row[column]) for column in _SERVICENOW_TIMES}
            if any(row[column] != value for column, value in swapped.items()):
                file.replace(index, **swapped)


def _swap(written: str) -> str:
    if "/" not in written:
        return written
    day, month, rest = written.split("/")
    return f"{month}/{day}/{rest}" if int(day) <= 12 else written


def write_month_first(landing: Path) -> None:
    """Incidents that began and were last updated in the first twelve days of a month have a file of their own, with the
    month before the day. All of it can be read, as other days."""
    path = latest_file(landing, servicenow.EXPORT)
    with CsvEdit(path) as file:
        months: dict[str, set[str]] = {}
        for row in file:
            seen = {_month_of_an_early_day(row[column]) for column in _SERVICENOW_TIMES if "/" in row[column]}
            months.setdefault(row["number"], set()).update(seen)
        early = {number: month for number, (month, *more) in months.items() if month and not more}
        counts = Counter(early[row["number"]] for row in file if row["number"] in early)
        if not counts:
            raise ValueError("No incident began and ended in the first days of a month; ask for more tickets.")
        ((busiest, _),) = counts.most_common(1)
        moved = {index: row for index, row in enumerate(file) if early.get(row["number"]) == busiest}
        file.remove(set(moved))
        own = path.with_name(f"{path.stem}_early{path.suffix}")
        own.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    with CsvEdit(own) as written:
        for row in moved.values():
            written.add(row | {column: _swap(row[column]) for column in _SERVICENOW_TIMES})


def _month_of_an_early_day(written: str) -> str:
    """Month and year of a time on one of the first twelve days of a month; empty for other days."""
    day, month, rest = written.split("/")
    return f"{month}/{rest[:4]}" if int(day) <= 12 else ""


def write_clock_in_utc(landing: Path) -> None:
    """The account that exports was set to UTC: all times of the latest file are an hour or two early."""
    zone = ZoneInfo(HEADQUARTERS_ZONE)
    with CsvEdit(latest_file(landing, servicenow.EXPORT)) as file:
        for index, row in enumerate(file):
            file.replace(index, **{column: _in_utc(row[column], zone) for column in _SERVICENOW_TIMES})


def _in_utc(written: str, zone: ZoneInfo) -> str:
    if "/" not in written:
        return written
    instant = datetime.strptime(written, "%d/%m/%Y %H:%M:%S").replace(tzinfo=zone).astimezone(UTC)
    return f"{instant.day}/{instant.month}/{instant.year} {instant:%H:%M:%S}"


def blank_team(landing: Path) -> None:
    """The export profile lost the right to read a field: every tenth incident of the latest file has no team."""
    with CsvEdit(latest_file(landing, servicenow.EXPORT)) as file:
        for index, row in enumerate(file):
            if row["number"].endswith("0"):
                file.replace(index, assignment_group="?")


def leave_out_a_team(landing: Path) -> None:
    """Someone saved a filter: the latest file lacks a whole team."""
    (name, *_) = (team.name for team in TEAMS if team.system is System.SERVICENOW)
    with CsvEdit(latest_file(landing, servicenow.EXPORT)) as file:
        file.remove({index for index, row in enumerate(file) if row["assignment_group"] == name})


def stop_three_weeks_early(landing: Path) -> None:
    """The job stood still: nothing of the last three weeks is in the latest file."""
    with CsvEdit(latest_file(landing, servicenow.EXPORT)) as file:
        days = _days_of_updates(file)
        last = max(days) - timedelta(days=21)
        file.remove({index for index, day in enumerate(days) if day > last})


def _days_of_updates(file: CsvEdit) -> list[date]:
    written = [row["sys_updated_at"].split(" ")[0].split("/") for row in file]
    return [date(int(year), int(month), int(day)) for day, month, year in written]


def reuse_ticket_number(landing: Path) -> None:
    """After a migration one number stands for two incidents, opened at different times."""
    with CsvEdit(latest_file(landing, servicenow.EXPORT)) as file:
        numbers = sorted({row["number"] for row in file})
        first, second = numbers[len(numbers) // 2], numbers[-1]
        for index, row in enumerate(file):
            if row["number"] == second:
                file.replace(index, number=first)


def drop_middle_event(landing: Path) -> None:
    """One status change is missing from the middle of one issue's history."""

    def spoil(issue: dict[str, Any]) -> bool:
        histories = issue["changelog"]["histories"]
        moves = [history for history in histories if _is_move(history)]
        if len(moves) < 3:
            return False
        histories.remove(moves[len(moves) // 2])
        issue["changelog"]["total"] = issue["changelog"]["maxResults"] = len(histories)
        return True

    _spoil_one_issue(landing, spoil)


def date_event_in_the_future(landing: Path) -> None:
    """The last change of one issue is dated five years ahead."""

    def spoil(issue: dict[str, Any]) -> bool:
        histories = issue["changelog"]["histories"]
        if not histories or not _is_move(histories[-1]):
            return False
        created = histories[-1]["created"]
        # 28 February for a leap day, which has no counterpart five years on.
        later = f"{int(created[:4]) + 5}{created[4:]}".replace("-02-29T", "-02-28T")
        histories[-1]["created"] = later
        return True

    _spoil_one_issue(landing, spoil)


def _is_move(history: dict[str, Any]) -> bool:
    return any(item["field"] == "status" for item in history["items"])


def _spoil_one_issue(landing: Path, spoil: Callable[[dict[str, Any]], bool]) -> None:
    """Let `spoil` change the first issue past the middle of the file that it accepts."""
    path = latest_file(landing, jira.EXPORT)
    lines = path.read_bytes().decode().split("\n")
    for index in range(len(lines) // 2, len(lines) - 1):
        issue = json.loads(lines[index])
        if spoil(issue):
            lines[index] = json.dumps(issue, ensure_ascii=False)
            path.write_bytes("\n".join(lines).encode())
            return
    raise ValueError(f"{path.name} has no issue that this defect could change; ask for more tickets.")


def resolve_before_creation(landing: Path) -> None:
    """One ticket is solved an hour before it was created, as after a merge of tickets."""
    path = latest_file(landing, zendesk.EXPORT)
    lines = path.read_bytes().decode().split("\n")
    for index in range(len(lines) // 2, len(lines) - 2):
        ticket = json.loads(lines[index].removesuffix(","))
        for audit in ticket["audits"]:
            if any(event.get("value") == "solved" for event in audit["events"]):
                created = datetime.fromisoformat(ticket["created_at"])
                audit["created_at"] = (created - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
                comma = "," if lines[index].endswith(",") else ""
                lines[index] = json.dumps(ticket, ensure_ascii=False) + comma
                path.write_bytes("\n".join(lines).encode())
                return
    raise ValueError(f"{path.name} has no solved ticket that this defect could change; ask for more tickets.")
