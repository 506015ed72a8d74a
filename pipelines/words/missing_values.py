"""Why a KPI has no value to show: nothing feeds it, its data end too early, or a period lacked what it needs.

The one place that knows the reasons; commands, report and dashboard ask it, so that they say the same. Values are read
from a published file. Why the gate holds a KPI is in `meta.metrics`, and only repeated here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from models.vocabulary import Grain
from pipelines.words.numbers import format_period, list_all

if TYPE_CHECKING:
    import duckdb

_UNIT_COST: Final = "cost_per_transaction_reporting"
_YEAR_END: Final = "cost_year_end_forecast_reporting"
#: What a policy promises, by the KPI that says whether it was kept.
_PROMISED: Final = {
    "sla_attainment_ratio": "a resolution",
    "sla_first_response_attainment_ratio": "a first response",
    "sla_periodic_update_attainment_ratio": "periodic updates",
    "sla_vendor_response_attainment_ratio": "a vendor's response",
    "sla_vendor_resolution_attainment_ratio": "a vendor's resolution",
}
#: Why KPIs have nothing to count though all exports that they need are there, by what they count.
_UNFED: Final = {
    "budget lines": "no budget lines were read yet",
    "cost lines and budget lines": "no budget lines were read yet",
    "commitments": "no contract in the register of vendor contracts says what is committed to be spent",
    "promises and periods": "no contract promises credits yet: see service_credits in policies/vendors.yaml",
}
#: The kinds of data that vendors bring apart from each other, by what KPIs of them count.
_OF_VENDORS: Final = {"deliveries": "deliveries", "invoice lines": "invoices"}


@dataclass(frozen=True, slots=True)
class ShortestData:
    """The domain whose data end first among those that close a metric's periods.

    Attributes:
        domain: tickets, finance or vendors.
        last_date: last day that its data cover, in the reporting time zone.
    """

    domain: str
    last_date: date


def explain_missing(
    connection: duckdb.DuckDBPyConnection, grain: str, told: Mapping[str, date | None] | None = None
) -> dict[str, str]:
    """Why metrics have no value, by their name; metrics that have one are left out.

    Args:
        connection: to a published file.
        grain: day, week, month or quarter.
        told: first day of the period that each metric is told of, None where it has no closed one. Without it, metrics
            are told of what they are told of if nobody names a period: see `periods_told`.
    """
    definitions = _read(connection, "FROM meta.metrics ORDER BY rowid")
    clocks = _read(connection, "SELECT data, domain, as_of_at, unread_folders FROM meta.data_clocks")
    zone = connection.execute("SELECT reporting_time_zone FROM meta.run").fetchall()[0][0]
    known = {kind for row in clocks if row["as_of_at"] is not None for kind in (row["data"], row["domain"])}
    unread = _unread_folders(clocks)
    shortest = find_shortest(definitions, zone)
    spans = {row["metric"]: row for row in _read(connection, _SPANS, {"grain": grain})}
    latest = {name: span["latest_date"] for name, span in spans.items()}
    starts = told if told is not None else latest | periods_told(connection, grain)
    values = _values_of(connection, grain, starts)
    found = {}
    for row in definitions:
        name, state, records = row["metric"], row["publication_state"], row["counted_records"]
        start, value = starts.get(name), values.get(name)
        if value is not None and value["value"] is not None:
            continue
        if state == "held":
            # What to do stands with the rule itself.
            found[name] = f"held: {(row['held_reason'] or 'kpi status says by which rule').split('. ')[0].rstrip('.')}"
        elif state == "empty":
            found[name] = explain_unfed(row, known, unread)
        elif name not in spans:
            found[name] = f"no {grain} has {records} yet"
        elif start is None:
            found[name] = explain_open(spans[name]["first_date"], grain, records, shortest.get(name))
        elif value is None or not value["eligible_count"]:
            # Of a unit cost there is a row as soon as there is cost, whatever was completed.
            lacking = "cost lines" if name == _UNIT_COST else records
            found[name] = f"there is nothing to measure: {format_period(start, grain)} has no {lacking}"
        else:
            found[name] = explain_empty(name, grain, value["numerator"], value["denominator"], value["measured_count"])
    return found


def periods_told(connection: duckdb.DuckDBPyConnection, grain: str) -> dict[str, date]:
    """First day of the period of which each metric is told if nobody names one, as `mart.latest_periods` has it; those
    that have no closed period are left out.
    """
    query = "SELECT metric, period_start_date FROM mart.latest_periods WHERE period_grain = $grain"
    return {row["metric"]: row["period_start_date"] for row in _read(connection, query, {"grain": grain})}


#: What is measured as of the data's clock has no closed period: its latest value is the only one.
_IS_TOLD: Final = """(
    is_period_closed OR metric IN (SELECT metric FROM meta.metrics WHERE contains(period_date, '(as_of_date)'))
)"""
_SPANS: Final = f"""
    SELECT metric, min(period_start_date) AS first_date, max(period_start_date) FILTER ({_IS_TOLD}) AS latest_date
    FROM mart.metric_values WHERE period_grain = $grain AND dimension = 'overall' GROUP BY metric
"""


def _values_of(
    connection: duckdb.DuckDBPyConnection, grain: str, starts: Mapping[str, date | None]
) -> dict[str, dict[str, Any]]:
    """The row of each metric's period, by the metric; none where that has no row."""
    wanted = {name: start for name, start in starts.items() if start is not None}
    rows = (
        _read(
            connection,
            f"""
        SELECT metric, value, numerator, denominator, eligible_count, measured_count
        FROM mart.metric_values
        JOIN (SELECT unnest($names) AS metric, unnest($starts) AS period_start_date)
            USING (metric, period_start_date)
        WHERE period_grain = $grain AND dimension = 'overall' AND {_IS_TOLD}
        """,
            {"grain": grain, "names": list(wanted), "starts": list(wanted.values())},
        )
        if wanted
        else []
    )
    return {row["metric"]: row for row in rows}


def _read(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    cursor = connection.execute(query, parameters)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


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


def _unread_folders(clocks: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The landing folders of which nothing was ever read, by kind of data and by domain."""
    found: dict[str, list[str]] = {}
    for row in clocks:
        # A folder's name may have a comma, but no slash: that ends each.
        folders = re.split(r"(?<=/), ", row["unread_folders"]) if row["unread_folders"] else []
        for kind in {row["data"], row["domain"]}:
            found[kind] = list(dict.fromkeys((*found.get(kind, ()), *folders)))
    return found


def explain_unfed(
    definition: Mapping[str, Any], known: Collection[str], unread: Mapping[str, Sequence[str]] | None = None
) -> str:
    """Why a metric has never had anything to count.

    Args:
        definition: its row of `meta.metrics`.
        known: kinds of data and domains of which there are any.
        unread: landing folders of which nothing was ever read, by the kind of data or domain that they would feed.
    """
    name, records = definition["metric"], definition["counted_records"]
    lacking = [domain for domain in definition["requires"].split(", ") if domain not in known]
    if not lacking and _OF_VENDORS.get(records, "vendors") not in known and "vendors" in definition["requires"]:
        lacking = [_OF_VENDORS[records]]
    if lacking:
        return _explain_lacking(lacking, unread or {})
    if name in _PROMISED:
        return f"no promise of {_PROMISED[name]} was kept or broken yet: see policies/sla.yaml"
    if name == "sla_source_attainment_ratio":
        return "no export feeds tickets.is_sla_met_at_source: what the source itself says of its SLA"
    if name == "cost_of_delay_reporting":
        return "no rule under delay in policies/costs.yaml has a price for any resolved ticket yet"
    return _UNFED.get(records, f"none of the {records} counts for it yet: 'kpi metrics NAME' says which would")


def _explain_lacking(lacking: Sequence[str], unread: Mapping[str, Sequence[str]]) -> str:
    """That nothing brings some data: no contract is there, or its landing folder had no file that could be read."""
    unfed = [data for data in lacking if not unread.get(data)]
    parts = [f"no file of {data} was read from {list_all(unread[data])} yet" for data in lacking if data not in unfed]
    return " and ".join((*parts, f"no export feeds {list_all(unfed)} yet") if unfed else parts)


def explain_open(first: date, grain: str, records: str, shortest: ShortestData | None) -> str:
    """Why no period of a metric that has some is closed.

    Args:
        first: first day of its first period.
        grain: week, month or quarter.
        records: what the metric counts.
    """
    not_yet = f"no {grain} is closed yet"
    if shortest is None:
        return not_yet
    # Finance may reach into a month whose cost is not complete.
    reach = "cost is complete until" if shortest.domain == "finance" else f"the data of {shortest.domain} end on"
    ends = f"{not_yet}: {reach} {shortest.last_date}"
    period = format_period(first, grain)
    if shortest.last_date < first:
        return f"{ends}, before {period}, the first {grain} with {records}"
    return f"{ends}, before the end of {period}, the first {grain} with {records}"


def explain_empty(metric: str, grain: str, numerator: float | None, denominator: float | None, measured: int) -> str:
    """Why a closed period with records has no value.

    Args:
        numerator, denominator: parts of the value, where it has any.
        measured: records that could be measured.
    """
    if metric == _UNIT_COST and not denominator:
        # Of a quarter only the months count that have cost.
        when = "a month of that quarter that has cost" if grain == Grain.QUARTER else f"that {grain}"
        return f"no transaction was completed in {when}: see transaction in policies/costs.yaml"
    if metric == _UNIT_COST and numerator is None:
        return f"no driver took any cost of that {grain}: see pools in policies/costs.yaml"
    if metric == _YEAR_END:
        return (
            "a month of the fiscal year, or one that the run-rate looks back on, is missing in the ledger or the plan"
        )
    if not measured:
        return f"nothing of that {grain} could be measured"
    if denominator == 0:
        return f"it is a share, and the whole of that {grain} is 0"
    return f"its formula gives no value for that {grain}"
