-- Tickets in work at the end of each day, one column per status category, by everything they can be broken down by.
--
-- The same numbers as mart.ticket_day_facts, which has one row per category. Add them up over breakdowns, never over
-- days. Days and breakdowns without tickets in work have no row; mart.kpi_ticket_work_in_progress_count has a row for
-- every day, and says how many tickets could not be counted.
CREATE OR REPLACE VIEW mart.daily_work_in_progress AS
SELECT
    day_date,
    coalesce(team, '(none)') AS team,
    coalesce(priority, '(none)') AS priority,
    coalesce(service, '(none)') AS service,
    coalesce(vendor, '(none)') AS vendor,
    CAST(coalesce(sum(ticket_count) FILTER (status_category = 'queued'), 0) AS BIGINT) AS queued_count,
    CAST(coalesce(sum(ticket_count) FILTER (status_category = 'active'), 0) AS BIGINT) AS active_count,
    CAST(coalesce(sum(ticket_count) FILTER (status_category = 'waiting'), 0) AS BIGINT) AS waiting_count,
    CAST(sum(ticket_count) AS BIGINT) AS work_in_progress_count
FROM core.fct_ticket_days
GROUP BY ALL;

COMMENT ON VIEW mart.daily_work_in_progress IS 'Per day, team, priority, service and vendor: tickets in work at the day''s end, by status category. Add up over breakdowns, never over days.';
COMMENT ON COLUMN mart.daily_work_in_progress.day_date IS 'Day in the reporting time zone';
COMMENT ON COLUMN mart.daily_work_in_progress.team IS 'Team at the day''s end; (none) where there is none';
COMMENT ON COLUMN mart.daily_work_in_progress.priority IS 'Priority at the day''s end; (none) where there is none';
COMMENT ON COLUMN mart.daily_work_in_progress.service IS 'Service that the tickets are about; (none) where they have none';
COMMENT ON COLUMN mart.daily_work_in_progress.vendor IS 'Vendor at the day''s end; (none) where there is none';
COMMENT ON COLUMN mart.daily_work_in_progress.queued_count IS 'Tickets that are queued: ours, and not begun (the backlog)';
COMMENT ON COLUMN mart.daily_work_in_progress.active_count IS 'Tickets that are being worked on';
COMMENT ON COLUMN mart.daily_work_in_progress.waiting_count IS 'Tickets that wait for a customer, a vendor or another team';
COMMENT ON COLUMN mart.daily_work_in_progress.work_in_progress_count IS 'All three together';
