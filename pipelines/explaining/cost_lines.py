"""Cost lines that lie in a period, each with the part of it that does: spread over its days anew, in SQL.

A line of A minor units over D days puts |A| // D on each day and one unit more on the first |A| mod D days, with the
sign of A; so is it decided (docs/decisions.md). Here it is computed from that sentence, not by `metrics.costs.accrual`.
"""

from __future__ import annotations

from typing import Final

from metrics.periods import Period
from models.currencies import MINOR_UNIT_DIGITS
from models.vocabulary import NO_VALUE
from pipelines.explaining.cell import Cell
from pipelines.explaining.records import IS_MEASURED, WHY_NOT, Records, rules_of_records

#: Column with the part of a line that lies in the period.
IN_PERIOD: Final = "in_period_reporting"

_STARTS: Final = "coalesce(line.cost_start_date, line.posting_date)"
_ENDS: Final = f"greatest(coalesce(line.cost_end_date, line.cost_start_date, line.posting_date), {_STARTS})"


def lines_in(period: Period, currency: str, condition: str = "") -> str:
    """SQL of all cost lines of which a day lies in the period, also of those that could not be used.

    Args:
        currency: the reporting currency, whose minor unit lines are spread by.
        condition: on `line`, the fact, if not all are wanted.
    """
    first, last = f"DATE '{period.start}'", f"DATE '{period.end}'"
    digits = MINOR_UNIT_DIGITS.get(currency, 2)
    unit = f"CAST(0.{'0' * (digits - 1)}1 AS DECIMAL(4, {digits}))" if digits else "1"
    # Days of the line before the period, and until its end, of which the first `odd` have one unit more.
    before = f"greatest(0, date_diff('day', line.cost_start_date, {first}))"
    until = f"least(day_count, date_diff('day', line.cost_start_date, {last}) + 1)"
    return f"""
SELECT
    line.cost_line_id, line.source, line.document_id, line.posting_date, line.cost_start_date, line.cost_end_date,
    coalesce(line.cost_pool, '{NO_VALUE}') AS cost_pool, line.account, line.cost_centre, line.team, line.service,
    line.vendor, line.amount_original, line.currency_code, line.amount_reporting,
    CASE WHEN line.{IS_MEASURED} THEN CAST(
        sign(line.amount_reporting) * (
            (units // day_count) * ({until} - {before})
            + least({until}, units % day_count) - least({before}, units % day_count)
        ) AS DECIMAL(18, 0)) * {unit} END AS {IN_PERIOD},
    line.{IS_MEASURED},
    CASE WHEN line.{IS_MEASURED} THEN NULL
        WHEN line.is_quarantined THEN 'set aside by ' || coalesce(aside.rules, 'a rule')
        ELSE 'no amount in the reporting currency' END AS {WHY_NOT}
FROM (
    SELECT line.*, line.amount_reporting IS NOT NULL AND NOT line.is_quarantined AS {IS_MEASURED},
        CAST(abs(line.amount_reporting) * {10**digits} AS BIGINT) AS units,
        date_diff('day', line.cost_start_date, line.cost_end_date) + 1 AS day_count
    FROM core.fct_cost_lines AS line
    WHERE {_STARTS} <= {last} AND {_ENDS} >= {first}{f" AND {condition}" if condition else ""}
) AS line
LEFT JOIN {rules_of_records("stg_cost_lines")} AS aside ON aside.record_id = line.cost_line_id""".strip()


def line_records(cell: Cell, *, is_unallocated: bool = False) -> Records:
    """The cost lines of a value over everything.

    Args:
        is_unallocated: whether only those of pools count of which something was not allocated in the period.
    """
    first = f"DATE '{cell.period.start}'"
    pools = (
        "coalesce(line.cost_pool, '(none)') IN (SELECT cost_pool FROM core.fct_cost_allocations WHERE period_grain = "
        f"'{cell.period.grain.value}' AND period_start_date = {first} AND NOT is_allocated)"
    )
    return Records(
        sql=lines_in(cell.period, cell.currency, pools if is_unallocated else ""),
        noun="cost lines",
        keys=("cost_line_id",),
        shown=("posting_date", "cost_start_date", "cost_end_date", "cost_pool", "account", "cost_centre", "team",
               "amount_reporting", IN_PERIOD),
        part=IN_PERIOD,
        order=f"abs({IN_PERIOD}) DESC, cost_line_id",
        order_words="the largest amounts first",
        brief_sql=None
        if is_unallocated
        else f"FROM fct_cost_lines AS line WHERE {_STARTS} <= DATE '{cell.period.end}' AND {_ENDS} >= {first}",
    )  # fmt: skip
