"""The instrumentation scorecard: what is captured of each source, table and rule, and what to put right first.

Brings together what rules found over time and what gaps do to the metrics' bounds. First comes what holds metrics, then
what still happens, then what has stopped. Within these comes first what takes most coverage from a headline metric,
then from any other; what is only warned of comes between, as nobody knows of it whether it goes on. Counting records is
in `metrics.instrumentation.unmeasured`, bounds in `metrics.instrumentation.widths`; rules are judged in
`data_contracts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import polars as pl

from metrics.instrumentation.latest_gaps import PLACE, find_latest_gaps
from metrics.instrumentation.reasons import gap_of_rule, remedy_of
from metrics.spec import Metric
from models.ddl import conform
from models.marts import instrumentation_scorecard
from models.vocabulary import GapKind, RuleAction, RuleState

#: How long ago the second comparison lies at least.
EARLIER: Final = timedelta(days=28)

_UNALLOCATED_REMEDY: Final = (
    "Give this cost a pool and a driver in policies/costs.yaml: 'kpi query --query cost_lines_and_pools' lists what is "
    "in no pool. Cost that has both is left where its driver has nothing to share by, as in a month in which no team "
    "resolved a ticket: correct what names the team, or choose another driver."
)


@dataclass(frozen=True, slots=True)
class JudgedRule:
    """What the scorecard has to know of a rule beside what it found.

    Attributes:
        message: what a broken rule means, in plain language.
        protects: names of the metrics that require it or count its records.
        holds: names of the metrics that it holds now.
    """

    message: str
    protects: Sequence[str]
    holds: Sequence[str] = ()


def build_scorecard(
    metrics: Sequence[Metric],
    outcomes: pl.DataFrame,
    gaps: pl.DataFrame,
    rules: Mapping[str, JudgedRule],
    months: pl.DataFrame,
) -> pl.DataFrame:
    """One row per source, table and rule or missing thing.

    Args:
        metrics: all, in the order of the registry.
        outcomes: rows of `models.ops.ops_rule_outcomes`.
        gaps: rows of `models.marts.instrumentation_gaps`.
        rules: rules of the latest judgements, by id.
        months: `metric`, `period_start_date` and `eligible_count` of each closed month of each metric over everything.
            Exports end at different times, so that each metric has last months of its own.

    Returns:
        `models.marts.instrumentation_scorecard`, those with something to put right first, in their order.
    """
    touched = find_latest_gaps(gaps, months)
    rows = pl.concat([_of_rules(outcomes, rules), _of_missing(touched, gaps)], how="diagonal_relaxed")
    shown = _shown_metrics(touched, metrics)
    names = touched.group_by(PLACE).agg(
        gap_metrics=pl.col("metric").unique(),
        is_recent=pl.col("is_recent").any(),
        last_seen_date=pl.col("last_seen_date").max(),
        most_lost=_LOST.max(),
        headline_lost=_LOST.filter(
            pl.col("metric").is_in([metric.name for metric in metrics if metric.is_headline])
        ).max(),
    )
    order = {metric.name: place for place, metric in enumerate(metrics)}
    gap = ["source", "table_name", "gap_rule_id"]
    joined = (
        rows.with_columns(gap_rule_id=_counted_under())
        .join(names, left_on=gap, right_on=PLACE, how="left")
        .join(shown, left_on=gap, right_on=PLACE, how="left")
    )
    described = [_described(row, rules.get(row["rule_id"]), order) for row in joined.iter_rows(named=True)]
    frame = pl.DataFrame(described, schema={**joined.schema, **_DESCRIBED}, orient="row") if described else (
        joined.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in _DESCRIBED.items())
    )  # fmt: skip
    return conform(_ranked(frame), instrumentation_scorecard)


#: Coverage that a gap takes from a metric: of its last months if it still happens, else of the last that has it.
_LOST: Final = pl.coalesce("recent_lost", "lost_coverage_ratio")

_DESCRIBED: Final = {
    "gap_kind": pl.String,
    "what_to_do": pl.String,
    "protected_metric_count": pl.Int64,
    "affected_metric_count": pl.Int64,
    "held_metric_count": pl.Int64,
    "affected_metrics": pl.String,
}


def _counted_under() -> pl.Expr:
    """By which name the gap of a row is counted; a rule that is not broken, or sets records aside, has its own."""
    rule = pl.col("rule_id")
    only_warns = (pl.col("action") == RuleAction.WARN.value) & (pl.col("failed_record_count") > 0)
    return pl.when(only_warns).then(rule.map_elements(gap_of_rule, pl.String)).otherwise(rule)


def _captured() -> pl.Expr:
    records, failed = pl.col("record_count"), pl.col("failed_record_count")
    is_clean = (pl.col("failed_count") == 0) & (pl.col("state") == RuleState.PASSED.value)
    return pl.when(records > 0).then((records - failed) / records).when(is_clean).then(1.0)


def _of_rules(outcomes: pl.DataFrame, rules: Mapping[str, JudgedRule]) -> pl.DataFrame:
    """The latest outcome of each rule, of a broken one by source, beside what it was before."""
    judged = outcomes.with_columns(
        captured_ratio=_captured(),
        # The table of the records that a rule judges: of events, the tickets.
        table_name=pl.coalesce("record_table", "table_name").str.replace(r"^(.*\.)?(stg_)?", ""),
    )
    occasions = judged.group_by("domain", "decided_at").agg().sort("domain", "decided_at")
    latest = occasions.group_by("domain").agg(pl.col("decided_at").max().alias("latest_at"))
    chosen = occasions.join(latest, on="domain").group_by("domain", "latest_at").agg(
        previous_at=pl.col("decided_at").filter(pl.col("decided_at") < pl.col("latest_at")).max(),
        earlier_at=pl.col("decided_at").filter(pl.col("decided_at") <= pl.col("latest_at") - EARLIER).max(),
    )  # fmt: skip
    now = judged.join(chosen, left_on=["domain", "decided_at"], right_on=["domain", "latest_at"], how="inner").filter(
        pl.col("state").is_in([RuleState.PASSED.value, RuleState.FAILED.value, RuleState.ERRORED.value]),
        pl.col("rule_id").is_in(list(rules)),
    )
    has_sources = (pl.col("source") != "").any().over("domain", "rule_id")
    now = now.filter((pl.col("source") != "") | ~has_sources)
    before = _captured_at(now, judged, "previous_at", "previous_captured_ratio")
    before = _captured_at(before, judged, "earlier_at", "four_weeks_ago_captured_ratio")
    return before.select(
        *PLACE, "action", "state", "failed_count", "record_count", "failed_record_count", "captured_ratio",
        "previous_captured_ratio", "four_weeks_ago_captured_ratio",
        previous_date=pl.when(pl.col("previous_captured_ratio").is_not_null()).then(pl.col("previous_at").dt.date()),
    )  # fmt: skip


def _captured_at(now: pl.DataFrame, judged: pl.DataFrame, instant: str, name: str) -> pl.DataFrame:
    """What was captured at an earlier judgement: of the same source, or of all where nothing was broken."""
    then = judged.select("domain", "rule_id", "source", pl.col("decided_at").alias(instant), "captured_ratio")
    whole = then.filter(pl.col("source") == "", pl.col("captured_ratio") == 1.0).drop("source")
    keys = ["domain", "rule_id", instant]
    return (
        now.join(then.rename({"captured_ratio": "of_source"}), on=[*keys, "source"], how="left")
        .join(whole.rename({"captured_ratio": "of_all"}), on=keys, how="left")
        .with_columns(pl.coalesce("of_source", "of_all").alias(name))
        .drop("of_source", "of_all")
    )


def _of_missing(touched: pl.DataFrame, gaps: pl.DataFrame) -> pl.DataFrame:
    """What exports do not tell, by the metric that lacks most records for it, with the month before."""
    missing = touched.filter(pl.col("gap_kind") != GapKind.QUARANTINED.value)
    largest = missing.sort("record_count", "metric", descending=[True, False]).unique(
        PLACE, keep="first", maintain_order=True
    )
    captured = 1 - pl.col("record_count") / pl.col("source_eligible_count")
    before = gaps.select(*PLACE, "metric", "period_start_date", previous=captured)
    return (
        largest.with_columns(previous_date=pl.col("period_start_date").dt.offset_by("-1mo"))
        .join(before, left_on=[*PLACE, "metric", "previous_date"],
              right_on=[*PLACE, "metric", "period_start_date"], how="left")
        .select(
            *PLACE,
            pl.col("gap_kind").alias("missing_kind"),
            record_count="source_eligible_count",
            failed_record_count=pl.when(pl.col("source_eligible_count").is_not_null()).then(pl.col("record_count")),
            captured_ratio=captured,
            previous_captured_ratio="previous",
            previous_date=pl.when(pl.col("previous").is_not_null()).then(pl.col("previous_date")),
        )
    )  # fmt: skip


def _shown_metrics(touched: pl.DataFrame, metrics: Sequence[Metric]) -> pl.DataFrame:
    """Of each place the metric that shows best what it does."""
    known = pl.DataFrame(
        {
            "metric": [metric.name for metric in metrics],
            "metric_label": [metric.label for metric in metrics],
            "is_headline": [metric.is_headline for metric in metrics],
            "order": range(len(metrics)),
        },
        schema={"metric": pl.String, "metric_label": pl.String, "is_headline": pl.Boolean, "order": pl.Int64},
    )
    return (
        touched.join(known, on="metric", how="inner")
        .with_columns(lost=_LOST)
        .sort("is_recent", "is_headline", "lost", "order", descending=[True, True, True, False], nulls_last=True)
        .unique(PLACE, keep="first", maintain_order=True)
        .select(
            *PLACE, "metric", "metric_label",
            metric_period_start_date="period_start_date",
            metric_last_closed_date="last_closed_date",
            metric_record_count="record_count",
            metric_eligible_count="eligible_count",
            metric_lost_coverage_ratio="lost_coverage_ratio",
            metric_width_value="width_value",
            metric_bounds_width_value="bounds_width_value",
            metric_unit="unit",
        )
    )  # fmt: skip


def _described(row: dict[str, object], rule: JudgedRule | None, order: Mapping[str, int]) -> dict[str, object]:
    """A row with its kind, what to do, and the metrics that it touches."""
    kind = _kind_of(row, rule)
    in_gap = list(row["gap_metrics"] or ())  # type: ignore[call-overload]
    held = list(rule.holds) if rule and kind is GapKind.HOLDING else []
    affected = sorted({*in_gap, *held}, key=lambda name: order.get(name, len(order)))
    return {
        **row,
        "gap_kind": kind.value,
        "what_to_do": _what_to_do(row, kind, rule),
        "protected_metric_count": len({*(rule.protects if rule else ()), *affected}),
        "affected_metric_count": len(affected),
        "held_metric_count": len(held),
        "affected_metrics": ", ".join(affected) or None,
    }


def _kind_of(row: dict[str, object], rule: JudgedRule | None) -> GapKind:
    if rule is None:
        return GapKind(str(row["missing_kind"]))
    # Of a broken rule there are also sources that did not break it.
    if not row["failed_record_count"] and not row["failed_count"] and row["state"] != RuleState.ERRORED.value:
        return GapKind.NONE
    if rule.holds:
        return GapKind.HOLDING
    return GapKind.QUARANTINED if row["action"] == RuleAction.QUARANTINE.value else GapKind.WARNED


def _what_to_do(row: dict[str, object], kind: GapKind, rule: JudgedRule | None) -> str | None:
    message = rule.message.strip().rstrip(".") if rule else ""
    match kind:
        case GapKind.NONE:
            return None
        case GapKind.HOLDING:
            return f"{message}. It holds KPIs: 'kpi check' shows the rows; correct them and run again."
        case GapKind.QUARANTINED:
            return (
                f"{message}. 'kpi quarantine list --rule {row['rule_id']}' lists them; correct the export, run again."
            )
        case GapKind.UNALLOCATED:
            return _UNALLOCATED_REMEDY
        case GapKind.NOT_INSTRUMENTED:
            return remedy_of(str(row["rule_id"]))
        case _:
            return f"{message}. Only warned of: 'kpi check' shows the rows."


def _ranked(frame: pl.DataFrame) -> pl.DataFrame:
    is_open = pl.col("gap_kind") != GapKind.NONE.value
    in_order = frame.sort(
        is_open, "held_metric_count", pl.col("is_recent").fill_null(value=True),
        pl.col("headline_lost").fill_null(-1), pl.col("most_lost").fill_null(-1),
        pl.col("captured_ratio").fill_null(1), *PLACE,
        descending=[True, True, True, True, True, False, False, False, False], nulls_last=True,
    )  # fmt: skip
    return in_order.with_columns(
        fix_rank=pl.when(is_open).then(pl.int_range(1, pl.len() + 1)),
        captured_change_ratio=pl.col("captured_ratio") - pl.col("previous_captured_ratio"),
    )
