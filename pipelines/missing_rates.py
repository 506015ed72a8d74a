"""Exchange rates that staged lines need and nobody brought: found as lines are converted, and named in the audit.

Which rate converts a line is decided in `metrics.costs.exchange_rates`; the rules that set such lines aside stand in
`data_contracts/warehouse/finance.yaml`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Final

import polars as pl

from data_contracts.verdict import RuleResult
from metrics.costs.exchange_rates import FxPolicy, find_missing_rates
from models.finance import stg_cost_lines, stg_fx_rates
from models.ops import ops_missing_rates
from pipelines.warehouse import Warehouse

#: Rules whose message names what is missing.
_NAMING_RULES: Final = ("cost_lines.posting_date.has_rate", "cost_lines.currency_code.convertible")
_MOST_PAIRS: Final = 3
_MOST_DATES: Final = 3


def store_missing_rates(warehouse: Warehouse, policy: FxPolicy, reporting_currency: str) -> None:
    """Make `ops_missing_rates` say which rates the staged cost lines lack. Call in the transaction that staged them."""
    needed = warehouse.frame(
        """
        SELECT upper(trim(currency_code)) AS currency_code, posting_date AS needed_date, count(*) AS line_count
        FROM stg.stg_cost_lines
        WHERE currency_code IS NOT NULL AND posting_date IS NOT NULL
        GROUP BY ALL ORDER BY ALL
        """
    )
    missing = find_missing_rates(
        needed, warehouse.read(stg_fx_rates), policy=policy, reporting_currency=reporting_currency
    )
    named = missing.with_columns(
        pl.lit(stg_cost_lines.name).alias("table_name"), pl.lit(reporting_currency).alias("reporting_currency_code")
    )
    warehouse.replace(ops_missing_rates, named)


def name_missing_rates(warehouse: Warehouse, results: Sequence[RuleResult]) -> list[RuleResult]:
    """The results, those about rates with the pairs and dates that are missing in their message."""
    return [
        replace(result, rule=replace(result.rule, message=f"{result.rule.message} {said}"))
        if result.failed_count and result.rule.id in _NAMING_RULES and (said := _say_missing(warehouse, result.rule.id))
        else result
        for result in results
    ]


def _say_missing(warehouse: Warehouse, rule_id: str) -> str:
    is_unknown = "NOT" if rule_id.endswith(".convertible") else ""
    rows = warehouse.rows(
        f"""
        SELECT currency_code, reporting_currency_code, needed_date, line_count FROM ops.ops_missing_rates
        WHERE currency_code {is_unknown} IN (SELECT currency_code FROM ops.reporting_currencies)
        ORDER BY currency_code, needed_date
        """
    )
    pairs = [_say_pair(list(found)) for _, found in groupby(rows, key=lambda row: row[0])]
    more = f"; and {len(pairs) - _MOST_PAIRS} more currencies" if len(pairs) > _MOST_PAIRS else ""
    return f"Missing: {'; '.join(pairs[:_MOST_PAIRS])}{more}." if pairs else ""


def _say_pair(rows: Sequence[tuple[Any, ...]]) -> str:
    """`USD to EUR on 2026-03-04, 2026-03-05 (12 lines)`."""
    currency, reporting, first, _ = rows[0]
    dates = ", ".join(str(row[2]) for row in rows[:_MOST_DATES])
    if len(rows) > _MOST_DATES:
        dates = f"{len(rows):,} days from {first} to {rows[-1][2]}, such as {dates}"
    count = sum(row[3] for row in rows)
    return f"{currency} to {reporting} on {dates} ({count:,} {'line' if count == 1 else 'lines'})"
