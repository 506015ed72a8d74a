"""What a contract says about lines whose rows do not say it plainly: cases told in several rows, signs, control totals.

How rows become lines from it does not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import Numeric

from data_contracts.custom_properties import CaseProperties, ControlTotalProperties, SignProperties
from data_contracts.feeds import Fault, canonical_tables, faults_of_target
from data_contracts.problems import list_words, suggest
from data_contracts.spec import Cases, ControlTotal, ExportObject, Feed, IgnoreRule, Sign
from models.vocabulary import ExportShape

#: What a control total is of that counts lines.
ROWS: Final = "rows"
_AMOUNTS: Final = ("number", "integer")


def read_cases(properties: CaseProperties | None) -> Cases | None:
    """Which rows tell of one line; None where each row is a line."""
    return Cases(columns=properties.columns, only_with=properties.only_with) if properties is not None else None


def read_sign(properties: SignProperties | None) -> Sign | None:
    """How the sign of an amount is told; None where the number has it."""
    if properties is None:
        return None
    return Sign(always=properties.always, column=properties.column, debit=properties.debit, credit=properties.credit)


def read_control_total(properties: ControlTotalProperties) -> ControlTotal:
    """A total that comes with the export; unless it says where it is told, it is told where its amounts are."""
    return ControlTotal(
        of=properties.of,
        told_in=properties.told_in or properties.of,
        pattern=properties.pattern,
        per=properties.per,
        row=IgnoreRule(properties.row.column, properties.row.matches) if properties.row is not None else None,
    )


def faults_of_sign(feed: Feed, names: Sequence[str]) -> Iterator[Fault]:
    """What is wrong with how the sign of a fed amount is told.

    Args:
        names: columns of the object.
    """
    sign = feed.sign
    if sign is None:
        return
    canonical = canonical_tables()[feed.table].columns[feed.column]
    if not isinstance(canonical.type, Numeric):
        yield f"{feed.target} is no amount, so it has no 'sign'", "Remove it.", None
    if sign.always is None and not (sign.debit and sign.credit):
        what = f"'sign' of {feed.target} does not say which texts mean debit and which credit"
        yield what, "Write sign: credit, or sign: {column: flag, debit: [D, DR], credit: [C, CR]}.", None
    if sign.always is not None and (sign.column or sign.debit or sign.credit):
        yield f"'sign' of {feed.target} says two things", "Keep always, or the texts for debit and credit.", None
    both = sorted({text.lower() for text in sign.debit} & {text.lower() for text in sign.credit})
    if both:
        what = f"'sign' of {feed.target}: '{both[0]}' means both debit and credit"
        yield what, "Keep it under one of them.", None
    if sign.column is not None and sign.column not in names:
        what = f"'sign' of {feed.target} asks '{sign.column}', which is no column"
        yield what, "Name a column.", suggest(sign.column, names)


def faults_of_lines(item: ExportObject) -> Iterator[Fault]:
    """What is wrong with the cases and control totals of an object."""
    names = [column.name for column in item.columns]
    taken = [(column.name, feed) for column in item.columns for feed in column.feeds if feed.take is not None]
    if item.cases is None:
        for name, feed in taken:
            what = f"column '{name}': 'take: {feed.take}' of {feed.target} needs several rows of one case"
            yield what, "Add {property: oneRowPer, value: [...]} to the object, or remove it.", None
    else:
        yield from _faults_of_cases(item, item.cases, names)
    for total in item.control_totals:
        for what, remedy, near in _faults_of_total(item, total, names):
            yield f"custom property 'controlTotals': {what}", remedy, near


def _faults_of_cases(item: ExportObject, cases: Cases, names: Sequence[str]) -> Iterator[Fault]:
    place = "custom property 'oneRowPer'"
    if item.shape is not ExportShape.LINES:
        what = f"{place}: belongs to the shape lines, and this is {item.shape.value}"
        yield what, "Write shape: lines, or remove it.", None
    for name in (*cases.columns, *cases.only_with):
        if name not in names:
            yield f"{place}: '{name}' is no column", "Name a column of the object.", suggest(name, names)
            return
    for table in sorted({feed.table for column in item.columns for feed in column.feeds}):
        keys = [column.name for column in canonical_tables()[table].primary_key.columns]
        if len(keys) != 1:
            yield f"{place}: {table} has no key of one column", "Feed another table, or remove it.", None
            continue
        key = f"{table}.{keys[0]}"
        feeding = [column.name for column in item.columns if any(feed.target == key for feed in column.feeds)]
        if sorted(feeding) != sorted(cases.columns):
            what = f"{place}: {list_words(cases.columns)} must feed {key}, and nothing else may"
            yield what, f"Let each feed {key}: it names the line.", None
    if item.control_totals:
        what = f"{place}: a control total cannot be compared where several rows tell of one line"
        yield what, "Remove controlTotals.", None


def _faults_of_total(item: ExportObject, total: ControlTotal, names: Sequence[str]) -> Iterator[Fault]:
    wanted = [*total.per, *([total.row.column] if total.row is not None else [])]
    if total.of == ROWS:
        wanted += [] if total.told_in == ROWS else [total.told_in]
        if total.told_in == ROWS:
            yield "it does not say which column tells the number of rows", "Add toldIn: <column>.", None
    elif "." in total.of:
        yield from faults_of_target(total.of)
        if total.of not in {feed.target for column in item.columns for feed in column.feeds}:
            yield f"no column feeds {total.of}", "Name a column, or a canonical column that one feeds.", None
        if total.told_in == total.of:
            yield f"it does not say which column tells the total of {total.of}", "Add toldIn: <column>.", None
        else:
            wanted.append(total.told_in)
    else:
        wanted += [total.of, total.told_in]
        column = next((column for column in item.columns if column.name == total.of), None)
        if column is not None and column.logical_type not in _AMOUNTS:
            yield f"'{total.of}' is no amount", "Name a column of logicalType: number, or write of: rows.", None
    for name in wanted:
        if name not in names:
            yield f"'{name}' is no column", "Name a column of the object.", suggest(name, names)
    if total.row is None and not total.per and total.told_in == total.of:
        what = f"it compares '{total.of}' with itself"
        yield what, "Add toldIn for the column that repeats the total, or row for the row that tells it.", None
    if not any(column.feeds for column in item.columns):
        yield "the object feeds nothing, so no lines are compared", "Remove it.", None
    for text in (total.pattern, total.row.matches if total.row is not None else None):
        if text is not None:
            try:
                groups = re.compile(text).groups
            except re.error as error:
                yield f"'{text}' is not a regular expression: {error}", "Correct the pattern.", None
                continue
            if text == total.pattern and groups < 1:
                yield f"'{text}' has no group", "Put the total into brackets: ([0-9.,]+).", None
