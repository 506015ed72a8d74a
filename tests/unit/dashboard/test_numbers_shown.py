"""Numbers under filters: published ones are read, others measured, and both ways agree wherever both are possible."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from metrics.registry import METRICS
from models.vocabulary import BREAKDOWNS, NO_VALUE, Grain
from pipelines.dashboard import numbers_shown
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.numbers_shown import COLUMNS, can_be_measured, read_values
from pipelines.dashboard.snapshot import Snapshot

_ALL = [metric.name for metric in METRICS]
_SAME = [name for name in COLUMNS if name not in ("dimension", "dimension_value")]


def _filters(grain: Grain = Grain.MONTH, **chosen: tuple[str, ...]) -> Filters:
    return Filters(grain, date(2000, 1, 1), date(2100, 1, 1), chosen)


@pytest.mark.parametrize("grain", [Grain.WEEK, Grain.QUARTER])
@pytest.mark.parametrize("breakdown", BREAKDOWNS)
def test_measured_numbers_are_the_published_ones(
    snapshot: Snapshot, breakdown: str, grain: Grain, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = snapshot.values(breakdown)
    for value in {values[0], values[-1], NO_VALUE}:
        filters = _filters(grain, **{breakdown: (value,)})
        published = read_values(snapshot, _ALL, filters)
        with monkeypatch.context() as patched:
            patched.setattr(Filters, "published_breakdown", None)
            measured = read_values(snapshot, _ALL, filters)
        names = [metric.name for metric in METRICS if can_be_measured(metric, filters)]
        published = published.filter(pl.col("metric").is_in(names))
        assert published.select(_SAME).equals(measured.select(_SAME))
        assert published.height > 0 or value == NO_VALUE


def test_two_teams_at_one_priority_are_what_plain_sql_counts(snapshot: Snapshot) -> None:
    priority, *teams = snapshot.ask(
        """
        SELECT priority, min(team), max(team) FROM core.fct_tickets WHERE is_done
        GROUP BY priority HAVING min(team) < max(team) ORDER BY count(*) DESC
        """
    ).row(0)
    shown = read_values(
        snapshot,
        ["ticket_resolved_count", "sla_attainment_ratio"],
        _filters(team=tuple(teams), priority=(priority,)),
    )
    zone = snapshot.publication.time_zone
    about = {"teams": teams, "priority": priority, "zone": zone}
    resolved = snapshot.ask(
        """
        SELECT date_trunc('month', timezone($zone, resolved_at))::DATE AS month, count(*)::DOUBLE AS value
        FROM core.fct_tickets
        WHERE is_done AND NOT is_quarantined AND list_contains($teams, team) AND priority = $priority
        GROUP BY ALL ORDER BY month
        """,
        about,
    )
    kept = snapshot.ask(
        """
        SELECT date_trunc('month', timezone($zone, decided_at))::DATE AS month, avg((clock.state = 'met')::INT) AS value
        FROM core.fct_sla_clocks AS clock JOIN core.fct_tickets AS ticket USING (ticket_id)
        WHERE clock.target = 'resolution' AND clock.state IN ('met', 'breached') AND NOT ticket.is_quarantined
          AND list_contains($teams, clock.team) AND clock.priority = $priority
        GROUP BY ALL ORDER BY month
        """,
        about,
    )
    assert resolved.height > 1
    for name, expected in (("ticket_resolved_count", resolved), ("sla_attainment_ratio", kept)):
        got = shown.filter(metric=name).filter(pl.col("value").is_not_null() & (pl.col("eligible_count") > 0))
        assert dict(got.select("period_start_date", "value").iter_rows()) == pytest.approx(dict(expected.iter_rows()))


def test_billed_money_of_two_vendors_is_the_sum_of_their_lines(snapshot: Snapshot) -> None:
    vendors = tuple(snapshot.values("vendor")[1:3])
    shown = read_values(snapshot, ["vendor_billed_reporting"], _filters(Grain.QUARTER, vendor=vendors))
    lines = snapshot.ask(
        """
        SELECT date_trunc('quarter', invoice_date)::DATE AS quarter, sum(amount_reporting) AS value
        FROM core.fct_vendor_invoice_lines WHERE list_contains($vendors, vendor) GROUP BY ALL
        """,
        {"vendors": list(vendors)},
    )
    expected: dict[date, Decimal] = dict(lines.iter_rows())
    got = dict(shown.filter(pl.col("measured_count") > 0).select("period_start_date", "value").iter_rows())
    assert got == pytest.approx({quarter: float(value) for quarter, value in expected.items()})


def test_a_kpi_that_filters_cannot_narrow_has_no_rows(snapshot: Snapshot) -> None:
    filters = _filters(vendor=tuple(snapshot.values("vendor")[:2]))
    assert read_values(snapshot, ["vendor_spend_concentration_ratio"], filters).is_empty()


def test_an_answer_is_remembered_for_its_publication_only(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_values(snapshot, _ALL[:1], _filters())
    assert read_values(snapshot, _ALL[:1], _filters()) is first
    monkeypatch.setattr(type(snapshot.publication), "publication_id", "another", raising=False)
    assert numbers_shown.read_values(snapshot, _ALL[:1], _filters()) is not first
