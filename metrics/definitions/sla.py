"""Metrics of SLA clocks: what was promised, and what of it was kept.

Meanings follow docs/decisions.md. How a clock runs and when it is decided is in `metrics.sla`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.kinds import Ratio
from metrics.populations import (
    FIRST_RESPONSE_CLOCKS,
    PERIODIC_UPDATE_CLOCKS,
    RESOLUTION_CLOCKS,
    TICKETS_WITH_SOURCE_CLAIM,
    VENDOR_RESOLUTION_CLOCKS,
    VENDOR_RESPONSE_CLOCKS,
)
from metrics.rules_of_facts import FIRST_RESPONSE_RULES
from metrics.spec import Direction, Metric, Population, Unit
from models.vocabulary import ClockState, Domain

_SERVICE_MANAGEMENT: Final = "Service management"

_CLOCK_IS_MET: Final = (
    pl.when(pl.col("state") == ClockState.MET.value)
    .then(True)
    .when(pl.col("state") == ClockState.BREACHED.value)
    .then(False)
)
#: What is measured of clocks of which the export does not tell whether they were broken.
_LEANS_UPWARDS: Final = (
    "only clocks that were kept for certain are measured, so that the share leans upwards; the lower bound says how "
    "far down the truth may lie."
)


def _attainment(
    target: str,
    label: str,
    clocks: str,
    population: Population,
    rules: tuple[str, ...] = (),
    besides: str = "",
    version: int = 1,
) -> Metric:
    """Attainment of a target other than resolution, which is a headline and says more.

    Args:
        besides: what the formula says of these clocks alone.
        version: of the meaning.
    """
    return Metric(
        name=f"sla_{target}_attainment_ratio",
        label=f"SLA attainment, {label}",
        meaning=f"Share of the {clocks} decided in the period that were met.",
        formula=" ".join(filter(None, (f"met / (met + breached) of {label} clocks, by decided_at.", besides))),
        unit=Unit.RATIO,
        direction=Direction.UP_IS_GOOD,
        owner=_SERVICE_MANAGEMENT,
        requires=(Domain.TICKETS,),
        population=population,
        kind=Ratio(_CLOCK_IS_MET),
        rules=rules,
        version=version,
    )


SLA_METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        name="sla_attainment_ratio",
        label="SLA attainment, resolution",
        meaning="Share of the resolution clocks decided in the period that were met.",
        formula=(
            "met / (met + breached) of resolution clocks, by decided_at. A clock is decided once, at its stop or its "
            "breach, so leaving a ticket open improves nothing. Per clock, never per exported row. A ticket that an "
            "export first shows resolved is judged by the priority that it has there, and as if it never came back "
            f"before. Of a snapshot under a policy that pauses, {_LEANS_UPWARDS}"
        ),
        unit=Unit.RATIO,
        direction=Direction.UP_IS_GOOD,
        owner=_SERVICE_MANAGEMENT,
        requires=(Domain.TICKETS,),
        population=RESOLUTION_CLOCKS,
        kind=Ratio(_CLOCK_IS_MET),
        version=4,
        is_headline=True,
    ),
    _attainment(
        "first_response",
        "first response",
        "first response clocks",
        FIRST_RESPONSE_CLOCKS,
        FIRST_RESPONSE_RULES,
        besides=(
            "A resolution is a response, too. Where a source tells no replies, the first entry into active stands in "
            f"for the first reply; of a snapshot of such a source, {_LEANS_UPWARDS}"
        ),
        version=5,
    ),
    _attainment(
        "periodic_update",
        "periodic update",
        "clocks of the longest silence between public replies",
        PERIODIC_UPDATE_CLOCKS,
        version=2,
    ),
    _attainment(
        "vendor_response",
        "vendor response",
        "vendor response clocks, which run while that vendor or team has the ticket,",
        VENDOR_RESPONSE_CLOCKS,
        version=2,
    ),
    _attainment(
        "vendor_resolution",
        "vendor resolution",
        "vendor resolution clocks, which run while that vendor or team has the ticket,",
        VENDOR_RESOLUTION_CLOCKS,
        besides=(
            "A clock that only stood still, as of a ticket that names the vendor and never waited for it, is met like "
            "any other; for service credits it is no case."
        ),
        version=3,
    ),
    Metric(
        name="sla_source_attainment_ratio",
        label="SLA attainment as the source system claims it",
        meaning=(
            "Share of the tickets resolved in the period that the source system itself flagged as within SLA. A claim, "
            "not a measurement: compare it with sla_attainment_ratio."
        ),
        formula="Tickets with is_sla_met_at_source true / tickets with the flag, one per ticket, by resolved_at.",
        unit=Unit.RATIO,
        direction=Direction.UP_IS_GOOD,
        owner=_SERVICE_MANAGEMENT,
        requires=(Domain.TICKETS,),
        population=TICKETS_WITH_SOURCE_CLAIM,
        kind=Ratio(pl.col("is_sla_met_at_source")),
        version=2,
    ),
)
