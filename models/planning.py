"""Plans and what became of them: budgets, the fiscal year's end, initiatives, and what delay, rework and change cost.

The cost lines that they are held against are in `models.finance`.
"""

from __future__ import annotations

from models.schema import day, flag, instant, integer, money, provenance, rate, real, table, text
from models.vocabulary import Layer

stg_budget_lines = table(
    Layer.STG,
    "stg_budget_lines",
    "One row per budget or forecast figure of a month.",
    text("budget_line_id", "Line, qualified by its source", key=True),
    text("source", "System that exported the line", required=True),
    day("month_date", "First day of the month"),
    integer("budget_year", "Year that the export names beside the month: calendar or fiscal; it must agree with it"),
    text("kind", "budget or forecast"),
    text("account", "General ledger account"),
    text("cost_centre", "Cost centre"),
    text("team", "Team, where the export or policies/costs.yaml names it"),
    money("amount_original", "Planned amount in its own currency"),
    text("currency_code", "ISO 4217 code"),
    *provenance(),
)

stg_benefit_lines = table(
    Layer.STG,
    "stg_benefit_lines",
    "One row per benefit that an export claims for an initiative: a saving, a gain. No part of any cost.",
    text("benefit_line_id", "Line, qualified by its source; the load and row number without a key", key=True),
    text("source", "System that exported the line", required=True),
    text("initiative", "Initiative that the benefit is claimed for: its id or name in policies/initiatives.yaml"),
    day("benefit_date", "Day on which the benefit was had"),
    text("team", "Team that had it"),
    text("description", "Text of the line"),
    money("amount_original", "Benefit in its own currency; a claim that is taken back is negative"),
    text("currency_code", "ISO 4217 code"),
    *provenance(),
)

fct_budget_lines = table(
    Layer.CORE,
    "fct_budget_lines",
    "One row per budget or forecast figure of a month, in the reporting currency.",
    text("budget_line_id", "Line, qualified by its source", key=True),
    text("source", "System that exported the line", required=True),
    day("month_date", "First day of the month"),
    text("kind", "budget or forecast"),
    text("account", "General ledger account"),
    text("cost_centre", "Cost centre"),
    text("team", "Team of the line, else of its cost centre under policies/costs.yaml"),
    money("amount_original", "Planned amount in its own currency"),
    text("currency_code", "ISO 4217 code of its own currency"),
    rate("fx_rate", "Units of reporting currency for one unit of the line's currency; empty if no rate is known"),
    day("fx_rate_date", "Day of the rate that was used"),
    money("amount_reporting", "Planned amount in the reporting currency, rounded half to even to its minor unit"),
    flag(
        "is_quarantined",
        "Whether a contract rule set the line aside: eligible, but not measured",
        required=True,
    ),
)

fct_budget_variances = table(
    Layer.CORE,
    "fct_budget_variances",
    "One row per month, cost centre, account and team: what it cost, what was planned, and the difference.",
    day("month_date", "First day of the month", key=True),
    text("cost_centre", "Cost centre that was booked or planned", key=True),
    text("account", "General ledger account that was booked or planned", key=True),
    text("team", "Team of the lines; not who bears the cost after allocation", key=True),
    flag("is_month_closed", "Whether the data's clock of finance has passed the month", required=True),
    money(
        "actual_reporting",
        "Cost that lies in the month; 0 where the month has cost but not here, empty where no line of it could be used",
    ),
    money("budget_reporting", "Budget; 0 where the month has a budget but not for this, empty where it has none"),
    money("forecast_reporting", "Forecast lines; 0 where the month has some but not for this, empty where it has none"),
    money("variance_reporting", "Actual less budget: above 0 is overspent. Empty where either is empty"),
    integer("cost_line_count", "Cost lines that lie in the month", required=True),
    integer("measured_cost_line_count", "Those of them that could be used", required=True),
    integer("budget_line_count", "Budget lines of the month", required=True),
    integer("measured_budget_line_count", "Those of them that could be used", required=True),
    integer("forecast_line_count", "Forecast lines of the month", required=True),
    integer("measured_forecast_line_count", "Those of them that could be used", required=True),
)

fct_year_end_forecasts = table(
    Layer.CORE,
    "fct_year_end_forecasts",
    "What a fiscal year will have cost, as seen from the end of each of its closed months, by team and method. Plans "
    "are those of today.",
    day("fiscal_year_start_date", "First day of the fiscal year", key=True),
    day("month_date", "First day of the closed month from whose end the year is seen", key=True),
    text("team", "Team of the lines; (none) for those that name none and may be anybody's", key=True),
    text("method", "How the rest of the year is estimated: forecast, budget or run_rate", key=True),
    flag("is_chosen", "Whether policies/costs.yaml chooses this method for the metric", required=True),
    money("actual_to_date_reporting", "Cost of the year's months up to this one"),
    money("rest_of_year_reporting", "Estimate for the months that follow; empty if some cannot be estimated"),
    money("year_end_reporting", "Both together; empty if a month of the year is missing"),
    integer("remaining_month_count", "Months of the year that follow", required=True),
    integer(
        "missing_month_count",
        "Months without lines that the year end needs: of the year, or of the span that the run-rate is the mean of",
        required=True,
    ),
    integer(
        "measured_month_count",
        "Months of the year that are not missing and of which every line could be used",
        required=True,
    ),
    integer("run_rate_month_count", "Closed calendar months that the run-rate is the mean of; empty for other methods"),
)

fct_rework_costs = table(
    Layer.CORE,
    "fct_rework_costs",
    "Allocated cost of each period and breakdown that reworked tickets bear: reopened ones, or past their target.",
    text("period_grain", "day, week, month or quarter", key=True),
    day("period_start_date", "First day of the period", key=True),
    text("team", "Team that bears the cost", key=True),
    text("priority", "Priority of the tickets", key=True),
    text("service", "Service of the tickets", key=True),
    text("vendor", "Vendor of the tickets", key=True),
    integer("ticket_count", "Tickets that were resolved in the period", required=True),
    integer("reworked_ticket_count", "Those that had been reopened or had a breached resolution clock", required=True),
    integer("unknown_ticket_count", "Those of which the export does not tell whether they were", required=True),
    money("allocated_reporting", "Cost allocated to the tickets", required=True),
    money("rework_reporting", "The part that the reworked ones bear, by count", required=True),
    money("unknown_reporting", "The part that those bear of which it is not known", required=True),
)

fct_ticket_delays = table(
    Layer.CORE,
    "fct_ticket_delays",
    "One row per resolved ticket whose delay policies/costs.yaml prices: how long, and what it cost.",
    text("ticket_id", "Ticket, qualified by its source", key=True),
    text("delay_rule", "Rule of policies/costs.yaml that prices it: the first whose scope the ticket is in"),
    text("source", "System that exported the ticket", required=True),
    text("ticket_type", "Type in the source's words"),
    text("team", "Team at the last resolution"),
    text("priority", "Priority at the last resolution"),
    text("service", "Service that the ticket is about"),
    text("vendor", "Vendor at the last resolution"),
    instant("resolved_at", "Last entry into done; of a ticket that was set aside without one, its creation"),
    text("measure", "What the rule prices: waiting, lead_time or past_target", required=True),
    text("clock", "Whose hours: business or calendar", required=True),
    integer("delay_microseconds", "The priced time on that clock; empty where the export does not tell it"),
    money("price_per_hour_original", "Price of an hour under the rule", required=True),
    text("currency_code", "ISO 4217 code of the price", required=True),
    rate("fx_rate", "Units of reporting currency for one unit of the price's, on the day of resolution"),
    flag("is_capped", "Whether the rule's cap was reached", required=True),
    money("amount_reporting", "Time times price, at most the cap, rounded half to even once; empty if not measured"),
    flag(
        "is_quarantined",
        "Whether a contract rule set the ticket aside: eligible, but not measured",
        required=True,
    ),
)

fct_initiative_lines = table(
    Layer.CORE,
    "fct_initiative_lines",
    "One row per cost or benefit line that is tagged to an initiative.",
    text("line_id", "Line of the ledger or of a benefit export, qualified by its source", key=True),
    text("initiative_id", "Initiative in policies/initiatives.yaml; the tag itself if the policy does not know it"),
    text("kind", "cost or benefit", required=True),
    text("source", "System that exported the line", required=True),
    day("line_date", "Posting date of a ledger line, day of a benefit"),
    text("account", "General ledger account"),
    text("team", "Team of the line"),
    text("description", "Text of the line"),
    money("amount_reporting", "Cost or benefit, each with its own sign: a benefit booked as a credit is positive"),
    flag(
        "is_quarantined",
        "Whether a contract rule set the line aside: eligible, but not measured",
        required=True,
    ),
)

fct_initiative_months = table(
    Layer.CORE,
    "fct_initiative_months",
    "Each initiative month by month, from its first line to the data's clock: cost, benefit and what they come to.",
    text("initiative_id", "Initiative", key=True),
    day("month_date", "First day of the month", key=True),
    money("cost_reporting", "Cost of the month", required=True),
    money("benefit_reporting", "Benefit of the month", required=True),
    money("cost_to_date_reporting", "Cost up to the month's end", required=True),
    money("benefit_to_date_reporting", "Benefit up to the month's end", required=True),
    money("net_to_date_reporting", "Benefit less cost up to the month's end", required=True),
)

fct_initiative_returns = table(
    Layer.CORE,
    "fct_initiative_returns",
    "One row per initiative of policies/initiatives.yaml or of a tag: cost and benefit to date, and when it paid back.",
    text("initiative_id", "Initiative", key=True),
    text("initiative_name", "Name for people"),
    text("owner", "Who answers for it"),
    day("start_date", "When it begins, under the policy"),
    day("payback_target_date", "Day by which its benefit is to have covered its cost, under the policy"),
    flag("is_declared", "Whether policies/initiatives.yaml knows it", required=True),
    day("first_line_date", "Day of its first line"),
    money("cost_to_date_reporting", "Cost to date; empty if it has no line"),
    money("benefit_to_date_reporting", "Benefit to date; empty if it has no line"),
    money("net_to_date_reporting", "Benefit less cost"),
    real("return_ratio", "Net to date over cost to date, the return on investment; empty unless the cost is above 0"),
    day("payback_date", "First day on which cumulative benefit covers cumulative cost; empty if not yet"),
    day(
        "paid_back_since_date",
        "Day from which on it has covered it without a break; later than payback_date if cost outran it since; empty "
        "if it does not cover it now",
    ),
    flag("is_paid_back", "Whether it covers it as of the data's clock: later cost may have outrun it again"),
    integer("line_count", "Lines that are tagged to it", required=True),
    integer(
        "measured_line_count", "Those that could be used: with a day and an amount, and not set aside", required=True
    ),
    integer("line_before_start_count", "Lines dated before the initiative begins; counted nevertheless", required=True),
)

fct_unit_cost_bridges = table(
    Layer.CORE,
    "fct_unit_cost_bridges",
    "What moved cost per transaction from one closed period to the next, in parts that add up to the change exactly. "
    "Bridges over several periods are added up.",
    text("period_grain", "month or quarter", key=True),
    day("period_start_date", "First day of the period", key=True),
    text("dimension", "team or service: by what the whole is taken apart", key=True),
    text("dimension_value", "Team or service", key=True),
    text(
        "part",
        "mix: more or less of the transactions fell to it; volume: more or fewer transactions bear its cost; cost: its "
        "cost itself; volume and cost together are its rate in kpi_change_drivers, which has the same mix",
        key=True,
    ),
    text("cost_pool", "Pool whose cost moved, for cost; else empty text", key=True),
    day("previous_period_start_date", "First day of the period before, which it is compared with", required=True),
    money("change_reporting", "Its part of the change of the overall cost per transaction", required=True),
    money("unit_cost_before_reporting", "Overall cost per transaction of the period before", required=True),
    money("unit_cost_after_reporting", "Overall cost per transaction of the period", required=True),
)

STAGED_TABLES = (stg_budget_lines, stg_benefit_lines)

TABLES = (
    *STAGED_TABLES,
    fct_budget_lines,
    fct_budget_variances,
    fct_year_end_forecasts,
    fct_rework_costs,
    fct_ticket_delays,
    fct_initiative_lines,
    fct_initiative_months,
    fct_initiative_returns,
    fct_unit_cost_bridges,
)
