-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- Each initiative month by month, from its first line to the data's clock: cost, benefit and what they come to.
CREATE OR REPLACE VIEW mart.initiative_months AS
SELECT
    initiative_id,
    month_date,
    cost_reporting,
    benefit_reporting,
    cost_to_date_reporting,
    benefit_to_date_reporting,
    net_to_date_reporting
FROM core.fct_initiative_months;

COMMENT ON VIEW mart.initiative_months IS 'Each initiative month by month, from its first line to the data''s clock: cost, benefit and what they come to. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.initiative_months.initiative_id IS 'Initiative';
COMMENT ON COLUMN mart.initiative_months.month_date IS 'First day of the month';
COMMENT ON COLUMN mart.initiative_months.cost_reporting IS 'Cost of the month';
COMMENT ON COLUMN mart.initiative_months.benefit_reporting IS 'Benefit of the month';
COMMENT ON COLUMN mart.initiative_months.cost_to_date_reporting IS 'Cost up to the month''s end';
COMMENT ON COLUMN mart.initiative_months.benefit_to_date_reporting IS 'Benefit up to the month''s end';
COMMENT ON COLUMN mart.initiative_months.net_to_date_reporting IS 'Benefit less cost up to the month''s end';
