"""Budgets, forecasts, rework and commitments: values that are made of rows which were computed before.

Their records are the rows of the fact that holds them, which BI tools read, too; each says what it was computed from.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from metrics.kinds import BudgetVariance, BudgetVarianceShare, ReworkShare
from pipelines.explaining.arithmetic import Arithmetic, Numbers, measured_of
from pipelines.explaining.cell import Cell
from pipelines.explaining.exact_numbers import write_money
from pipelines.explaining.months import read_cost_months
from pipelines.explaining.records import IS_MEASURED, WHY_NOT, Records, rules_of_records
from pipelines.published.rows import read_rows
from pipelines.words.numbers import count_of, count_records, format_ratio

if TYPE_CHECKING:
    import duckdb

_NOTHING: Final = Decimal(0)
_ALWAYS: Final = f"TRUE AS {IS_MEASURED}, CAST(NULL AS VARCHAR) AS {WHY_NOT}"


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    return read_rows(connection, query)[0]


def budget_records(cell: Cell) -> Records:
    """Budget lines of the months that have begun."""
    first, last = cell.days
    measured = "(NOT fact.is_quarantined AND fact.amount_reporting IS NOT NULL)"
    return Records(
        sql=f"""
SELECT fact.budget_line_id, fact.source, fact.month_date, fact.kind, fact.cost_centre, fact.account, fact.team,
    fact.amount_original, fact.currency_code, CASE WHEN {measured} THEN fact.amount_reporting END AS amount_reporting,
    {measured} AS {IS_MEASURED},
    CASE WHEN {measured} THEN NULL WHEN fact.is_quarantined THEN 'set aside by ' || coalesce(aside.rules, 'a rule')
        ELSE 'no amount in the reporting currency' END AS {WHY_NOT}
FROM core.fct_budget_lines AS fact
LEFT JOIN {rules_of_records("stg_budget_lines")} AS aside ON aside.record_id = fact.budget_line_id
WHERE fact.month_date BETWEEN {first} AND {last} AND fact.month_date <= DATE '{cell.as_of_date}'
    AND (fact.kind IS NULL OR fact.kind <> 'forecast') AND {cell.of_member("fact")}""".strip(),
        noun="budget lines",
        keys=("budget_line_id",),
        shown=("month_date", "cost_centre", "account", "team", "amount_reporting"),
        part="amount_reporting",
        order="abs(amount_reporting) DESC, budget_line_id",
        order_words="the largest amounts first",
    )


def commitment_records(cell: Cell) -> Records:
    """Contracts with committed spend in the month."""
    first, last = cell.days
    counts = (
        "(NOT fact.is_quarantined AND fact.cumulative_spend_reporting IS NOT NULL "
        "AND fact.committed_spend_reporting IS NOT NULL)"
    )
    # What is known of a contract that is older than the invoices counts, though it may be too little.
    measured = f"({counts} AND NOT fact.is_understated)"
    return Records(
        sql=f"""
SELECT fact.vendor_contract_id, fact.month_date, fact.vendor, fact.spend_original, fact.currency_code,
    CASE WHEN {counts} THEN fact.cumulative_spend_reporting END AS cumulative_spend_reporting,
    CASE WHEN {counts} THEN fact.committed_spend_reporting END AS committed_spend_reporting,
    fact.fx_rate, {measured} AS {IS_MEASURED},
    CASE WHEN NOT {measured} THEN CASE WHEN fact.unmeasured_line_count > 0
        THEN fact.unmeasured_line_count || ' invoice lines cannot be added up'
        WHEN fact.is_quarantined THEN 'no invoice is of so early a month'
        WHEN NOT {counts} THEN 'no amount in the reporting currency'
        ELSE 'began before the first invoice that is known: at least so much' END END AS {WHY_NOT}
FROM core.fct_vendor_commitment_months AS fact
WHERE fact.month_date BETWEEN {first} AND {last} AND {cell.of_member("fact")}""".strip(),
        noun="contracts",
        keys=("vendor_contract_id",),
        shown=("vendor", "cumulative_spend_reporting", "committed_spend_reporting"),
        part="cumulative_spend_reporting",
        whole="committed_spend_reporting",
        order="abs(cumulative_spend_reporting) DESC, vendor_contract_id",
        order_words="the largest amounts first",
    )


def compute_commitments(connection: duckdb.DuckDBPyConnection, cell: Cell, records: Records) -> Arithmetic:
    """What was billed by the end of the month over what was committed."""
    row = _one(
        connection,
        f"SELECT count(*) AS eligible, count(*) FILTER ({IS_MEASURED}) AS measured, count({records.part}) AS counted, "
        f"sum({records.part}) AS part, sum({records.whole}) AS whole FROM ({records.sql})",
    )
    eligible, measured, counted = row["eligible"], row["measured"], row["counted"]
    part, whole = row["part"] or _NOTHING, row["whole"] or _NOTHING
    value = float(part) / float(whole) if whole > 0 else None
    amounts = [write_money(each, cell.currency) for each in (part, whole)]
    understated = counted - measured
    told = count_of(understated, "of the others counts", "of the others count")
    steps = (
        measured_of(cell, measured, eligible),
        *([f"{told} with what was billed since invoices are known: at least so much is used."] if understated else []),
        f"{amounts[0]} / {amounts[1]} = {value:,.6f}, or {format_ratio(value)}"
        if value is not None
        else f"There is no share of {amounts[1]}.",
    )
    numbers = Numbers(
        value=value, numerator=part, denominator=whole, eligible_count=eligible, measured_count=measured,
        bounds=(value if counted == eligible else None, value if measured == eligible else None),
    )  # fmt: skip
    return Arithmetic(numbers, steps)


def variance_records(cell: Cell) -> Records:
    """What each account of a cost centre cost and was to cost, in the months that have both cost and a budget."""
    return Records(
        sql=f"""
SELECT fact.month_date, fact.cost_centre, fact.account, fact.team, fact.actual_reporting, fact.budget_reporting,
    fact.variance_reporting, fact.cost_line_count, fact.budget_line_count,
    fact.variance_reporting IS NOT NULL AS {IS_MEASURED},
    CASE WHEN fact.variance_reporting IS NULL THEN 'no line of it could be used' END AS {WHY_NOT}
FROM core.fct_budget_variances AS fact
WHERE fact.month_date IN (SELECT month_date FROM ({_compared_months(cell)})) AND {cell.of_member("fact")}""".strip(),
        noun="accounts of cost centres",
        keys=("cost_centre", "account", "team", "month_date"),
        shown=("actual_reporting", "budget_reporting", "variance_reporting"),
        part="variance_reporting",
        whole="budget_reporting",
        order="abs(variance_reporting) DESC, month_date, cost_centre, account, team",
        order_words="the largest differences first",
    )


def _compared_months(cell: Cell) -> str:
    """Months of the period that have cost and a budget, with the lines of both."""
    first, last = cell.days
    return f"""
        SELECT month_date, sum(cost_line_count + budget_line_count) AS eligible,
            sum(measured_cost_line_count + measured_budget_line_count) AS measured
        FROM core.fct_budget_variances WHERE month_date BETWEEN {first} AND {last}
        GROUP BY month_date
        HAVING (bool_or(actual_reporting IS NOT NULL) OR sum(cost_line_count) > 0) AND sum(budget_line_count) > 0"""


def compute_variance(connection: duckdb.DuckDBPyConnection, cell: Cell, records: Records) -> Arithmetic:
    """Actual cost less budget, or that over the budget."""
    assert isinstance(cell.metric.kind, BudgetVariance | BudgetVarianceShare)
    counts = _one(
        connection, f"SELECT sum(eligible) AS eligible, sum(measured) AS measured FROM ({_compared_months(cell)})"
    )
    eligible, measured = int(counts["eligible"] or 0), int(counts["measured"] or 0)
    sums = _one(
        connection,
        "SELECT sum(actual_reporting) AS actual, sum(budget_reporting) AS budget, sum(variance_reporting) AS variance, "
        f"count(*) AS row_count FROM ({records.sql}) WHERE {IS_MEASURED}",
    )
    actual, budget, variance = (sums[name] for name in ("actual", "budget", "variance"))
    steps = [measured_of(cell, measured, eligible)]
    counted = {"eligible_count": eligible, "measured_count": measured}
    if variance is None:
        steps.append("So there is no variance.")
        return Arithmetic(Numbers(value=None, **counted), tuple(steps))
    is_known = eligible == measured
    told = [write_money(amount, cell.currency) for amount in (actual, budget, variance)]
    rows = count_of(sums["row_count"], "account of a cost centre", "accounts of cost centres")
    steps.append(f"By {rows}: {told[0]} of cost - {told[1]} of budget = {told[2]}")
    doubts = () if actual - budget == variance else (f"{told[0]} less {told[1]} is not {told[2]}.",)
    if isinstance(cell.metric.kind, BudgetVariance):
        bounds = (variance, variance) if is_known else (None, None)
        return Arithmetic(Numbers(value=variance, bounds=bounds, **counted), tuple(steps), doubts=doubts)
    value = float(variance) / float(budget) if budget > 0 else None
    steps.append(
        f"There is no share of a budget of {told[1]}."
        if value is None
        else f"{told[2]} / {told[1]} = {value:,.6f}, or {_percent(value)}"
    )
    ends = (value, value) if is_known else (None, None)
    numbers = Numbers(value=value, numerator=variance, denominator=budget, bounds=ends, **counted)
    return Arithmetic(numbers, tuple(steps), doubts=doubts)


def _percent(value: float) -> str:
    return f"{value * 100:,.1f} %" if value < 0 else format_ratio(value)


def year_end_records(cell: Cell) -> Records:
    """What each team will have cost at the year's end, by the method that the policy chooses."""
    return Records(
        sql=f"""
SELECT fact.team, fact.fiscal_year_start_date, fact.month_date, fact.method, fact.actual_to_date_reporting,
    fact.rest_of_year_reporting, fact.year_end_reporting, fact.remaining_month_count, fact.missing_month_count,
    fact.measured_month_count, fact.run_rate_month_count, fact.year_end_reporting IS NOT NULL AS {IS_MEASURED},
    CASE WHEN fact.year_end_reporting IS NULL THEN fact.missing_month_count || ' months are missing' END AS {WHY_NOT}
FROM core.fct_year_end_forecasts AS fact
WHERE fact.is_chosen AND fact.month_date = DATE '{cell.period.start}' AND {cell.of_member("fact")}""".strip(),
        noun="teams",
        keys=("team",),
        shown=("method", "actual_to_date_reporting", "rest_of_year_reporting", "year_end_reporting"),
        part="year_end_reporting",
        order="abs(year_end_reporting) DESC, team",
        order_words="the largest amounts first",
    )


def compute_year_end(connection: duckdb.DuckDBPyConnection, cell: Cell, records: Records) -> Arithmetic:
    """What was spent by the end of the month, and what is estimated of the rest of the year."""
    row = _one(
        connection,
        "SELECT sum(actual_to_date_reporting) AS actual, sum(rest_of_year_reporting) AS rest, "
        f"sum(year_end_reporting) AS year_end, bool_and({IS_MEASURED}) AS is_whole, count(*) AS teams, "
        "any_value(method) AS method, any_value(measured_month_count) AS measured, any_value(missing_month_count) AS "
        f"missing, any_value(remaining_month_count) AS remaining FROM ({records.sql})",
    )
    months = _MONTHS_PER_YEAR
    missing = months - (row["measured"] or 0)
    steps = [
        "No month of the fiscal year is missing, and all lines could be used."
        if not missing
        else f"{count_of(missing, 'month of the fiscal year is', 'months of the fiscal year are')} missing, or had "
        "lines that could not be used."
    ]
    value = row["year_end"] if row["is_whole"] else None
    if value is None:
        steps.append(f"{count_of(row['missing'], 'month is', 'months are')} missing, so that there is no forecast.")
    else:
        told = [write_money(row[name] or _NOTHING, cell.currency) for name in ("actual", "rest", "year_end")]
        method = row["method"].replace("_", " ")
        rest = f"an estimate of the {count_of(row['remaining'], 'month')} that follow, by {method}"
        steps.append(
            f"{told[0]} to date + {told[1]}, {rest}, = {told[2]}, over {count_records(row['teams'], 'teams')}."
        )
    numbers = Numbers(value=value, eligible_count=months, measured_count=row["measured"] or 0)
    return Arithmetic(numbers, tuple(steps))


_MONTHS_PER_YEAR: Final = 12


def rework_records(cell: Cell) -> Records:
    """Every combination of team, priority, service and vendor that bears cost, and what its reworked tickets bear."""
    return Records(
        sql=f"""
SELECT fact.team, fact.priority, fact.service, fact.vendor, fact.ticket_count, fact.reworked_ticket_count,
    fact.unknown_ticket_count, fact.allocated_reporting, fact.rework_reporting, fact.unknown_reporting,
    fact.unknown_ticket_count = 0 AS {IS_MEASURED},
    CASE WHEN fact.unknown_ticket_count > 0
        THEN 'of ' || fact.unknown_ticket_count || ' tickets it is not known whether they were reworked'
        END AS {WHY_NOT}
FROM core.fct_rework_costs AS fact
WHERE fact.period_grain = '{cell.period.grain.value}' AND fact.period_start_date = DATE '{cell.period.start}'
    AND {cell.of_member("fact")}
""".strip(),
        noun="combinations that bear cost",
        keys=("team", "priority", "service", "vendor"),
        shown=("ticket_count", "reworked_ticket_count", "allocated_reporting", "rework_reporting"),
        part="rework_reporting",
        whole="allocated_reporting",
        order="rework_reporting DESC, team, priority, service, vendor",
        order_words="the largest amounts first",
    )


def compute_rework(connection: duckdb.DuckDBPyConnection, cell: Cell, records: Records) -> Arithmetic:
    """What reworked tickets bear, or that over all allocated cost."""
    months = read_cost_months(connection, cell)
    first, last = cell.days
    costless = _one(
        connection,
        "SELECT coalesce(sum(transaction_count), 0) AS count FROM core.fct_transactions AS fact "
        f"WHERE completed_date BETWEEN {first} AND {last} AND {cell.of_member('fact')} "
        f"AND date_trunc('month', completed_date) NOT IN ({months.known_sql})",
    )["count"]
    row = _one(
        connection,
        "SELECT count(*) AS row_count, coalesce(sum(ticket_count), 0) AS tickets, "
        "coalesce(sum(unknown_ticket_count), 0) AS unknown, coalesce(sum(reworked_ticket_count), 0) AS reworked, "
        "sum(rework_reporting) AS rework, "
        f"sum(allocated_reporting) AS allocated FROM ({records.sql})",
    )
    is_known = row["row_count"] > 0 and not months.lies_in_unposted
    eligible = int(row["tickets"] + costless)
    measured = int(row["tickets"] - row["unknown"]) if not months.lies_in_unposted else 0
    steps = [
        measured_of(cell, measured, eligible),
        f"{row['reworked']:,} of them were reopened, or broke their resolution target.",
    ]
    rework, allocated = (row["rework"], row["allocated"]) if is_known else (None, None)
    counted = {"eligible_count": eligible, "measured_count": measured}
    if rework is None or allocated is None:
        steps.append("What they cost is not known.")
        return Arithmetic(Numbers(value=None, **counted), tuple(steps))
    told = [write_money(amount, cell.currency) for amount in (rework, allocated)]
    combinations = count_records(row["row_count"], "combinations of team, priority, service and vendor")
    steps.append(f"Of {told[1]} that {combinations} bear, divided over the tickets of each, they bear {told[0]}.")
    if not isinstance(cell.metric.kind, ReworkShare):
        return Arithmetic(Numbers(value=rework, **counted), tuple(steps))
    value = float(rework) / float(allocated) if allocated > 0 else None
    if value is not None:
        steps.append(f"{told[0]} / {told[1]} = {value:,.6f}, or {format_ratio(value)}")
    return Arithmetic(Numbers(value=value, numerator=rework, denominator=allocated, **counted), tuple(steps))
