"""What `meta.metrics.aggregation` promises of each KPI, held against everything that a home publishes, exactly.

Published numbers are floats of exact ones: money of four decimals, counts, microseconds in hours. Each is taken back to
the exact number before it is added up, so that a difference of one unit shows.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from metrics.kinds import TimeShare
from metrics.registry import METRICS
from metrics.spec import Metric, Unit
from models.vocabulary import Dimension, Grain

if TYPE_CHECKING:
    from conftest import CleanRun

pytestmark = pytest.mark.xdist_group("publication")

#: Which grains divide which: weeks divide nothing that is published.
DIVIDES: Final = (
    (Grain.DAY, Grain.WEEK),
    (Grain.DAY, Grain.MONTH),
    (Grain.DAY, Grain.QUARTER),
    (Grain.MONTH, Grain.QUARTER),
)
MICROSECONDS_PER_HOUR: Final = 3_600_000_000
MONEY_UNITS: Final = 10_000
#: Targets that the simulated company promises nobody, so that nothing of them can be compared.
NOT_PROMISED: Final = frozenset({"sla_periodic_update_attainment_ratio", "sla_vendor_response_attainment_ratio"})
CELLS: Final = """
    SELECT metric, period_grain, period_start_date, period_end_date, dimension, dimension_value,
           value, numerator, denominator
    FROM mart.metric_values
"""


class Cell(NamedTuple):
    """One published cell: its place, and what combines in it, in whole units."""

    start: date
    end: date
    name: str
    parts: tuple[int | None, ...]


Published = dict[tuple[str, Grain, Dimension], list[Cell]]


@pytest.fixture(scope="module")
def published(clean_run: CleanRun) -> Published:
    known = {metric.name: metric for metric in METRICS}
    cells: Published = defaultdict(list)
    for metric, grain, start, end, dimension, name, *numbers in clean_run.demo.published(CELLS):
        parts = _exact_parts(known[metric], *numbers)
        cells[metric, Grain(grain), Dimension(dimension)].append(Cell(start, end, name, parts))
    return cells


def _exact_parts(
    metric: Metric, value: float | None, numerator: float | None, denominator: float | None
) -> tuple[int | None, ...]:
    numbers = (numerator, denominator) if metric.aggregation.has_parts else (value,)
    if isinstance(metric.kind, TimeShare):
        scale = MICROSECONDS_PER_HOUR
    else:
        scale = 1 if metric.unit is Unit.COUNT else MONEY_UNITS
    return tuple(None if number is None else round(number * scale) for number in numbers)


def _total(cells: list[Cell], width: int) -> tuple[int, ...]:
    return tuple(sum(cell.parts[part] or 0 for cell in cells) for part in range(width))


def _named(which: str) -> list[Metric]:
    return [metric for metric in METRICS if getattr(metric.aggregation, which) and metric.name not in NOT_PROMISED]


def test_only_promises_that_are_not_made_have_no_numbers(published: Published) -> None:
    assert {metric.name for metric in METRICS} - {key[0] for key, cells in published.items() if cells} == NOT_PROMISED


@pytest.mark.parametrize("metric", _named("adds_over_breakdown"), ids=lambda metric: metric.name)
def test_the_values_of_one_breakdown_add_up_to_the_whole(published: Published, metric: Metric) -> None:
    compared = 0
    for grain in metric.grains:
        whole = {cell.start: cell for cell in published[metric.name, grain, Dimension.OVERALL]}
        for dimension in set(metric.dimensions) - {Dimension.OVERALL}:
            by_period: dict[date, list[Cell]] = defaultdict(list)
            for cell in published[metric.name, grain, dimension]:
                by_period[cell.start].append(cell)
            # A period of which nothing is known has a row overall and none of a breakdown.
            assert set(by_period) <= set(whole)
            for start, cell in whole.items():
                total = _total(by_period[start], len(cell.parts))
                expected = tuple(part or 0 for part in cell.parts)
                assert total == expected, f"{metric.name} by {dimension.value}, {grain.value} of {start}"
                compared += bool(by_period[start])
    assert compared or len(metric.dimensions) == 1, f"nothing was compared of {metric.name}"


@pytest.mark.parametrize("metric", _named("adds_over_periods"), ids=lambda metric: metric.name)
def test_periods_add_up_to_the_longer_period_that_they_divide(published: Published, metric: Metric) -> None:
    compared = 0
    for shorter, longer in DIVIDES:
        if shorter not in metric.grains or longer not in metric.grains:
            continue
        for dimension in metric.dimensions:
            parts: dict[tuple[str, date], list[Cell]] = defaultdict(list)
            longs = published[metric.name, longer, dimension]
            starts = {
                cell.start + timedelta(days=day): cell.start
                for cell in longs
                for day in range((cell.end - cell.start).days + 1)
            }
            for cell in published[metric.name, shorter, dimension]:
                parts[cell.name, starts[cell.start]].append(cell)
            for cell in longs:
                found = parts.pop((cell.name, cell.start), [])
                expected = tuple(part or 0 for part in cell.parts)
                where = f"{dimension.value} {cell.name!r}, {shorter.value}s of the {longer.value} {cell.start}"
                assert _total(found, len(cell.parts)) == expected, f"{metric.name} by {where}"
                compared += len(found)
            # What has something in a part has a row in the whole.
            assert not any(any(each.parts) for cells in parts.values() for each in cells)
    assert compared, f"nothing was compared of {metric.name}"


@pytest.mark.parametrize("metric", _named("takes_last_period"), ids=lambda metric: metric.name)
def test_a_stock_of_a_longer_period_is_that_of_its_last_part(published: Published, metric: Metric) -> None:
    compared = 0
    for shorter, longer in DIVIDES:
        if shorter not in metric.grains or longer not in metric.grains:
            continue
        for dimension in metric.dimensions:
            shorts = {(cell.name, cell.end): cell for cell in published[metric.name, shorter, dimension]}
            for cell in published[metric.name, longer, dimension]:
                last = shorts.get((cell.name, cell.end))
                # The last period is still running: its last day has not come.
                if last is not None:
                    assert last.parts == cell.parts, f"{metric.name} by {dimension.value} {cell.name!r}, {cell.start}"
                    compared += 1
    assert compared or len(metric.grains) == 1, f"nothing was compared of {metric.name}"


def test_what_is_not_said_to_add_up_over_periods_does_not(published: Published) -> None:
    """Else the word would be too careful: some team's allocated cost of a month is another than that of its days."""
    for name in ("cost_total_reporting", "cost_allocated_reporting", "cost_unallocated_reporting"):
        months = {(cell.name, cell.start): cell.parts[0] for cell in published[name, Grain.MONTH, Dimension.TEAM]}
        days: dict[tuple[str, date], int] = defaultdict(int)
        for cell in published[name, Grain.DAY, Dimension.TEAM]:
            days[cell.name, cell.start.replace(day=1)] += cell.parts[0] or 0
        assert any(days[key] != amount for key, amount in months.items()), name


def test_every_value_lies_within_its_own_bounds(clean_run: CleanRun) -> None:
    """To the last digit but of shares, whose value and bounds are quotients of their own."""
    query = """
        SELECT metric, period_grain, period_start_date, dimension, dimension_value, lower_bound, value, upper_bound
        FROM mart.metric_values
        WHERE value < lower_bound - 1e-12 * abs(lower_bound)
           OR value > upper_bound + 1e-12 * abs(upper_bound)
           OR lower_bound > upper_bound
    """
    assert clean_run.demo.published(query) == []
    bounded = "SELECT count(*) FROM mart.metric_values WHERE lower_bound < value AND value < upper_bound"
    assert clean_run.demo.published(bounded)[0][0] > 0
