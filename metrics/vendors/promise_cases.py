"""The cases that a vendor's promise is judged by: decided SLA clocks, or deliveries that are due.

What follows from keeping or breaking them is in `metrics.vendors.service_credits`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from metrics.periods import local_date
from metrics.vendors.credit_policy import CreditPromise
from models.vocabulary import ClockState, PromiseKind

#: Columns of a case besides those that name it.
_CASE = ("vendor", "decided_date", "is_kept")
_OF_CLOCKS = (
    *("ticket_id", "sla_policy", "cycle_number", "started_at", "breached_at"),
    *("target_microseconds", "elapsed_microseconds"),
)
_OF_DELIVERIES = ("delivery_id", "promised_date", "delivered_date")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the work of vendors, and how far that reaches.

    Attributes:
        clocks: `fct_sla_clocks`.
        tickets: `fct_tickets`.
        deliveries: `fct_deliveries`.
        time_zone: reporting time zone, in which days are cut.
        tickets_as_of, deliveries_as_of: day of the data's clock of either; None if there are no such data.
    """

    clocks: pl.DataFrame
    tickets: pl.DataFrame
    deliveries: pl.DataFrame
    time_zone: str
    tickets_as_of: date | None
    deliveries_as_of: date | None

    def as_of(self, promise: CreditPromise) -> date | None:
        """The day that the data about a promise have reached; None if there are none."""
        return self.tickets_as_of if promise.kind is PromiseKind.SLA else self.deliveries_as_of

    def first_day(self, promise: CreditPromise) -> date | None:
        """The day with which the data about a promise begin, what was set aside left out."""
        if promise.kind is PromiseKind.SLA:
            days = self.tickets.filter(~pl.col("is_quarantined")).select(
                day=local_date(pl.col("created_at"), self.time_zone)
            )
        else:
            days = self.deliveries.filter(~pl.col("is_quarantined")).select(day=_promised(promise.kind))
        found: date | None = days.select(pl.col("day").min()).item()
        return found

    def cases(self, promise: CreditPromise) -> pl.DataFrame:
        """Every case of a promise, of whichever vendor, with the day on which it was decided.

        Returns:
            vendor, decided_date, is_kept (empty where that is not known), and what names the case.
        """
        as_of = self.as_of(promise)
        if as_of is None:
            return pl.DataFrame(schema={"vendor": pl.String, "decided_date": pl.Date, "is_kept": pl.Boolean})
        return self._clocks(promise) if promise.kind is PromiseKind.SLA else self._deliveries(promise, as_of)

    def _clocks(self, promise: CreditPromise) -> pl.DataFrame:
        """Clocks that are met or breached, on the day of the decision; those of tickets set aside on their best one.

        Of a clock that is not measured it is not known whether it was kept.

        A clock that only stood still is no case: the ticket named the vendor, and never waited for it.
        """
        is_chosen = pl.col("sla_policy").is_in(sorted(promise.sla_policies))
        if promise.target is not None:
            is_chosen = pl.col("target") == promise.target.value
        set_aside = self.tickets.filter("is_quarantined").select(
            "ticket_id", best_known_at=pl.coalesce("resolved_at", "created_at"), is_quarantined=pl.lit(True)
        )
        state = pl.col("state")
        is_judged = state.is_in([ClockState.MET.value, ClockState.BREACHED.value])
        is_met = state == ClockState.MET.value
        only_stood = (pl.col("elapsed_microseconds") == 0) & (pl.col("paused_microseconds") > 0)
        judged = self.clocks.filter(is_chosen, ~only_stood.fill_null(False))
        rows = judged.join(set_aside, on="ticket_id", how="left", maintain_order="left")
        rows = rows.with_columns(pl.col("is_quarantined").fill_null(False)).filter(
            pl.col("decided_at").is_not_null()
            | (pl.col("is_quarantined") & (state != ClockState.CANCELLED.value).fill_null(True))
        )
        return rows.with_columns(
            decided_date=local_date(pl.coalesce("decided_at", "best_known_at"), self.time_zone),
            is_kept=pl.when(~pl.col("is_quarantined") & is_judged).then(is_met),
        ).select(*_CASE, *_OF_CLOCKS)

    def _deliveries(self, promise: CreditPromise, as_of: date) -> pl.DataFrame:
        """Deliveries that were made, or whose promised day is over, on that day, as on-time delivery counts them."""
        promised = _promised(promise.kind)
        own = "first_promised_date" if promise.kind is PromiseKind.DELIVERIES_FIRST_PROMISE else "promised_date"
        is_due = pl.col("is_quarantined") | pl.col("delivered_date").is_not_null() | (promised < pl.lit(as_of))
        is_measured = ~pl.col("is_quarantined") & pl.col(own).is_not_null()
        return (
            self.deliveries.filter(is_due)
            .with_columns(
                decided_date=pl.coalesce(promised, "delivered_date"),
                is_kept=pl.when(is_measured).then((pl.col("delivered_date") <= pl.col(own)).fill_null(False)),
                promised_date=pl.col(own),
            )
            .filter(pl.col("decided_date").is_not_null())
            .select(*_CASE, *_OF_DELIVERIES)
        )


def _promised(kind: PromiseKind) -> pl.Expr:
    if kind is PromiseKind.DELIVERIES_FIRST_PROMISE:
        return pl.coalesce("first_promised_date", "promised_date")
    return pl.coalesce("promised_date", "first_promised_date")
