-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per ticket, SLA policy and cycle: the clock, its state and the instant at which it was decided.
-- Durations are stored in whole microseconds; 3.6e9 of them are an hour.
CREATE OR REPLACE VIEW mart.sla_clock_facts AS
SELECT
    ticket_id,
    sla_policy,
    cycle_number,
    target,
    source,
    team,
    priority,
    service,
    vendor,
    calendar,
    started_at,
    stopped_at,
    target_microseconds / 3.6e9 AS target_hours,
    elapsed_microseconds / 3.6e9 AS elapsed_hours,
    paused_microseconds / 3.6e9 AS paused_hours,
    state,
    not_told,
    breached_at,
    due_at,
    decided_at,
    decided_earliest_at,
    decided_latest_at,
    remaining_microseconds / 3.6e9 AS remaining_hours,
    remaining_lower_microseconds / 3.6e9 AS remaining_lower_hours,
    remaining_upper_microseconds / 3.6e9 AS remaining_upper_hours,
    used_ratio
FROM core.fct_sla_clocks;

COMMENT ON VIEW mart.sla_clock_facts IS 'One row per ticket, SLA policy and cycle: the clock, its state and the instant at which it was decided. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.sla_clock_facts.ticket_id IS 'Ticket, qualified by its source';
COMMENT ON COLUMN mart.sla_clock_facts.sla_policy IS 'Policy in policies/sla.yaml that set the clock';
COMMENT ON COLUMN mart.sla_clock_facts.cycle_number IS '1, and one more for every reopening that starts a new cycle';
COMMENT ON COLUMN mart.sla_clock_facts.target IS 'first_response, resolution, periodic_update, vendor_response or vendor_resolution';
COMMENT ON COLUMN mart.sla_clock_facts.source IS 'System that exported the ticket';
COMMENT ON COLUMN mart.sla_clock_facts.team IS 'Team when the clock was decided, or now; for vendor_response and vendor_resolution that of the holder';
COMMENT ON COLUMN mart.sla_clock_facts.priority IS 'Priority when the clock was decided, or now';
COMMENT ON COLUMN mart.sla_clock_facts.service IS 'Service that the ticket is about';
COMMENT ON COLUMN mart.sla_clock_facts.vendor IS 'Vendor when the clock was decided, or now; for vendor_response and vendor_resolution that of the holder';
COMMENT ON COLUMN mart.sla_clock_facts.calendar IS 'Calendar whose open hours the clock counts';
COMMENT ON COLUMN mart.sla_clock_facts.started_at IS 'Start of the clock';
COMMENT ON COLUMN mart.sla_clock_facts.stopped_at IS 'Stop of the clock, the latest possible where the export does not tell it exactly; empty while it goes on';
COMMENT ON COLUMN mart.sla_clock_facts.target_hours IS 'Open time that the policy allows';
COMMENT ON COLUMN mart.sla_clock_facts.elapsed_hours IS 'Open time that counted, pauses left out; for periodic_update the longest silence that this target judged. The most that it can be where the export does not tell the stop exactly, or of a snapshot no pauses. Of a ticket that left the exports while it was open, what counted until then (unknown_since_at): what has counted since, nobody knows';
COMMENT ON COLUMN mart.sla_clock_facts.paused_hours IS 'Open time in which the clock stood still, for vendor_resolution also because others had the ticket; of a ticket that left the exports while it was open, until then';
COMMENT ON COLUMN mart.sla_clock_facts.state IS 'met, breached, running, paused, cancelled, or not_measured where the export leaves open whether it was kept';
COMMENT ON COLUMN mart.sla_clock_facts.not_told IS 'What the export does not tell of a clock that is not measured: first_response, pauses (of a snapshot), instants (the target lies between the two exports between which the clock stopped) or whereabouts (the ticket left the exports while it was open); empty for others';
COMMENT ON COLUMN mart.sla_clock_facts.breached_at IS 'Instant at which elapsed time reached the target, if it went beyond';
COMMENT ON COLUMN mart.sla_clock_facts.due_at IS 'While it runs: the instant at which it will breach if nothing pauses it';
COMMENT ON COLUMN mart.sla_clock_facts.decided_at IS 'Earlier of stop and breach: the clock counts in that period for ever. Of one that is not measured, the latest instant known at which that can have been: of one that pauses may have held up the stop or, while it is open, the breach that it has without; empty if nothing can have been decided yet';
COMMENT ON COLUMN mart.sla_clock_facts.decided_earliest_at IS 'Where repeated snapshots do not tell exactly when that was: it came after this instant, and by decided_latest_at or, where that is empty, decided_at. Empty where it is told';
COMMENT ON COLUMN mart.sla_clock_facts.decided_latest_at IS 'Of a broken promise whose pauses are not told exactly: the latest instant at which it can have been broken. Empty for others';
COMMENT ON COLUMN mart.sla_clock_facts.remaining_hours IS 'Open time left while it runs or is paused, for periodic_update in the present silence; negative after a breach, and of a ticket that left the exports as it was then';
COMMENT ON COLUMN mart.sla_clock_facts.remaining_lower_hours IS 'The least that can be left, where repeated snapshots leave open how much has counted: it may have counted before a file shows it to. Empty where nothing is open, and once it is decided';
COMMENT ON COLUMN mart.sla_clock_facts.remaining_upper_hours IS 'The most that can be left, where repeated snapshots leave open how much has counted: it may have been paused before a file shows it to be. Empty where nothing is open, and once it is decided';
COMMENT ON COLUMN mart.sla_clock_facts.used_ratio IS 'Share of the target that is used while it runs or is paused, for periodic_update by the present silence: 1 - remaining / target. Empty once it is decided or cancelled, and where it is not measured';
