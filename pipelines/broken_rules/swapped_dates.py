"""Files of event logs in which day and month are probably swapped: what is known and told of them.

A file of the first eight days of April that is written M/D/YYYY can be read as D/M/YYYY without a fault: as the fourth
of January to the fourth of August. Nothing in such a file is wrong by itself; see `signs_of_swapped_dates` for what
gives it away.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import polars as pl

from data_contracts.spec import Rule
from models.findings import ops_swapped_dates
from models.vocabulary import Domain
from pipelines.broken_rules.days_of_files import dated_by_day_and_month, swap
from pipelines.broken_rules.evidence import Evidence, Explanation
from pipelines.broken_rules.signs_of_swapped_dates import Sign, find_swapped
from pipelines.infer.rendering import quote
from pipelines.landing.load_order import ordered_loads
from pipelines.staging.typed_values import zone_of
from pipelines.words.numbers import count_of
from pipelines.words.periods import long_day

RULE: Final = "ticket_events.occurred_at.day_and_month_as_usual"
_MOST_FILES: Final = 3
_FOUND: Final = """
    SELECT {columns}, found.file_name, (
        SELECT count(*) FROM ops.ops_loads AS other
        WHERE other.export = found.export AND other.object_name = found.object_name
            AND other.file_name = found.file_name AND other.superseded_by IS NULL
    ) AS of_name_count
    FROM (SELECT swapped.*, file_name FROM ops.ops_swapped_dates AS swapped JOIN ops.ops_loads USING (load_id)) AS found
    ORDER BY found.export, found.object_name, first_date, file_name
"""


def _find(evidence: Evidence, domain: Domain) -> None:
    """Replace what is known of such files."""
    if domain is not Domain.TICKETS:
        return
    evidence.warehouse.execute("DELETE FROM ops.ops_swapped_dates")
    for contract, item, column in dated_by_day_and_month(evidence.contracts):
        loads = ordered_loads(evidence.warehouse, contract.id, item.name)
        if not loads:
            continue
        found = find_swapped(evidence.warehouse, contract, item, loads, zone_of(column, contract))
        if not found.is_empty():
            named = found.with_columns(
                export=pl.lit(contract.id), object_name=pl.lit(item.name), column_name=pl.lit(column.name)
            )
            evidence.warehouse.append(ops_swapped_dates, named)


def _tell(_: Rule, evidence: Evidence) -> str:
    """Each file with what it says and what it probably means, and what to do about it."""
    columns = [*ops_swapped_dates.columns.keys()]
    query = _FOUND.format(columns=", ".join(columns))
    found = [
        dict(zip([*columns, "file_name", "of_name_count"], row, strict=True)) for row in evidence.warehouse.rows(query)
    ]
    said = [_say(file) for file in found[:_MOST_FILES]]
    if len(found) > _MOST_FILES:
        said.append(f"So it is in {count_of(len(found) - _MOST_FILES, 'more file', 'more files')}.")
    by_object: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for file in found:
        by_object.setdefault((file["export"], file["object_name"]), []).append(file)
    said += [_remedy(export, item, files, evidence) for (export, item), files in by_object.items()]
    return " ".join(said)


def _remedy(export: str, item: str, files: list[dict[str, Any]], evidence: Evidence) -> str:
    """What to write, whether the dates are wrong or right."""
    names = ", ".join(quote(name, always=True) for name in dict.fromkeys(file["file_name"] for file in files))
    shared = list(dict.fromkeys(file["file_name"] for file in files if file["of_name_count"] > 1))
    left_out = (
        f"Write in {evidence.origin_of(export)}, at the top level under customProperties: - {{property: ignoreFiles, "
        f"value: [{names}]}}, and land the export anew under another name, with dates as the contract reads them "
        f"({_formats_of(export, evidence)})."
    )
    told = [left_out]
    if shared:
        told.append(
            f"That leaves out all that came under the name {' or '.join(map(repr, shared))}, also what is right: land "
            "that anew under other names too."
        )
    told.append(
        f"If the dates are right, write there under customProperties of '{item}': - {{property: datesAreRight, value: "
        f"[{names}]}}."
    )
    return " ".join(told)


def _say(file: dict[str, Any]) -> str:
    first, last = swap(file["first_date"]), swap(file["last_date"])
    some = f"{file['on_day_count']:,} of" if file["on_day_count"] < file["event_count"] else "all"
    told = (
        f"In landing/{file['export']}/{file['file_name']} '{file['column_name']}' dates {some} {file['event_count']:,} "
        "events, as they are read, to "
    )
    if file["sign"] == Sign.SEVERAL_MONTHS:
        return (
            f"{told}day {file['day_of_month']} of {count_of(file['month_count'], 'month')}, from "
            f"{long_day(file['first_date'])} to {long_day(file['last_date'])}; with day and month the other way round "
            f"they are of {long_day(first)} to {long_day(last)}."
        )
    return (
        f"{told}{long_day(file['first_date'])}; with day and month the other way round they are of {long_day(first)}, "
        f"{_why(file)}."
    )


def _why(file: dict[str, Any]) -> str:
    """What gives a file of one day away."""
    if file["sign"] == Sign.FILE_NAME:
        return "as the file's name says"
    if file["sign"] == Sign.UNREADABLE_DATES:
        count = count_of(file["unreadable_count"], "date")
        return f"and {count} of the file can only be read so, none only the way the contract says"
    until: date = file["known_until_date"]
    return f"and the files before it reach to {long_day(until)}"


def _formats_of(export: str, evidence: Evidence) -> str:
    """How the contract says that instants of events are written."""
    formats = [
        format_
        for contract, _, column in dated_by_day_and_month(evidence.contracts)
        if contract.id == export
        for format_ in column.formats
    ]
    return " or ".join(dict.fromkeys(formats))


EXPLANATION: Final = Explanation(lambda rule: rule.id == RULE, _tell, _find)
