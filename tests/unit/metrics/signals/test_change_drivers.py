"""What drove a change: worked by hand, exact for any numbers, and silent where nothing adds up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.registry import METRICS, metric_named
from metrics.signals.change_drivers import (
    RATIOS,
    Contribution,
    Parts,
    explain_changes,
    explain_ratio,
    explain_sum,
    ratio,
)
from models.ddl import polars_schema
from models.marts import metric_values
from models.vocabulary import ChangePart

SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)
AMOUNTS = st.fractions(-100, 100, max_denominator=12)
GROUPS = st.dictionaries(
    st.sampled_from("abcde"), st.builds(Parts, AMOUNTS, st.fractions(0, 50, max_denominator=6)), max_size=5
)


def parts(numerator: int, denominator: int) -> Parts:
    return Parts(Fraction(numerator), Fraction(denominator))


def test_mix_and_rate_by_hand() -> None:
    # Before: desk met 80 of 100, network 40 of 100: R0 = 120/200 = 0.6, shares 1/2 and 1/2.
    # After: desk 45 of 50, network 75 of 150: R1 = 120/200 = 0.6, shares 1/4 and 3/4. Rates 0.9 and 0.5.
    # Mean whole 0.6. Desk: mix (1/4 − 1/2) · (0.85 − 0.6) = −0.0625; rate (3/8) · (0.9 − 0.8) = 0.0375.
    # Network: mix (3/4 − 1/2) · (0.45 − 0.6) = −0.0375; rate (5/8) · (0.5 − 0.4) = 0.0625. Together 0.
    found = explain_ratio(
        {"desk": parts(80, 100), "network": parts(40, 100)}, {"desk": parts(45, 50), "network": parts(75, 150)}
    )
    assert found == [
        Contribution("desk", ChangePart.MIX, Fraction("-0.0625")),
        Contribution("desk", ChangePart.RATE, Fraction("0.0375")),
        Contribution("network", ChangePart.MIX, Fraction("-0.0375")),
        Contribution("network", ChangePart.RATE, Fraction("0.0625")),
    ]


def test_a_group_of_one_period_is_mix_alone() -> None:
    # R0 = 1/2; R1 = (5 + 9) / 20 = 0.7; mean 0.6. Old: (1/2 − 1) · (0.5 − 0.6) = 0.05; new: 1/2 · (0.9 − 0.6) = 0.15.
    found = explain_ratio({"old": parts(5, 10)}, {"old": parts(5, 10), "new": parts(9, 10)})
    assert found == [
        Contribution("new", ChangePart.MIX, Fraction("0.15")),
        Contribution("old", ChangePart.MIX, Fraction("0.05")),
    ]


@given(GROUPS, GROUPS)
def test_the_parts_of_a_ratio_are_its_change(before: dict[str, Parts], after: dict[str, Parts]) -> None:
    if not all(sum(group.denominator for group in groups.values()) for groups in (before, after)):
        with pytest.raises(ValueError, match="no ratio to compare with"):
            explain_ratio(before, after)
        return
    found = explain_ratio(before, after)
    assert sum((item.change for item in found), Fraction(0)) == ratio(after) - ratio(before)
    # Told backwards, every part is the same with the other sign.
    back = {(item.group, item.part): -item.change for item in explain_ratio(after, before)}
    assert back == {(item.group, item.part): item.change for item in found}


@given(st.dictionaries(st.sampled_from("abc"), AMOUNTS), st.dictionaries(st.sampled_from("abc"), AMOUNTS))
def test_the_parts_of_a_sum_are_its_change(before: dict[str, Fraction], after: dict[str, Fraction]) -> None:
    found = explain_sum(before, after)
    assert sum((item.change for item in found), Fraction(0)) == sum(after.values()) - sum(before.values())


def cells(metric: str, *given: tuple[date, str, str, float | None, float | None, float | None]) -> pl.DataFrame:
    """Rows of `metric_values`: month, breakdown, group, value, numerator, denominator."""
    rows = [
        {"metric": metric, "period_grain": "month", "period_start_date": start, "is_period_closed": True,
         "dimension": dimension, "dimension_value": group, "value": value, "numerator": upper, "denominator": lower}
        for start, dimension, group, value, upper, lower in given
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=polars_schema(metric_values))


TWO_MONTHS = (
    (SEPTEMBER, "overall", "", 0.5, 5.0, 10.0),
    (SEPTEMBER, "team", "Desk", 0.5, 5.0, 10.0),
    (OCTOBER, "overall", "", 2 / 3, 10.0, 15.0),
    (OCTOBER, "team", "Desk", 2 / 3, 10.0, 15.0),
)


def explained(frame: pl.DataFrame, metric: str = "sla_attainment_ratio") -> list[tuple[object, ...]]:
    found = explain_changes(frame, [metric_named(metric)])
    columns = (
        "period_start_date",
        "dimension",
        "dimension_value",
        "part",
        "change_value",
        "value_before",
        "value_after",
    )
    return found.select(columns).rows()


def test_what_is_published_adds_up_to_the_rounded_change() -> None:
    assert explained(cells("sla_attainment_ratio", *TWO_MONTHS)) == [
        (OCTOBER, "team", "Desk", "rate", Decimal("0.166667"), Decimal("0.500000"), Decimal("0.666667"))
    ]


def test_groups_that_are_not_the_whole_explain_nothing() -> None:
    assert explained(cells("sla_attainment_ratio", *TWO_MONTHS[:3], (OCTOBER, "team", "Desk", 0.6, 9.0, 15.0))) == []


def test_a_period_without_a_value_or_a_gap_explains_nothing() -> None:
    august = [(date(2026, 8, 1), *row[1:]) for row in TWO_MONTHS[:2]]
    assert explained(cells("sla_attainment_ratio", *august, *TWO_MONTHS[2:])) == []
    assert explained(cells("sla_attainment_ratio", (SEPTEMBER, "overall", "", None, 0.0, 0.0), *TWO_MONTHS[2:])) == []


def test_the_latest_periods_of_a_kpi_are_explained_however_far_another_goes_on() -> None:
    """Tickets of 2026 are explained, though there is cost of each month of the next five years."""
    later = [date(2027 + number // 12, number % 12 + 1, 1) for number in range(60)]
    cost = cells("cost_total_reporting", *((start, "overall", "", 1.0, None, None) for start in later))
    frame = pl.concat([cells("sla_attainment_ratio", *TWO_MONTHS), cost])
    assert explained(frame) == explained(cells("sla_attainment_ratio", *TWO_MONTHS)) != []


def test_no_more_than_the_latest_thirteen_months_of_a_kpi_are_explained() -> None:
    months = [date(2025 + number // 12, number % 12 + 1, 1) for number in range(20)]
    rows = [
        (start, *place, number / 20, float(number), 20.0)
        for number, start in enumerate(months)
        for place in (("overall", ""), ("team", "Desk"))
    ]
    found = {row[0] for row in explained(cells("sla_attainment_ratio", *rows))}
    assert found == set(months[-13:])


def test_a_count_is_explained_by_what_each_group_has_more_or_less() -> None:
    rows = [
        (SEPTEMBER, "overall", "", 7.0, None, None), (SEPTEMBER, "team", "Desk", 7.0, None, None),
        (OCTOBER, "overall", "", 9.0, None, None), (OCTOBER, "team", "Desk", 4.0, None, None),
        (OCTOBER, "team", "Net", 5.0, None, None),
    ]  # fmt: skip
    found = explained(cells("ticket_resolved_count", *rows), "ticket_resolved_count")
    assert [(row[2], row[3], row[4]) for row in found] == [
        ("Desk", "amount", Decimal("-3.000000")),
        ("Net", "amount", Decimal("5.000000")),
    ]


def test_a_unit_cost_is_taken_apart_as_what_it_is_made_of() -> None:
    # 100 / 10 = 10 before, 180 / 12 = 15 after. Desk alone: its rate went from 10 to 15, and it had all the work.
    rows = [
        (SEPTEMBER, "overall", "", 10.0, 100.0, 10.0), (SEPTEMBER, "team", "Desk", 10.0, 100.0, 10.0),
        (OCTOBER, "overall", "", 15.0, 180.0, 12.0), (OCTOBER, "team", "Desk", 15.0, 180.0, 12.0),
    ]  # fmt: skip
    metric = "cost_per_transaction_reporting"
    assert explained(cells(metric, *rows), metric) == [
        (OCTOBER, "team", "Desk", "rate", Decimal("5.000000"), Decimal("10.000000"), Decimal("15.000000"))
    ]


def test_every_kpi_is_a_ratio_a_sum_or_nothing_that_adds_up() -> None:
    for metric in METRICS:
        is_ratio = metric.aggregation.value.endswith("parts")
        assert is_ratio == (metric.aggregation in RATIOS), metric.name


def test_a_percentile_is_never_taken_apart() -> None:
    metric = "ticket_cycle_time_p85_business_hours"
    assert explained(cells(metric, *TWO_MONTHS), metric) == []
    assert explain_changes(cells(metric, *TWO_MONTHS), METRICS).is_empty()
