"""The page of vendors tells how many deliveries came on time, by whom, and which came late: as it is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.registry import metric_named
from pipelines.words.numbers import format_value

if TYPE_CHECKING:
    from conftest import Draw
    from demo_homes import DemoHome

SHOWN = (
    "vendor_on_time_delivery_ratio",
    "vendor_on_time_delivery_first_promise_ratio",
    "vendor_delivery_delay_p85_days",
)


def test_cards_have_the_published_numbers(draw: Draw, published: DemoHome) -> None:
    page = draw("vendors")
    assert not page.exception
    headings = [header.value for header in page.header]
    assert headings.index("Scorecards") < headings.index("Deliveries on time") < headings.index("Money to recover")
    shown = [part.value for part in page.markdown]
    for name in SHOWN:
        ((value,),) = published.published(
            "SELECT value FROM mart.metric_values "
            "JOIN mart.latest_periods USING (metric, period_grain, period_start_date) "
            "WHERE metric = ? AND period_grain = 'month' AND dimension = 'overall'",
            [name],
        )
        metric = metric_named(name)
        label = shown.index(f"**{metric.label}**")
        assert shown[label + 1] == f"## {format_value(value, metric.unit, 'EUR')}"


def test_late_and_overdue_deliveries_are_those_of_the_facts(draw: Draw, published: DemoHome) -> None:
    first, last = "2026-08-01", "2026-10-31"
    ((late, overdue),) = published.published(
        "SELECT count(*) FILTER (delay_days > 0), "
        "count(*) FILTER (delivered_date IS NULL AND promised_date <= (SELECT last_date FROM meta.data_clocks "
        "WHERE data = 'deliveries')) "
        "FROM mart.delivery_facts WHERE NOT is_quarantined AND promised_date BETWEEN ? AND ?",
        [first, last],
    )
    assert late > 1
    captions = [caption.value for caption in draw("vendors", days=[first, last]).caption]
    (told,) = (caption for caption in captions if "came late and" in caption)
    assert told == (
        f"{late:,} deliveries came late and {overdue:,} {'is' if overdue == 1 else 'are'} overdue, of those promised "
        "from 1 August 2026 to 31 October 2026."
    )


def test_vendors_are_in_the_order_in_which_they_are_on_time(draw: Draw) -> None:
    captions = [caption.value for caption in draw("vendors").caption]
    assert any(told.startswith("By vendor in ") and told.endswith("the least on time first.") for told in captions)
