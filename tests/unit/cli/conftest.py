"""Homes for tests of the command line: an empty one, and one whose published file has numbers known by heart."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from known_numbers import COSTS

import sql
from metrics.registry import METRICS
from models.finance import fct_cost_lines
from models.marts import (
    kpi_targets,
    meta_data_clocks,
    meta_loads,
    meta_metrics,
    meta_quarantined_records,
    meta_rule_results,
    meta_run,
    meta_targets,
    meta_verdicts,
    metric_values,
)
from models.restatements import meta_restated_values
from pipelines.cli.main import kpi
from pipelines.home import Home
from pipelines.publish.duckdb_file import write_duckdb_file
from pipelines.publish.publication import PUBLISHED_FACTS, PUBLISHED_MARTS, Publication, PublishedTable
from pipelines.scaffold import HomeFacts, write_home

Kpi = Callable[..., Result]

#: SLA attainment by month: better in October than in September.
ATTAINMENT = {date(2026, 9, 1): 0.8, date(2026, 10, 1): 0.9}
AS_OF = datetime(2026, 11, 3, 12, 30, 15, 250000, tzinfo=UTC)


@pytest.fixture
def run_kpi(monkeypatch: pytest.MonkeyPatch) -> Kpi:
    """Runs a command line in this process, with no home in the environment."""
    monkeypatch.delenv("KPI_HOME", raising=False)

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(kpi, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home as `kpi init` makes it."""
    folder = tmp_path / "home"
    write_home(folder, HomeFacts("Test operations"))
    return Home(folder)


@pytest.fixture(scope="session")
def published_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication of two metrics, one of them held, and two cost lines."""
    path = tmp_path_factory.mktemp("published") / "kpi.duckdb"
    write_duckdb_file(_publication(), path)
    return path


@pytest.fixture
def published_home(home: Home, published_file: Path) -> Home:
    """A home with that publication."""
    home.published.mkdir()
    shutil.copyfile(published_file, home.published_file)
    return home


def _publication() -> Publication:
    run = {
        "publication_id": "20261123T060000-abc123-12345678",
        "run_id": "20261123T060000-abc123",
        "published_at": datetime(2026, 11, 23, 6, tzinfo=UTC),
        "as_of_at": AS_OF,
        "content_hash": "c" * 64,
        "code_hash": "d" * 64,
        "reporting_currency_code": "EUR",
        "reporting_time_zone": "Europe/Amsterdam",
        "home_name": "Test operations",
    }
    facts = {table.name: table for table in PUBLISHED_FACTS}
    marts = {metric_values.name: _values(), kpi_targets.name: _breakdown_targets()}
    tables = [
        *(_table("mart", table.name, table, marts.get(table.name, [])) for table in PUBLISHED_MARTS),
        *(_table("core", name, table, []) for name, table in facts.items() if name != fct_cost_lines.name),
        _table("core", fct_cost_lines.name, fct_cost_lines, _cost_lines()),
        _table("meta", "run", meta_run, [run]),
        _table(
            "meta",
            "data_clocks",
            meta_data_clocks,
            [{"data": "tickets", "domain": "tickets", "as_of_at": AS_OF, "last_date": AS_OF.date()}],
        ),
        _table("meta", "metrics", meta_metrics, _definitions()),
        _table(
            "meta",
            "targets",
            meta_targets,
            [
                {
                    "target_number": 1,
                    "metric": "sla_attainment_ratio",
                    "target_value": Decimal("0.93"),
                    "dimension": "overall",
                    "dimension_value": "",
                },
            ],
        ),
        _table("meta", "verdicts", meta_verdicts, []),
        _table("meta", "rule_results", meta_rule_results, []),
        _table("meta", "restated_values", meta_restated_values, []),
        _table("meta", "quarantined_records", meta_quarantined_records, []),
        _table("meta", "loads", meta_loads, []),
    ]
    return Publication(str(run["publication_id"]), "c" * 64, AS_OF, tuple(tables), sql.load_views())


def _table(schema: str, name: str, table: object, rows: list[dict[str, object]]) -> PublishedTable:
    from models.ddl import conform, polars_schema

    schema_of = polars_schema(table)  # type: ignore[arg-type]
    if rows:
        frame = conform(pl.DataFrame(rows, infer_schema_length=None), table)  # type: ignore[arg-type]
    else:
        frame = pl.DataFrame(schema=schema_of)
    return PublishedTable(schema, name, table, frame)  # type: ignore[arg-type]


def _definitions() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for metric in METRICS:
        state = {"cost_per_transaction_reporting": "published", "sla_attainment_ratio": "held"}.get(
            metric.name, "empty"
        )
        rows.append(
            {
                **metric.definition(),
                "publication_state": state,
                "held_reason": "tickets: 1 rule is broken" if state == "held" else None,
                "fresh_as_of_at": AS_OF if state != "empty" else None,
            }
        )
    return rows


def _values() -> list[dict[str, object]]:
    costs = [_value("cost_per_transaction_reporting", month, value, "reporting") for month, value in COSTS.items()]
    attainment = [_value("sla_attainment_ratio", month, value, "ratio") for month, value in ATTAINMENT.items()]
    still_open = _value("sla_attainment_ratio", date(2026, 11, 1), 0.1, "ratio") | {"is_period_closed": False}
    quarters = [
        _value("cost_per_transaction_reporting", date(2026, month, 1), value, "reporting")
        | {"period_grain": "quarter", "period_end_date": end}
        for month, value, end in ((4, 26.0, date(2026, 6, 30)), (7, 28.0, date(2026, 9, 30)))
    ]
    weeks = [
        _value("cost_per_transaction_reporting", monday, value, "reporting")
        | {"period_grain": "week", "period_end_date": monday + timedelta(days=6)}
        for monday, value in ((date(2026, 10, 19), 31.0), (date(2026, 10, 26), 29.0))
    ]
    return [*costs, *quarters, *weeks, *attainment, still_open]


def _breakdown_targets() -> list[dict[str, object]]:
    """What two teams were to be in October, and were."""
    october = {"metric": "sla_attainment_ratio", "period_grain": "month", "period_start_date": date(2026, 10, 1),
               "period_end_date": date(2026, 10, 31), "dimension": "team", "unit": "ratio"}  # fmt: skip
    return [
        {**october, "dimension_value": "Desk", "value": 0.88, "target_value": Decimal("0.9"),
         "distance_value": Decimal("-0.02"), "target_state": "missed", "is_certain": True},
        {**october, "dimension_value": "Network", "value": 0.96, "target_value": Decimal("0.95"),
         "distance_value": Decimal("0.01"), "target_state": "met", "is_certain": False},
    ]  # fmt: skip


def _value(metric: str, month: date, value: float, unit: str) -> dict[str, object]:
    return {
        "metric": metric,
        "metric_version": 1,
        "period_grain": "month",
        "period_start_date": month,
        "period_end_date": (month + timedelta(days=32)).replace(day=1) - timedelta(days=1),
        "is_period_closed": True,
        "dimension": "overall",
        "dimension_value": "",
        "value": value,
        "numerator": value * 200,
        "denominator": 200.0,
        "lower_bound": value,
        "upper_bound": value * 1.05,
        "eligible_count": 200,
        "measured_count": 190,
        "coverage_ratio": 0.95,
        "unit": unit,
    }


def _cost_lines() -> list[dict[str, object]]:
    from models.ddl import polars_schema

    required = {column.name for column in fct_cost_lines.columns if not column.nullable}
    fillers: dict[object, object] = {pl.String: "x", pl.Boolean: False, pl.Int64: 1, pl.Date: date(2026, 10, 1)}
    base = {name: fillers.get(kind) for name, kind in polars_schema(fct_cost_lines).items() if name in required}
    return [
        base | {"cost_line_id": "ledger:1", "amount_reporting": Decimal("0.1"), "amount_original": Decimal("0.1")},
        base | {"cost_line_id": "ledger:2", "amount_reporting": Decimal("-12345678901234.05"),
                "amount_original": Decimal("-12345678901234.05")},
    ]  # fmt: skip
