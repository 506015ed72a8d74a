"""Event logs of things that cost money: declarations, invoices, orders. Their amount repeats at every event of a case.

Adding it up over rows would multiply it, so the draft makes one line of a case. Event logs of tickets are drafted as
such, whatever amounts they hold, unless their names speak of money.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from models.vocabulary import ExportShape
from pipelines.infer.findings import CaseFinding, ColumnFinding, Grain
from pipelines.infer.mapping import match_columns
from pipelines.infer.money_words import COST_LINES
from pipelines.readers import slugify_header

_MONEY: Final = re.compile(r"declaration|expen[sd]|invoice|payment|cost|spend|purchase|reimburse|claim|budget")
_AMOUNT: Final = re.compile(r"(^|_)(amount|value|cost|price|total)(_|$)")
_PAID: Final = re.compile(r"(?i)payment (handled|made|done)|^paid|paid$|settled|cleared|clear invoice|booked|posted")
_ACTIVITY: Final = re.compile(r"(^|_)(activity|concept_name|step|event|status|state)(_|$)")
#: Share of cases whose rows may differ in a value that is taken for one of the case.
_SLIPS: Final = 0.01


def speaks_of_money(columns: Sequence[ColumnFinding], grain: Grain, file_name: str) -> bool:
    """Whether an event log is about money: an amount of the whole case, and names that say so."""
    text = " ".join([slugify_header(file_name), *(slugify_header(column.header) for column in columns)])
    return bool(_MONEY.search(text)) and find_amount(columns, grain) is not None


def find_amount(columns: Sequence[ColumnFinding], grain: Grain) -> ColumnFinding | None:
    """The amount that all rows of a case repeat; of several the one that is called amount, the shortest name first."""
    if grain.shape is not ExportShape.EVENT_LOG or grain.entity is None:
        return None
    found = [
        column
        for column in columns
        if column.logical_type == "number"
        and _AMOUNT.search(column.name)
        and _share_that_differs(columns, grain, column) <= _SLIPS
    ]
    return min(found, key=lambda column: ("amount" not in column.name, len(column.name)), default=None)


def draft_cases(columns: Sequence[ColumnFinding], grain: Grain) -> tuple[Grain, CaseFinding]:
    """Let the columns feed one cost line per case; returns what a row is, and how rows become lines."""
    amount = find_amount(columns, grain)
    case = next(column for column in columns if column.name == grain.entity)
    for target in ("cost_lines.cost_line_id", "cost_lines.document_id"):
        case.feeds[target] = "its values name what the rows are about"
    if amount is not None:
        differing = _share_that_differs(columns, grain, amount)
        amount.feeds["cost_lines.amount_original"] = "all rows of a case repeat it"
        amount.doubts = [doubt for doubt in amount.doubts if "multiplies money" not in doubt]
        if differing:
            amount.doubts.append(
                f"rows of {100 * differing:.1f} % of the cases do not agree on it: those are set aside"
            )
    _feed_attributes(columns, grain, amount)
    evidence = _date_lines(columns, grain)
    described = replace(
        grain,
        shape=ExportShape.LINES,
        description=f"one row per event of a {case.header}; all rows of one are one line",
        keys=(),
    )
    return described, CaseFinding((case.name,), evidence)


def _feed_attributes(columns: Sequence[ColumnFinding], grain: Grain, amount: ColumnFinding | None) -> None:
    """Feed what the headers speak for, where all rows of a case say the same."""
    taken = {"cost_line_id", "document_id", "posting_date", "amount_original"}
    for match in match_columns(columns, COST_LINES):
        column = match.column
        if match.target in taken or column is amount or column.name in (grain.entity, grain.event_time):
            continue
        if _share_that_differs(columns, grain, column) == 0:
            column.feeds[f"cost_lines.{match.target}"] = "by its header, and all rows of a case say the same"
            column.doubts.append(f"does it feed cost_lines.{match.target}? Its header only hints at it")


def _date_lines(columns: Sequence[ColumnFinding], grain: Grain) -> str:
    """Let the event that pays a case date it, or else its first one. Returns what is to be decided about it."""
    time = next(column for column in columns if column.name == grain.event_time)
    case = next(column for column in columns if column.name == grain.entity)
    target = "cost_lines.posting_date"
    for column in columns:
        if not _ACTIVITY.search(column.name) or column is case:
            continue
        paying = [text for text in column.text.unique().drop_nulls().sort() if _PAID.search(text)]
        if len(paying) != 1:
            continue
        (step,) = paying
        time.feeds[f"{target} when {column.name}={step}"] = f'"{step}" is when a case is paid'
        time.settings[f"{target} when {column.name}={step}"] = "take: last"
        total = case.text.n_unique()
        paid = case.text.filter((column.text == step).fill_null(False)).n_unique()
        if paid == total:
            return f'"{step}" dates each case.'
        return (
            f'CHECK: {total - paid:,} of {total:,} cases have no "{step}" and so no posting date: they are set aside. '
            f"To leave them out, write value: {{columns: [{case.name}], onlyWith: {{{column.name}: {step}}}}}"
        )
    time.feeds[target] = "no step says that a case is paid, so its first one dates it"
    time.settings[target] = "take: smallest"
    return "CHECK: each case is posted on the day of its first event; is there an event that pays or books it?"


def _share_that_differs(columns: Sequence[ColumnFinding], grain: Grain, column: ColumnFinding) -> float:
    """Share of the cases whose rows have more than one value in a column."""
    case = next(each for each in columns if each.name == grain.entity)
    frame = pl.DataFrame({"case": case.text, "value": column.text}).drop_nulls()
    if frame.is_empty():
        return 1.0
    counts = frame.group_by("case").agg(pl.col("value").n_unique().alias("count"))["count"]
    return int((counts > 1).sum()) / len(counts)
