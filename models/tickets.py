"""Tickets: staged exports, their life as intervals, and SLA clocks.

Definitions of the measures are in `metrics`; here stands only what each column holds.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Column

from models.schema import day, flag, instant, integer, provenance, real, table, text
from models.vocabulary import Layer

stg_tickets = table(
    Layer.STG,
    "stg_tickets",
    "One row per ticket: what its export says of the ticket as a whole.",
    text("ticket_id", "Ticket, qualified by its source: servicenow:INC0010001", key=True),
    text("source", "System that exported the ticket", required=True, has_few_values=True),
    text(
        "export_shape",
        "event_log, snapshot or repeated_snapshots: how much history the export can tell",
        required=True,
        has_few_values=True,
    ),
    instant("created_at", "Creation of the ticket"),
    text("ticket_type", "Incident, request, bug, ... in the source's words", has_few_values=True),
    text("status", "Latest status, in the source's words", has_few_values=True),
    text("status_category", "Category that policies/statuses.yaml gives the latest status", has_few_values=True),
    text("waiting_reason", "Whom a waiting status waits for: customer, vendor, team, ...", has_few_values=True),
    text("priority", "Latest priority, after policies/dimensions.yaml", has_few_values=True),
    text("team", "Latest team", has_few_values=True),
    text("service", "Service that the ticket is about", has_few_values=True),
    text("vendor", "Vendor involved, latest known", has_few_values=True),
    instant("first_response_at", "First public reply by an agent, where the export has it as a field"),
    instant("resolved_at", "Resolution, where the export has it as a field"),
    instant("closed_at", "Closure, where the export has it as a field"),
    instant("due_at", "Due instant that the source itself set"),
    flag("is_sla_met_at_source", "SLA flag that the source itself set, one per ticket"),
    text("summary", "Title of the ticket"),
    instant("first_seen_at", "Of repeated snapshots: the first export that shows the ticket"),
    instant("last_seen_at", "Of repeated snapshots: the latest export that shows the ticket"),
    instant(
        "queued_until_at",
        "Of repeated snapshots: the latest of the exports, from the first on, that show the ticket queued; empty where "
        "the first shows it otherwise",
    ),
    flag(
        "has_disappeared",
        "Of repeated snapshots that hold all tickets: whether the latest export shows the ticket no longer. What was "
        "open by then is not known to be so since.",
    ),
    instant(
        "reopened_unseen_at",
        "Of repeated snapshots: the first resolution that moved while the exports before and after it both show the "
        "ticket done. It was reopened and resolved again in between, or somebody corrected the field.",
    ),
    *provenance(),
)

stg_ticket_events = table(
    Layer.STG,
    "stg_ticket_events",
    "One row per change or update of a ticket. An empty attribute means: unchanged by this event.",
    text("ticket_id", "Ticket, qualified by its source", required=True),
    text("source", "System that exported the event", required=True, has_few_values=True),
    instant("occurred_at", "When the change happened; of repeated snapshots, when an export first shows it"),
    instant(
        "earliest_at",
        "Of repeated snapshots: the latest export that shows the state before. The change happened between it and "
        "occurred_at. Empty where the instant is exact.",
    ),
    integer("event_sequence", "The source's own order of events at one instant; empty where it has none"),
    text("status_before", "Status before the event, where the export says it", has_few_values=True),
    text("status", "Status after the event, in the source's words", has_few_values=True),
    text("status_category", "Category of the status after the event", has_few_values=True),
    text("status_category_before", "Category of the status before the event", has_few_values=True),
    text("waiting_reason", "Whom a waiting status waits for", has_few_values=True),
    text("team_before", "Team before the event, where the export says it", has_few_values=True),
    text("team", "Team after the event", has_few_values=True),
    text("priority_before", "Priority before the event, where the export says it", has_few_values=True),
    text("priority", "Priority after the event", has_few_values=True),
    text("vendor", "Vendor after the event", has_few_values=True),
    flag("is_public_agent_reply", "Whether the event is a public reply by an agent to the requester"),
    text("actor", "Who made the change", has_few_values=True),
    *provenance(),
)

#: Durations of a ticket that have a least and a greatest length where they are not known exactly.
BOUNDED_DURATIONS: Final = ("lead_time", "cycle_time", "first_resolution", "first_response", "age")


def _leeways() -> list[Column[Any]]:
    """The ends of each such duration, on both clocks."""
    clocks = {"calendar": "by the clock on the wall", "business": "in open hours"}
    return [
        integer(
            f"{measure}_{end}_{clock}_microseconds",
            f"{measure.replace('_', ' ').capitalize()} at its {end}, {hours}, where exports do not date its ends "
            "exactly, as where two of them are compared; empty where it is exact",
        )
        for measure in BOUNDED_DURATIONS
        for clock, hours in clocks.items()
        for end in ("least", "greatest")
    ]


fct_tickets = table(
    Layer.CORE,
    "fct_tickets",
    "One row per ticket: its life measured on both clocks as of the data's own clock.",
    text("ticket_id", "Ticket, qualified by its source", key=True),
    text("source", "System that exported the ticket", required=True, has_few_values=True),
    text("ticket_type", "Type in the source's words", has_few_values=True),
    text("status", "Status as of the data's clock", has_few_values=True),
    text("status_category", "Category of that status", has_few_values=True),
    text("team", "Team at the last resolution; for a ticket not done, the latest", has_few_values=True),
    text("priority", "Priority at the last resolution; for a ticket not done, the latest", has_few_values=True),
    text("service", "Service that the ticket is about", has_few_values=True),
    text("vendor", "Vendor at the last resolution; for a ticket not done, the latest", has_few_values=True),
    instant("created_at", "Creation"),
    instant(
        "created_earliest_at",
        "Where repeated snapshots do not tell the creation exactly: it came after this instant, and by created_at. "
        "Empty where it is told",
    ),
    instant("first_active_at", "First entry into an active status"),
    instant("first_response_at", "First public reply by an agent, or the proxy that the contract names"),
    instant(
        "first_response_earliest_at",
        "Where no export tells when the first response came: it came after this instant, and by first_response_at or, "
        "where that is empty, the resolution, if it came. Empty where it is told",
    ),
    instant("first_resolved_at", "First entry into done"),
    instant("resolved_at", "Last entry into done; empty for a ticket that is not done as of the data's clock"),
    instant(
        "resolved_earliest_at",
        "Where repeated snapshots do not tell the last resolution exactly: it came after this instant, and by "
        "resolved_at. Where only a resolution that moved tells that the ticket came back, that is the one before. "
        "Empty where it is told",
    ),
    instant("cancelled_at", "Entry into cancelled, if the ticket is cancelled"),
    instant(
        "cancelled_earliest_at",
        "Where repeated snapshots do not tell the cancellation exactly: it came after this instant, and by "
        "cancelled_at. Empty where it is told",
    ),
    instant(
        "settled_by_at",
        "Of a ticket that the first export to show it shows done or cancelled, and that nothing dates: that export. It "
        "was resolved or cancelled by then. Empty for others",
    ),
    instant(
        "unknown_since_at",
        "Of a ticket that was open when full exports last showed it: right after the last one that does. Whether it is "
        "open since is not known. Empty for others",
    ),
    flag("is_done", "Whether the ticket is done as of the data's clock", required=True),
    flag("is_cancelled", "Whether the ticket is cancelled as of the data's clock", required=True),
    flag(
        "is_quarantined",
        "Whether a contract rule set the ticket aside: eligible, but not measured",
        required=True,
    ),
    flag(
        "has_history",
        "Whether the export tells the ticket's status changes (false: snapshot only)",
        required=True,
    ),
    flag(
        "is_sampled",
        "Whether the history is known only as exports show it (repeated snapshots): what came and went between two of "
        "them was never seen, so that counts of changes may be higher",
        required=True,
    ),
    flag("is_sla_met_at_source", "SLA flag that the source itself set"),
    text(
        "calendar",
        "Working calendar of the team above; each interval used the calendar of its own team",
        has_few_values=True,
    ),
    integer("lead_time_calendar_microseconds", "Created to last resolution, by the clock on the wall"),
    integer("lead_time_business_microseconds", "Created to last resolution, in open hours"),
    integer("cycle_time_calendar_microseconds", "First active to last resolution, by the clock on the wall"),
    integer("cycle_time_business_microseconds", "First active to last resolution, in open hours"),
    integer("first_resolution_calendar_microseconds", "Created to first resolution, by the clock on the wall"),
    integer("first_resolution_business_microseconds", "Created to first resolution, in open hours"),
    integer("first_response_calendar_microseconds", "Created to first response, by the clock on the wall"),
    integer("first_response_business_microseconds", "Created to first response, in open hours"),
    *_leeways(),
    integer("queued_calendar_microseconds", "Time in queued, by the clock on the wall"),
    integer("queued_business_microseconds", "Time in queued, in open hours"),
    integer("active_calendar_microseconds", "Time in active, by the clock on the wall"),
    integer("active_business_microseconds", "Time in active, in open hours"),
    integer("waiting_calendar_microseconds", "Time in waiting, by the clock on the wall"),
    integer("waiting_business_microseconds", "Time in waiting, in open hours"),
    integer("reopened_gap_calendar_microseconds", "Time in done between resolutions, by the clock on the wall"),
    integer("reopened_gap_business_microseconds", "Time in done between resolutions, in open hours"),
    integer(
        "age_calendar_microseconds",
        "Created to the data's clock, for a ticket not done; empty where it is not known whether it is open",
    ),
    integer("age_business_microseconds", "Age in open hours"),
    integer(
        "reopen_count",
        "Moves from done back to work; empty where the export has no history, or only a resolution that moved between "
        "two exports says that there was one more",
    ),
    integer("handoff_count", "Changes of team; empty where the export has no history or never names a team"),
    integer(
        "touch_count",
        "Public replies by an agent; where the source tells none, entries into active; empty where it cannot tell",
    ),
    integer("event_count", "Events of the ticket, exact duplicates counted once", required=True),
    integer(
        "duplicate_event_count",
        "Exact duplicate events that were collapsed, those that tell nothing left out",
        required=True,
    ),
)

fct_ticket_intervals = table(
    Layer.CORE,
    "fct_ticket_intervals",
    "One row per stretch of a ticket's life with one status, team, priority and vendor.",
    text("ticket_id", "Ticket, qualified by its source", key=True),
    integer("interval_number", "Order of the stretch in the ticket's life, from 1", key=True),
    instant("started_at", "Start, inclusive", required=True),
    instant(
        "ended_at",
        "End, exclusive; while it lasts, the data's clock; empty where the ticket lies done or cancelled since, or is "
        "in no export since",
    ),
    instant(
        "started_earliest_at",
        "Of repeated snapshots: the latest export that shows the state before. The stretch began between it and "
        "started_at. Empty where the instant is exact",
    ),
    instant(
        "started_latest_at",
        "Of repeated snapshots: the first export that shows the ticket, where that shows it active. It is taken to "
        "have been so since its creation, and may have been queued until then. Empty in all other stretches",
    ),
    text(
        "status",
        "Status in the source's words; empty where it is not told, and where a ticket came back and was resolved again "
        "between two exports: that stretch has no length",
        has_few_values=True,
    ),
    text("status_category", "Category of the status", required=True, has_few_values=True),
    text("waiting_reason", "Whom a waiting status waits for", has_few_values=True),
    text("team", "Team that held the ticket", has_few_values=True),
    text("priority", "Priority in that stretch", has_few_values=True),
    text("vendor", "Vendor that held the ticket", has_few_values=True),
    text("calendar", "Working calendar of the team", required=True, has_few_values=True),
    integer("cycle_number", "1, and one more for every reopening before this stretch", required=True),
    flag("is_last", "Whether this is the stretch in which the ticket is now", required=True),
    integer("duration_calendar_microseconds", "Length by the clock on the wall; empty where there is no end"),
    integer("duration_business_microseconds", "Length in open hours of the calendar; empty where there is no end"),
)

fct_sla_clocks = table(
    Layer.CORE,
    "fct_sla_clocks",
    "One row per ticket, SLA policy and cycle: the clock, its state and the instant at which it was decided.",
    text("ticket_id", "Ticket, qualified by its source", key=True),
    text("sla_policy", "Policy in policies/sla.yaml that set the clock", key=True, has_few_values=True),
    integer("cycle_number", "1, and one more for every reopening that starts a new cycle", key=True),
    text(
        "target",
        "first_response, resolution, periodic_update, vendor_response or vendor_resolution",
        required=True,
        has_few_values=True,
    ),
    text("source", "System that exported the ticket", required=True, has_few_values=True),
    text(
        "team",
        "Team when the clock was decided, or now; for vendor_response and vendor_resolution that of the holder",
        has_few_values=True,
    ),
    text("priority", "Priority when the clock was decided, or now", has_few_values=True),
    text("service", "Service that the ticket is about", has_few_values=True),
    text(
        "vendor",
        "Vendor when the clock was decided, or now; for vendor_response and vendor_resolution that of the holder",
        has_few_values=True,
    ),
    text("calendar", "Calendar whose open hours the clock counts", required=True, has_few_values=True),
    instant("started_at", "Start of the clock", required=True),
    instant(
        "stopped_at",
        "Stop of the clock, the latest possible where the export does not tell it exactly; empty while it goes on",
    ),
    integer("target_microseconds", "Open time that the policy allows", required=True),
    integer(
        "elapsed_microseconds",
        "Open time that counted, pauses left out; for periodic_update the longest silence that this target judged. The "
        "most that it can be where the export does not tell the stop exactly, or of a snapshot no pauses. Of a ticket "
        "that left the exports while it was open, what counted until then (unknown_since_at): what has counted since, "
        "nobody knows",
        required=True,
    ),
    integer(
        "paused_microseconds",
        "Open time in which the clock stood still, for vendor_resolution also because others had the ticket; of a "
        "ticket that left the exports while it was open, until then",
        required=True,
    ),
    text(
        "state",
        "met, breached, running, paused, cancelled, or not_measured where the export leaves open whether it was kept",
        required=True,
        has_few_values=True,
    ),
    text(
        "not_told",
        "What the export does not tell of a clock that is not measured: first_response, pauses (of a snapshot), "
        "instants (the target lies between the two exports between which the clock stopped) or whereabouts (the ticket "
        "left the exports while it was open); empty for others",
        has_few_values=True,
    ),
    instant("breached_at", "Instant at which elapsed time reached the target, if it went beyond"),
    instant("due_at", "While it runs: the instant at which it will breach if nothing pauses it"),
    instant(
        "decided_at",
        "Earlier of stop and breach: the clock counts in that period for ever. Of one that is not measured, the latest "
        "instant known at which that can have been: of one that pauses may have held up the stop or, while it is open, "
        "the breach that it has without; empty if nothing can have been decided yet",
    ),
    instant(
        "decided_earliest_at",
        "Where repeated snapshots do not tell exactly when that was: it came after this instant, and by "
        "decided_latest_at or, where that is empty, decided_at. Empty where it is told",
    ),
    instant(
        "decided_latest_at",
        "Of a broken promise whose pauses are not told exactly: the latest instant at which it can have been broken. "
        "Empty for others",
    ),
    integer(
        "remaining_microseconds",
        "Open time left while it runs or is paused, for periodic_update in the present silence; negative after a "
        "breach, and of a ticket that left the exports as it was then",
    ),
    integer(
        "remaining_lower_microseconds",
        "The least that can be left, where repeated snapshots leave open how much has counted: it may have counted "
        "before a file shows it to. Empty where nothing is open, and once it is decided",
    ),
    integer(
        "remaining_upper_microseconds",
        "The most that can be left, where repeated snapshots leave open how much has counted: it may have been paused "
        "before a file shows it to be. Empty where nothing is open, and once it is decided",
    ),
    real(
        "used_ratio",
        "Share of the target that is used while it runs or is paused, for periodic_update by the present silence: "
        "1 - remaining / target. Empty once it is decided or cancelled, and where it is not measured",
    ),
)

fct_ticket_days = table(
    Layer.CORE,
    "fct_ticket_days",
    "Tickets in work at the end of each day, by status category and breakdown.",
    day("day_date", "Day in the reporting time zone", required=True),
    text("status_category", "Category at the day's end", required=True, has_few_values=True),
    text("team", "Team at the day's end", has_few_values=True),
    text("priority", "Priority at the day's end", has_few_values=True),
    text("service", "Service that the tickets are about", has_few_values=True),
    text("vendor", "Vendor at the day's end", has_few_values=True),
    integer("ticket_count", "Tickets", required=True),
)

TABLES = (stg_tickets, stg_ticket_events, fct_tickets, fct_ticket_intervals, fct_sla_clocks, fct_ticket_days)
