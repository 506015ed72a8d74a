"""What the parts of a change are called: one word for one thing in the report, the dashboard and the queries.

How they are computed is in `metrics.signals.change_drivers` and, for the steps of cost per transaction, in
`metrics.costs.unit_cost_bridge`.
"""

from __future__ import annotations

from typing import Final

_MIX: Final = "Mix says that more or less of the work fell to"
#: Of a KPI that is a ratio, by who moved it.
MIX_AND_RATE: Final = f"{_MIX} a group, rate that its own value of the KPI went up or down."


def steps_sentence(dimension: str) -> str:
    """What the steps of cost per transaction are.

    Args:
        dimension: team or service: by what they are.
    """
    return (
        f"{_MIX} a {dimension}. What its own cost per transaction did, its rate, is taken apart: volume says that more "
        "or fewer transactions bear the same cost, cost that a pool itself cost more or less."
    )
