"""The records that populations choose from: facts as they are, and SLA clocks with those that are missing.

Which records are eligible, and on which day, is said in `metrics.populations` and `metrics.vendor_populations`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from metrics.measuring.cells import DAY
from metrics.periods import Reporting, local_date
from metrics.spec import AS_OF_DATE, Population
from models.catalog import table_named
from models.ddl import polars_schema
from models.vocabulary import SlaTarget

_is_quarantined: Final = pl.col("is_quarantined")


def fact_or_empty(facts: Mapping[str, pl.DataFrame], name: str) -> pl.DataFrame:
    """The fact of that name, or the same columns without rows where the home has no such data."""
    found = facts.get(name)
    return pl.DataFrame(schema=polars_schema(table_named(name))) if found is None else found


def records_of(facts: Mapping[str, pl.DataFrame], fact: str) -> pl.DataFrame:
    """The records of a fact as populations expect them."""
    if fact == "fct_sla_clocks":
        return clock_records(fact_or_empty(facts, fact), fact_or_empty(facts, "fct_tickets"))
    return fact_or_empty(facts, fact)


def eligible_on_days(records: pl.DataFrame, population: Population, reporting: Reporting) -> pl.LazyFrame:
    """The records that should count, with `DAY`, which decides the period; without those that belong to no day.

    Args:
        records: of the population's fact, as `records_of` gives them.
    """
    rows = records.lazy().with_columns(pl.lit(reporting.as_of_date).alias(AS_OF_DATE))
    is_instant = isinstance(rows.select(population.period).collect_schema().dtypes()[0], pl.Datetime)
    day = local_date(population.period, reporting.time_zone) if is_instant else population.period
    return (
        # The rule is evaluated as a column first: it may look at other records, which a pushed-down filter would hide.
        rows.with_columns(population.is_eligible.alias("is_eligible"))
        .filter("is_eligible")
        .with_columns(day.alias(DAY))
        .filter(pl.col(DAY).is_not_null())
    )


#: Targets that every ticket of a policy's scope has.
_OF_EVERY_TICKET: Final = (SlaTarget.RESOLUTION.value, SlaTarget.FIRST_RESPONSE.value)


def clock_records(clocks: pl.DataFrame, tickets: pl.DataFrame) -> pl.DataFrame:
    """SLA clocks with `is_quarantined` of their ticket, and one stand-in per set-aside ticket that has no clock.

    A stand-in has no state, the breakdown of its ticket and, as `decided_at`, the ticket's resolution or creation.
    There is one for resolution and for first response if any clock has that target: where no policy sets it, nothing
    was missed. Whether a ticket was ever in a vendor's hands, or should have been talked about, is not known of one
    without such a clock: the other targets have no stand-ins. Cancelled tickets have none.

    Args:
        clocks: rows of `fct_sla_clocks`.
        tickets: rows of `fct_tickets`.

    Returns:
        The columns ticket_id, target, state, not_told, decided_at, team, priority, service, vendor, is_quarantined, and
        of `decided_earliest_at` and `decided_latest_at` those that the clocks have.
    """
    breakdown = ["team", "priority", "service", "vendor"]
    set_aside = tickets.filter(_is_quarantined).select(
        "ticket_id", "is_cancelled", *breakdown, best_known_at=pl.coalesce("resolved_at", "created_at")
    )
    is_quarantined = clocks["ticket_id"].is_in(set_aside["ticket_id"].implode())
    told = ("ticket_id", "target", "state", "not_told", "decided_at")
    # Empty wherever sources tell instants exactly, and then not read.
    windows = [name for name in ("decided_earliest_at", "decided_latest_at") if name in clocks.columns]
    judged = clocks.select(*told, *breakdown, *windows, is_quarantined=is_quarantined)
    # Few tickets are set aside: only their clocks are looked up.
    places = is_quarantined.arg_true()
    theirs = judged[places].join(set_aside.select("ticket_id", "best_known_at"), on="ticket_id", maintain_order="left")
    decided_at = judged["decided_at"].scatter(
        places, theirs.select(pl.coalesce("decided_at", "best_known_at")).to_series()
    )
    stand_ins = (
        set_aside.filter(~pl.col("is_cancelled"))
        .join(clocks.select(pl.col("target").unique()).filter(pl.col("target").is_in(_OF_EVERY_TICKET)), how="cross")
        .join(theirs, on=["ticket_id", "target"], how="anti")
        .with_columns(
            state=pl.lit(None, dtype=pl.String),
            not_told=pl.lit(None, dtype=pl.String),
            decided_at="best_known_at",
            is_quarantined=pl.lit(True),
            **dict.fromkeys(windows, pl.lit(None)),
        )
    )
    # Texts may be encoded, each table's in its own way.
    in_kind = stand_ins.select(pl.col(name).cast(type_) for name, type_ in judged.schema.items())
    return pl.concat([judged.with_columns(decided_at), in_kind])
