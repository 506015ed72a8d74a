"""Headings of tables: words that people use, with the unit that the column's name declares."""

from __future__ import annotations

import pytest

from models.catalog import TABLES
from models.headings import heading_of


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("ticket_id", "Ticket"),
        ("created_at", "Created, Europe/Amsterdam"),
        ("cycle_time_business_hours", "Cycle time, business hours"),
        ("cycle_time_business_microseconds", "Cycle time, business hours"),
        ("amount_reporting", "Amount, EUR"),
        ("unit_price_original", "Unit price, original currency"),
        ("posting_date", "Posting date"),
        ("score_ratio", "Score, %"),
        ("is_quarantined", "Set aside"),
        ("has_open_breach", "Open breach"),
        ("over_billing_reporting", "Billed above contract, EUR"),
        ("lower_bound", "At least"),
        ("sla_policy", "SLA policy"),
    ],
)
def test_a_name_is_read_as_words_with_its_unit(name: str, heading: str) -> None:
    assert heading_of(name, currency="EUR", zone="Europe/Amsterdam") == heading


def test_every_declared_column_has_a_heading_in_words() -> None:
    for table in TABLES:
        for column in table.columns:
            heading = heading_of(column.name, currency="EUR", zone="UTC")
            assert heading.strip(), column.name
            assert "_" not in heading, heading
            assert heading[0].isupper(), heading
            assert not heading.endswith("microseconds")
