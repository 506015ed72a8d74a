"""In which months the records lie that broke a rule: the part of a source that a person has to look at.

Asked while a batch is judged, because what is set aside leaves the tables right after. How many records broke a rule,
and which, is in `data_contracts.evaluation`; when periods of an export are missing, in `metrics.arrivals`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import DateTime

from data_contracts.spec import ONE_NUMBER
from data_contracts.verdict import RuleResult
from models.catalog import table_named
from models.ddl import qualified_name, quote_identifier, quote_text
from pipelines.warehouse import Warehouse

#: Staged table -> the date by which people know in which month a record of it belongs.
DATE_OF: Final = {
    "stg_tickets": "created_at",
    "stg_cost_lines": "posting_date",
    "stg_fx_rates": "rate_date",
    "stg_headcount": "month_date",
    "stg_budget_lines": "month_date",
    "stg_benefit_lines": "benefit_date",
    "stg_vendor_contracts": "start_date",
    "stg_vendor_invoice_lines": "invoice_date",
    "stg_purchase_orders": "start_date",
    "stg_deliveries": "ordered_date",
}

#: Stands for the month of records that have no date.
NO_DATE: Final = "no date"


def add_failed_months(warehouse: Warehouse, results: Sequence[RuleResult], time_zone: str) -> list[RuleResult]:
    """The same results, each with the months of the records that broke its rule.

    Call in the transaction in which the rules were evaluated.

    Args:
        time_zone: the reporting time zone, in which months are cut.
    """
    return [
        replace(result, failed_months=_months(warehouse, result, time_zone)) if _has_months(result) else result
        for result in results
    ]


def _has_months(result: RuleResult) -> bool:
    rule = result.rule
    return (
        result.failed_count > 0
        and rule.measure not in ONE_NUMBER
        and rule.record_table in DATE_OF
        # Some rules name what is no record: a source and a month that drifted.
        and rule.key_column is not None
        and rule.key_column in table_named(rule.record_table).columns
    )


def _months(warehouse: Warehouse, result: RuleResult, time_zone: str) -> tuple[tuple[str, int], ...]:
    """Month, as in 2026-10, and its records that broke the rule; in order, those without a date last."""
    rule = result.rule
    table = table_named(rule.record_table)
    column = table.columns[DATE_OF[table.name]]
    named = f"records.{quote_identifier(column.name)}"
    day = f"timezone({quote_text(time_zone)}, {named})" if isinstance(column.type, DateTime) else named
    query = f"""
        SELECT strftime({day}, '%Y-%m') AS month, count(DISTINCT failing_key)
        FROM {qualified_name(table)} AS records
        JOIN ({result.failing_keys_query}) AS failing
            ON failing_key = CAST(records.{quote_identifier(str(rule.key_column))} AS VARCHAR)
        GROUP BY month ORDER BY month NULLS LAST
    """
    return tuple((NO_DATE if month is None else str(month), int(count)) for month, count in warehouse.rows(query))
