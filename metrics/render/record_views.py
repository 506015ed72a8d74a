"""SQL of the record views: one row per record that a metric counts, with its day and what it contributes.

Facts hold everything; the metrics count some of it, by a day in the reporting time zone. A record view is that choice
written once more, in SQL, so that a BI tool can add up or take a percentile over any days and breakdowns and still get
the published number. The choice itself is that of `metrics.populations`; a test holds the two against each other.

The SQL is what DuckDB and PostgreSQL share; how it is put together is in `metrics.render.record_view_sql`. What is not
here: metrics that no single record tells, such as stocks and costs per transaction; see `metrics.render.measures`.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Table

from metrics.populations import (
    CANCELLED_TICKETS,
    CREATED_TICKETS,
    FIRST_RESPONSE_CLOCKS,
    OPEN_TICKETS,
    PERIODIC_UPDATE_CLOCKS,
    RESOLUTION_CLOCKS,
    RESOLVED_TICKETS,
    TICKET_DELAYS,
    TICKETS_WITH_SOURCE_CLAIM,
    VENDOR_RESOLUTION_CLOCKS,
    VENDOR_RESPONSE_CLOCKS,
)
from metrics.render.record_view_sql import RecordColumn, RecordView
from metrics.vendor_populations import (
    CREDITS_TO_CLAIM,
    DUE_DELIVERIES,
    DUPLICATES_AT_STAKE,
    FIRST_PROMISED_DELIVERIES,
    JUDGED_PROMISES,
    OVER_BILLINGS,
    PRICED_INVOICE_LINES,
    RECOVERABLES,
    SERVICE_CREDITS,
    VENDOR_INVOICE_LINES,
)
from models import planning, tickets, vendor_performance, vendors

#: An amount to recover, or the end of what it may be that is nearer to 0; `greatest` and `least` pass over empty ends.
_SURE_OR_MEASURED: Final = (
    "coalesce(fact.amount_reporting, "
    "nullif(greatest(fact.at_least_reporting, least(fact.at_most_reporting, 0::DECIMAL(18, 4))), 0))"
)


def _best_known(instant: str) -> str:
    """What `metrics.populations` takes for the instant of a ticket that has none."""
    return (
        f"coalesce(fact.{instant}, fact.unknown_since_at, CASE WHEN fact.is_quarantined THEN fact.created_at END, "
        "fact.settled_by_at, fact.created_at)"
    )


def _of_fact(fact: Table, *names: str) -> tuple[RecordColumn, ...]:
    """Columns of a fact as they are."""
    return tuple(RecordColumn(name, fact.columns[name].comment or "", f"fact.{name}") for name in names)


def _hit(name: str, meaning: str, condition: str) -> RecordColumn:
    """1 where the condition holds, 0 where it does not, nothing where it is not known."""
    return RecordColumn(
        name, f"1 if {meaning}, 0 if not", f"CASE WHEN {condition} THEN 1 WHEN NOT ({condition}) THEN 0 END"
    )


def _time_share(clock: str) -> tuple[RecordColumn, ...]:
    active, lead, gap = (f"fact.{part}_{clock}_microseconds" for part in ("active", "lead_time", "reopened_gap"))
    known = f"{active} IS NOT NULL AND {lead} IS NOT NULL AND {gap} IS NOT NULL"
    return (
        RecordColumn(
            f"flow_active_{clock}_microseconds",
            f"Time worked on, {clock} clock, of a ticket whose whole time is known too",
            f"CASE WHEN {known} THEN {active} END",
        ),
        RecordColumn(
            f"flow_whole_{clock}_microseconds",
            f"Lead time less the time between resolution and reopening, {clock} clock, of the same tickets",
            f"CASE WHEN {known} THEN {lead} - {gap} END",
        ),
    )


_BOTH_CLOCKS: Final = ("business", "calendar")

_TICKET_MEASURES: Final = tuple(
    f"{measure}_{clock}_microseconds"
    for measure in ("lead_time", "cycle_time", "first_response", "first_resolution", "queued", "active", "waiting")
    for clock in _BOTH_CLOCKS
)

_COUNTED_ONCE: Final = "reopen_count = 0 AND fact.handoff_count = 0 AND fact.touch_count = 1"

#: SLA clocks with the fact of their ticket, and a stand-in for a ticket that was set aside and has none: what
#: `metrics.populations.clock_records` is, in SQL.
_CLOCKS: Final = """(
    SELECT
        clock.ticket_id, clock.sla_policy, clock.cycle_number, clock.target, clock.state, clock.team, clock.priority,
        clock.service, clock.vendor, ticket.ticket_id IS NOT NULL AS is_quarantined,
        coalesce(clock.decided_at, ticket.resolved_at, ticket.created_at) AS decided_at,
        clock.decided_earliest_at, clock.decided_latest_at
    FROM core.fct_sla_clocks AS clock
    LEFT JOIN core.fct_tickets AS ticket ON ticket.ticket_id = clock.ticket_id AND ticket.is_quarantined
    UNION ALL
    SELECT
        ticket.ticket_id, NULL, NULL, target.target, NULL, ticket.team, ticket.priority, ticket.service,
        ticket.vendor, TRUE, coalesce(ticket.resolved_at, ticket.created_at), NULL, NULL
    FROM core.fct_tickets AS ticket
    CROSS JOIN (
        SELECT DISTINCT target FROM core.fct_sla_clocks WHERE target IN ('resolution', 'first_response')
    ) AS target
    WHERE ticket.is_quarantined AND NOT ticket.is_cancelled AND NOT EXISTS (
        SELECT 1 FROM core.fct_sla_clocks AS clock
        WHERE clock.ticket_id = ticket.ticket_id AND clock.target = target.target
    )
)"""


def _met(target: str, name: str) -> RecordColumn:
    return RecordColumn(
        f"{name}_met_count",
        f"1 if a clock for {target.replace('_', ' ')} is met, 0 if it is breached, empty for other targets",
        f"CASE WHEN fact.target = '{target}' AND fact.state = 'met' THEN 1 "
        f"WHEN fact.target = '{target}' AND fact.state = 'breached' THEN 0 END",
    )


RECORD_VIEWS: Final[tuple[RecordView, ...]] = (
    RecordView(
        name="resolved_ticket_records",
        label="Resolved tickets",
        meaning="One row per ticket that counts as resolved or may, on the day of its last resolution.",
        populations=(RESOLVED_TICKETS, TICKETS_WITH_SOURCE_CLAIM),
        fact=tickets.fct_tickets,
        keys=("ticket_id",),
        details=("source", "ticket_type"),
        period=_best_known("resolved_at"),
        is_instant=True,
        eligible="NOT fact.is_cancelled AND (fact.is_done OR fact.is_quarantined OR fact.unknown_since_at IS NOT NULL)",
        placed="fact.resolved_at IS NOT NULL",
        columns=(
            *_of_fact(tickets.fct_tickets, *_TICKET_MEASURES, "reopen_count", "handoff_count", "touch_count"),
            *(column for clock in _BOTH_CLOCKS for column in _time_share(clock)),
            _hit("reopened_count", "it was resolved before and came back", "fact.reopen_count > 0"),
            RecordColumn(
                "first_contact_count",
                "1 if one touch by one team resolved it for good, 0 if not",
                "CASE WHEN fact.reopen_count IS NULL OR fact.handoff_count IS NULL OR fact.touch_count IS NULL "
                f"OR fact.touch_count < 1 THEN NULL WHEN fact.{_COUNTED_ONCE} THEN 1 ELSE 0 END",
            ),
            _hit(
                "source_claim_met_count",
                "the source system itself flagged it as within SLA",
                "fact.is_sla_met_at_source",
            ),
        ),
    ),
    RecordView(
        name="created_ticket_records",
        label="Created tickets",
        meaning="One row per ticket that counts as created, on the day of its creation.",
        populations=(CREATED_TICKETS,),
        fact=tickets.fct_tickets,
        keys=("ticket_id",),
        details=("source", "ticket_type"),
        period="fact.created_at",
        is_instant=True,
        eligible="NOT fact.is_cancelled",
        columns=(),
    ),
    RecordView(
        name="cancelled_ticket_records",
        label="Cancelled tickets",
        meaning="One row per ticket that is cancelled or may be, on the day of its cancellation.",
        populations=(CANCELLED_TICKETS,),
        fact=tickets.fct_tickets,
        keys=("ticket_id",),
        details=("source", "ticket_type"),
        period=_best_known("cancelled_at"),
        is_instant=True,
        eligible="fact.is_cancelled OR fact.unknown_since_at IS NOT NULL",
        placed="fact.cancelled_at IS NOT NULL",
        columns=(),
    ),
    RecordView(
        name="open_ticket_records",
        label="Open tickets",
        meaning="One row per open ticket, on the day of the data's clock: of earlier days the ages are not kept.",
        populations=(OPEN_TICKETS,),
        fact=tickets.fct_tickets,
        keys=("ticket_id",),
        details=("source", "ticket_type"),
        period="clock.as_of_date",
        clock="ticket_age_p50_business_hours",
        eligible="NOT fact.is_done AND NOT fact.is_cancelled",
        placed="fact.unknown_since_at IS NULL",
        columns=_of_fact(tickets.fct_tickets, "age_business_microseconds", "age_calendar_microseconds"),
    ),
    RecordView(
        name="decided_clock_records",
        label="Decided SLA clocks",
        meaning=(
            "One row per SLA clock that is met or breached, on the day on which that was decided, or of which the "
            "export leaves open which of the two."
        ),
        populations=(
            RESOLUTION_CLOCKS,
            FIRST_RESPONSE_CLOCKS,
            PERIODIC_UPDATE_CLOCKS,
            VENDOR_RESPONSE_CLOCKS,
            VENDOR_RESOLUTION_CLOCKS,
        ),
        fact=tickets.fct_sla_clocks,
        source=_CLOCKS,
        keys=("ticket_id", "target", "sla_policy", "cycle_number"),
        period="fact.decided_at",
        is_instant=True,
        eligible="fact.state IN ('met', 'breached', 'not_measured') "
        "OR (fact.is_quarantined AND (fact.state IS NULL OR fact.state <> 'cancelled'))",
        columns=(
            _met("resolution", "resolution"),
            _met("first_response", "first_response"),
            _met("periodic_update", "periodic_update"),
            _met("vendor_response", "vendor_response"),
            _met("vendor_resolution", "vendor_resolution"),
        ),
    ),
    RecordView(
        name="priced_delay_records",
        label="Priced delays",
        meaning="One row per resolved ticket whose delay a rule prices, on the day of its last resolution.",
        populations=(TICKET_DELAYS,),
        fact=planning.fct_ticket_delays,
        keys=("ticket_id",),
        details=("delay_rule", "source", "ticket_type"),
        period="fact.resolved_at",
        is_instant=True,
        eligible="TRUE",
        columns=_of_fact(planning.fct_ticket_delays, "amount_reporting"),
    ),
    RecordView(
        name="due_delivery_records",
        label="Due deliveries",
        meaning="One row per delivery that was made or is due, on the day of the promise in force.",
        populations=(DUE_DELIVERIES,),
        fact=vendors.fct_deliveries,
        keys=("delivery_id",),
        details=("source", "item"),
        period="CASE WHEN fact.is_quarantined "
        "THEN coalesce(fact.promised_date, fact.first_promised_date, fact.delivered_date) "
        "ELSE fact.promised_date END",
        clock="vendor_on_time_delivery_ratio",
        eligible="fact.is_quarantined OR fact.promised_date < clock.as_of_date "
        "OR (fact.promised_date IS NOT NULL AND fact.delivered_date IS NOT NULL)",
        columns=(
            _hit(
                "on_time_count",
                "it came on or before the promised date",
                "coalesce(fact.delivered_date <= fact.promised_date, FALSE)",
            ),
            *_of_fact(vendors.fct_deliveries, "delay_days"),
        ),
    ),
    RecordView(
        name="first_promised_delivery_records",
        label="Deliveries by first promise",
        meaning="One row per delivery that was made or is due, on the day that was promised first.",
        populations=(FIRST_PROMISED_DELIVERIES,),
        fact=vendors.fct_deliveries,
        keys=("delivery_id",),
        details=("source", "item"),
        period="coalesce(fact.first_promised_date, fact.promised_date, "
        "CASE WHEN fact.is_quarantined THEN fact.delivered_date END)",
        clock="vendor_on_time_delivery_first_promise_ratio",
        eligible="fact.is_quarantined OR coalesce(fact.first_promised_date, fact.promised_date) < clock.as_of_date "
        "OR (coalesce(fact.first_promised_date, fact.promised_date) IS NOT NULL AND fact.delivered_date IS NOT NULL)",
        columns=(
            RecordColumn(
                "on_time_by_first_promise_count",
                "1 if it came on or before the date that was promised first, 0 if not",
                "CASE WHEN fact.first_promised_date IS NULL THEN NULL "
                "WHEN fact.delivered_date <= fact.first_promised_date THEN 1 ELSE 0 END",
            ),
            *_of_fact(vendors.fct_deliveries, "first_promise_delay_days"),
        ),
    ),
    RecordView(
        name="invoice_line_records",
        label="Invoice lines",
        meaning="One row per invoice or credit note line, on the date of the invoice.",
        populations=(VENDOR_INVOICE_LINES, PRICED_INVOICE_LINES),
        fact=vendors.fct_vendor_invoice_lines,
        keys=("vendor_invoice_line_id",),
        details=("source", "invoice_id", "item", "match_state"),
        period="fact.invoice_date",
        eligible="TRUE",
        columns=(
            *_of_fact(
                vendors.fct_vendor_invoice_lines,
                "amount_reporting",
                "rate_card_variance_reporting",
                "off_contract_reporting",
                "duplicate_at_stake_reporting",
            ),
            RecordColumn(
                "judged_amount_reporting",
                "amount_reporting of the lines of which it is known whether a contract covers them",
                "CASE WHEN fact.off_contract_reporting IS NOT NULL THEN fact.amount_reporting END",
            ),
            RecordColumn(
                "judged_off_contract_reporting",
                "off_contract_reporting of the lines whose amount is known",
                "CASE WHEN fact.amount_reporting IS NOT NULL THEN fact.off_contract_reporting END",
            ),
        ),
    ),
    RecordView(
        name="service_credit_records",
        label="Service credits",
        meaning="One row per contract, promise and period that is over, on the last day that the contract covers.",
        populations=(SERVICE_CREDITS, JUDGED_PROMISES),
        fact=vendor_performance.fct_service_credits,
        keys=("service_credit_id",),
        details=("promise", "credit_state"),
        period="fact.covered_end_date",
        eligible="fact.credit_state <> 'period_open'",
        columns=(
            *_of_fact(vendor_performance.fct_service_credits, "credit_due_reporting", "given_reporting"),
            RecordColumn(
                "promise_kept_count",
                "1 if the promise was kept, 0 if not; empty where no case was decided",
                "CASE WHEN coalesce(fact.met_count, 0) + coalesce(fact.breached_count, 0) "
                "+ coalesce(fact.unmeasured_count, 0) = 0 OR fact.credit_ratio IS NULL THEN NULL "
                "WHEN fact.credit_ratio = 0 THEN 1 ELSE 0 END",
            ),
        ),
    ),
    RecordView(
        name="recoverable_records",
        label="Money to recover from vendors",
        meaning="One row per amount that is to come back from a vendor, or that may be.",
        populations=(RECOVERABLES, OVER_BILLINGS, DUPLICATES_AT_STAKE, CREDITS_TO_CLAIM),
        fact=vendor_performance.fct_vendor_recoverables,
        keys=("vendor_recoverable_id",),
        details=("recoverable_kind",),
        period="fact.recovery_date",
        eligible="TRUE",
        columns=(
            RecordColumn(
                "amount_reporting",
                "What is to come back; where that is not measured what is sure of it, and empty if nothing is",
                _SURE_OR_MEASURED,
            ),
            *(
                RecordColumn(
                    f"{kind}_reporting",
                    f"amount_reporting of the kind {kind}, empty for other kinds",
                    f"CASE WHEN fact.recoverable_kind = '{kind}' THEN {_SURE_OR_MEASURED} END",
                )
                for kind in ("over_billing", "duplicate_invoice", "service_credit")
            ),
        ),
    ),
)
