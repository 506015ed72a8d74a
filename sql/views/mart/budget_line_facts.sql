-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per budget or forecast figure of a month, in the reporting currency.
CREATE OR REPLACE VIEW mart.budget_line_facts AS
SELECT
    budget_line_id,
    source,
    month_date,
    kind,
    account,
    cost_centre,
    team,
    amount_original,
    currency_code,
    fx_rate,
    fx_rate_date,
    amount_reporting,
    is_quarantined
FROM core.fct_budget_lines;

COMMENT ON VIEW mart.budget_line_facts IS 'One row per budget or forecast figure of a month, in the reporting currency. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.budget_line_facts.budget_line_id IS 'Line, qualified by its source';
COMMENT ON COLUMN mart.budget_line_facts.source IS 'System that exported the line';
COMMENT ON COLUMN mart.budget_line_facts.month_date IS 'First day of the month';
COMMENT ON COLUMN mart.budget_line_facts.kind IS 'budget or forecast';
COMMENT ON COLUMN mart.budget_line_facts.account IS 'General ledger account';
COMMENT ON COLUMN mart.budget_line_facts.cost_centre IS 'Cost centre';
COMMENT ON COLUMN mart.budget_line_facts.team IS 'Team of the line, else of its cost centre under policies/costs.yaml';
COMMENT ON COLUMN mart.budget_line_facts.amount_original IS 'Planned amount in its own currency';
COMMENT ON COLUMN mart.budget_line_facts.currency_code IS 'ISO 4217 code of its own currency';
COMMENT ON COLUMN mart.budget_line_facts.fx_rate IS 'Units of reporting currency for one unit of the line''s currency; empty if no rate is known';
COMMENT ON COLUMN mart.budget_line_facts.fx_rate_date IS 'Day of the rate that was used';
COMMENT ON COLUMN mart.budget_line_facts.amount_reporting IS 'Planned amount in the reporting currency, rounded half to even to its minor unit';
COMMENT ON COLUMN mart.budget_line_facts.is_quarantined IS 'Whether a contract rule set the line aside: eligible, but not measured';
