-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per month, cost centre, account and team: what it cost, what was planned, and the difference.
CREATE OR REPLACE VIEW mart.budget_variance AS
SELECT
    month_date,
    cost_centre,
    account,
    team,
    is_month_closed,
    actual_reporting,
    budget_reporting,
    forecast_reporting,
    variance_reporting,
    cost_line_count,
    measured_cost_line_count,
    budget_line_count,
    measured_budget_line_count,
    forecast_line_count,
    measured_forecast_line_count
FROM core.fct_budget_variances;

COMMENT ON VIEW mart.budget_variance IS 'One row per month, cost centre, account and team: what it cost, what was planned, and the difference. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.budget_variance.month_date IS 'First day of the month';
COMMENT ON COLUMN mart.budget_variance.cost_centre IS 'Cost centre that was booked or planned';
COMMENT ON COLUMN mart.budget_variance.account IS 'General ledger account that was booked or planned';
COMMENT ON COLUMN mart.budget_variance.team IS 'Team of the lines; not who bears the cost after allocation';
COMMENT ON COLUMN mart.budget_variance.is_month_closed IS 'Whether the data''s clock of finance has passed the month';
COMMENT ON COLUMN mart.budget_variance.actual_reporting IS 'Cost that lies in the month; 0 where the month has cost but not here, empty where no line of it could be used';
COMMENT ON COLUMN mart.budget_variance.budget_reporting IS 'Budget; 0 where the month has a budget but not for this, empty where it has none';
COMMENT ON COLUMN mart.budget_variance.forecast_reporting IS 'Forecast lines; 0 where the month has some but not for this, empty where it has none';
COMMENT ON COLUMN mart.budget_variance.variance_reporting IS 'Actual less budget: above 0 is overspent. Empty where either is empty';
COMMENT ON COLUMN mart.budget_variance.cost_line_count IS 'Cost lines that lie in the month';
COMMENT ON COLUMN mart.budget_variance.measured_cost_line_count IS 'Those of them that could be used';
COMMENT ON COLUMN mart.budget_variance.budget_line_count IS 'Budget lines of the month';
COMMENT ON COLUMN mart.budget_variance.measured_budget_line_count IS 'Those of them that could be used';
COMMENT ON COLUMN mart.budget_variance.forecast_line_count IS 'Forecast lines of the month';
COMMENT ON COLUMN mart.budget_variance.measured_forecast_line_count IS 'Those of them that could be used';
