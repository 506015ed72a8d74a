"""What `kpi run` says of a home whose exports feed none of the three headlines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.cli.headlines import Headlines, read_headlines, show_headlines
from pipelines.home import Home


def shown(home: Home, capsys: pytest.CaptureFixture[str], *, has_tickets: bool, other_count: int) -> str:
    headlines = read_headlines(home)
    assert isinstance(headlines, Headlines)
    empty = tuple(
        replace(metric, publication_state="empty", held_reason=None, periods=()) for metric in headlines.metrics
    )
    show_headlines(replace(headlines, metrics=empty, has_tickets=has_tickets, other_count=other_count))
    return capsys.readouterr().out


def test_without_tickets_no_policy_is_asked_for(published_home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    said = shown(published_home, capsys, has_tickets=False, other_count=8)
    assert said.count("no export feeds it yet") == 3
    assert "sla.yaml" not in said
    assert said.endswith("8 other KPIs are published: 'kpi metrics' lists them.\n")


def test_with_tickets_a_promise_is_missing(published_home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    said = shown(published_home, capsys, has_tickets=True, other_count=1)
    assert "no ticket was promised anything yet: see policies/sla.yaml" in said
    assert "1 other KPI is published" in said


def test_beside_a_headline_the_others_are_not_told(published_home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    headlines = read_headlines(published_home)
    assert isinstance(headlines, Headlines)
    show_headlines(replace(headlines, other_count=8))
    assert "other KPI" not in capsys.readouterr().out
