-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per cost line in the reporting currency, with its pool.
CREATE OR REPLACE VIEW mart.cost_line_facts AS
SELECT
    cost_line_id,
    source,
    document_id,
    posting_date,
    cost_start_date,
    cost_end_date,
    cost_pool,
    matching_pool_count,
    other_cost_pools,
    account,
    cost_centre,
    team,
    service,
    vendor,
    initiative,
    description,
    amount_original,
    currency_code,
    fx_rate,
    fx_rate_date,
    amount_reporting,
    is_quarantined
FROM core.fct_cost_lines;

COMMENT ON VIEW mart.cost_line_facts IS 'One row per cost line in the reporting currency, with its pool. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.cost_line_facts.cost_line_id IS 'Line, qualified by its source';
COMMENT ON COLUMN mart.cost_line_facts.source IS 'System that exported the line';
COMMENT ON COLUMN mart.cost_line_facts.document_id IS 'Journal, invoice or payment number';
COMMENT ON COLUMN mart.cost_line_facts.posting_date IS 'Date on which the line was booked or paid';
COMMENT ON COLUMN mart.cost_line_facts.cost_start_date IS 'First day on which the cost lies under the policy''s basis (accrual or cash)';
COMMENT ON COLUMN mart.cost_line_facts.cost_end_date IS 'Last day on which the cost lies, inclusive';
COMMENT ON COLUMN mart.cost_line_facts.cost_pool IS 'First pool of policies/costs.yaml that selects the line; (none) if no pool does';
COMMENT ON COLUMN mart.cost_line_facts.matching_pool_count IS 'How many pools of policies/costs.yaml select the line';
COMMENT ON COLUMN mart.cost_line_facts.other_cost_pools IS 'Further pools that select the line, which the first keeps it from, in their order';
COMMENT ON COLUMN mart.cost_line_facts.account IS 'General ledger account or expenditure category';
COMMENT ON COLUMN mart.cost_line_facts.cost_centre IS 'Cost centre or department';
COMMENT ON COLUMN mart.cost_line_facts.team IS 'Team that bears the cost, if named';
COMMENT ON COLUMN mart.cost_line_facts.service IS 'Service that the cost belongs to';
COMMENT ON COLUMN mart.cost_line_facts.vendor IS 'Vendor or supplier';
COMMENT ON COLUMN mart.cost_line_facts.initiative IS 'Initiative that the line is tagged to';
COMMENT ON COLUMN mart.cost_line_facts.description IS 'Text of the line';
COMMENT ON COLUMN mart.cost_line_facts.amount_original IS 'Amount in the line''s own currency; credits negative';
COMMENT ON COLUMN mart.cost_line_facts.currency_code IS 'ISO 4217 code of the line''s own currency';
COMMENT ON COLUMN mart.cost_line_facts.fx_rate IS 'Units of reporting currency for one unit of the line''s currency; empty if no rate is known';
COMMENT ON COLUMN mart.cost_line_facts.fx_rate_date IS 'Day of the rate that was used';
COMMENT ON COLUMN mart.cost_line_facts.amount_reporting IS 'Amount in the reporting currency, rounded half to even to its minor unit';
COMMENT ON COLUMN mart.cost_line_facts.is_quarantined IS 'Whether a contract rule set the line aside: eligible, but not measured';
