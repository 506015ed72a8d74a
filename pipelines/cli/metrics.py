"""`kpi metrics`: all KPIs with their latest closed month, week or quarter, or one with its definition and last ones."""

from __future__ import annotations

from dataclasses import asdict, replace
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click

from pipelines.cli.completing import complete_metric
from pipelines.cli.options import chosen_home, common_options, json_option

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from metrics.spec import Metric
    from pipelines.cli.trends import MetricTrend, PeriodValue
    from pipelines.home import Home
    from pipelines.words.certainty import Told

#: Closed periods that are shown of one metric.
_PERIODS_DESCRIBED = 6
#: Names of metrics that a sentence has at most.
_MOST_NAMES = 3
_GRAINS = ("month", "week", "quarter")


class _Grain(click.Choice[str]):
    """A length of periods; who asks for another one, or for a breakdown, is told what shows it."""

    def __init__(self) -> None:
        super().__init__(_GRAINS)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value not in self.choices and (shown_by := _what_shows(str(value))):
            self.fail(f"it takes {', '.join(_GRAINS[:-1])} or {_GRAINS[-1]}. {shown_by}", param, ctx)
        return super().convert(value, param, ctx)


def _what_shows(wanted: str) -> str:
    """What shows days or a breakdown of a KPI, as `--by` does not; empty for what nothing shows."""
    from models.vocabulary import Dimension, Grain

    if wanted == Grain.DAY:
        return f"Of days: kpi query --query metric_history --param metric=NAME --param period_grain={wanted}"
    if wanted in set(Dimension) - {Dimension.OVERALL}:
        where = f"dimension = '{wanted}' AND period_grain = 'month'"
        return f'By {wanted}: kpi query "FROM mart.kpi_NAME WHERE {where}"'
    return ""


@click.command()
@click.argument("words", nargs=-1, metavar="[NAME | WORD...]", shell_complete=complete_metric)
@click.option("--by", "grain", type=_Grain(), default="month", help="Show months, weeks or quarters.")
@json_option
@common_options
def metrics(words: tuple[str, ...], grain: str, as_json: bool) -> None:
    """List the KPIs with their latest closed month, week or quarter, or describe the one called NAME.

    Other words find KPIs, views and packaged questions that have them all in their name or description.
    """
    home = chosen_home()
    if not words:
        _list(home, grain, as_json=as_json)
        return
    metric = _metric_named(words[0]) if len(words) == 1 else None
    if metric is not None:
        _describe(home, metric, grain, as_json=as_json)
    else:
        from pipelines.cli.finding import show_found

        show_found(words, as_json=as_json)


def _metric_named(name: str) -> Metric | None:
    from metrics.registry import metric_named

    try:
        return metric_named(name.removeprefix("mart.").removeprefix("kpi_"))
    except KeyError:
        return None


def _read(home: Home, metric: str | None, grain: str, count: int) -> tuple[dict[str, MetricTrend], str]:
    """Trends by metric, and the reporting currency; no trends if nothing is published yet."""
    from pipelines.cli.published import open_published, publication_of
    from pipelines.cli.trends import read_trends

    if not home.published_file.is_file():
        return {}, home.settings.reporting.currency
    with open_published(home) as connection:
        trends = read_trends(connection, count=count, metric=metric, grain=grain)
        return {trend.metric: trend for trend in trends}, publication_of(connection).currency


def _list(home: Home, grain: str, *, as_json: bool) -> None:
    from metrics.registry import METRICS
    from pipelines.cli.tables import Column, show_json, show_paragraph, show_table
    from pipelines.cli.trends import TREND_LENGTH
    from pipelines.words.certainty import format_coverage
    from pipelines.words.numbers import (
        NOTHING,
        draw_sparkline,
        format_period,
        format_value,
    )
    from pipelines.words.periods import sentence_case

    trends, currency = _read(home, None, grain, TREND_LENGTH)
    if as_json:
        show_json([_summary(metric, trends.get(metric.name), grain) for metric in METRICS])
        return
    rows = []
    for metric in METRICS:
        trend = trends.get(metric.name)
        latest, before = (trend.latest, trend.period_before) if trend else (None, None)
        value = latest.value if latest else None
        rows.append(
            (
                metric.name,
                format_value(value, metric.unit, currency),
                _change(latest, before, metric),
                draw_sparkline(trend.trend()) if trend else "",
                format_period(latest.start_date, grain) if latest else NOTHING,
                format_coverage(latest.coverage_ratio, latest.eligible_count) if latest else NOTHING,
                trend.publication_state if trend else "not published",
            )
        )
    show_table(
        [
            Column("metric"), Column("value", is_right=True), Column("change", is_right=True, left_out=3),
            Column(f"{TREND_LENGTH} {grain}s", left_out=1), Column(grain, left_out=2),
            Column("measured", is_right=True, left_out=4), Column("state"),
        ],
        rows,
    )  # fmt: skip
    click.echo()
    for reason, names in group_by_reason(trends.values()).items():
        show_paragraph(f"No value of {name_some(names)}: {reason}.", indent=0)
    for reason, names in group_by_reason(trends.values(), of="not_compared_reason").items():
        show_paragraph(f"No change of {name_some(names)}: {reason}.", indent=0)
    if note := next((trend.clock_note for trend in trends.values() if trend.clock_note), ""):
        show_paragraph(f"{sentence_case(note)}.", indent=0)
    click.echo(click.style(f"Latest closed {grain}. 'kpi metrics NAME' says what a number means.", dim=True))


def _change(latest: PeriodValue | None, before: PeriodValue | None, metric: Metric) -> str:
    from pipelines.words.numbers import NOTHING, describe_change

    if latest is None or before is None:
        return NOTHING
    return describe_change(latest.value, before.value, metric.unit, bounds=latest.bounds, bounds_before=before.bounds)


def group_by_reason(trends: Iterable[MetricTrend], *, of: str = "no_value_reason") -> dict[str, list[str]]:
    """Metrics by what the trends say of them, without those of which they say nothing.

    Args:
        of: the attribute that says it: by default, why there is no value of the latest closed period.
    """
    found: dict[str, list[str]] = {}
    for trend in trends:
        if reason := getattr(trend, of):
            found.setdefault(reason, []).append(trend.metric)
    return found


def name_some(metrics: Sequence[str]) -> str:
    """Names of metrics for a sentence: `vendor_*` for all of a subject, and not more than can be read."""
    from pipelines.gate.affected_metrics import name_briefly
    from pipelines.words.numbers import list_all

    names = name_briefly(metrics)
    shown = names if len(names) <= _MOST_NAMES + 1 else [*names[:_MOST_NAMES], f"{len(names) - _MOST_NAMES} more"]
    return list_all(shown)


def _summary(metric: Metric, trend: MetricTrend | None, grain: str) -> dict[str, Any]:
    latest = trend.latest if trend else None
    return {
        **metric.definition(),
        "view": f"mart.{metric.view}",
        "state": trend.publication_state if trend else "not published",
        "held_reason": trend.held_reason if trend else None,
        "no_value_reason": (trend.no_value_reason or None) if trend else None,
        "clock_note": (trend.clock_note or None) if trend else None,
        "target": float(trend.target) if trend and trend.target is not None else None,
        f"latest_closed_{grain}": _described(latest, grain) if latest else None,
    }


def _described(period: PeriodValue, grain: str) -> dict[str, Any]:
    """A value for programs: the period's first day under the period's name, then the numbers."""
    numbers = asdict(period)
    return {grain: numbers.pop("start_date"), **numbers}


def _describe(home: Home, metric: Metric, grain: str, *, as_json: bool) -> None:
    from pipelines.cli.tables import show_json

    # One more than is shown, which tells whether there are earlier ones.
    trends, currency = _read(home, metric.name, grain, _PERIODS_DESCRIBED + 1)
    trend = trends.get(metric.name)
    has_earlier = trend is not None and len(trend.periods) > _PERIODS_DESCRIBED
    if trend is not None:
        trend = replace(trend, periods=trend.periods[-_PERIODS_DESCRIBED:])
    if as_json:
        periods = [_described(period, grain) for period in trend.periods] if trend else []
        summary = _summary(metric, trend, grain)
        own = [asdict(target) for target in trend.breakdown_targets] if trend else []
        held_to = [
            {grain: each.pop("start_date"), **each, **_as_floats(each, "target_value", "distance_value")}
            for each in own
        ]
        show_json(
            {
                **summary,
                "breakdown_targets": held_to,
                "eligible": metric.population.eligibility,
                f"{grain}s": periods,
            }
        )
        return
    _show_definition(metric, trend, currency)
    _show_periods(metric, trend, currency)
    if has_earlier:
        _show_where_earlier_ones_are(metric, grain)
    _show_breakdown_targets(metric, trend, currency)
    click.echo()
    click.echo("Ask for it:")
    click.echo(f'  kpi query "{example_query(metric, grain)}"')


def _as_floats(row: dict[str, Any], *names: str) -> dict[str, float | None]:
    return {name: None if row[name] is None else float(row[name]) for name in names}


def _show_definition(metric: Metric, trend: MetricTrend | None, currency: str) -> None:
    from pipelines.cli.tables import show_heading
    from pipelines.words.periods import sentence_case

    show_heading(metric.label, f"{metric.name}, version {metric.version}")
    click.echo(metric.meaning)
    click.echo()
    facts = {
        "Formula": metric.formula,
        "Counts": metric.population.eligibility,
        "Period": metric.period_date,
        "Unit": metric.unit.label if metric.unit != "reporting" else f"{currency}, the reporting currency",
        "Better when": {"up_is_good": "up", "down_is_good": "down"}.get(metric.direction, "neither way"),
        "Target": _wanted(metric, trend, currency),
        "Broken down by": ", ".join(dimension for dimension in metric.dimensions if dimension != "overall"),
        "Owner": metric.owner,
        "Requires": trend.requires if trend else ", ".join(domain.value for domain in metric.requires),
        "View": f"mart.{metric.view}",
        "State": (trend.publication_state if trend else "not published")
        + (f": {trend.held_reason}" if trend and trend.held_reason else ""),
    }
    if trend and trend.clock_note:
        facts["Note"] = sentence_case(trend.clock_note)
    if trend and trend.no_value_reason and not trend.held_reason:
        facts["No value because"] = trend.no_value_reason
    width = max(map(len, facts))
    for fact, text in facts.items():
        first, *others = wrap(text, width=90) or [""]
        click.echo(f"{click.style(f'{fact:<{width}}', dim=True)}  {first}")
        for line in others:
            click.echo(" " * (width + 2) + line)


def _wanted(metric: Metric, trend: MetricTrend | None, currency: str) -> str:
    return "none" if trend is None or trend.target is None else _bounded(metric, trend.target, currency)


def _bounded(metric: Metric, target: Decimal, currency: str) -> str:
    from pipelines.words.targets import describe_wanted

    return describe_wanted(target, metric.direction, metric.unit, currency)


def _show_breakdown_targets(metric: Metric, trend: MetricTrend | None, currency: str) -> None:
    """Targets of single teams and the like, with what became of them."""
    from pipelines.cli.tables import Column, show_table
    from pipelines.words.numbers import format_period, format_value
    from pipelines.words.targets import describe_outcome

    if trend is None or not trend.breakdown_targets:
        return
    click.echo()
    show_table(
        [
            Column("target of"), Column("by"), Column(trend.grain), Column("value", is_right=True), Column("target"),
            Column("what became of it"),
        ],
        [
            (
                held_to.dimension_value,
                held_to.dimension,
                format_period(held_to.start_date, trend.grain),
                format_value(held_to.value, metric.unit, currency),
                _bounded(metric, held_to.target_value, currency),
                describe_outcome(
                    held_to.target_state, held_to.distance_value, metric.unit, currency, is_certain=held_to.is_certain
                ),
            )
            for held_to in trend.breakdown_targets
        ],
    )  # fmt: skip


def _told(metric: Metric, period: PeriodValue, trend: MetricTrend) -> Told:
    from metrics.kinds import Stock
    from metrics.periods import Period
    from models.vocabulary import Grain

    is_of_end = isinstance(metric.kind, Stock)
    return period.told.at_end(Period(Grain(trend.grain), period.start_date).end) if is_of_end else period.told


def _show_periods(metric: Metric, trend: MetricTrend | None, currency: str) -> None:
    from pipelines.cli.tables import Column, show_table
    from pipelines.words.certainty import format_coverage, format_truth
    from pipelines.words.numbers import format_period, format_value
    from pipelines.words.periods import name_months

    if trend is None or not trend.periods:
        return
    lacks = any(period.missing_months for period in trend.periods)
    begins = any(trend.only_from(period) for period in trend.periods)
    click.echo()
    show_table(
        [
            Column(trend.grain), Column("value", is_right=True), Column("measured", is_right=True),
            Column(metric.counted_records, is_right=True), Column("the truth is"),
            *([Column("the ledger has no line of")] if lacks else []),
            *([Column("not complete")] if begins else []),
        ],
        [
            (
                format_period(period.start_date, trend.grain),
                format_value(period.value, metric.unit, currency),
                format_coverage(period.coverage_ratio, period.eligible_count),
                f"{period.eligible_count:,}",
                format_truth(*period.bounds, metric.unit, currency, _told(metric, period, trend)),
                *([name_months(period.missing_months) if period.missing_months else ""] if lacks else []),
                *([trend.only_from(period)] if begins else []),
            )
            for period in reversed(trend.periods)
        ],
    )  # fmt: skip
    if lacks:
        lacks_some = "reaches into a month without any" if trend.grain == "week" else "lacks whole months"
        click.echo(f"A {trend.grain} that {lacks_some} is compared with no other.")
    if begins:
        click.echo(f"A {trend.grain} that is not told from its beginning to its end is compared with no other.")


def _show_where_earlier_ones_are(metric: Metric, grain: str) -> None:
    asked = f"--param metric={metric.name}" + (f" --param period_grain={grain}" if grain != "month" else "")
    click.echo(f"The latest {_PERIODS_DESCRIBED} {grain}s. Earlier ones: kpi query metric_history {asked}")


def example_query(metric: Metric, grain: str = "month") -> str:
    """A query on the metric's view that an analyst can change to taste."""
    return (
        "SELECT period_start_date, dimension_value AS team, value, coverage_ratio "
        f"FROM mart.{metric.view} WHERE period_grain = '{grain}' AND dimension = 'team' ORDER BY ALL"
        if "team" in metric.dimensions
        else "SELECT period_start_date, value, coverage_ratio "
        f"FROM mart.{metric.view} WHERE period_grain = '{grain}' AND dimension = 'overall' ORDER BY ALL"
    )
