"""Exchange rates that staged lines need and nobody brought: found as lines are converted, and named in the audit.

Which rate converts a line is decided in `metrics.costs.exchange_rates`; the rules that set such lines aside stand in
`data_contracts/warehouse/finance.yaml`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import polars as pl
from sqlalchemy import Table

from data_contracts.spec import Rule
from metrics.costs.exchange_rates import FxPolicy, find_missing_rates
from metrics.costs.policy import CostPolicy
from models.ddl import qualified_name
from models.finance import stg_cost_lines, stg_fx_rates
from models.findings import ops_missing_rates
from models.planning import stg_benefit_lines, stg_budget_lines
from models.vendors import stg_vendor_invoice_lines
from models.vocabulary import Domain
from pipelines.broken_rules.evidence import Evidence, Explanation
from pipelines.warehouse import Warehouse

_MOST_PAIRS: Final = 3
_MOST_DATES: Final = 3


@dataclass(frozen=True, slots=True)
class _Need:
    """Lines that are converted, and the rules that are about their rates.

    Attributes:
        needed_date: SQL of the day whose rate a line needs; empty if it needs none yet.
        currencies: view of the currencies to which some rate leads.
        no_rate_at_all: rule about lines of the other currencies.
        no_rate_that_day: rule about lines of these.
        is_planned: whether the budget's own rates convert them, if it has any.
    """

    domain: Domain
    table: Table
    needed_date: str
    no_rate_at_all: str
    no_rate_that_day: str
    currencies: str = "ops.reporting_currencies"
    is_planned: bool = False

    def policy(self, costs: CostPolicy) -> FxPolicy:
        """The rates that convert the lines."""
        return costs.budget.fx or costs.fx if self.is_planned else costs.fx


_NEEDS: Final = (
    _Need(
        Domain.FINANCE,
        stg_cost_lines,
        "posting_date",
        "cost_lines.currency_code.convertible",
        "cost_lines.posting_date.has_rate",
    ),
    _Need(
        Domain.FINANCE,
        stg_budget_lines,
        # Plans reach further than rates can: what lies after all of them lacks none yet.
        "CASE WHEN date_trunc('month', month_date) <= (SELECT max(rate_date) FROM stg.stg_fx_rates) "
        "THEN date_trunc('month', month_date) END",
        "budget_lines.currency_code.convertible",
        "budget_lines.month_date.has_rate",
        "ops.planning_currencies",
        is_planned=True,
    ),
    _Need(
        Domain.FINANCE,
        stg_benefit_lines,
        "benefit_date",
        "benefit_lines.currency_code.convertible",
        "benefit_lines.benefit_date.has_rate",
    ),
    _Need(
        Domain.VENDORS,
        stg_vendor_invoice_lines,
        "invoice_date",
        "vendor_invoice_lines.currency_code.convertible",
        "vendor_invoice_lines.invoice_date.has_rate",
    ),
)

#: Rule -> the lines that it is about, and whether some rate leads to their currencies.
_ABOUT: Final = {
    rule_id: (need, is_known)
    for need in _NEEDS
    for rule_id, is_known in ((need.no_rate_at_all, False), (need.no_rate_that_day, True))
}


def _find(evidence: Evidence, domain: Domain) -> None:
    """Make `ops_missing_rates` say which rates a domain's staged lines lack."""
    warehouse, reporting_currency = evidence.warehouse, evidence.reporting_currency
    for need in _NEEDS:
        if need.domain is not domain:
            continue
        name = need.table.name
        needed = warehouse.frame(
            f"""
            SELECT upper(trim(currency_code)) AS currency_code, CAST({need.needed_date} AS DATE) AS needed_date,
                   count(*) AS line_count
            FROM {qualified_name(need.table)}
            WHERE currency_code IS NOT NULL AND {need.needed_date} IS NOT NULL
            GROUP BY ALL ORDER BY ALL
            """
        )
        rates, policy = warehouse.read(stg_fx_rates), need.policy(evidence.policies.costs)
        missing = find_missing_rates(needed, rates, policy=policy, reporting_currency=reporting_currency)
        warehouse.execute(f"DELETE FROM {qualified_name(ops_missing_rates)} WHERE table_name = ?", [name])
        named = missing.with_columns(
            table_name=pl.lit(name), reporting_currency_code=pl.lit(reporting_currency, dtype=pl.String)
        )
        warehouse.append(ops_missing_rates, named)


def _tell(rule: Rule, evidence: Evidence) -> str:
    """The pairs and dates that are missing, and whether the reporting currency itself looks wrong."""
    need, is_known = _ABOUT[rule.id]
    missing = _say_missing(evidence.warehouse, need, is_known=is_known)
    return missing if is_known else f"{missing} {_doubt_reporting_currency(evidence)}".strip()


def _doubt_reporting_currency(evidence: Evidence) -> str:
    """That kpi.toml may name the wrong currency, where no amount of the home is in it; else empty."""
    counted = " UNION ALL ".join(
        f"SELECT upper(trim(currency_code)) AS code FROM {qualified_name(need.table)}" for need in _NEEDS
    )
    # Most lines first; of as many, by name.
    rows = evidence.warehouse.rows(
        f"SELECT code, count(*) FROM ({counted}) WHERE code IN (SELECT currency_code FROM ops.currencies) "
        "GROUP BY code ORDER BY count(*) DESC, code"
    )
    reporting = evidence.reporting_currency
    if not rows or reporting in (code for code, _ in rows):
        return ""
    (most, _), count = rows[0], sum(lines for _, lines in rows)
    told = f"None of {count:,} lines of money is" if count > 1 else "The only line of money is not"
    return (
        f"{told} in {reporting}, the reporting currency of kpi.toml. If you report in {most}, write "
        f'currency = "{most}" under [reporting] there.'
    )


def _say_missing(warehouse: Warehouse, need: _Need, *, is_known: bool) -> str:
    rows = warehouse.rows(
        f"""
        SELECT currency_code, reporting_currency_code, needed_date, line_count FROM ops.ops_missing_rates
        WHERE table_name = ? AND (currency_code IN (SELECT currency_code FROM {need.currencies})) = ?
        ORDER BY currency_code, needed_date
        """,
        [need.table.name, is_known],
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


EXPLANATION: Final = Explanation(lambda rule: rule.id in _ABOUT, _tell, _find)
