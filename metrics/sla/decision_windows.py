"""Between what the decision of a clock lies, where exports date only so closely what it follows from.

Whether a promise was kept is said in `metrics.sla.decisions`, and of which clocks that is open in `metrics.sla.gaps`.
In which periods such a clock may count is found by `metrics.measuring.uncertain_periods`.
"""

from __future__ import annotations

import polars as pl

from metrics.calendars.business_time import OpenTime
from metrics.sla.reaching import reach_targets
from models.vocabulary import ClockGap, ClockState


def find_decision_windows(rows: pl.DataFrame, clocks: pl.DataFrame, open_time: OpenTime) -> list[pl.Series]:
    """Per clock, `decided_earliest_at` and `decided_latest_at`: the decision came after the one, and by the other.

    A clock that was kept can have stopped as soon as it no longer went on for certain. One that counted, perhaps, more
    than is known was not broken before the stretch through which it can have reached its target. One that paused,
    perhaps, before it is known to was broken by the time at which it had counted so much more.

    Args:
        rows: what `metrics.sla.running.measure_clocks` gave, with `clock` and `position`.
        clocks: one row per clock with its `state`, `decided_at`, `went_beyond_at`, what `metrics.sla.gaps` said of it,
            and the columns of the row by which it was decided.
    """
    stop_after = pl.when(pl.col("sure_until") < pl.col("clock_ends_at")).then("sure_until")
    broken_at, broken_after, broken_by = pl.col("went_beyond_at"), pl.lit(None, pl.Datetime("us", "UTC")), pl.lit(None)
    unsure = clocks.select(pl.col("unsure_run", "unsure_pause"))
    # The change of priority that broke it can have come as soon as the export before.
    changed_after = pl.when(broken_at == pl.col("target_set_at")).then("target_set_after")
    if (unsure["unsure_run"] > 0).any():
        broken_after = pl.lit(_first_possible(rows, unsure["unsure_run"]))
    if (unsure["unsure_pause"] > 0).any():
        later = _reach_later(rows, unsure["unsure_pause"], open_time)
        broken_by = pl.when(pl.col("unsure_pause") > 0).then(pl.coalesce(pl.lit(later), "clock_ends_at"))
    is_breached, is_open = (pl.col("state") == state.value for state in (ClockState.BREACHED, ClockState.NOT_MEASURED))
    is_between_exports = is_open & (pl.col("not_told") == ClockGap.INSTANTS.value)
    earliest = (
        pl.when(pl.col("state") == ClockState.MET.value)
        .then(stop_after)
        .when(is_breached)
        .then(pl.min_horizontal(broken_after, changed_after))
        .when(is_between_exports)
        .then(pl.min_horizontal(stop_after, broken_after, changed_after, broken_at))
    )
    decided_at = pl.col("decided_at")
    return clocks.select(
        decided_earliest_at=pl.when(earliest < decided_at).then(earliest),
        decided_latest_at=pl.when((is_breached | is_between_exports) & (broken_by > decided_at)).then(broken_by),
    ).get_columns()


def _first_possible(rows: pl.DataFrame, more: pl.Series) -> pl.Series:
    """Per clock, the earliest start of the first stretch through which it can have gone beyond its target.

    Args:
        more: how much more than is known each clock can have counted; empty where that is nothing.
    """
    extra = more.gather(rows["clock"] - 1)
    beyond = rows.filter((extra > 0) & (rows["elapsed"] + extra > rows["target"]))
    first = beyond.filter(pl.col("clock").ne_missing(pl.col("clock").shift(1)))
    nowhere = pl.repeat(None, len(more), dtype=rows.schema["started_at"], eager=True)
    # The clock itself can have begun as soon as the export before.
    began = first.select(pl.min_horizontal("started_at", pl.when("begins").then("started_earliest_at"))).to_series()
    return nowhere.scatter(first["clock"] - 1, began)


def _reach_later(rows: pl.DataFrame, more: pl.Series, open_time: OpenTime) -> pl.Series:
    """Per clock, when it had counted so much more than its target; empty where it never did, or that is nothing."""
    extra = more.gather(rows["clock"] - 1)
    target = rows["target"] + extra
    positions = rows.select("clock", "position").filter((extra > 0) & (rows["elapsed"] > target))
    first = positions.filter(pl.col("clock").ne_missing(pl.col("clock").shift(1)))["position"]
    wanted = rows[first].with_columns(target.gather(first))
    reached = reach_targets(rows, wanted, open_time)
    nowhere = pl.repeat(None, len(more), dtype=rows.schema["started_at"], eager=True)
    return nowhere.scatter(reached["clock"] - 1, reached["reached_at"])
