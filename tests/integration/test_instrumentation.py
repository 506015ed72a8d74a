"""The instrumentation scorecard of a home with defects: published, true to its facts, and steady."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from demo_homes import DemoHome, states

from pipelines.sample import DEFECTS

if TYPE_CHECKING:
    from datetime import date

    from conftest import CleanRun

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("instrumentation")]

#: Sets aside tickets (by two rules), a cost line and budget lines; leaves a warning; holds nothing.
APPLIED = ("resolved_before_created", "status_renamed", "unknown_currency", "delivered_before_ordered")
RENAMED = "ticket_events.status.mapped"


@pytest.fixture(scope="module")
def spoilt(clean_run: CleanRun, tmp_path_factory: pytest.TempPathFactory) -> DemoHome:
    """The company after a clean run and one with defects. Nobody changes it."""
    demo = clean_run.demo.copy_to(tmp_path_factory.mktemp("scorecard") / "home")
    settings = demo.home.settings_file
    text = settings.read_text(encoding="utf-8")
    # So few tickets there are that a renamed status is many of them.
    raised = text.replace("\n[gate]\n", "\n[gate]\nquarantine_limit_ratio = 0.9\n")
    assert raised != text
    settings.write_text(raised, encoding="utf-8")
    for name in APPLIED:
        DEFECTS[name].apply(demo.landing)
    demo.run()
    return demo


def rows(demo: DemoHome, query: str) -> list[dict[str, Any]]:
    import duckdb

    with duckdb.connect(str(demo.home.published_file), read_only=True) as connection:
        return connection.execute(query).pl().to_dicts()


def test_the_parts_of_every_kpi_and_month_add_up_to_the_published_whole(spoilt: DemoHome) -> None:
    differing = spoilt.published(
        """
        SELECT metric, period_start_date, sum(attributed_record_count), any_value(value.eligible_count),
            sum(width_value), any_value(upper_bound - lower_bound)
        FROM mart.instrumentation_gaps AS gap
        JOIN mart.metric_values AS value USING (metric, period_start_date)
        WHERE period_grain = 'month' AND dimension = 'overall'
        GROUP BY ALL
        HAVING abs(sum(attributed_record_count) - any_value(value.eligible_count - value.measured_count)) > 1e-9
            OR abs(sum(width_value) - any_value(upper_bound - lower_bound)) > 1e-9 * any_value(upper_bound)
        """
    )
    assert differing == []
    without = spoilt.published(
        """
        SELECT DISTINCT metric FROM mart.metric_values AS value
        WHERE period_grain = 'month' AND dimension = 'overall' AND eligible_count > measured_count AND NOT EXISTS (
            SELECT 1 FROM mart.instrumentation_gaps AS gap
            WHERE gap.metric = value.metric AND gap.period_start_date = value.period_start_date)
        """
    )
    assert without == [("cost_year_end_forecast_reporting",)], "nothing bounds the future"


def test_quarantined_records_are_counted_as_plain_sql_counts_them(spoilt: DemoHome) -> None:
    counted = spoilt.published(
        """
        SELECT CAST(date_trunc('month', coalesce(resolved_at, created_at) AT TIME ZONE reporting_time_zone) AS DATE),
            source, rule_id, count(*), count(*) FILTER (rule_count = 1), sum(1 / rule_count)
        FROM core.fct_tickets AS ticket
        JOIN (SELECT *, count(*) OVER (PARTITION BY table_name, record_id) AS rule_count
              FROM meta.quarantined_records) AS aside ON table_name = 'stg_tickets' AND record_id = ticket_id
        CROSS JOIN meta.run
        WHERE NOT is_cancelled
        GROUP BY ALL ORDER BY ALL
        """
    )
    published = spoilt.published(
        """
        SELECT period_start_date, source, rule_id, record_count, sole_record_count, attributed_record_count
        FROM mart.instrumentation_gaps WHERE metric = 'ticket_resolved_count' ORDER BY ALL
        """
    )
    assert len(published) > 1
    assert published == counted


def test_the_scorecard_says_what_to_do_and_what_changed_since_the_judgement_before(spoilt: DemoHome) -> None:
    found = rows(spoilt, "FROM mart.instrumentation_scorecard ORDER BY fix_rank NULLS LAST")
    open_rows = [row for row in found if row["fix_rank"] is not None]
    assert [row["fix_rank"] for row in open_rows] == list(range(1, len(open_rows) + 1))
    assert all(row["what_to_do"] for row in open_rows)
    assert all(row["gap_kind"] == "none" for row in found if row["fix_rank"] is None)

    (renamed,) = (row for row in open_rows if row["rule_id"] == RENAMED)
    set_aside = spoilt.published(f"SELECT count(*) FROM meta.quarantined_records WHERE rule_id = '{RENAMED}'")[0][0]
    of_source = spoilt.published("SELECT count(*) FROM core.fct_tickets WHERE source = 'servicenow'")[0][0]
    assert (renamed["source"], renamed["table_name"], renamed["gap_kind"]) == ("servicenow", "tickets", "quarantined")
    assert (renamed["failed_record_count"], renamed["record_count"]) == (set_aside, of_source)
    assert renamed["captured_ratio"] == pytest.approx(1 - set_aside / of_source)
    assert renamed["previous_captured_ratio"] == 1.0
    assert renamed["four_weeks_ago_captured_ratio"] is None
    assert renamed["metric"] in dict(spoilt.published("SELECT metric, label FROM meta.metrics"))
    assert renamed["affected_metric_count"] > 10
    # Every rule that was evaluated has a row, and every broken one is to be put right.
    judged = {rule for (rule,) in spoilt.published("SELECT rule_id FROM meta.rule_results WHERE state <> 'skipped'")}
    broken = {rule for (rule,) in spoilt.published("SELECT rule_id FROM meta.rule_results WHERE failed_count > 0")}
    assert judged <= {row["rule_id"] for row in found}
    assert broken <= {row["rule_id"] for row in open_rows}


def test_the_history_is_published_by_day(spoilt: DemoHome) -> None:
    (latest,) = spoilt.published(
        f"SELECT state, failed_record_count FROM meta.rule_outcomes WHERE rule_id = '{RENAMED}' AND source = ''"
    )
    assert (
        latest == spoilt.published(f"SELECT state, failed_count FROM meta.rule_results WHERE rule_id = '{RENAMED}'")[0]
    )


def test_a_rerun_leaves_it_as_it_is_and_equal_numbers_hash_equally(spoilt: DemoHome, clean: DemoHome) -> None:
    assert {states(spoilt.run())[name] for name in ("instrumentation_gaps", "instrumentation_scorecard")} == {
        "unchanged"
    }
    before = clean.content_hash()
    with_past = clean.published("SELECT count(*) FROM mart.instrumentation_scorecard WHERE captured_ratio IS NOT NULL")
    clean.run(is_full=True)
    assert clean.content_hash() == before
    assert with_past[0][0] > 50


def test_a_held_kpi_has_no_gap_and_the_rule_that_holds_it_comes_first(clean: DemoHome) -> None:
    DEFECTS["conflicting_fx_rate"].apply(clean.landing)
    clean.run()
    first = rows(clean, "FROM mart.instrumentation_scorecard WHERE fix_rank = 1")[0]
    held = {name for (name,) in clean.published("SELECT metric FROM meta.metrics WHERE publication_state = 'held'")}
    assert first["rule_id"] == "fx_rates.rate_date_and_pair.unique"
    assert first["gap_kind"] == "holding"
    assert set(first["affected_metrics"].split(", ")) == held
    assert first["held_metric_count"] == len(held)
    assert not clean.published(
        "SELECT 1 FROM mart.instrumentation_gaps JOIN meta.metrics USING (metric) WHERE publication_state = 'held'"
    )


def test_when_each_gap_was_last_seen_counted_again_in_plain_python(spoilt: DemoHome) -> None:
    closed: dict[str, list[date]] = {}
    for metric, month in spoilt.published(
        "SELECT metric, period_start_date FROM mart.metric_values WHERE period_grain = 'month' "
        "AND dimension = 'overall' AND is_period_closed ORDER BY metric, period_start_date"
    ):
        closed.setdefault(metric, []).append(month)
    gaps: dict[tuple[str, ...], list[tuple[str, date]]] = {}
    for *place, metric, month in spoilt.published(
        "SELECT source, table_name, rule_id, metric, period_start_date FROM mart.instrumentation_gaps "
        "WHERE gap_kind <> 'not_attributed'"
    ):
        gaps.setdefault(tuple(place), []).append((metric, month))
    told = spoilt.published(
        "SELECT source, table_name, rule_id, metric, metric_last_closed_date, last_seen_date, is_recent "
        "FROM mart.instrumentation_scorecard WHERE metric IS NOT NULL"
    )
    assert {is_recent for *_, is_recent in told} >= {True}
    for *place, metric, last_closed, last_seen, is_recent in told:
        touched = gaps[tuple(place)]
        assert last_closed == closed[metric][-1]
        assert last_seen == max(month for _, month in touched)
        assert is_recent == any(month in closed[name][-3:] or month > closed[name][-1] for name, month in touched)
