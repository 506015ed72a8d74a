"""One golden test over all readers and tools: what SQL finds in the file, to the last bit, for each KPI of the report.

Every tool reads the same publication: the file, PostgreSQL, Superset's chart data, MetricFlow over both, Tableau's own
library, Parquet, the workbook, the dashboard and the report. The table that is compared is printed.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from hyper_extract import number_of, written_and_read
from number_readers import bits, of_dashboard, of_parquet, of_postgresql, of_view, of_workbook, values_in_report

from metrics.registry import HEADLINES as OF_REGISTRY
from metrics.render.relations import Relation, relations
from pipelines.publish.excel import write_workbook
from pipelines.report.facts import HEADLINES, SUPPORTING

if TYPE_CHECKING:
    from demo_homes import DemoHome
    from metricflow_project import Project
    from number_readers import Reader
    from postgres_servers import PostgresDatabase
    from superset_server import Superset


pytestmark = [pytest.mark.bi, pytest.mark.slow]

KPIS = (*HEADLINES, *SUPPORTING)

#: KPI -> first day of a month -> the bits of its value over all.
Months = Mapping[str, Mapping[date, bytes | None]]


def _relations() -> dict[Relation, list[str]]:
    """The relations that the KPIs are measures of."""
    found = {
        relation: [measure.name for measure in relation.measures if measure.name in KPIS] for relation in relations()
    }
    return {relation: names for relation, names in found.items() if names}


def _of_reader(read: Reader, names: tuple[str, ...] = KPIS) -> Months:
    return {name: {cell.month: cell.value for cell in read(name) if cell.dimension == "overall"} for name in names}


def _of_layer(ask: Callable[[Relation, list[str]], dict[str, dict[date, float | None]]]) -> Months:
    """The months that a semantic layer computes from records."""
    answers: dict[str, dict[date, float | None]] = {}
    for relation, names in _relations().items():
        answers |= ask(relation, names)
    return {name: {month: bits(value) for month, value in months.items()} for name, months in answers.items()}


@pytest.fixture(scope="module")
def expected(published: duckdb.DuckDBPyConnection) -> Months:
    """Plain SQL on the file."""
    rows = published.execute(
        "SELECT metric, period_start_date, value FROM mart.metric_values "
        "WHERE period_grain = 'month' AND dimension = 'overall' AND list_contains(?, metric) ORDER BY ALL",
        [list(KPIS)],
    ).fetchall()
    return {name: {month: bits(value) for metric, month, value in rows if metric == name} for name in KPIS}


def test_every_tool_gives_the_same_number(
    expected: Months,
    published: duckdb.DuckDBPyConnection,
    published_file: Path,
    published_database: PostgresDatabase,
    clean: DemoHome,
    superset: Superset,
    datasets: dict[str, int],
    project: Project,
    project_on_postgresql: Project,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = published_file.parent
    ((closed,),) = published.execute(
        "SELECT max(period_start_date) FROM mart.metric_values WHERE period_grain = 'month' AND is_period_closed"
    ).fetchall()
    write_workbook(published_file, tmp_path / "kpi.xlsx")
    extract = written_and_read(published_file, tmp_path / "kpi.hyper", KPIS)["values"]
    report = values_in_report(folder / "report" / "latest.html")
    readers: dict[str, Months] = {
        "view": _of_reader(of_view(published_file)),
        "PostgreSQL": _of_reader(of_postgresql(published_database)),
        "Superset": _of_layer(lambda relation, names: superset.months(datasets[relation.name], relation, names)),
        "MetricFlow": _of_layer(project.months),
        "MetricFlow on PostgreSQL": _of_layer(project_on_postgresql.months),
        ".hyper": {
            name: {date.fromisoformat(row[0]): bits(number_of(row[3])) for row in rows if row[1] == "overall"}
            for name, rows in extract.items()
        },
        "Parquet": _of_reader(of_parquet(folder / "parquet")),
        "Excel": _of_reader(of_workbook(tmp_path / "kpi.xlsx"), tuple(metric.name for metric in OF_REGISTRY)),
        # It opens the file by itself, which this process has open with other settings: a copy.
        "dashboard": _of_reader(of_dashboard(clean.home)),
        "report": {name: {closed: value} for name, value in report.items()},
    }
    differences, lines = _compare(expected, readers)
    with capsys.disabled():
        print("\nMonths in which a reader has the number that SQL finds in the file, to the last bit", *lines, sep="\n")
    assert differences == []
    for name, months in readers.items():
        assert months.keys() >= set(HEADLINES), f"{name} lacks a headline KPI"
        assert name == "Excel" or months.keys() >= {kpi for kpi in KPIS if any(expected[kpi].values())}, name


def _compare(expected: Months, readers: Mapping[str, Months]) -> tuple[list[str], list[str]]:
    """What differs, and the table of readers and KPIs: months that are equal.

    A semantic layer has no row for a month without records, where 0 or nothing is published, and an empty one for a
    month in which only another metric of the same question has records. Every other number it must have.
    """
    zero = (None, bits(0.0))
    differences, lines = [], ["  ".join([f"{'KPI':42}", "SQL", *readers])]
    for kpi, months in expected.items():
        line = [f"{kpi:42}", f"{len(months):>3}"]
        for reader, answers in readers.items():
            found = answers.get(kpi)
            if found is None:
                line.append(f"{'–':>{len(reader)}}")
                continue
            wanted = {month: value for month, value in months.items() if reader != "report" or month in found}
            equal = [month for month, value in wanted.items() if found.get(month) == value and month in found]
            lacking = [month for month, value in wanted.items() if month not in found and value not in zero]
            other = [month for month, value in found.items() if months.get(month) != value]
            differences += [
                f"{kpi} in {reader} for {month}: {_shown(found, month)} instead of {_shown(months, month)}"
                for month in sorted({*lacking, *other})
            ]
            line.append(f"{len(equal):>{len(reader)}}")
        lines.append("  ".join(line))
    return differences, lines


def _shown(months: Mapping[date, bytes | None], month: date) -> str:
    if month not in months:
        return "no month"
    value = months[month]
    return "nothing" if value is None else repr(struct.unpack("<d", value)[0])
