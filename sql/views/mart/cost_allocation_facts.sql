-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- Cost of each period by breakdown and, by month and quarter, by pool. Rows of one period and pool add up to what the
-- pool costs in it, to the cent.
CREATE OR REPLACE VIEW mart.cost_allocation_facts AS
SELECT
    period_grain,
    period_start_date,
    cost_pool,
    driver,
    team,
    priority,
    service,
    vendor,
    is_allocated,
    transaction_count,
    amount_reporting,
    unallocated_debit_reporting,
    unallocated_credit_reporting
FROM core.fct_cost_allocations;

COMMENT ON VIEW mart.cost_allocation_facts IS 'Cost of each period by breakdown and, by month and quarter, by pool. Rows of one period and pool add up to what the pool costs in it, to the cent. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.cost_allocation_facts.period_grain IS 'day, week, month or quarter';
COMMENT ON COLUMN mart.cost_allocation_facts.period_start_date IS 'First day of the period';
COMMENT ON COLUMN mart.cost_allocation_facts.cost_pool IS 'Pool; (all) for what is allocated by day and week, which would be too much to tell apart by pool';
COMMENT ON COLUMN mart.cost_allocation_facts.driver IS 'How the pool is allocated; (all) for all pools';
COMMENT ON COLUMN mart.cost_allocation_facts.team IS 'Team that bears the cost';
COMMENT ON COLUMN mart.cost_allocation_facts.priority IS 'Priority of the transactions that bear the cost';
COMMENT ON COLUMN mart.cost_allocation_facts.service IS 'Service of the transactions that bear the cost';
COMMENT ON COLUMN mart.cost_allocation_facts.vendor IS 'Vendor of the transactions that bear the cost';
COMMENT ON COLUMN mart.cost_allocation_facts.is_allocated IS 'False for what no driver took: shown, never spread in silence';
COMMENT ON COLUMN mart.cost_allocation_facts.transaction_count IS 'Transactions that bear the cost';
COMMENT ON COLUMN mart.cost_allocation_facts.amount_reporting IS 'Cost in the reporting currency';
COMMENT ON COLUMN mart.cost_allocation_facts.unallocated_debit_reporting IS 'The debits of what no driver took, each line by its own sign; 0 where is_allocated';
COMMENT ON COLUMN mart.cost_allocation_facts.unallocated_credit_reporting IS 'The credits of what no driver took, at most 0; with the debits they are amount_reporting';
