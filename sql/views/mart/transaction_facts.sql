-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- Completed transactions per day and breakdown: the denominator of cost per transaction.
CREATE OR REPLACE VIEW mart.transaction_facts AS
SELECT
    completed_date,
    team,
    priority,
    service,
    vendor,
    transaction_count,
    set_aside_count
FROM core.fct_transactions;

COMMENT ON VIEW mart.transaction_facts IS 'Completed transactions per day and breakdown: the denominator of cost per transaction. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.transaction_facts.completed_date IS 'Day of completion in the reporting time zone';
COMMENT ON COLUMN mart.transaction_facts.team IS 'Team';
COMMENT ON COLUMN mart.transaction_facts.priority IS 'Priority';
COMMENT ON COLUMN mart.transaction_facts.service IS 'Service';
COMMENT ON COLUMN mart.transaction_facts.vendor IS 'Vendor';
COMMENT ON COLUMN mart.transaction_facts.transaction_count IS 'Completed transactions of the policy''s kind';
COMMENT ON COLUMN mart.transaction_facts.set_aside_count IS 'Further ones that a contract rule set aside, or tickets of which exports leave open when they were resolved: it is not certain that or when they count';
