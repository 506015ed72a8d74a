"""One record in plain words: what it is, where it counts, and the rows of files that it was made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import click

from pipelines.cli.explained_cells import format_cell, title_of
from pipelines.cli.going_on import own_command
from pipelines.cli.tables import Column, one_line, show_heading, show_paragraph, show_table
from pipelines.explaining.counted_in import Counted
from pipelines.explaining.one_record import Part, WalkedRecord
from pipelines.explaining.origins import Origins
from pipelines.gate.affected_metrics import name_briefly
from pipelines.words.numbers import count_of, format_instant, list_some

#: Rows of files, stretches and the like that are shown at most.
_MOST_ROWS: Final = 40
_MOST_NAMES: Final = 6
#: Columns of stretches and clocks that a narrow terminal does without, in that order.
_LEAST_NEEDED: Final = {
    name: rank
    for rank, name in enumerate(
        ("calendar", "cycle_number", "interval_number", "sla_policy", "priority", "paused_hours", "status", "team",
         "started_at", "calendar_hours", "waiting_reason"),
        start=1,
    )
}  # fmt: skip


def show_record(walked: WalkedRecord, *, with_values: bool) -> None:
    """Print everything that is known of a record."""
    show_heading(one_line(walked.key), f"{walked.kind}, a row of core.{walked.table}")
    _show_aside(walked)
    _section(1, "What it is")
    show_table(
        [Column("column"), Column("value")],
        [(_in_hours_named(name), format_cell(name, value)) for name, value in walked.fact.items() if value is not None],
    )
    for part in walked.parts:
        _show_part(part)
    _section(2, "Where it counts")
    _show_counted(walked.counted_in)
    for hold in walked.holds:
        click.echo()
        since = f" since {format_instant(hold.since_at)}" if hold.since_at else ""
        whose = f" {_names(hold.metrics)}" if len(walked.holds) > 1 else ""
        show_paragraph(f"Held{since}{whose}: {hold.reason}")
    _section(3, "The rows that it was made of")
    if walked.made_of:
        click.echo("It rests on these records; each can be walked further:")
        for key in walked.made_of[:_MOST_ROWS]:
            click.echo(f"  {own_command('explain', '--record', key)}")
        if len(walked.made_of) > _MOST_ROWS:
            click.echo(f"  and {len(walked.made_of) - _MOST_ROWS:,} more")
    _show_origins(walked.origins)
    if not with_values and walked.origins.rows:
        click.echo()
        again = own_command("explain", "--record", walked.key, "--values")
        click.echo(click.style(f"What stood in the rows may name people; it is shown by: {again}", dim=True))


def _section(number: int, title: str) -> None:
    click.echo()
    show_heading(f"{number}. {title}")


def _show_aside(walked: WalkedRecord) -> None:
    for row in walked.set_aside:
        since = format_instant(row["first_seen_at"])
        show_paragraph(f"Set aside by {row['rule_id']} since {since}: {row['reason']}")
    if walked.set_aside:
        click.echo(own_command("quarantine", "show", walked.key))


def _show_part(part: Part) -> None:
    names = [name for name in part.rows[0] if any(row[name] is not None for row in part.rows)]
    click.echo()
    click.echo(f"{count_of(len(part.rows), 'row')}, {part.title}:")
    show_table(
        [
            Column(title_of(name), is_right=name.endswith("_hours"), left_out=_LEAST_NEEDED.get(name, 0))
            for name in names
        ],
        [[format_cell(name, row[name]) for name in names] for row in part.rows[:_MOST_ROWS]],
    )
    if len(part.rows) > _MOST_ROWS:
        click.echo(f"and {len(part.rows) - _MOST_ROWS:,} more")


def _show_counted(counted: Sequence[Counted]) -> None:
    if not counted:
        click.echo("In no KPI: no period has it.")
        return
    show_table(
        [Column("day"), Column("month"), Column("contributes"), Column("to")],
        [(each.day, each.period, _contribution(each), _names(each.metrics)) for each in counted],
    )


def _contribution(counted: Counted) -> str:
    if counted.withheld_with:
        sharing = [name for name in counted.withheld_with if name not in counted.metrics]
        return f"not told while {list_some(sharing, 1)} is held" if sharing else "not told: held"
    if counted.not_measured_because is not None:
        return f"counts, not measured: {counted.not_measured_because}"
    told = [f"{title_of(name)} {format_cell(name, value)}" for name, value in _named(counted.contributes)]
    return ", ".join(told)


def _named(contributes: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(_in_hours_named(name), _in_hours(name, value)) for name, value in contributes.items()]


def _in_hours_named(name: str) -> str:
    """A column's name by the unit in which it is shown."""
    return name.replace("_microseconds", "_hours")


def _in_hours(name: str, value: Any) -> Any:
    return value / 3_600_000_000 if name.endswith("_microseconds") and value is not None else value


def _names(metrics: Sequence[str]) -> str:
    brief = name_briefly(metrics) if len(metrics) > _MOST_NAMES else list(metrics)
    return list_some(brief, _MOST_NAMES)


def _show_origins(origins: Origins) -> None:
    if origins.unknown_because:
        show_paragraph(origins.unknown_because)
        return
    if not origins.rows:
        click.echo("No row of any file has its key now.")
        return
    for each in origins.files:
        click.echo(one_line(f"landing/{each.export}/{each.file_name}"))
        click.echo(f"  SHA-256  {each.content_hash}")
        click.echo(f"  now      {each.now}")
        click.echo(f"  landed   {format_instant(each.loaded_at)}, in run {each.run_id}")
        click.echo(one_line(f"  load     {each.load_id}"))
        if each.replaced_by:
            click.echo(one_line(f"  replaced by {each.replaced_by}"))
    click.echo()
    show_table(
        [Column("row", is_right=True), Column("hash of the row"), Column("landed row"), Column("tells", left_out=2),
         Column("file", left_out=1)],
        [
            (f"{each.row_number:,}", each.row_hash, "the same" if each.is_landed else "NOT THE SAME", each.tells,
             each.file_name)
            for each in origins.rows[:_MOST_ROWS]
        ],
    )  # fmt: skip
    if len(origins.rows) > _MOST_ROWS:
        click.echo(f"and {count_of(len(origins.rows) - _MOST_ROWS, 'row')} more; --json has all")
    _show_values(origins)


def _show_values(origins: Origins) -> None:
    for each in origins.rows[:_MOST_ROWS]:
        if each.values is not None:
            click.echo()
            show_table(
                [Column(f"row {each.row_number} of {each.file_name}"), Column("value")], list(each.values.items())
            )
