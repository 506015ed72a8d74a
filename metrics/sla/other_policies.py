"""Which other policy may have been in force in a stretch, where exports tell a priority late.

Which priorities these are is found in `metrics.sla.late_priorities`, and what follows from them for a clock is
measured there, too. Which policy is known to be in force is said in `metrics.sla.running`.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from metrics.sla.ordered_rows import since
from metrics.sla.policy import SlaPolicy, is_paused


def begin_as_before(rows: pl.DataFrame) -> pl.DataFrame:
    """Clocks that begin with a priority that no policy covers, and that is told late, begin by the one before.

    Args:
        rows: stretches of clocks, with the positions of policies: `matched` by the priority that is told, and `former`
            by the one before.

    Returns:
        The rows with `begins_unseen`: whether it is not certain that the policy with which the clock begins was ever in
        force.
    """
    begins_unseen = pl.col("begins") & pl.col("matched").is_null() & pl.col("former").is_not_null()
    rows = rows.with_columns(begins_unseen=begins_unseen)
    return rows.with_columns(matched=pl.when("begins_unseen").then("former").otherwise("matched"))


def describe_others(
    rows: pl.DataFrame, policies: Sequence[SlaPolicy], targets: pl.Series, own_calendar: pl.Series
) -> pl.DataFrame:
    """What `metrics.sla.late_priorities.measure_doubts` takes, of the other policies that may have been in force.

    Args:
        targets: of each policy, in microseconds.
        own_calendar: the code of each policy's own calendar, empty where it has none.
    """
    begins = pl.col("begins")
    first_calendar = since(begins, pl.col("calendar"))
    modes = {
        word: pl.Series([policy.on_priority_change == word for policy in policies]) for word in ("keep", "restart")
    }
    in_force = {word: pl.lit(flags.gather(rows["policy"])) for word, flags in modes.items()}
    # A policy that is kept stays whatever the priority; the same one can only start anew.
    matters = ~in_force["keep"] & (in_force["restart"] | (pl.col("other") != pl.col("policy")))
    is_another = begins & (pl.col("former") != pl.col("policy"))
    rows = rows.with_columns(
        other=pl.when(matters).then("other"),
        former=pl.when("begins_unseen").then("policy").when(is_another).then("former"),
    )
    then = rows.select("policy", "other", status_category="other_category", waiting_reason="other_reason")
    may_keep = pl.col("begins_unseen") | pl.lit(modes["keep"].gather(rows["former"])).fill_null(False)
    return rows.with_columns(
        other_target=targets.gather(rows["other"]),
        other_calendar=pl.coalesce(own_calendar.gather(rows["other"]), first_calendar),
        other_is_paused=is_paused(policies, by="other"),
        is_paused_then=then.select(is_paused(policies)).to_series(),
        other_is_paused_then=then.select(is_paused(policies, by="other")).to_series(),
        starts_anew=in_force["restart"],
        former_target=targets.gather(rows["former"]),
        former_calendar=pl.coalesce(own_calendar.gather(rows["former"]), first_calendar),
        former_is_paused=is_paused(policies, by="former"),
        former_starts_anew=pl.lit(modes["restart"].gather(rows["former"])).fill_null(False),
        may_keep_former=since(begins, may_keep),
    )


def begin_unseen(rows: pl.DataFrame) -> pl.DataFrame:
    """Clocks that no policy covers until they end, but that one may have covered by then: they begin as early as they
    can have begun, if they did, and are marked in `begins_unseen`."""
    is_last = pl.col("begins").shift(-1, fill_value=True)
    ends_unseen = (pl.col("policy") < 0) & is_last & pl.col("other").is_not_null()
    changed = {
        "policy": pl.col("other"),
        "matched": pl.col("other"),
        "other": pl.lit(None, rows.schema["other"]),
        "started_at": pl.max_horizontal("doubted_from", "started_at"),
        "started_earliest_at": pl.col("doubted_from"),
    }
    rows = rows.with_columns(ends_unseen=ends_unseen)
    return rows.with_columns(
        pl.col("begins_unseen") | pl.col("ends_unseen"),
        *(pl.when("ends_unseen").then(value).otherwise(name).alias(name) for name, value in changed.items()),
    ).drop("ends_unseen")
