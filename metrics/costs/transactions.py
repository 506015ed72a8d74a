"""What cost is divided by: completed transactions per day, and the teams' active time as a driver.

The division itself, its coverage and its bounds do not belong here, nor does the allocation of cost to transactions;
see `metrics.costs.allocation`.
"""

from __future__ import annotations

import polars as pl

from metrics.costs.policy import CostPolicy, TransactionKind, known, own_or_by_cost_centre
from metrics.periods import local_date
from models.ddl import conform
from models.finance import fct_transactions
from models.vocabulary import NO_VALUE

_BREAKDOWN = ("team", "priority", "service", "vendor")


def count_transactions(
    policy: CostPolicy,
    *,
    fct_tickets: pl.DataFrame,
    stg_cost_lines: pl.DataFrame,
    fct_deliveries: pl.DataFrame,
    time_zone: str,
    quarantined_cost_lines: frozenset[str] = frozenset(),
) -> pl.DataFrame:
    """`fct_transactions`: how many transactions of the policy's kind were completed, per day and breakdown.

    - Resolved tickets: on the day of the last resolution in the reporting time zone; neither cancelled nor set aside.
    - Paid documents: each document number of a source once per posting date, however many lines it has there, with
      the attributes of its first line. Lines without a number or date are no document. A credit note is one.
    - Deliveries: on the day of delivery; not set aside.

    Records without a value in a breakdown count under `(none)`.

    Args:
        time_zone: IANA name of the reporting time zone.
        quarantined_cost_lines: `cost_line_id` of lines that a contract rule set aside.
    """
    match policy.transaction:
        case TransactionKind.RESOLVED_TICKETS:
            completed = _resolved_tickets(fct_tickets, time_zone)
        case TransactionKind.PAID_DOCUMENTS:
            completed = _paid_documents(stg_cost_lines, policy, quarantined_cost_lines)
        case TransactionKind.DELIVERIES:
            completed = fct_deliveries.filter(
                ~pl.col("is_quarantined"), pl.col("delivered_date").is_not_null()
            ).with_columns(completed_date=pl.col("delivered_date"), priority=pl.lit(None, dtype=pl.String()))
    counted = (
        completed.select("completed_date", *(known(column).fill_null(NO_VALUE) for column in _BREAKDOWN))
        .group_by("completed_date", *_BREAKDOWN)
        .agg(transaction_count=pl.len())
        .sort("completed_date", *_BREAKDOWN)
    )
    return conform(counted, fct_transactions)


def sum_active_time(fct_tickets: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """The weights of the driver `active_business_hours`: active business time of the tickets each team resolved.

    The time counts on the day of the last resolution, under the team at that instant, as the transactions do.
    Tickets without history have no measured active time and add none.

    Returns:
        completed_date, team, active_business_microseconds (Int64), only where it is above 0.
    """
    return (
        _resolved_tickets(fct_tickets, time_zone)
        .select("completed_date", known("team").fill_null(NO_VALUE), "active_business_microseconds")
        .group_by("completed_date", "team")
        .agg(pl.col("active_business_microseconds").sum())
        .filter(pl.col("active_business_microseconds") > 0)
        .sort("completed_date", "team")
    )


def _resolved_tickets(fct_tickets: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """Tickets that count as resolved, with the local day of their last resolution as `completed_date`."""
    return fct_tickets.filter(
        pl.col("is_done"), ~pl.col("is_cancelled"), ~pl.col("is_quarantined"), pl.col("resolved_at").is_not_null()
    ).with_columns(completed_date=local_date(pl.col("resolved_at"), time_zone))


def _paid_documents(stg_cost_lines: pl.DataFrame, policy: CostPolicy, quarantined: frozenset[str]) -> pl.DataFrame:
    """The first line of each document and posting date."""
    return (
        stg_cost_lines.filter(~pl.col("cost_line_id").is_in(sorted(quarantined)))
        .with_columns(
            known("document_id"),
            own_or_by_cost_centre("team", policy.cost_centre_teams),
            own_or_by_cost_centre("service", policy.cost_centre_services),
            completed_date=pl.col("posting_date"),
            priority=pl.lit(None, dtype=pl.String()),
        )
        .drop_nulls(["document_id", "completed_date"])
        .sort("source", "load_id", "row_number", "cost_line_id")
        .unique(["source", "document_id", "completed_date"], keep="first", maintain_order=True)
    )
