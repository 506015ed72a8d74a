"""From a file to the draft of its contract: open, examine, find the grain and the meaning, decide.

Each step is a module of its own; here they are put in order. How the draft is written is in `rendering`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from models.vocabulary import Domain, ExportShape
from pipelines.infer.case_money import draft_cases, find_amount, speaks_of_money
from pipelines.infer.column_types import examine_columns
from pipelines.infer.control_totals import find_totals
from pipelines.infer.dated_names import apply_dated_name, read_dated_name
from pipelines.infer.findings import ColumnFinding, Inference, Notation, ReadTable, TableFinding
from pipelines.infer.grain import find_grain
from pipelines.infer.guesses import guess_currency, guess_source, id_from_name
from pipelines.infer.history import join_history
from pipelines.infer.joined_keys import files_of
from pipelines.infer.mapping import Meaning, assign_feeds, find_meaning, read_as_tickets
from pipelines.infer.number_notation import find_notation
from pipelines.infer.signs import find_signs
from pipelines.infer.spellings import open_together
from pipelines.readers.options import ROW_NUMBER
from pipelines.readers.values import clean_text

_MONEY: Final = ("amount_original", "unit_price_original", "committed_spend_original")
_CUSTOMER: Final = re.compile(r"^(customer|client|debtor|account_holder)(_?(id|name|number|no))?$")
_TOTAL: Final = r"(?i)^\s*(grand\s+|sub)?totals?\b"
_TAIL_ROWS: Final = 10


def infer_contract(
    path: Path, contract_id: str | None = None, *, others: Sequence[Path] = (), domain: Domain | None = None
) -> Inference:
    """Find out what a contract for an unknown export would have to say.

    Args:
        path: the file, plain or compressed.
        contract_id: name of the contract and its landing folder; None makes one from the file's name.
        others: more files of the same export, which may spell headers, dates and amounts in other ways.
        domain: what the export is to be drafted for; None leaves it to its headers.

    Raises:
        RefusedFile: when a file cannot be read as an export at all.
        ValueError: when the files are not of one export.
    """
    opened = open_together([path, *others])
    examined = [_clean_columns(table) for table in opened.tables]
    distinct = [{column.name: _count_distinct(column.text) for column in columns} for columns in examined]
    notation = find_notation(found["text"] for each in distinct for found in each.values())
    for columns, found in zip(examined, distinct, strict=True):
        examine_columns(columns, found, notation)

    if opened.format == "xes":
        tables = [
            _finish_log(table, columns, opened.name, domain, notation)
            for table, columns in zip(opened.tables, examined, strict=True)
        ]
        domain = Domain.FINANCE if tables[0].cases is not None else Domain.TICKETS
    else:
        meanings = [
            find_meaning(columns, f"{opened.name} {table.name}", domain)
            for table, columns in zip(opened.tables, examined, strict=True)
        ]
        domain = max(meanings, key=lambda meaning: (meaning.is_complete, meaning.score)).domain
        tables = [
            _finish_table(table, columns, meaning, domain, notation)
            for table, columns, meaning in zip(opened.tables, examined, meanings, strict=True)
        ]
    if opened.format in ("json", "jsonl") and len(tables) > 1:
        join_history(tables[0], tables[1])
    dated = read_dated_name(path) if domain is Domain.TICKETS else None
    for finding in tables if dated is not None else ():
        apply_dated_name(finding, dated)
    if opened.format in ("json", "jsonl"):
        opened = replace(opened, remarks=(*opened.remarks, *_leave_out_constants(tables)))
    used_id = contract_id or id_from_name(opened.name)
    columns_need_zone = any(_needs_zone(column) for table in tables for column in table.columns)
    days_need_zone = any(_tells_day_of_instant(column) for table in tables for column in table.columns)
    names_need_zone = dated is not None and dated.needs_zone and any(table.snapshots for table in tables)
    inference = Inference(
        contract_id=used_id,
        source=guess_source(used_id, examined),
        domain=domain,
        opened=opened,
        tables=[table for table in tables if table.columns],
        notation=notation,
        null_tokens=_gather_null_tokens(examined),
        needs_zone=columns_need_zone or names_need_zone or days_need_zone,
        zone_reason=(
            "timestamps have no offset"
            if columns_need_zone
            else "the dates in names of files have no zone"
            if names_need_zone
            else "the day of an instant is another one in another zone"
        ),
        remarks=list(opened.remarks),
    )
    _name_rows(inference)
    return inference


def _needs_zone(column: ColumnFinding) -> bool:
    """Whether it feeds an instant, and only a zone can tell which."""
    feeds_instant = any(target.partition(" when ")[0].endswith("_at") for target in column.feeds)
    return feeds_instant and not column.has_offset


def _tells_day_of_instant(column: ColumnFinding) -> bool:
    """Whether instants with an offset feed a date, which is that of a zone."""
    feeds_date = any(target.partition(" when ")[0].endswith("_date") for target in column.feeds)
    return feeds_date and column.logical_type == "timestamp"


def _clean_columns(table: ReadTable) -> list[ColumnFinding]:
    cleaned = table.frame.select([clean_text(pl.col(name)).alias(name) for name in table.headers])
    names = _safe_names(list(table.headers))
    return [
        ColumnFinding(
            names[name],
            table.headers[name],
            cleaned[name].alias(names[name]),
            synonyms=tuple(table.synonyms.get(name, ())),
        )
        for name in table.headers
    ]


def _safe_names(slugs: Sequence[str]) -> dict[str, str]:
    """Slug -> a name that contracts accept: letters without accents, digits and underscores, a letter first."""
    names: dict[str, str] = {}
    for position, slug in enumerate(slugs, start=1):
        plain = re.sub(r"[^a-z0-9_]", "", slug.lower()).strip("_") or f"column_{position}"
        plain = plain if plain[0].isalpha() else f"column_{plain}"
        name, number = plain, 2
        while name in names.values():
            name, number = f"{plain}_{number}", number + 1
        names[slug] = name
    return names


def _count_distinct(text: pl.Series) -> pl.DataFrame:
    return (
        text.drop_nulls()
        .alias("text")
        .to_frame()
        .group_by("text", maintain_order=True)
        .agg(pl.len().cast(pl.Int64).alias("count"))
        .sort("count", descending=True, maintain_order=True)
    )


def _finish_table(
    table: ReadTable, columns: list[ColumnFinding], meaning: Meaning, domain: Domain, notation: Notation
) -> TableFinding:
    grain = find_grain(columns, domain)
    finding = TableFinding(table, columns, grain)
    if meaning.domain is domain:
        finding.grain = assign_feeds(columns, meaning, grain, files_of(table.frame[ROW_NUMBER]))
        find_signs(columns, meaning.words.table)
        _complete(finding, meaning)
        find_totals(
            finding,
            meaning.words.table,
            decimal_separator=notation.decimal_separator,
            thousands_separator=notation.thousands_separator,
        )
    if not any("row:" in total.setting for total in finding.totals):
        _find_totals(finding)
    _warn_of_repeated_amounts(finding)
    return finding


def _finish_log(
    table: ReadTable, columns: list[ColumnFinding], file_name: str, domain: Domain | None, notation: Notation
) -> TableFinding:
    """An event log: its cases are tickets, or, where they are about money or said to be, one cost line each."""
    grain = find_grain(columns, Domain.TICKETS)
    about_money = speaks_of_money(columns, grain, file_name) if domain is None else domain is Domain.FINANCE
    if not about_money or find_amount(columns, grain) is None:
        return _finish_table(table, columns, read_as_tickets(columns), Domain.TICKETS, notation)
    grain, cases = draft_cases(columns, grain)
    finding = TableFinding(table, columns, grain, cases=cases)
    finding.constants["cost_lines.currency_code"] = guess_currency(columns)
    finding.remarks.append(
        "these are drafted as costs, each case once; 'kpi contract infer FILE --domain tickets' drafts the lives of "
        "the cases"
    )
    return finding


def _complete(finding: TableFinding, meaning: Meaning) -> None:
    """Constants for what a row cannot do without, and remarks on what else is missing."""
    table = meaning.words.table
    targets = {target for column in finding.columns for target in column.feeds}
    has_money = any(f"{table}.{name}" in targets for name in _MONEY)
    if has_money and f"{table}.currency_code" not in targets:
        finding.constants[f"{table}.currency_code"] = guess_currency(finding.columns)
    if table == "budget_lines" and has_money and f"{table}.kind" not in targets:
        finding.constants[f"{table}.kind"] = _guess_plan(finding.columns)
    if not meaning.is_complete and finding.grain.event_time is None:
        wanted = " or ".join(" with ".join(sorted(need)) for need in meaning.words.needs)
        finding.remarks.append(f"what are these rows? The nearest is {table}, but it needs {wanted}")
    if table == "vendor_invoice_lines" and f"{table}.vendor" not in targets:
        finding.remarks.append("no column names a vendor: are these invoices that you send rather than receive?")
        for column in finding.columns:
            if _CUSTOMER.search(column.name) and not column.feeds:
                column.feeds[f"{table}.vendor"] = "nobody else is named"
                column.doubts.append("a customer stands in for the vendor: these seem to be invoices that you send")
                break


def _guess_plan(columns: Sequence[ColumnFinding]) -> tuple[str, str]:
    """Whether all figures of a plan are a budget or a forecast, and what speaks for it."""
    headers = " ".join(column.header.lower() for column in columns)
    kind = "forecast" if "forecast" in headers and "budget" not in headers else "budget"
    return kind, "no column says of each line whether it is budget or forecast; without it all are set aside"


def _find_totals(finding: TableFinding) -> None:
    """Total rows at the end of the file."""
    for column in finding.columns:
        total = column.text.tail(_TAIL_ROWS).str.contains(_TOTAL).fill_null(False)
        if total.any():
            count = int(column.text.str.contains(_TOTAL).fill_null(False).sum())
            finding.ignored.append((column.name, _TOTAL, f"{count:,} of them, at the end of the file"))
            return


def _warn_of_repeated_amounts(finding: TableFinding) -> None:
    if finding.grain.shape is not ExportShape.EVENT_LOG or finding.grain.entity is None:
        return
    frame = pl.DataFrame({column.name: column.text for column in finding.columns})
    key = finding.grain.entity
    for column in finding.columns:
        if column.logical_type == "number" and column.name != key and "amount" in column.name:
            varying = frame.group_by(key).agg(pl.col(column.name).n_unique().alias("n"))["n"]
            if int((varying == 1).sum()) > 0.9 * len(varying):
                column.doubts.append(
                    f"it repeats on every row of one {finding.grain.entity}: adding it up over rows multiplies money; "
                    "'kpi contract infer FILE --domain finance' drafts a contract that counts it once"
                )


def _gather_null_tokens(examined: Sequence[Sequence[ColumnFinding]]) -> dict[str, int]:
    """Null texts of all columns, differences of case merged, the most frequent first."""
    counts: Counter[str] = Counter()
    spelling: dict[str, str] = {}
    for columns in examined:
        for column in columns:
            for text, count in column.null_texts.items():
                key = spelling.setdefault(text.lower(), text)
                counts[key] += count
    return dict(counts.most_common())


def _leave_out_constants(tables: Sequence[TableFinding]) -> list[str]:
    """Leave out what says the same everywhere and feeds nothing; `_record` keeps it all the same."""
    left_out = []
    for finding in tables:
        dull = [column for column in finding.columns if column.distinct_count < 2 and not column.feeds]
        left_out += [column.header for column in dull]
        finding.columns = [column for column in finding.columns if column not in dull]
    shown = ", ".join(left_out[:8]) + (f" and {len(left_out) - 8} more" if len(left_out) > 8 else "")
    return [f"Left out, as they hold one value only: {shown}."] if left_out else []


def _name_rows(inference: Inference) -> None:
    """Name the kind of rows of a flat file after the export rather than `rows`."""
    finding = inference.tables[0]
    if finding.table.name not in ("rows", "events", "records"):
        return
    name = inference.contract_id.removeprefix(f"{inference.source}_")
    name = name if name[:1].isalpha() else inference.contract_id
    table = finding.table
    finding.table = ReadTable(
        name, table.frame, table.headers, table.header_row, table.sheet, table.record_path, table.notes
    )
