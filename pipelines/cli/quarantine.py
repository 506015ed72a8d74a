"""`kpi quarantine`: which records are set aside, why and since when, and what brings them back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.cli.file_formats import choose_format
from pipelines.cli.options import chosen_home, common_options, json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.cli.quarantined import QuarantinedRecord

_DOMAINS = click.Choice(["tickets", "finance", "vendors"])
_FORMATS = ("csv", "json", "parquet")
#: Records whose values are told where all are listed.
_MOST_TOLD = 1000

_domain_option = click.option("--domain", type=_DOMAINS, help="Only records of this domain.")
_rule_option = click.option(
    "--rule", "rules", multiple=True, metavar="RULE", help="Only what this rule sets aside, or a pattern: 'tickets.*'."
)


@click.group()
@common_options
def quarantine() -> None:
    """Show which records are set aside, why, and what brings them back."""


@quarantine.command("list")
@_domain_option
@_rule_option
@click.option("--by", type=click.Choice(["record", "rule", "domain"]), default="record", help="[default: record]")
@click.option(
    "--rows", type=click.IntRange(0), default=40, metavar="N", help="Records to show, 0 for all. [default: 40]"
)
@json_option
@common_options
def list_records(domain: str | None, rules: tuple[str, ...], by: str, rows: int, as_json: bool) -> None:
    """List what is set aside now: each record once, with all the rules that it breaks.

    Reads the build database, or while a run has that to itself, the published file.
    """
    from pipelines.cli.tables import Column, show_json, show_paragraph, show_table
    from pipelines.gate.affected_metrics import name_briefly
    from pipelines.words.numbers import count_of

    records = _read(domain, rules, told_count=(rows or _MOST_TOLD) if by == "record" and not as_json else 0)
    if as_json:
        show_json([_described(record) for record in records])
        return
    if not records:
        click.echo("Nothing is set aside." if not (domain or rules) else "Nothing of that is set aside.")
        return
    if by == "record":
        _show_records(records if rows == 0 else records[:rows])
    else:
        show_table(
            [Column(by), Column("records", is_right=True), Column("oldest since"), Column("why", is_cut=True)],
            _grouped(records, by),
        )
    click.echo()
    shown = f", the first {rows:,} shown; all of them: --rows 0" if by == "record" and 0 < rows < len(records) else ""
    click.echo(f"{count_of(len(records), 'record is set aside', 'records are set aside')}{shown}.")
    for table, metrics in {record.table: record.metrics for record in records}.items():
        touched = f"{count_of(len(metrics), 'KPI')}: {', '.join(name_briefly(metrics))}"
        show_paragraph(f"{table}: lowers the coverage of {touched}." if metrics else f"{table}: no KPI counts them.")
    click.echo(click.style("'kpi quarantine show RECORD' tells more of one.", dim=True))


def _read(domain: str | None, rules: Sequence[str], told_count: int = 0) -> list[QuarantinedRecord]:
    """What is set aside.

    Args:
        told_count: of how many of them the values that cannot be read are told, where the build database can be asked.
    """
    from pipelines.cli.quarantined import open_quarantine, read_quarantine, tell_unreadable

    with open_quarantine(chosen_home()) as (connection, table):
        records = read_quarantine(connection, table, domain=domain, rules=rules)
        if not table.startswith("ops."):
            return records
        return [*(tell_unreadable(connection, record) for record in records[:told_count]), *records[told_count:]]


def _show_records(records: Sequence[QuarantinedRecord]) -> None:
    from pipelines.cli.tables import Column, show_table
    from pipelines.words.numbers import format_instant

    show_table(
        [
            Column("record"), Column("since", left_out=2), Column("from", left_out=1), Column("rules"),
            Column("why", is_cut=True),
        ],
        [
            (
                record.record,
                format_instant(record.first_seen_at),
                record.place,
                ", ".join(reason.rule for reason in record.reasons),
                record.reasons[0].reason,
            )
            for record in records
        ],
    )  # fmt: skip


def _grouped(records: Sequence[QuarantinedRecord], by: str) -> list[tuple[object, ...]]:
    """Per rule or domain: its records, since when the oldest is aside, and what is wrong with one of them."""
    from pipelines.words.numbers import format_instant

    groups: dict[str, list[tuple[QuarantinedRecord, Any]]] = {}
    for record in records:
        for reason in record.reasons if by == "rule" else record.reasons[:1]:
            groups.setdefault(reason.rule if by == "rule" else record.domain, []).append((record, reason))
    return [
        (
            name,
            f"{len(found):,}",
            format_instant(min((reason.first_seen_at for _, reason in found if reason.first_seen_at), default=None)),
            found[0][1].reason,
        )
        for name, found in sorted(groups.items())
    ]


@quarantine.command("show")
@click.argument("record")
@click.option("--values", is_flag=True, help="Show all values, texts and names of people included, and the raw rows.")
@json_option
@common_options
def show(record: str, values: bool, as_json: bool) -> None:
    """Show one record that is set aside: why, from where, what was read of it, and what brings it back.

    RECORD is its key, such as zendesk:1042. Texts that may name people (summaries, descriptions, names, teams, vendors)
    are not shown without --values; keys, states, times and amounts are.
    """
    from pipelines.cli.quarantined_record import read_details, show_details
    from pipelines.cli.tables import show_json

    details = read_details(chosen_home(), record, with_values=values)
    if as_json:
        show_json(details)
    else:
        show_details(details, with_values=values)


@quarantine.command("export")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file, whole or not at all."
)
@click.option("--format", "output_format", type=click.Choice(_FORMATS), help="Else by the name of -o, else csv.")
@_domain_option
@_rule_option
@common_options
def export(output: Path | None, output_format: str | None, domain: str | None, rules: tuple[str, ...]) -> None:
    """Write what is set aside as CSV, JSON or Parquet: a row per record and rule, for those who correct them.

    Keys, rules, reasons, files and rows, and the KPIs that lose coverage; no other values of the records.
    """
    import duckdb
    import polars as pl

    from pipelines.cli import query_output
    from pipelines.gate.affected_metrics import name_briefly
    from pipelines.words.numbers import count_of

    chosen = choose_format(output_format, output, _FORMATS, on_screen="csv")
    records = _read(domain, rules)
    rows = [
        {
            "domain": record.domain,
            "table_name": record.table,
            "record_id": record.record,
            "rule_id": reason.rule,
            "reason": reason.reason,
            "first_seen_at": reason.first_seen_at,
            "export": record.export,
            "file_name": record.file,
            "row_number": record.row,
            "metrics": ", ".join(name_briefly(record.metrics)),
        }
        for record in records
        for reason in record.reasons
    ]
    texts = ("domain", "table_name", "record_id", "rule_id", "reason", "export", "file_name", "metrics")
    schema: dict[str, Any] = dict.fromkeys(texts, pl.String)
    schema |= {"first_seen_at": pl.Datetime("us", "UTC"), "row_number": pl.Int64}
    frame = pl.DataFrame(rows, schema_overrides=schema) if rows else pl.DataFrame(schema=schema)
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("quarantined", frame.to_arrow())
        cursor = connection.execute(f"SELECT {', '.join(_EXPORTED)} FROM quarantined")
        if chosen == "parquet" and output is not None:
            count = query_output.write_parquet(cursor, output)
        else:
            count = (query_output.write_csv if chosen == "csv" else query_output.write_json)(cursor, output)
    if output is not None:
        told = f"{count_of(len(records), 'record')} in {count_of(count, 'row')}"
        click.echo(f"Wrote {told} to {output}", err=True)


_EXPORTED = (
    "domain", "table_name", "record_id", "rule_id", "reason", "first_seen_at", "export", "file_name", "row_number",
    "metrics",
)  # fmt: skip


def _described(record: QuarantinedRecord) -> dict[str, Any]:
    return {
        "domain": record.domain,
        "table": record.table,
        "record": record.record,
        "first_seen_at": record.first_seen_at,
        "export": record.export,
        "file": record.file,
        "row": record.row,
        "rules": list(record.reasons),
        "metrics": list(record.metrics),
    }
