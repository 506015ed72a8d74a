"""Headers of tickets and of their events. Data only."""

from __future__ import annotations

import re
from typing import Final

from pipelines.infer.canonical_words import (
    COUNT,
    FLAG,
    NAME,
    TEXT,
    TIME,
    VENDOR,
    TableWords,
    needs,
    words,
)

TICKETS: Final = TableWords(
    "tickets",
    (
        words(
            "created_at",
            TIME,
            (
                1.0,
                r"^(opened|created|reported|submitted|created_on|opened_on)(_at|_date|_time|_on)?$|^(creation|open|submit|report)_(date|time)$",
            ),
            (0.7, r"(^|_)(opened|created|creation|reported|submitted)(_|$)"),
            (0.4, r"start"),
        ),
        words(
            "resolved_at",
            TIME,
            (1.0, r"^(resolved|solved|resolution)_?(at|date|time|on)?$"),
            (0.6, r"(^|_)(resolved|solved)(_|$)"),
            (0.5, r"completed|fixed"),
        ),
        words("closed_at", TIME, (1.0, r"^closed?(_at|_date|_time|_on)?$"), (0.7, r"(^|_)closed(_|$)")),
        words(
            "due_at",
            ("timestamp",),
            (1.0, r"^due(_at|_date|_time|_by)?$|^duedate$"),
            (0.7, r"(^|_)(due|deadline|target)(_|$)"),
        ),
        words("first_response_at", TIME, (1.0, r"first_(response|reply|responded)")),
        words(
            "status",
            TEXT,
            (1.0, r"^(status|state|incident_state|ticket_status|issue_status|request_status)$"),
            (0.7, r"(^|_)(status|state)$"),
            (0.7, r"^activity$|^concept_name$"),
            (0.3, r"lifecycle_transition"),
        ),
        words(
            "priority",
            TEXT,
            (1.0, r"^prio(rity)?$"),
            (0.7, r"(^|_)priority$"),
            (0.6, r"severity|seriousness"),
            (0.4, r"^(urgency|impact)$"),
        ),
        words(
            "team",
            NAME,
            (1.0, r"^(assignment_group|assigned_group|assigned_team|team|group|queue|support_group|owner_group)$"),
            (0.7, r"(^|_)(group|team|queue|workgroup)(_|$)"),
            (0.6, r"support_section|responsible_section|^agency(_name)?$|organization_involved|department"),
        ),
        words(
            "service",
            NAME,
            (1.0, r"^(business_service|service|service_name|service_offering)$"),
            (0.7, r"^(product|application|component|components|project)(_name)?$|(^|_)service$"),
            (0.5, r"service_type|cmdb_ci|^project_key$"),
        ),
        VENDOR,
        words(
            "ticket_type",
            NAME,
            (1.0, r"^(ticket_type|issue_?type|request_type|complaint_type|incident_type|type)$"),
            (0.6, r"^(category|classification)$"),
        ),
        words("is_sla_met_at_source", FLAG, (1.0, r"made_sla|sla_met|met_sla|within_sla")),
        words("summary", NAME, (1.0, r"^(summary|short_description|title|subject)$"), (0.4, r"^descriptor$")),
    ),
    needs("created_at status", "status priority", "created_at closed_at", "status team"),
    re.compile(r"ticket|incident|issue|request|case|helpdesk|problem|changelog|complaint"),
)

EVENTS: Final = TableWords(
    "ticket_events",
    (
        words(
            "event_sequence",
            COUNT,
            (1.0, r"sys_mod_count|^(event_)?sequence(_number)?$|^(histories_)?history_id$|^histories_id$|^audits_id$"),
            (0.6, r"(^|_)(sequence|seq|mod_count)(_|$)"),
        ),
        *(each for each in TICKETS.columns if each.column in ("status", "priority", "team", "vendor")),
        words(
            "actor",
            NAME,
            (1.0, r"^(sys_updated_by|updated_by|changed_by|actor|org_resource|resource|author)$"),
            (0.8, r"author_(display_)?name|updated_by|changed_by"),
            (0.5, r"(^|_)(author|resource|user)(_id)?$"),
        ),
    ),
    (),
    re.compile(r"event|audit|histor|log"),
)
