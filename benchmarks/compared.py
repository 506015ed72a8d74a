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

from metrics.calendars.working_calendar import WorkingCalendar
from metrics.sla.policy import SlaPolicy
from metrics.tickets.clocks import TeamCalendars

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
#: Columns whose sum tells whether two forms gave the same, by table.
SUMMED: Final = {
    "fct_tickets": (*DURATIONS, "resolved_at", "reopen_count", "handoff_count"),
    "fct_sla_clocks": ("target_microseconds", "elapsed_microseconds", "stopped_at", "breached_at"),
    "fct_ticket_days": ("ticket_count",),
}
#: Values are summed modulo this prime, so that no sum is too large.
_PRIME: Final = 1_000_000_007


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


def total_up(table: str, frame: pl.DataFrame) -> dict[str, int]:
    """Rows and sums of a table, or of some of its rows: totals of parts add up to those of the whole."""
    sums = [(pl.col(name).to_physical() % _PRIME).sum().cast(pl.Int64) for name in SUMMED[table]]
    return {"rows": frame.height, **frame.select(sums).row(0, named=True)}


def totals_query(table: str, source: str) -> str:
    """The SQL of `total_up`, for a table that `source` names."""
    numbers = [f"epoch_us({name})" if name.endswith("_at") else name for name in SUMMED[table]]
    sums = [f"sum({number} % {_PRIME})::BIGINT AS {name}" for number, name in zip(numbers, SUMMED[table], strict=True)]
    return f"SELECT count(*) AS rows, {', '.join(sums)} FROM {source}"
