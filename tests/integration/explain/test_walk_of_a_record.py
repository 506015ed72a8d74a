"""From a record to its file, row and hash, and to the KPIs that count it."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest
from demo_homes import DemoHome
from explained_values import UNIT_COST, Explain, explaining

from metrics.registry import METRICS
from pipelines.explaining.cell import find_cell
from pipelines.explaining.explanation import all_records_sql
from pipelines.explaining.records import view_of, view_query
from pipelines.explaining.values import find_records

pytestmark = pytest.mark.xdist_group("explain")


def test_record_is_walked_to_file_row_and_hash(explain: Explain, home: DemoHome, ticket: dict[str, Any]) -> None:
    key = ticket["ticket_id"]
    walked = json.loads(explain("--record", key, "--json").output)
    rows = walked["origins"]["rows"]
    staged = home.warehouse("SELECT count(*) FROM stg.stg_ticket_events WHERE ticket_id = ?", [key])
    assert len(rows) == staged[0][0] + 1
    assert all(row["is_landed"] for row in rows)
    assert all(row["values"] is None for row in rows)
    for file in walked["origins"]["files"]:
        assert file["now"] == "lies there unchanged"
        query = "SELECT content_hash FROM ops.ops_loads WHERE load_id = ?"
        assert home.warehouse(query, [file["load_id"]]) == [(file["content_hash"],)]
    with_values = json.loads(explain("--record", key, "--values", "--json").output)
    number = key.partition(":")[2]
    assert all(number in row["values"].values() for row in with_values["origins"]["rows"])
    page = explain("--record", key).output
    assert rows[0]["row_hash"] in page
    assert "--values" in page


def test_record_counts_where_the_records_of_the_value_have_it(
    explain: Explain, published: duckdb.DuckDBPyConnection, ticket: dict[str, Any]
) -> None:
    key = ticket["ticket_id"]
    walked = json.loads(explain("--record", key, "--json").output)
    told: set[str] = set()
    for counted in walked["counted_in"]:
        for name in counted["metrics"]:
            metric = next(metric for metric in METRICS if metric.name == name)
            if metric.fact in ("fct_ticket_days", "fct_cost_allocations", "fct_rework_costs"):
                continue
            told.add(name)
            cell = find_cell(published, metric, counted["period"], None)
            text = all_records_sql(find_records(cell))
            assert published.execute(f"SELECT count(*) FROM ({text}) WHERE ticket_id = ?", [key]).fetchone() != (0,)
    assert len(told) > 30
    # And in no other KPI of tickets: each whose records have it names it.
    for metric in METRICS:
        view = view_of(metric)
        if view is None or view.keys[0] != "ticket_id" or metric.name in told:
            continue
        rows = published.execute(view_query(metric, view, [f"record.ticket_id = '{key}'"])).fetchall()
        assert not rows, metric.name
    assert {UNIT_COST, "ticket_net_flow_count"} <= {name for each in walked["counted_in"] for name in each["metrics"]}


@pytest.mark.parametrize(
    ("table", "key", "metric"),
    [
        ("fct_cost_lines", "cost_line_id", "cost_total_reporting"),
        ("fct_budget_lines", "budget_line_id", "cost_budget_reporting"),
        ("fct_deliveries", "delivery_id", "vendor_on_time_delivery_ratio"),
        ("fct_vendor_invoice_lines", "vendor_invoice_line_id", "vendor_billed_reporting"),
        ("fct_service_credits", "service_credit_id", "vendor_promise_kept_ratio"),
        ("fct_vendor_recoverables", "vendor_recoverable_id", "vendor_recoverable_reporting"),
        ("fct_purchase_orders", "purchase_order_line_id", None),
        ("fct_vendor_contracts", "vendor_contract_id", None),
        ("fct_initiative_lines", "line_id", None),
    ],
)
def test_other_records_are_walked_too(
    explain: Explain, published: duckdb.DuckDBPyConnection, table: str, key: str, metric: str | None
) -> None:
    wanted = "WHERE kind = 'benefit'" if table == "fct_initiative_lines" else ""
    if table == "fct_service_credits":
        wanted = "WHERE credit_state <> 'period_open' AND met_count + breached_count > 0"
    row = published.execute(f"SELECT {key} FROM core.{table} {wanted} ORDER BY 1 LIMIT 1").fetchone()
    assert row is not None
    result = explain("--record", row[0])
    assert result.exit_code == 0, result.output
    assert f"a row of core.{table}" in result.output
    if metric is not None:
        assert metric in result.output
    walked = json.loads(explain("--record", row[0], "--json").output)
    assert walked["origins"]["rows"] or walked["made_of"]
    for underlying in walked["made_of"]:
        assert explain("--record", underlying).exit_code == 0, underlying


def test_key_without_its_source_is_enough_if_it_names_one(explain: Explain, ticket: dict[str, Any]) -> None:
    result = explain("--record", ticket["ticket_id"].partition(":")[2])
    assert result.exit_code == 0
    assert ticket["ticket_id"] in result.output


def test_changed_file_is_told_and_so_is_a_missing_build_database(
    clean: DemoHome, published: duckdb.DuckDBPyConnection
) -> None:
    key = published.execute("SELECT min(delivery_id) FROM core.fct_deliveries").fetchone()
    assert key is not None
    own = explaining(clean)
    path = next((clean.landing / "deliveries").iterdir())
    path.write_bytes(path.read_bytes() + b"\n")
    assert "has other content now" in own("--record", key[0]).output
    path.unlink()
    assert "no longer in its landing folder" in own("--record", key[0]).output
    clean.home.warehouse.unlink()
    result = own("--record", key[0])
    assert result.exit_code == 0
    assert "There is no warehouse.duckdb here: only what was published can be shown." in result.output
    assert "vendor_on_time_delivery_ratio" in result.output
