"""The three headline KPIs, as `kpi run` and `kpi demo` show them: month of the report, change, trend, certainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from pipelines.cli.published import describe_reaches, open_published, publication_of
from pipelines.cli.tables import STATE_STYLES, show_heading
from pipelines.cli.trends import MetricTrend, read_trends
from pipelines.published.publication import PublicationFacts, Reach, read_reaches
from pipelines.words.certainty import describe_coverage, describe_truth
from pipelines.words.numbers import (
    NOTHING,
    count_of,
    count_records,
    draw_sparkline,
    format_change,
    format_month,
    format_value,
    judge_change,
)
from pipelines.words.periods import sentence_case

if TYPE_CHECKING:
    from pipelines.home import Home


@dataclass(frozen=True, slots=True)
class Headlines:
    """The headline metrics of a publication.

    Attributes:
        other_count: how many other KPIs are published.
    """

    publication: PublicationFacts
    metrics: tuple[MetricTrend, ...]
    reaches: tuple[Reach, ...]
    other_count: int = 0


def read_headlines(home: Home) -> Headlines | None:
    """The headlines of the published file; None if there is none yet."""
    from metrics.registry import HEADLINES

    if not home.published_file.is_file():
        return None
    names = [metric.name for metric in HEADLINES]
    with open_published(home) as connection:
        trends = {trend.metric: trend for trend in read_trends(connection)}
        publication, reaches = publication_of(connection), read_reaches(connection)
    return Headlines(
        publication,
        tuple(trends[name] for name in names if name in trends),
        tuple(reaches),
        other_count=sum(trend.publication_state == "published" and name not in names for name, trend in trends.items()),
    )


def show_headlines(headlines: Headlines) -> None:
    """Print two lines per headline: the number with its movement, and how sure it is."""
    publication = headlines.publication
    show_heading(publication.home_name, describe_reaches(headlines.reaches) or "no data yet")
    for metric in headlines.metrics:
        click.echo()
        _show_headline(metric, publication.currency)
    if headlines.other_count and all(metric.latest is None for metric in headlines.metrics):
        click.echo()
        told = count_of(headlines.other_count, "other KPI is", "other KPIs are")
        click.echo(f"{told} published: 'kpi metrics' lists them.")


def describe_headlines(headlines: Headlines) -> list[dict[str, Any]]:
    """The headlines for programs."""
    described = []
    for metric in headlines.metrics:
        latest, before = metric.latest, metric.period_before
        described.append(
            {
                "metric": metric.metric,
                "label": metric.label,
                "unit": metric.unit,
                "currency_code": headlines.publication.currency if metric.unit == "reporting" else None,
                "state": metric.publication_state,
                "month": latest.start_date if latest else None,
                "value": latest.value if latest else None,
                "no_value_reason": metric.no_value_reason or None,
                "not_compared_reason": metric.not_compared_reason or None,
                "value_month_before": before.value if before else None,
                "lower_bound": latest.lower_bound if latest else None,
                "upper_bound": latest.upper_bound if latest else None,
                "eligible_count": latest.eligible_count if latest else None,
                "measured_count": latest.measured_count if latest else None,
                "coverage_ratio": latest.coverage_ratio if latest else None,
            }
        )
    return described


def _show_headline(metric: MetricTrend, currency: str) -> None:
    latest = metric.latest
    label = click.style(f"{metric.label:<32}", bold=True)
    if latest is None:
        click.echo(f"{label}  {NOTHING}  {click.style(metric.no_value_reason, dim=True)}")
        return
    before = metric.period_before
    before_value = before.value if before else None
    judgement = judge_change(
        latest.value,
        before_value,
        metric.direction,
        metric.unit,
        bounds=latest.bounds,
        bounds_before=before.bounds if before else (None, None),
    )
    trend = metric.trend()
    color = STATE_STYLES.get(judgement)
    parts = [
        label,
        click.style(f"{format_value(latest.value, metric.unit, currency):>12}", bold=True),
        click.style(f"{_movement(latest.value, before_value, metric, judgement):<22}", fg=color),
        draw_sparkline(trend),
    ]
    click.echo("  ".join(parts).rstrip())
    measured = f"{latest.measured_count:,} of {count_records(latest.eligible_count, metric.counted_records)}"
    shown = [
        format_month(latest.start_date),
        describe_coverage(latest.coverage_ratio, latest.eligible_count, measured)
        if latest.eligible_count or latest.value is not None
        else "",
        metric.no_value_reason,
    ]
    if metric.only_from(latest):
        shown[0] += f" {metric.only_from(latest)}"
    if not metric.no_value_reason or latest.upper_bound is not None:
        bounds = (latest.coverage_ratio, latest.lower_bound, latest.upper_bound)
        shown.append(describe_truth(metric.metric, *bounds, metric.unit, currency, latest.told))
    click.echo(click.style("  " + " · ".join(filter(None, shown)), dim=True))
    if metric.not_compared_reason:
        click.echo(click.style(f"  {sentence_case(metric.not_compared_reason)}.", dim=True))
    if metric.publication_state == "held":
        click.echo(click.style("  held by the gate: this is the last good value", fg="red"))


def _movement(value: float | None, before: float | None, metric: MetricTrend, judgement: str) -> str:
    change = format_change(value, before, metric.unit)
    if metric.not_compared_reason:
        return "not compared"
    if change == NOTHING:
        return "no month before"
    return f"{change} {judgement}".rstrip()
