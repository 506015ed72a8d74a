"""What cost is divided by: completed transactions per day, and the teams' active time as a driver.

The division itself, its coverage and its bounds do not belong here, nor does the allocation of cost to transactions;
see `metrics.costs.allocation`. What a policy may name is in `metrics.costs.countable_facts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from metrics.costs.countable_facts import counted_table
from metrics.costs.lines import known, own_or_by_cost_centre
from metrics.costs.patterns import to_regex
from metrics.costs.policy import CostPolicy, CountedFact, TransactionKind
from metrics.periods import local_date
from metrics.populations import RESOLVED_TICKETS
from models.ddl import conform, polars_schema
from models.finance import fct_transactions
from models.vocabulary import NO_VALUE

_BREAKDOWN: Final = ("team", "priority", "service", "vendor")
_FLAG: Final = "is_quarantined"


def count_transactions(
    policy: CostPolicy,
    facts: Mapping[str, pl.DataFrame],
    *,
    time_zone: str,
    quarantined_cost_lines: frozenset[str] = frozenset(),
) -> pl.DataFrame:
    """`fct_transactions`: how many transactions of the policy's kind were completed, per day and breakdown.

    - Resolved tickets: on the day of the last resolution in the reporting time zone; not cancelled. One that was set
      aside lies on the day of its resolution or, if that is not known, of its creation. So it is with one of which
      exports leave open when it was resolved, or whether it was: it is none of those that count, and may be one.
    - Paid documents: each document number of a source once per posting date, however many lines it has there, with
      the attributes of its first line. Lines without a number or date are no document. A credit note is one. Set
      aside is a document of which every line is.
    - Deliveries: on the day of delivery; one that was set aside, else on the day for which it was promised.
    - Any other fact: its records that match, on the day of the policy's column. Where values of columns name a
      transaction, it counts once, on its first day, with the attributes of the record whose key comes first; within
      one source, if the fact has sources.

    Records without a value in a breakdown, and all of a fact that lacks it, count under `(none)`.

    Args:
        facts: the table of `metrics.costs.countable_facts.counted_table`, by its name; without it there are none.
        time_zone: IANA name of the reporting time zone.
        quarantined_cost_lines: `cost_line_id` of lines that a contract rule set aside.
    """
    table = counted_table(policy.transaction)
    records = facts.get(table.name, polars_schema(table).to_frame())
    match policy.transaction:
        case CountedFact() as counted:
            completed = _records_of_fact(records, counted, time_zone)
        case TransactionKind.RESOLVED_TICKETS:
            completed = _tickets_to_count(records, time_zone)
        case TransactionKind.PAID_DOCUMENTS:
            completed = _paid_documents(records, policy, quarantined_cost_lines)
        case TransactionKind.DELIVERIES:
            planned = pl.when(_FLAG).then(pl.coalesce("delivered_date", "promised_date", "first_promised_date"))
            completed = records.with_columns(completed_date=planned.otherwise("delivered_date"))
    breakdown = [
        (known(column).fill_null(NO_VALUE) if column in completed.columns else pl.lit(NO_VALUE)).alias(column)
        for column in _BREAKDOWN
    ]
    counted_records = (
        completed.filter(pl.col("completed_date").is_not_null())
        .select("completed_date", *breakdown, _FLAG)
        .group_by("completed_date", *_BREAKDOWN)
        .agg(
            transaction_count=(~pl.col(_FLAG)).sum().cast(pl.Int64), set_aside_count=pl.col(_FLAG).sum().cast(pl.Int64)
        )
        .sort("completed_date", *_BREAKDOWN)
    )
    return conform(counted_records, fct_transactions)


def sum_active_time(fct_tickets: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """The weights of the driver `active_business_hours`: active business time of the tickets each team resolved.

    The time counts on the day of the last resolution, under the team at that instant, as the transactions do.
    Tickets without history have no measured active time and add none.

    Returns:
        completed_date, team, active_business_microseconds (Int64), only where it is above 0.
    """
    return (
        _tickets_to_count(fct_tickets, time_zone)
        .filter(~pl.col(_FLAG), pl.col("completed_date").is_not_null())
        .select("completed_date", known("team").fill_null(NO_VALUE), "active_business_microseconds")
        .group_by("completed_date", "team")
        .agg(pl.col("active_business_microseconds").sum())
        .filter(pl.col("active_business_microseconds") > 0)
        .sort("completed_date", "team")
    )


def _tickets_to_count(fct_tickets: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """Tickets that count as resolved, and those that may, with a local day as `completed_date`."""
    return fct_tickets.filter(RESOLVED_TICKETS.is_eligible).with_columns(
        pl.col(_FLAG) | ~RESOLVED_TICKETS.is_placed, completed_date=local_date(RESOLVED_TICKETS.period, time_zone)
    )


def _paid_documents(stg_cost_lines: pl.DataFrame, policy: CostPolicy, quarantined: frozenset[str]) -> pl.DataFrame:
    """The first line of each document and posting date; of its lines that were not set aside, if there are any."""
    return (
        stg_cost_lines.with_columns(
            known("document_id"),
            own_or_by_cost_centre("team", policy.cost_centre_teams),
            own_or_by_cost_centre("service", policy.cost_centre_services),
            completed_date=pl.col("posting_date"),
            is_quarantined=pl.col("cost_line_id").is_in(sorted(quarantined)),
        )
        .drop_nulls(["document_id", "completed_date"])
        .sort(_FLAG, "source", "load_id", "row_number", "cost_line_id")
        .unique(["source", "document_id", "completed_date"], keep="first", maintain_order=True)
    )


def _records_of_fact(fact: pl.DataFrame, counted: CountedFact, time_zone: str) -> pl.DataFrame:
    """The records of any fact that the policy counts, each transaction once."""
    day = pl.col(counted.date_column)
    if isinstance(fact.schema[counted.date_column], pl.Datetime):
        day = local_date(day, time_zone)
    conditions = [pl.col(column).eq_missing(wanted) for column, wanted in counted.flags.items()]
    conditions += [
        pl.col(column).fill_null("").str.contains(to_regex(globs)) for column, globs in counted.patterns.items()
    ]
    is_quarantined = pl.col(_FLAG) if _FLAG in fact.columns else pl.lit(False)
    matching = fact.with_columns(is_quarantined.alias(_FLAG), completed_date=day).filter(
        pl.col("completed_date").is_not_null(), *conditions
    )
    if not counted.distinct:
        return matching
    names = list(dict.fromkeys(name for name in ("source", *counted.distinct) if name in fact.columns))
    is_named = [
        (known(name) if fact.schema[name] == pl.String else pl.col(name)).is_not_null() for name in counted.distinct
    ]
    key = [column.name for column in counted_table(counted).primary_key.columns]
    return (
        matching.filter(is_named).sort(_FLAG, "completed_date", *key).unique(names, keep="first", maintain_order=True)
    )
