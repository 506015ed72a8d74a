"""Tables of the dashboard: words above them, hours, two decimals, local instants, a dash for None, and an exact CSV."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest

from pipelines.dashboard.app import PAGES
from pipelines.dashboard.tables import MISSING, ShownColumn, lay_out, write_exact_csv

if TYPE_CHECKING:
    from conftest import Draw
    from demo_homes import DemoHome
    from streamlit.testing.v1 import AppTest

ZONE = "Europe/Amsterdam"


def shown(rows: pl.DataFrame, **units: str) -> tuple[dict[str, list[Any]], dict[str, ShownColumn]]:
    frame, columns = lay_out(rows, currency="EUR", zone=ZONE, **units)
    return frame.to_dict(as_series=False), columns


def test_a_duration_is_hours_and_an_instant_is_local() -> None:
    instant = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    values, columns = shown(
        pl.DataFrame(
            {"elapsed_microseconds": [5_400_000_000, None], "breached_at": [instant, None], "team": ["Desk", None]}
        )
    )
    assert values["elapsed_microseconds"] == [1.5, None]
    assert f"{values['breached_at'][0]:%Y-%m-%d %H:%M}" == "2026-07-02 00:30"  # midnight in Amsterdam has passed
    assert [how.heading for how in columns.values()] == ["Elapsed, hours", f"Breached, {ZONE}", "Team"]


def test_money_has_two_decimals_and_is_rounded_as_a_decimal() -> None:
    amounts = [Decimal("1.0050"), Decimal("1.1150"), Decimal("-12345678901.2350"), None]
    values, columns = shown(pl.DataFrame({"amount_reporting": pl.Series(amounts, dtype=pl.Decimal(18, 4))}))
    assert columns["amount_reporting"] == ShownColumn("Amount, EUR", "number", "%,.2f")
    for exact, told in zip(amounts, values["amount_reporting"], strict=True):
        if exact is None:
            assert told is None
            continue
        # What is printed is a neighbour at half a cent, never one further away, as a binary fraction may print.
        assert abs(Decimal(f"{told:.2f}") - exact) <= Decimal("0.005")
        assert Decimal(repr(told)) == Decimal(f"{told:.2f}")


def test_shares_are_per_cent_and_a_hundred_only_if_nothing_is_missing() -> None:
    values, columns = shown(pl.DataFrame({"coverage_ratio": [1.0, 0.99999, 0.5, 0.0001, 0.0, None]}))
    assert values["coverage_ratio"] == [100.0, 99.9, 50.0, 0.1, 0.0, None]
    assert columns["coverage_ratio"].heading == "Coverage, %"


@pytest.mark.parametrize(
    ("unit", "value", "heading", "told", "format_"),
    [
        ("ratio", 0.923, "Value, %", 92.3, "%,.1f"),
        ("business_hours", 19.6344, "Value, business hours", 19.6344, "%,.1f"),
        ("reporting", 34.0798, "Value, EUR", 34.0798, "%,.2f"),
        ("count", 12.0, "Value", 12.0, "%,.0f"),
        ("days", 5.4, "Value, days", 5.4, "%,.1f"),
    ],
)
def test_values_of_a_kpi_are_in_its_unit(unit: str, value: float, heading: str, told: float, format_: str) -> None:
    values, columns = shown(pl.DataFrame({"value": [value]}), unit=unit)
    assert values["value"] == [pytest.approx(told)]
    assert columns["value"] == ShownColumn(heading, "number", format_)


def test_values_of_several_kpis_have_their_unit_in_each_cell() -> None:
    rows = pl.DataFrame({"value": [0.5, 12.0, None], "unit": ["ratio", "reporting", "days"]})
    values, columns = shown(rows, unit_of="unit")
    assert values == {"value": ["50.0 %", "12.00 EUR", None]}
    assert columns["value"].is_right


def test_closed_words_have_no_underscores_and_names_keep_theirs() -> None:
    values, _ = shown(pl.DataFrame({"target": ["first_response"], "gap_kind": ["not_instrumented"], "team": ["a_b"]}))
    assert values == {"target": ["first response"], "gap_kind": ["not instrumented"], "team": ["a_b"]}


def test_the_csv_is_exact_and_has_the_names_of_the_columns() -> None:
    rows = pl.DataFrame(
        {
            "amount_reporting": pl.Series([Decimal("1.0050"), None], dtype=pl.Decimal(18, 4)),
            "value": [0.1 + 0.2, None],
            "breached_at": [datetime(2026, 7, 1, 22, 30, 0, 5, tzinfo=UTC), None],
            "elapsed_microseconds": [5_400_000_001, None],
            "description": ["=1+1", None],
        }
    )
    header, first, second = csv.reader(io.StringIO(write_exact_csv(rows).decode()))
    assert header == rows.columns
    assert first == ["1.0050", "0.30000000000000004", "2026-07-01T22:30:00.000005Z", "5400000001", "'=1+1"]
    assert second == [""] * 5


def _tables(page: AppTest) -> list[dict[str, Any]]:
    """What the browser is told of the columns of each table."""
    return [json.loads(table.proto.columns) for table in page.dataframe]


@pytest.mark.parametrize("address", [address for _, address, _, _ in PAGES])
def test_no_page_shows_a_raw_name_or_none(draw: Draw, address: str) -> None:
    page = draw(address)
    for table, columns in zip(page.dataframe, _tables(page), strict=True):
        assert table.proto.placeholder == MISSING
        for name in table.value.columns:
            told = columns[name]
            assert "_" not in told["label"], told
            assert told["label"][:1].isupper()
            assert f"`{name}`" in told["help"]
    if address != "overview":
        assert page.dataframe


def test_a_ticket_is_told_in_the_time_of_the_company_with_the_meaning_of_each_column(
    draw: Draw, published: DemoHome
) -> None:
    with duckdb.connect(str(published.home.published_file), read_only=True) as connection:
        query = "SELECT ticket_id FROM core.fct_sla_clocks WHERE state = 'breached' ORDER BY 1 LIMIT 1"
        ((ticket,),) = connection.execute(query).fetchall()
        ((zone,),) = connection.execute("SELECT reporting_time_zone FROM meta.run").fetchall()
    page = draw("tickets", ticket=ticket)
    life, promises = _tables(page)
    assert life["started_at"]["label"] == f"Started, {zone}"
    assert life["started_at"]["type_config"]["timezone"] == zone
    assert life["started_at"]["help"] == "Start, inclusive (`started_at`)"
    assert promises["elapsed_hours"]["label"] == "Elapsed, hours"


def test_a_team_with_a_target_of_its_own_has_it_on_the_page_of_the_kpi(draw: Draw) -> None:
    page = draw("kpis", kpi="sla_attainment_ratio")
    own, numbers = page.dataframe
    assert own.value["dimension_value"].tolist() == ["Facilities"]
    assert own.value["target_value"].tolist() == [95.0]
    assert {"met", "missed"} >= set(own.value["target_state"])
    assert "target_state" in numbers.value.columns
    chosen = draw("kpis", kpi="sla_attainment_ratio", team="Facilities")
    assert any("Target at least 95\\.0 %" in each.value for each in chosen.markdown)
    assert any("Target at least 93\\.0 %" in each.value for each in page.markdown)
    assert not any(
        "Target" in each.value for each in draw("kpis", kpi="sla_attainment_ratio", team="Service Desk").markdown
    )


def test_a_long_table_says_how_much_is_shown_and_its_csv_has_all(draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.dashboard.tables.MOST_ROWS", 7)
    page = draw("tickets")
    assert len(page.dataframe[0].value) == 7
    (told,) = [each.value for each in page.caption if each.value.startswith("The first 7 of ")]
    assert told.endswith(" rows are shown; the CSV has all.")


def test_targets_of_teams_stand_below_who_makes_the_difference(draw: Draw) -> None:
    page = draw("overview")
    assert not page.dataframe
    page.selectbox(key="kpi_by").set_value("sla_attainment_ratio").run()
    assert page.dataframe[0].value["dimension_value"].tolist() == ["Facilities"]
    others = draw("kpis", kpi="sla_attainment_ratio", team="Service Desk").dataframe
    assert ["dimension_value" in table.value.columns for table in others] == [False]
