"""Why a KPI that is published has no value to show: whose data end too early, or what a period lacked.

What is held or fed by nothing is not told here; the reasons of the gate stand in `meta.metrics`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from pipelines.cli.numbers import format_period

_UNIT_COST: Final = "cost_per_transaction_reporting"
_YEAR_END: Final = "cost_year_end_forecast_reporting"


@dataclass(frozen=True, slots=True)
class ShortestData:
    """The domain whose data end first among those that close a metric's periods.

    Attributes:
        domain: tickets, finance or vendors.
        last_date: last day that its data cover, in the reporting time zone.
    """

    domain: str
    last_date: date


def find_shortest(definitions: Sequence[Mapping[str, Any]], time_zone: str) -> dict[str, ShortestData]:
    """By metric, the data that end first. A domain reaches as far as the metrics that it closes alone.

    Args:
        definitions: rows of `meta.metrics`.
        time_zone: reporting time zone.
    """
    reaches: dict[str, datetime] = {}
    for row in definitions:
        if row["publication_state"] == "published" and ", " not in row["closed_by"]:
            reaches[row["closed_by"]] = max(row["fresh_as_of_at"], reaches.get(row["closed_by"], row["fresh_as_of_at"]))
    found = {}
    for row in definitions:
        until, closed_by = row["fresh_as_of_at"], row["closed_by"].split(", ")
        if until is None:
            continue
        # Deliveries and invoices end for themselves, so that vendors may be shorter than any metric of theirs alone.
        shortest = [domain for domain in closed_by if reaches.get(domain) == until]
        domain = shortest[0] if shortest else "vendors" if "vendors" in closed_by else closed_by[-1]
        last = (until - timedelta(microseconds=1)).astimezone(ZoneInfo(time_zone)).date()
        found[row["metric"]] = ShortestData(domain, last)
    return found


def explain_open(first: date, grain: str, records: str, shortest: ShortestData | None) -> str:
    """Why no period of a metric that has some is closed.

    Args:
        first: first day of its first period.
        grain: month or quarter.
        records: what the metric counts.
    """
    not_yet = f"no {grain} is closed yet"
    if shortest is None:
        return not_yet
    ends = f"{not_yet}: the data of {shortest.domain} end on {shortest.last_date}"
    period = format_period(first, grain)
    if shortest.last_date < first:
        return f"{ends}, before {period}, the first {grain} with {records}"
    return f"{ends}, before the end of {period}, the first {grain} with {records}"


def explain_empty(metric: str, grain: str, numerator: float | None, denominator: float | None, measured: int) -> str:
    """Why a closed period has no value; empty if its parts do not tell.

    Args:
        numerator, denominator: parts of the value, where it has any.
        measured: records that could be measured.
    """
    if metric == _UNIT_COST and not denominator:
        return f"no transaction was completed in that {grain}: see transaction in policies/costs.yaml"
    if metric == _UNIT_COST and numerator is None:
        return f"no driver took any cost of that {grain}: see pools in policies/costs.yaml"
    if metric == _YEAR_END:
        return (
            "a month of the fiscal year, or one that the run-rate looks back on, is missing in the ledger or the plan"
        )
    if not measured:
        return f"nothing of that {grain} could be measured"
    return ""
