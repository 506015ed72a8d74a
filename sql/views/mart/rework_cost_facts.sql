-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- Allocated cost of each period and breakdown that reworked tickets bear: reopened ones, or past their target.
CREATE OR REPLACE VIEW mart.rework_cost_facts AS
SELECT
    period_grain,
    period_start_date,
    team,
    priority,
    service,
    vendor,
    ticket_count,
    reworked_ticket_count,
    unknown_ticket_count,
    allocated_reporting,
    rework_reporting,
    unknown_reporting
FROM core.fct_rework_costs;

COMMENT ON VIEW mart.rework_cost_facts IS 'Allocated cost of each period and breakdown that reworked tickets bear: reopened ones, or past their target. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.rework_cost_facts.period_grain IS 'day, week, month or quarter';
COMMENT ON COLUMN mart.rework_cost_facts.period_start_date IS 'First day of the period';
COMMENT ON COLUMN mart.rework_cost_facts.team IS 'Team that bears the cost';
COMMENT ON COLUMN mart.rework_cost_facts.priority IS 'Priority of the tickets';
COMMENT ON COLUMN mart.rework_cost_facts.service IS 'Service of the tickets';
COMMENT ON COLUMN mart.rework_cost_facts.vendor IS 'Vendor of the tickets';
COMMENT ON COLUMN mart.rework_cost_facts.ticket_count IS 'Tickets that were resolved in the period';
COMMENT ON COLUMN mart.rework_cost_facts.reworked_ticket_count IS 'Those that had been reopened or had a breached resolution clock';
COMMENT ON COLUMN mart.rework_cost_facts.unknown_ticket_count IS 'Those of which the export does not tell whether they were';
COMMENT ON COLUMN mart.rework_cost_facts.allocated_reporting IS 'Cost allocated to the tickets';
COMMENT ON COLUMN mart.rework_cost_facts.rework_reporting IS 'The part that the reworked ones bear, by count';
COMMENT ON COLUMN mart.rework_cost_facts.unknown_reporting IS 'The part that those bear of which it is not known';
