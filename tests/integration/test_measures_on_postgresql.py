"""What semantic layers compute, on the PostgreSQL database that the warehouse is published to: the published values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from postgres_servers import PASSWORD

from metrics.render.measures import Measure, measures
from metrics.render.relations import Relation, relations

if TYPE_CHECKING:
    import postgres_servers
    from demo_homes import DemoHome

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("postgres")]


def _months(relation: Relation, measure: Measure) -> str:
    """The measure by month, overall."""
    chosen = "period_grain = 'month' AND dimension = 'overall'" if measure.reads_cells else "TRUE"
    return (
        f"SELECT CAST(date_trunc('month', {relation.date}) AS date) AS start_date, {measure.sql} AS found "
        f"FROM mart.{relation.name} WHERE {chosen} GROUP BY 1"
    )


def _teams(relation: Relation, measure: Measure) -> str:
    """The measure by team or vendor, over everything."""
    breakdown = next(field.name for field in relation.fields if field.name in ("team", "vendor"))
    return f"SELECT {breakdown}, {measure.sql} FROM mart.{relation.name} GROUP BY 1 ORDER BY 1"


def _as_numbers(rows: list[tuple[Any, ...]]) -> dict[Any, float | None]:
    return {key: value if value is None else float(value) for key, value in rows}


def test_measures_give_the_published_values_and_what_the_file_gives(
    clean: DemoHome, postgres: postgres_servers.PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_POSTGRESQL_PASSWORD", PASSWORD)
    monkeypatch.delenv("KPI_POSTGRESQL_URL", raising=False)
    text = clean.publish_to("duckdb", "postgresql").home.settings_file.read_text(encoding="utf-8")
    text = text.replace("[publish.postgresql]\n", f'[publish.postgresql]\nurl = "{postgres.url}"\n')
    clean.home.settings_file.write_text(text, encoding="utf-8")
    clean.run()
    compared = 0
    for relation in relations():
        for measure in relation.measures:
            found = _as_numbers(postgres.rows(_months(relation, measure)))
            expected = _as_numbers(
                postgres.rows(
                    f"SELECT period_start_date, value FROM mart.kpi_{measure.name} "
                    "WHERE period_grain = 'month' AND dimension = 'overall' AND value <> 0"
                )
            )
            assert {month: found[month] for month in expected} == expected, measure.name
            compared += len(expected)
            if not measure.reads_cells:
                query = _teams(relation, measure)
                assert _as_numbers(postgres.rows(query)) == _as_numbers(clean.published(query)), measure.name
    assert compared > 200
    assert len(measures()) == sum(len(relation.measures) for relation in relations())
