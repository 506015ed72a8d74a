-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- Tickets in work at the end of each day, by status category and breakdown.
CREATE OR REPLACE VIEW mart.ticket_day_facts AS
SELECT
    day_date,
    status_category,
    team,
    priority,
    service,
    vendor,
    ticket_count
FROM core.fct_ticket_days;

COMMENT ON VIEW mart.ticket_day_facts IS 'Tickets in work at the end of each day, by status category and breakdown. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.ticket_day_facts.day_date IS 'Day in the reporting time zone';
COMMENT ON COLUMN mart.ticket_day_facts.status_category IS 'Category at the day''s end';
COMMENT ON COLUMN mart.ticket_day_facts.team IS 'Team at the day''s end';
COMMENT ON COLUMN mart.ticket_day_facts.priority IS 'Priority at the day''s end';
COMMENT ON COLUMN mart.ticket_day_facts.service IS 'Service that the tickets are about';
COMMENT ON COLUMN mart.ticket_day_facts.vendor IS 'Vendor at the day''s end';
COMMENT ON COLUMN mart.ticket_day_facts.ticket_count IS 'Tickets';
