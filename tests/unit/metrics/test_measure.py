"""Measured values against an independent computation in plain SQL, cell by cell."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import duckdb
import polars as pl
import pytest
from made_up_operation import frame_of
from polars.testing import assert_frame_equal

from metrics.measure import MEASURED_FACTS, measure
from metrics.registry import METRICS, metric_named
from metrics.spec import Percentile
from models.ddl import polars_schema
from models.marts import metric_values

ZONE = "Europe/Amsterdam"
KEYS = ["period_grain", "period_start_date", "dimension", "dimension_value"]
NUMBERS = ["value", "numerator", "denominator", "lower_bound", "upper_bound", "eligible_count", "measured_count"]
GRAINS = ("day", "week", "month")
DIMENSIONS = ("overall", "team", "priority", "service", "vendor")
HOUR = 3_600_000_000

RESOLVED = """
    SELECT *, CAST((CASE WHEN is_quarantined THEN coalesce(resolved_at, created_at) ELSE resolved_at END)
                   AT TIME ZONE 'Europe/Amsterdam' AS DATE) AS day
    FROM fct_tickets WHERE NOT is_cancelled AND (is_done OR is_quarantined)
"""
CLAIMED = f"""
    SELECT * FROM ({RESOLVED})
    WHERE source IN (SELECT source FROM fct_tickets WHERE is_sla_met_at_source IS NOT NULL)
"""
CREATED = """
    SELECT *, CAST(created_at AT TIME ZONE 'Europe/Amsterdam' AS DATE) AS day FROM fct_tickets WHERE NOT is_cancelled
"""
CANCELLED = """
    SELECT *, CAST(cancelled_at AT TIME ZONE 'Europe/Amsterdam' AS DATE) AS day FROM fct_tickets WHERE is_cancelled
"""
DELIVERIES = """
    SELECT *, CASE WHEN is_quarantined THEN coalesce(promised_date, first_promised_date) ELSE promised_date END AS day
    FROM fct_deliveries
    WHERE is_quarantined OR promised_date < DATE '2026-04-09'
       OR (promised_date IS NOT NULL AND delivered_date IS NOT NULL)
"""
BILLED = "SELECT *, invoice_date AS day FROM fct_vendor_invoice_lines"


def clocks(target: str) -> str:
    return f"""
        SELECT k.team, k.priority, k.service, k.vendor, k.state, t.is_quarantined,
               CAST(coalesce(decided_at, CASE WHEN t.is_quarantined THEN coalesce(resolved_at, created_at) END)
                    AT TIME ZONE 'Europe/Amsterdam' AS DATE) AS day
        FROM fct_sla_clocks k JOIN fct_tickets t USING (ticket_id)
        WHERE target = '{target}' AND (state IN ('met', 'breached') OR (t.is_quarantined AND state <> 'cancelled'))
        UNION ALL
        SELECT team, priority, service, vendor, NULL, true,
               CAST(coalesce(resolved_at, created_at) AT TIME ZONE 'Europe/Amsterdam' AS DATE)
        FROM fct_tickets t
        WHERE is_quarantined AND NOT is_cancelled
          AND NOT EXISTS (FROM fct_sla_clocks k WHERE k.ticket_id = t.ticket_id AND k.target = '{target}')
    """


def duration(column: str) -> str:
    return f"CASE WHEN NOT is_quarantined THEN {column} END"


def hit(condition: str) -> str:
    return f"CASE WHEN NOT is_quarantined THEN CAST(({condition}) AS INTEGER) END"


#: Metric -> records, what one record contributes. Percentiles are added below.
RECORDS: dict[str, tuple[str, str]] = {
    "ticket_created_count": (CREATED, hit("true")),
    "ticket_resolved_count": (RESOLVED, hit("true")),
    "ticket_cancelled_count": (CANCELLED, hit("true")),
    "ticket_reopen_ratio": (RESOLVED, hit("reopen_count >= 1")),
    "sla_attainment_ratio": (clocks("resolution"), hit("state = 'met'")),
    "sla_first_response_attainment_ratio": (clocks("first_response"), hit("state = 'met'")),
    "sla_source_attainment_ratio": (CLAIMED, hit("is_sla_met_at_source")),
    "vendor_on_time_delivery_ratio": (DELIVERIES, hit("coalesce(delivered_date <= promised_date, false)")),
    "vendor_billed_reporting": (BILLED, duration("amount_reporting")),
}
for _metric in METRICS:
    if isinstance(_metric.kind, Percentile):
        RECORDS[_metric.name] = (RESOLVED, duration(_metric.kind.duration))

NARROWER = {
    "vendor_on_time_delivery_ratio": ("overall", "team", "service", "vendor"),
    "vendor_billed_reporting": ("overall", "vendor"),
}


def _aggregate(name: str) -> str:
    """The seven numbers of a cell in SQL; x is what a record contributes."""
    counts = "count(*) AS eligible_count, count(x) AS measured_count"
    if name.endswith("_hours"):
        quantile = {"p50": 0.50, "p85": 0.85, "p95": 0.95}[name.split("_")[3]]
        hours = f"quantile_cont(%s, {quantile}) / {HOUR}"
        return (
            f"{hours % 'x'} AS value, NULL AS numerator, NULL AS denominator, "
            f"{hours % 'coalesce(x, 0)::DOUBLE'} AS lower_bound, "
            f"nullif(least({hours % 'coalesce(x, 1e40)::DOUBLE'}, 1e20), 1e20) AS upper_bound, {counts}"
        )
    if name.endswith("_ratio"):
        return (
            "avg(x) AS value, coalesce(sum(x), 0) AS numerator, count(x) AS denominator, "
            f"avg(coalesce(x, 0)) AS lower_bound, avg(coalesce(x, 1)) AS upper_bound, {counts}"
        )
    if name.endswith("_count"):
        return (
            "count(x) AS value, NULL AS numerator, NULL AS denominator, count(x) AS lower_bound, "
            f"count(*) AS upper_bound, {counts}"
        )
    return (
        "sum(x) AS value, NULL AS numerator, NULL AS denominator, "
        "CASE WHEN count(x) = count(*) THEN sum(x) END AS lower_bound, "
        f"CASE WHEN count(x) = count(*) THEN sum(x) END AS upper_bound, {counts}"
    )


def _records_query(name: str) -> str:
    records, contribution = RECORDS[name]
    return " UNION ALL ".join(
        f"""
        SELECT '{grain}' AS period_grain, CAST(date_trunc('{grain}', day) AS DATE) AS period_start_date,
               '{dimension}' AS dimension, {"''" if dimension == "overall" else f"coalesce({dimension}, '(none)')"}
               AS dimension_value, {_aggregate(name)}
        FROM (SELECT *, {contribution} AS x FROM ({records}) WHERE day IS NOT NULL)
        GROUP BY ALL
        """
        for grain in GRAINS
        for dimension in NARROWER.get(name, DIMENSIONS)
    )


#: Cost cells, one dimension and grain at a time. Lines are counted by their overlap with the period.
COST_CELLS = """
    WITH lines AS (
        SELECT coalesce(cost_start_date, posting_date) AS first_day, coalesce(cost_end_date, posting_date) AS last_day,
               amount_reporting IS NOT NULL AND NOT is_quarantined AS is_measured
        FROM fct_cost_lines
    ), periods AS (
        SELECT DISTINCT period_start_date FROM fct_cost_allocations WHERE period_grain = '{grain}'
        UNION
        SELECT CAST(date_trunc('{grain}', first_day) AS DATE) FROM lines WHERE NOT is_measured
    ), counted AS (
        SELECT period_start_date, count(first_day) AS eligible_count,
               count(first_day) FILTER (is_measured) AS measured_count
        FROM periods
        LEFT JOIN lines ON first_day < period_start_date + INTERVAL 1 {grain} AND last_day >= period_start_date
        GROUP BY ALL
    ), pools AS (
        SELECT period_start_date, sum(amount_reporting) AS amount FROM fct_cost_allocations
        WHERE period_grain = '{grain}' AND NOT is_allocated GROUP BY period_start_date, cost_pool
    ), open_ends AS (
        SELECT period_start_date, sum(greatest(amount, 0)) AS debits, sum(least(amount, 0)) AS credits
        FROM pools GROUP BY ALL
    ), costs AS (
        SELECT period_start_date, {value} AS dimension_value, sum(amount_reporting) AS total,
               coalesce(sum(amount_reporting) FILTER (is_allocated), 0) AS allocated,
               coalesce(sum(amount_reporting) FILTER (NOT is_allocated), 0) AS unallocated
        FROM fct_cost_allocations WHERE period_grain = '{grain}' GROUP BY ALL
    ), completed AS (
        SELECT CAST(date_trunc('{grain}', completed_date) AS DATE) AS period_start_date, {value} AS dimension_value,
               sum(transaction_count) AS n
        FROM fct_transactions GROUP BY ALL
    ), keys AS (
        SELECT period_start_date, dimension_value FROM costs
        UNION
        SELECT period_start_date, dimension_value FROM completed SEMI JOIN periods USING (period_start_date)
        UNION
        SELECT period_start_date, '' FROM periods WHERE '{dimension}' = 'overall'
    )
    SELECT '{grain}' AS period_grain, period_start_date, '{dimension}' AS dimension, dimension_value, {numbers},
           eligible_count, measured_count
    FROM keys LEFT JOIN costs USING (period_start_date, dimension_value)
    LEFT JOIN completed USING (period_start_date, dimension_value)
    LEFT JOIN counted USING (period_start_date)
    LEFT JOIN open_ends USING (period_start_date)
    LEFT JOIN (SELECT DISTINCT period_start_date, true AS has_cost FROM costs) USING (period_start_date)
"""
_ALLOCATED = "CASE WHEN has_cost THEN coalesce(allocated, 0) END"
COST_NUMBERS = {
    f"cost_{part}_reporting": (
        f"CASE WHEN has_cost THEN coalesce({part}, 0) END AS value, NULL AS numerator, NULL AS denominator, "
        "CASE WHEN eligible_count = measured_count THEN value END AS lower_bound, lower_bound AS upper_bound"
    )
    for part in ("total", "allocated", "unallocated")
} | {
    "cost_per_transaction_reporting": (
        f"{_ALLOCATED} / nullif(n, 0) AS value, {_ALLOCATED} AS numerator, coalesce(n, 0) AS denominator, "
        f"CASE WHEN eligible_count = measured_count THEN ({_ALLOCATED} + coalesce(credits, 0)) / nullif(n, 0) END "
        "AS lower_bound, "
        f"CASE WHEN eligible_count = measured_count THEN ({_ALLOCATED} + coalesce(debits, 0)) / nullif(n, 0) END "
        "AS upper_bound"
    )
}


def _cost_query(name: str) -> str:
    return " UNION ALL ".join(
        "FROM ("
        + COST_CELLS.format(
            grain=grain,
            dimension=dimension,
            value="''" if dimension == "overall" else f"coalesce({dimension}, '(none)')",
            numbers=COST_NUMBERS[name],
        )
        + ")"
        for grain in GRAINS
        for dimension in DIMENSIONS
    )


@pytest.fixture(scope="module")
def measured(facts: dict[str, pl.DataFrame], as_of: datetime) -> pl.DataFrame:
    return measure(METRICS, facts, time_zone=ZONE, as_of=as_of)


@pytest.fixture(scope="module")
def database(facts: dict[str, pl.DataFrame]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for name, frame in facts.items():
        connection.register(name, frame.to_arrow())
    return connection


@pytest.mark.parametrize("name", [metric.name for metric in METRICS])
def test_every_cell_agrees_with_plain_sql(
    name: str, measured: pl.DataFrame, database: duckdb.DuckDBPyConnection
) -> None:
    query = _cost_query(name) if name in COST_NUMBERS else _records_query(name)
    types = {number: pl.Int64 if number.endswith("_count") else pl.Float64 for number in NUMBERS}
    expected = database.sql(query).pl().select(*KEYS, *(pl.col(n).cast(t) for n, t in types.items())).sort(KEYS)
    found = measured.filter(metric=name).select(*KEYS, *NUMBERS).sort(KEYS)
    assert found.height > 50
    assert_frame_equal(found, expected, rel_tol=1e-9, abs_tol=1e-9)


def test_the_sample_reaches_the_hard_cases(measured: pl.DataFrame) -> None:
    cells = pl.col("dimension") != "overall"
    ratio, unit_cost = (measured.filter(metric=n) for n in ("ticket_reopen_ratio", "cost_per_transaction_reporting"))
    assert ratio.filter(measured_count=0).height, "no cell in which nothing could be measured"
    assert unit_cost.filter(cells, denominator=0).height, "no cell with cost and no transaction"
    assert unit_cost.filter(cells, numerator=0).height, "no cell with transactions and no cost"
    assert unit_cost.filter(pl.col("lower_bound") < pl.col("value")).height, "no unallocated credit"
    assert measured.filter(dimension_value="(none)").height


def test_the_result_is_the_declared_table(measured: pl.DataFrame) -> None:
    assert measured.schema == polars_schema(metric_values)
    required = [column.name for column in metric_values.columns if not column.nullable]
    assert measured.select(pl.col(required).null_count()).sum_horizontal().item() == 0
    keys = [column.name for column in metric_values.primary_key.columns]
    assert measured.select(keys).is_duplicated().sum() == 0


def test_the_order_of_the_records_does_not_matter(facts: dict[str, pl.DataFrame], as_of: datetime) -> None:
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=3) for name, frame in facts.items()}
    first, second = (measure(METRICS, each, time_zone=ZONE, as_of=as_of) for each in (facts, shuffled))
    assert_frame_equal(first, second, check_exact=True)


def test_bounds_contain_the_value(measured: pl.DataFrame) -> None:
    outside = measured.filter(
        (pl.col("value") < pl.col("lower_bound") - 1e-9) | (pl.col("value") > pl.col("upper_bound") + 1e-9)
    )
    assert outside.is_empty()


def test_parts_of_a_breakdown_add_up_to_the_whole(measured: pl.DataFrame) -> None:
    additive = measured.filter(pl.col("metric").str.ends_with("_count") | pl.col("metric").str.starts_with("cost_t"))
    sums = additive.group_by("metric", "period_grain", "period_start_date", "dimension").agg(pl.col("value").sum())
    whole = sums.filter(dimension="overall").drop("dimension").rename({"value": "whole"})
    apart = sums.join(whole, on=["metric", "period_grain", "period_start_date"])
    assert apart.height > whole.height
    assert apart.filter((pl.col("value") - pl.col("whole")).abs() > 1e-6).is_empty()


def test_closed_periods_are_those_the_clock_has_passed(measured: pl.DataFrame, as_of: datetime) -> None:
    months = measured.filter(metric="ticket_created_count", period_grain="month", dimension="overall")
    assert dict(months.select("period_start_date", "is_period_closed").iter_rows()) == {
        date(2026, 1, 1): True,
        date(2026, 2, 1): True,
        date(2026, 3, 1): True,
        date(2026, 4, 1): False,
    }
    assert as_of.astimezone(UTC).date() == date(2026, 4, 9)
    assert months["period_end_date"].to_list()[1] == date(2026, 2, 28)


def test_a_home_without_data_has_no_values(as_of: datetime) -> None:
    nothing = measure(METRICS, {}, time_zone=ZONE, as_of=as_of)
    assert nothing.is_empty()
    assert nothing.schema == polars_schema(metric_values)
    assert measure((), {}, time_zone=ZONE, as_of=as_of).is_empty()


def test_a_home_with_one_domain_has_the_metrics_of_that_domain(facts: dict[str, pl.DataFrame], as_of: datetime) -> None:
    only = measure(METRICS, {"fct_deliveries": facts["fct_deliveries"]}, time_zone=ZONE, as_of=as_of)
    assert only["metric"].unique().to_list() == ["vendor_on_time_delivery_ratio"]


def test_every_metric_reads_a_fact_that_callers_are_told_to_give() -> None:
    assert {metric.fact for metric in METRICS} <= set(MEASURED_FACTS)


def _ticket(number: int, **columns: object) -> dict[str, object]:
    resolved = datetime(2026, 3, 10, 12, tzinfo=UTC)
    return {
        "ticket_id": f"desk:{number}",
        "source": "desk",
        "created_at": resolved - timedelta(hours=number),
        "resolved_at": resolved,
        "is_done": True,
        "is_cancelled": False,
        "is_quarantined": False,
        "has_history": True,
        "lead_time_calendar_microseconds": number * HOUR,
        "event_count": 1,
        "duplicate_event_count": 0,
        **columns,
    }


def _overall_month(name: str, facts: dict[str, pl.DataFrame], as_of: datetime) -> dict[str, object]:
    values = measure([metric_named(name)], facts, time_zone=ZONE, as_of=as_of)
    return values.filter(period_grain="month", dimension="overall").row(0, named=True)


def test_a_hand_computed_percentile_with_one_ticket_set_aside(as_of: datetime) -> None:
    tickets = [_ticket(number) for number in (10, 20, 30, 40)] + [_ticket(99, is_quarantined=True)]
    cell = _overall_month(
        "ticket_lead_time_p50_calendar_hours", {"fct_tickets": frame_of("fct_tickets", tickets)}, as_of
    )
    assert (cell["value"], cell["lower_bound"], cell["upper_bound"]) == (25.0, 20.0, 30.0)
    assert (cell["eligible_count"], cell["measured_count"], cell["coverage_ratio"]) == (5, 4, 0.8)


def test_the_local_midnight_decides_the_month(as_of: datetime) -> None:
    late = _ticket(1, resolved_at=datetime(2026, 2, 28, 23, 30, tzinfo=UTC))
    cell = _overall_month("ticket_resolved_count", {"fct_tickets": frame_of("fct_tickets", [late])}, as_of)
    assert cell["period_start_date"] == date(2026, 3, 1)


def test_sums_of_money_are_exact_before_they_are_floats(as_of: datetime) -> None:
    # A float running total of these would end at 0.0: the cent is below the precision of the large amount.
    amounts = [Decimal("90000000000000.00"), Decimal("0.01"), Decimal("-90000000000000.00")] * 3
    lines = [
        {
            "vendor_invoice_line_id": str(number),
            "source": "invoices",
            "invoice_date": date(2026, 3, 3),
            "amount_reporting": amount,
            "is_quarantined": False,
        }
        for number, amount in enumerate(amounts)
    ]
    facts = {"fct_vendor_invoice_lines": frame_of("fct_vendor_invoice_lines", lines)}
    cell = _overall_month("vendor_billed_reporting", facts, as_of)
    assert cell["value"] == 0.03
    assert cell["upper_bound"] == 0.03


def test_a_month_whose_lines_were_all_set_aside_shows_the_gap(as_of: datetime) -> None:
    line = {
        "cost_line_id": "ledger:1",
        "source": "ledger",
        "posting_date": date(2026, 3, 3),
        "is_quarantined": True,
    }
    facts = {"fct_cost_lines": frame_of("fct_cost_lines", [line])}
    cell = _overall_month("cost_per_transaction_reporting", facts, as_of)
    assert (cell["value"], cell["lower_bound"], cell["eligible_count"], cell["measured_count"]) == (None, None, 1, 0)


def test_an_open_delivery_is_late_only_once_its_day_is_over(as_of: datetime) -> None:
    today = as_of.date()
    rows = [
        {
            "delivery_id": str(number),
            "source": "orders",
            "promised_date": today + timedelta(days=shift),
            "is_quarantined": False,
        }
        for number, shift in enumerate((-1, 0, 1))
    ]
    cell = _overall_month("vendor_on_time_delivery_ratio", {"fct_deliveries": frame_of("fct_deliveries", rows)}, as_of)
    assert (cell["value"], cell["eligible_count"]) == (0.0, 1)
