"""What all forms of the ticket facts must compute alike, whatever else they compute.

The numbers themselves are defined in `models.tickets` and `docs/decisions.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Final

import polars as pl

from metrics.sla_policy import SlaPolicy
from metrics.ticket_clocks import TeamCalendars
from metrics.working_calendar import WorkingCalendar

#: Durations, each on both clocks.
MEASURES: Final = ("lead_time", "cycle_time", "first_response", "queued", "active", "waiting", "reopened_gap")
DURATIONS: Final = tuple(
    f"{measure}_{clock}_microseconds" for measure, clock in product(MEASURES, ("calendar", "business"))
)

#: Columns to compare, the key first, by table.
COLUMNS: Final = {
    "fct_tickets": (
        "ticket_id",
        "created_at",
        "first_active_at",
        "first_response_at",
        "first_resolved_at",
        "resolved_at",
        "cancelled_at",
        *DURATIONS,
        "reopen_count",
        "handoff_count",
    ),
    "fct_sla_clocks": (
        "ticket_id",
        "target",
        "cycle_number",
        "sla_policy",
        "started_at",
        "stopped_at",
        "target_microseconds",
        "elapsed_microseconds",
        "state",
        "breached_at",
    ),
    "fct_ticket_days": ("day_date", "status_category", "team", "priority", "service", "vendor", "ticket_count"),
}
KEYS: Final = {
    "fct_tickets": ("ticket_id",),
    "fct_sla_clocks": ("ticket_id", "target", "cycle_number"),
    "fct_ticket_days": ("day_date", "status_category", "team", "priority", "service", "vendor"),
}


@dataclass(frozen=True)
class Rules:
    """What tickets are measured by. Policies all retarget when the priority changes and start anew at a reopening."""

    as_of: datetime
    calendars: Sequence[WorkingCalendar]
    team_calendars: TeamCalendars
    policies: Sequence[SlaPolicy]
    time_zone: str

    def __post_init__(self) -> None:
        for policy in self.policies:
            if policy.on_priority_change != "retarget" or policy.on_reopen != "new_cycle":
                raise ValueError(f"policy '{policy.id}': the rival forms know only retarget and new_cycle")


def comparable(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The compared columns of a table, as plain types and in order of its key."""
    told = frame.select(COLUMNS[table])
    instants = [name for name, type_ in told.schema.items() if isinstance(type_, pl.Datetime)]
    texts = [name for name, type_ in told.schema.items() if isinstance(type_, pl.Categorical | pl.Enum)]
    numbers = [name for name, type_ in told.schema.items() if type_.is_integer()]
    told = told.with_columns(
        pl.col(instants).dt.convert_time_zone("UTC").dt.cast_time_unit("us"),
        pl.col(texts).cast(pl.String),
        pl.col(numbers).cast(pl.Int64),
    )
    return told.sort(KEYS[table])
