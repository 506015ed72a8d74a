-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- What a fiscal year will have cost, as seen from the end of each of its closed months, by team and method. Plans are
-- those of today.
CREATE OR REPLACE VIEW mart.year_end_forecasts AS
SELECT
    fiscal_year_start_date,
    month_date,
    team,
    method,
    is_chosen,
    actual_to_date_reporting,
    rest_of_year_reporting,
    year_end_reporting,
    remaining_month_count,
    missing_month_count,
    measured_month_count,
    run_rate_month_count
FROM core.fct_year_end_forecasts;

COMMENT ON VIEW mart.year_end_forecasts IS 'What a fiscal year will have cost, as seen from the end of each of its closed months, by team and method. Plans are those of today. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.year_end_forecasts.fiscal_year_start_date IS 'First day of the fiscal year';
COMMENT ON COLUMN mart.year_end_forecasts.month_date IS 'First day of the closed month from whose end the year is seen';
COMMENT ON COLUMN mart.year_end_forecasts.team IS 'Team of the lines; (none) for those that name none and may be anybody''s';
COMMENT ON COLUMN mart.year_end_forecasts.method IS 'How the rest of the year is estimated: forecast, budget or run_rate';
COMMENT ON COLUMN mart.year_end_forecasts.is_chosen IS 'Whether policies/costs.yaml chooses this method for the metric';
COMMENT ON COLUMN mart.year_end_forecasts.actual_to_date_reporting IS 'Cost of the year''s months up to this one';
COMMENT ON COLUMN mart.year_end_forecasts.rest_of_year_reporting IS 'Estimate for the months that follow; empty if some cannot be estimated';
COMMENT ON COLUMN mart.year_end_forecasts.year_end_reporting IS 'Both together; empty if a month of the year is missing';
COMMENT ON COLUMN mart.year_end_forecasts.remaining_month_count IS 'Months of the year that follow';
COMMENT ON COLUMN mart.year_end_forecasts.missing_month_count IS 'Months without lines that the year end needs: of the year, or of the span that the run-rate is the mean of';
COMMENT ON COLUMN mart.year_end_forecasts.measured_month_count IS 'Months of the year that are not missing and of which every line could be used';
COMMENT ON COLUMN mart.year_end_forecasts.run_rate_month_count IS 'Closed calendar months that the run-rate is the mean of; empty for other methods';
