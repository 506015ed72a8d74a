"""A published value in plain words: the number, its meaning, its arithmetic, its records, and how to go on."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from textwrap import wrap
from typing import Any, Final

import click

from models.vocabulary import Grain
from pipelines.cli.explained_cells import format_cell, title_of
from pipelines.cli.going_on import own_command
from pipelines.cli.tables import Column, is_terminal, show_heading, show_paragraph, show_table
from pipelines.explaining.arithmetic import Listing
from pipelines.explaining.cell import Cell
from pipelines.explaining.exact_numbers import write_exactly
from pipelines.explaining.explanation import Explanation, all_records_sql
from pipelines.words.certainty import describe_coverage, describe_truth
from pipelines.words.numbers import NOTHING, count_records, format_instant, format_ratio, format_value, list_some
from pipelines.words.periods import long_day, name_period, sentence_case
from pipelines.words.restatements import tell_all_reasons

#: Longer lines of text are hard to read.
_READABLE: Final = 100
#: Files that are named of one change at the most.
_MOST_FILES: Final = 5
#: KPIs that are named of those that are held and computed from the same columns.
_MOST_SHARING: Final = 3
#: What is compared, for people.
_NAMES: Final = {
    "value": "value",
    "numerator": "numerator",
    "denominator": "denominator",
    "eligible_count": "records that should count",
    "measured_count": "records that could be measured",
    "lower_bound": "lower bound",
    "upper_bound": "upper bound",
}


def show_explanation(explained: Explanation) -> None:
    """Print everything that is told of a value."""
    _show_number(explained)
    _show_meaning(explained.cell)
    _show_arithmetic(explained)
    _show_records(explained)
    _show_restated(explained)
    _show_how_to_go_on(explained)


def _section(number: int, title: str) -> None:
    click.echo()
    show_heading(f"{number}. {title}")


def _show_number(explained: Explanation) -> None:
    cell, row = explained.cell, explained.cell.published
    metric, unit = cell.metric, cell.metric.unit.value
    show_heading(metric.label, f"{metric.name}, version {row['metric_version']}")
    _section(1, "The number as published")
    value = format_ratio(row["value"]) if unit == "ratio" else format_value(row["value"], unit, cell.currency)
    exact = "" if row["value"] is None else _exact(row["value"], cell)
    # How sure it is stands below: here are only the digits that rounding took.
    exact = f"  unrounded {exact}" if exact and exact != value else ""
    click.echo(f"{click.style(value, bold=True)}{click.style(exact, dim=True)}")
    whose = "over everything" if cell.is_whole else f"{cell.dimension.value} {cell.member}"
    state = "closed" if row["is_period_closed"] else "not closed"
    chosen = ""
    if cell.is_default:
        latest = "the latest closed month" if row["is_period_closed"] else "the latest month, as none is closed"
        if cell.passed_over is not None:
            latest = f"the latest closed month with {metric.counted_records}"
        chosen = f": {latest}"
    period = sentence_case(name_period(cell.period.start, cell.period.grain.value))
    days = "" if cell.period.start == cell.period.end else f", {cell.period.start} to {cell.period.end}"
    if cell.is_of_the_clock:
        show_paragraph(f"As of {long_day(cell.as_of_date)}, the day of the data's clock, {whose}.")
    else:
        show_paragraph(f"{period}{chosen} ({state}{days}), {whose}.")
    eligible, measured = row["eligible_count"], row["measured_count"]
    counted = f"{measured:,} of {count_records(eligible, metric.counted_records)}"
    coverage = sentence_case(describe_coverage(row["coverage_ratio"], eligible, counted))
    truth = describe_truth(
        metric.name,
        row["coverage_ratio"],
        row["lower_bound"],
        row["upper_bound"],
        unit,
        cell.currency,
        explained.told,
    )
    # Of nothing that is measured the truth may still lie between two values; that it is not below 0 says nothing.
    is_bounded = row["value"] is not None or row["upper_bound"] is not None
    show_paragraph(f"{coverage}; {truth}." if is_bounded else f"{coverage}.")
    for note in explained.notes:
        show_paragraph(f"Note: {note}")


def _exact(value: float, cell: Cell) -> str:
    unit = cell.metric.unit.value
    return write_exactly(value, unit, cell.currency) if unit != "reporting" else f"{value:,.10g} {cell.currency}"


def _show_meaning(cell: Cell) -> None:
    metric = cell.metric
    _section(2, "What it means")
    unit = metric.unit.label if metric.unit.value != "reporting" else f"{cell.currency}, the reporting currency"
    facts = {
        "Says": metric.meaning,
        "Formula": metric.formula,
        "Counts": metric.population.eligibility,
        "Period": f"decided by: {metric.period_date}",
        "Unit": unit,
    }
    width = max(map(len, facts))
    for name, text in facts.items():
        first, *others = wrap(text, width=_text_width() - width - 2)
        click.echo(f"{click.style(f'{name:<{width}}', dim=True)}  {first}")
        for line in others:
            click.echo(" " * (width + 2) + line)


def _text_width() -> int:
    """How long a line of text may be: as wide as the terminal, and not more than can be read."""
    return min(shutil.get_terminal_size().columns, _READABLE) if is_terminal() else _READABLE


def _show_arithmetic(explained: Explanation) -> None:
    _section(3, "How it comes out of the records")
    if explained.arithmetic is None:
        show_paragraph(_why_withheld(explained))
        return
    for step in explained.arithmetic.sentences:
        show_paragraph(f"- {step}")
    for listing in explained.arithmetic.listings:
        _show_listing(listing)
    click.echo()
    if explained.is_true:
        compared = [_NAMES[each.name] for each in explained.comparisons if each.published is not None]
        click.echo(click.style("This is what was published.", fg="green"))
        show_paragraph(f"Compared: {', '.join(compared)}.")
        return
    click.echo(click.style("THIS IS NOT WHAT WAS PUBLISHED.", fg="red", bold=True))
    show_table(
        [Column("number"), Column("published", is_right=True), Column("from the records", is_right=True), Column("")],
        [
            (_NAMES[each.name], _plain(each.published), _plain(each.recomputed), "" if each.agrees else "differs")
            for each in explained.comparisons
        ],
    )
    for doubt in explained.arithmetic.doubts:
        show_paragraph(f"{doubt}")
    show_paragraph(
        "Do not use the number before it is known why. 'kpi run --full' computes everything anew; if it still differs "
        "then, it is a fault of this program: keep the published file and report it."
    )


def _why_withheld(explained: Explanation) -> str:
    """Why it is not told what the records come to."""
    if explained.cell.is_held:
        return (
            "The KPI is held, so its value is that of earlier data, while the records beside it are those of now. What "
            "they come to is the number that may not be published: it is not computed here."
        )
    return (
        f"{_name_sharing(explained.withheld_with)}, and computed from the same columns of the records, which are empty "
        "meanwhile. So this value is published, but cannot be computed anew now."
    )


def _name_sharing(metrics: Sequence[str]) -> str:
    """That other KPIs are held: `ticket_lead_time_p85_business_hours is held`."""
    return f"{list_some(metrics, _MOST_SHARING)} {'are' if len(metrics) > 1 else 'is'} held"


def _plain(value: object) -> str:
    return NOTHING if value is None else str(value)


def _show_listing(listing: Listing) -> None:
    click.echo()
    columns = [Column(title, is_right=index >= len(listing.columns) - _numbers(listing))
               for index, title in enumerate(listing.columns)]  # fmt: skip
    show_table(columns, listing.rows)


def _numbers(listing: Listing) -> int:
    """How many columns at the end are numbers."""
    return sum(any(character.isdigit() for character in str(cell)) for cell in listing.rows[-1]) if listing.rows else 0


def _show_records(explained: Explanation) -> None:
    records = explained.records
    _section(4, "The records that matter most")
    if explained.arithmetic is None:
        held = "the KPI is held" if explained.cell.is_held else _name_sharing(explained.withheld_with)
        show_paragraph(f"They are not listed while {held}.")
        return
    if not explained.matters:
        click.echo("None could be measured.")
    else:
        names = [name for name in (*records.keys, *records.shown) if _says_something(explained.matters, name)]
        click.echo(f"{sentence_case(records.noun)}, {records.order_words}:")
        show_table(
            [
                Column(title_of(name), is_right=_is_number(explained.matters, name), left_out=_rank(name, names))
                for name in names
            ],
            [[format_cell(name, row[name]) for name in names] for row in explained.matters],
        )
    _show_unmeasured(explained)


def _says_something(rows: Sequence[dict[str, Any]], name: str) -> bool:
    """Whether a column is filled, and tells at least one record from another if it is only a part of their key."""
    found = {row[name] for row in rows}
    return found != {None} and not (name in _PARTS_OF_KEYS and len(found) == 1)


def _rank(name: str, names: Sequence[str]) -> int:
    """How soon a column is left out on a narrow terminal: never what names a record and what it contributes."""
    if name in (names[0], names[-1]):
        return 0
    order = [*(each for each in _LEAST_NEEDED if each in names), *(each for each in names if each not in _LEAST_NEEDED)]
    return order.index(name) + 1


#: Columns that say least of what a record contributes, in the order in which a narrow terminal does without them.
_LEAST_NEEDED: Final = (
    "currency_code",
    "service",
    "sla_policy",
    "vendor",
    "priority",
    "created_at",
    "driver",
    "status",
)
#: Parts of keys that are the same for most records.
_PARTS_OF_KEYS: Final = ("target", "cycle_number", "month_date")


def _is_number(rows: Sequence[dict[str, Any]], name: str) -> bool:
    return isinstance(next((row[name] for row in rows if row[name] is not None), None), int | float) or name.endswith(
        ("_reporting", "_original")
    )


def _show_unmeasured(explained: Explanation) -> None:
    if not explained.unmeasured:
        return
    total = sum(each.record_count for each in explained.unmeasured)
    click.echo()
    verb = "counts and is" if total == 1 else "count and are"
    click.echo(f"{count_records(total, explained.records.noun)} {verb} not measured:")
    for each in explained.unmeasured:
        more = each.record_count - len(each.examples)
        listed = ", ".join(each.examples) + (f" and {more:,} more" if more and each.examples else "")
        show_paragraph(f"- {each.record_count:,}: {each.reason}" + (f" ({listed})" if listed else ""))


def _show_restated(explained: Explanation) -> None:
    cell = explained.cell
    _section(5, "What was told before")
    if not cell.is_whole:
        click.echo("Only values over everything are remembered.")
    elif cell.period.grain.value not in ("month", "quarter"):
        click.echo("Only values of months and quarters are remembered.")
    elif not explained.restated:
        click.echo("Nothing else: the value is the one that was told first.")
    for row in explained.restated:
        currency = row["currency_code"] or cell.currency
        unit = cell.metric.unit.value
        before, now = (format_value(row[name], unit, currency) for name in ("value_before", "value_now"))
        counted = f"{row['eligible_before_count']:,} records"
        counted += f", then {row['eligible_now_count']:,}" if row["eligible_now_count"] is not None else ""
        told = f"- Until {format_instant(row['restated_at'])} it was {before}, from then on {now} ({counted})."
        show_paragraph(" ".join(filter(None, (told, _why_restated(row)))))


def _why_restated(row: dict[str, Any]) -> str:
    """Everything that happened between the two values, as a sentence."""
    clauses = tell_all_reasons([row], most=_MOST_FILES)
    return f"{sentence_case('; '.join(clauses))}." if clauses else ""


def _show_how_to_go_on(explained: Explanation) -> None:
    cell, records = explained.cell, explained.records
    _section(6, "How to go on")
    if explained.withheld_with:
        click.echo(f"What is held  {own_command('status')}")
        click.echo(f"Is it right   {own_command('check')}")
        return
    lines = [("All records", own_command("explain", *cell.arguments, "--records"))]
    lines.append(("As a file", own_command("explain", *cell.arguments, "-o", "records.xlsx")))
    if records.brief_sql is not None:
        lines.append(("In SQL", own_command("query", records.brief_sql)))
    else:
        lines.append(("In SQL", own_command("explain", *cell.arguments, "--sql")))
    key = explained.matters[0][records.keys[0]] if explained.matters else None
    if key is not None and records.keys[0] in _WALKED:
        lines.append(("One record", own_command("explain", "--record", str(key))))
    if explained.unmeasured and cell.is_whole:
        asked = {
            "metric": cell.metric.name,
            "months": 3 if cell.period.grain is Grain.QUARTER else 1,
            "to_date": cell.last_day,
        }
        given = [word for name, value in asked.items() for word in ("--param", f"{name}={value}")]
        lines.append(("What to mend", own_command("query", "gaps_of_a_metric", *given)))
    width = max(len(name) for name, _ in lines)
    for name, command in lines:
        click.echo(f"{name:<{width}}  {command}")


#: Keys that `kpi explain --record` takes.
_WALKED: Final = (
    "ticket_id", "cost_line_id", "budget_line_id", "delivery_id", "vendor_invoice_line_id", "service_credit_id",
    "vendor_recoverable_id",
)  # fmt: skip


def describe(explained: Explanation) -> dict[str, Any]:
    """The same for programs."""
    cell, arithmetic = explained.cell, explained.arithmetic
    return {
        "metric": cell.metric.name,
        "label": cell.metric.label,
        "period": cell.period.name,
        "period_start_date": cell.period.start,
        "period_end_date": cell.period.end,
        "is_default_period": cell.is_default,
        "passed_over_period": cell.passed_over.name if cell.passed_over else None,
        "published": dict(cell.published),
        "currency": cell.currency,
        "state": cell.definition["publication_state"],
        "withheld_with": list(explained.withheld_with),
        "notes": list(explained.notes),
        "definition": {**cell.metric.definition(), "eligible": cell.metric.population.eligibility},
        "arithmetic": None
        if arithmetic is None
        else {
            "steps": list(arithmetic.sentences),
            "listings": list(arithmetic.listings),
            "doubts": list(arithmetic.doubts),
            "recomputed": arithmetic.numbers,
        },
        "agrees": explained.is_true if arithmetic is not None else None,
        "disagreements": list(explained.disagreements),
        "records": {
            "noun": explained.records.noun,
            "order": explained.records.order_words,
            "most": list(explained.matters),
            "unmeasured": list(explained.unmeasured),
            "sql": None if explained.withheld_with else all_records_sql(explained.records),
        },
        "restated": list(explained.restated),
        "record_count": None if arithmetic is None else arithmetic.numbers.eligible_count,
    }
