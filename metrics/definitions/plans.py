"""Metrics of plans and of what was made of costs: budget, the year's end, rework and delay.

Meanings follow docs/decisions.md. What a period cost and who bears it is in `metrics.definitions.costs`.
"""

from __future__ import annotations

from typing import Final

from metrics.kinds import BudgetVariance, BudgetVarianceShare, ReworkCost, ReworkShare, Sum, YearEndForecast
from metrics.populations import BUDGET_LINES, BUDGET_VARIANCES, REWORK_COSTS, TICKET_DELAYS, YEAR_END_FORECASTS
from metrics.spec import Direction, Metric, Unit
from models.vocabulary import Domain, Grain

_FINANCE: Final = "Finance"
_SERVICE_MANAGEMENT: Final = "Service management"

#: Plans are made by the month, so nothing is known of a day or a week.
_PLANNED_GRAINS: Final = tuple(grain for grain in Grain if grain not in (Grain.DAY, Grain.WEEK))

PLAN_METRICS: Final[tuple[Metric, ...]] = (
    Metric(
        name="cost_budget_reporting",
        label="Budget",
        meaning="What was budgeted for the period.",
        formula="Sum of amount_reporting of the budget lines of fct_budget_lines, by month_date.",
        unit=Unit.REPORTING,
        direction=Direction.NEUTRAL,
        owner=_FINANCE,
        requires=(Domain.FINANCE,),
        population=BUDGET_LINES,
        kind=Sum("amount_reporting"),
        grains=_PLANNED_GRAINS,
    ),
    Metric(
        name="cost_budget_variance_reporting",
        label="Budget variance",
        meaning=(
            "What was spent beyond the budget, also on what has no budget of its own; below 0 where less was spent."
        ),
        formula=(
            "Actual cost less budget, over the months of the period that have both: variance_reporting of "
            "fct_budget_variances. All cost of such a month counts, whether or not its account has a budget. By team "
            "it is the team that was booked, before any allocation."
        ),
        unit=Unit.REPORTING,
        direction=Direction.DOWN_IS_GOOD,
        owner=_FINANCE,
        requires=(Domain.FINANCE,),
        population=BUDGET_VARIANCES,
        kind=BudgetVariance(),
        version=2,
        grains=_PLANNED_GRAINS,
    ),
    Metric(
        name="cost_budget_variance_ratio",
        label="Budget variance ratio",
        meaning="Budget variance as a share of the budget: 0.05 is 5 % overspent, -0.05 is 5 % underspent.",
        formula=(
            "Actual cost less budget / budget, over the months of the period that have both; empty without budget. All "
            "cost of such a month counts, whether or not its account has a budget."
        ),
        unit=Unit.RATIO,
        direction=Direction.DOWN_IS_GOOD,
        owner=_FINANCE,
        requires=(Domain.FINANCE,),
        population=BUDGET_VARIANCES,
        kind=BudgetVarianceShare(),
        version=2,
        grains=_PLANNED_GRAINS,
    ),
    Metric(
        name="cost_year_end_forecast_reporting",
        label="Year-end forecast of cost",
        meaning="What the fiscal year will have cost, as seen from the end of the month.",
        formula=(
            "Cost of the fiscal year's months up to this one, and an estimate of the rest by the method that "
            "policies/costs.yaml chooses: forecast lines, budget, or the mean of the last closed calendar months. "
            "Empty if a month of the year, or one that the mean is of, is missing. Nothing bounds the future, so there "
            "are bounds only for a year that is over."
        ),
        unit=Unit.REPORTING,
        direction=Direction.DOWN_IS_GOOD,
        owner=_FINANCE,
        requires=(Domain.FINANCE,),
        population=YEAR_END_FORECASTS,
        kind=YearEndForecast(),
        version=2,
        grains=(Grain.MONTH,),
    ),
    Metric(
        name="cost_of_rework_reporting",
        label="Cost of rework",
        meaning="Allocated cost that tickets bear which were reopened, or breached their resolution target.",
        formula=(
            "Sum of rework_reporting of fct_rework_costs: each cell's allocated cost is divided over its tickets by "
            "count, to the cent. The bounds are the same without and with the tickets of which it is not known."
        ),
        unit=Unit.REPORTING,
        direction=Direction.DOWN_IS_GOOD,
        owner=_FINANCE,
        requires=(Domain.TICKETS, Domain.FINANCE),
        population=REWORK_COSTS,
        kind=ReworkCost(),
        version=4,
        follows_transactions=True,
    ),
    Metric(
        name="cost_of_rework_ratio",
        label="Share of cost that is rework",
        meaning="Cost of rework as a share of the allocated cost.",
        formula="Sum of rework_reporting / sum of allocated_reporting, where that is above 0, of fct_rework_costs.",
        unit=Unit.RATIO,
        direction=Direction.DOWN_IS_GOOD,
        owner=_FINANCE,
        requires=(Domain.TICKETS, Domain.FINANCE),
        population=REWORK_COSTS,
        kind=ReworkShare(),
        version=4,
        follows_transactions=True,
    ),
    Metric(
        name="cost_of_delay_reporting",
        label="Cost of delay",
        meaning="What the waiting or lateness of resolved tickets cost, where a policy prices it. No part of any cost.",
        formula=(
            "Sum of amount_reporting of fct_ticket_delays: time on the rule's clock times its price per hour, at most "
            "its cap, rounded once per ticket. Tickets that no rule prices do not count."
        ),
        unit=Unit.REPORTING,
        direction=Direction.DOWN_IS_GOOD,
        owner=_SERVICE_MANAGEMENT,
        requires=(Domain.TICKETS,),
        population=TICKET_DELAYS,
        kind=Sum("amount_reporting", is_never_negative=True),
        version=3,
    ),
)
