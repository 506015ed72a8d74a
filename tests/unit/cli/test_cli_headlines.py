"""What `kpi run` says of a home whose exports feed none of the three headlines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pipelines.cli.headlines import Headlines, read_headlines, show_headlines
from pipelines.cli.trends import PeriodValue
from pipelines.home import Home

REASON = "no export feeds finance yet"


def shown(home: Home, capsys: pytest.CaptureFixture[str], *, other_count: int) -> str:
    headlines = read_headlines(home)
    assert isinstance(headlines, Headlines)
    empty = tuple(
        replace(metric, publication_state="empty", held_reason=None, periods=(), no_value_reason=REASON)
        for metric in headlines.metrics
    )
    show_headlines(replace(headlines, metrics=empty, other_count=other_count))
    return capsys.readouterr().out


def test_a_headline_without_a_value_says_why(published_home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    said = shown(published_home, capsys, other_count=8)
    assert said.count(REASON) == 3
    assert said.endswith("8 other KPIs are published: 'kpi metrics' lists them.\n")


def test_one_other_kpi_is_one(published_home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert "1 other KPI is published" in shown(published_home, capsys, other_count=1)


def test_beside_a_headline_the_others_are_not_told(published_home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    headlines = read_headlines(published_home)
    assert isinstance(headlines, Headlines)
    show_headlines(replace(headlines, other_count=8))
    assert "other KPI" not in capsys.readouterr().out


def test_a_month_with_nothing_in_it_is_told_without_a_share_of_nothing(
    published_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    headlines = read_headlines(published_home)
    assert isinstance(headlines, Headlines)
    nothing = PeriodValue(date(2026, 10, 1), None, None, None, 0, 0, None)
    (sla,) = (metric for metric in headlines.metrics if metric.metric == "sla_attainment_ratio")
    empty = replace(sla, periods=(*sla.periods, nothing), no_value_reason="there is nothing to measure")
    show_headlines(replace(headlines, metrics=(empty,)))
    said = capsys.readouterr().out
    assert "Oct 2026 · there is nothing to measure" in said
    assert "measured (" not in said
    # A count of nothing is 0, and certain.
    none = PeriodValue(date(2026, 10, 1), 0.0, 0.0, 0.0, 0, 0, None)
    show_headlines(replace(headlines, metrics=(replace(sla, periods=(none,)),)))
    assert "Oct 2026 · there was nothing to measure · the truth is exactly 0" in capsys.readouterr().out


def test_reasons_are_read_from_what_is_published(published_home: Home) -> None:
    headlines = read_headlines(published_home)
    assert isinstance(headlines, Headlines)
    reasons = {metric.metric: metric.no_value_reason for metric in headlines.metrics}
    assert reasons == {
        # Held, but with its last good value; published; and never measured although there are tickets.
        "sla_attainment_ratio": "",
        "cost_per_transaction_reporting": "",
        "ticket_cycle_time_p85_business_hours": (
            "none of the tickets counts for it yet: 'kpi metrics NAME' says which would"
        ),
    }
