"""The closed sets of words that the whole warehouse shares.

A word that a user, a contract or a table may contain and that the code gives a meaning to is listed here once.
Free values (team names, vendors, statuses of a source system) do not belong here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Layer(StrEnum):
    """A schema of the build database; data only moves from the first towards the last."""

    RAW = "raw"
    STG = "stg"
    CORE = "core"
    MART = "mart"
    OPS = "ops"


class Domain(StrEnum):
    """What an export is about; each domain is loaded, audited and held on its own."""

    TICKETS = "tickets"
    FINANCE = "finance"
    VENDORS = "vendors"


class ExportShape(StrEnum):
    """How the rows of an export relate to the things they describe."""

    EVENT_LOG = "event_log"
    SNAPSHOT = "snapshot"
    REPEATED_SNAPSHOTS = "repeated_snapshots"
    LINES = "lines"


class SnapshotInstant(StrEnum):
    """What tells when an export of repeated snapshots was taken."""

    COLUMN = "column"
    FILE_NAME = "file_name"
    FILE_TIME = "file_time"


class SnapshotContent(StrEnum):
    """Whether each export of repeated snapshots holds all tickets, or only those that changed since the one before."""

    FULL = "full"
    CHANGES = "changes"


class SameName(StrEnum):
    """What new content of an event log under the name of an older file is: further events, or a corrected edition."""

    ADDS = "adds"
    REPLACES = "replaces"


class StatusCategory(StrEnum):
    """What a ticket's status means, whatever the source system calls it."""

    QUEUED = "queued"
    ACTIVE = "active"
    WAITING = "waiting"
    DONE = "done"
    CANCELLED = "cancelled"


#: Categories in which somebody still has to do something.
WORK: Final = (StatusCategory.QUEUED.value, StatusCategory.ACTIVE.value, StatusCategory.WAITING.value)


class SlaTarget(StrEnum):
    """What an SLA clock measures."""

    FIRST_RESPONSE = "first_response"
    RESOLUTION = "resolution"
    PERIODIC_UPDATE = "periodic_update"
    VENDOR_RESPONSE = "vendor_response"
    VENDOR_RESOLUTION = "vendor_resolution"


class ClockState(StrEnum):
    """The state of an SLA clock as of the data's own clock.

    `not_measured`: what the export tells leaves it open whether the promise was kept.
    """

    MET = "met"
    BREACHED = "breached"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    NOT_MEASURED = "not_measured"


class ClockGap(StrEnum):
    """What the export does not tell of an SLA clock that is not measured.

    `first_response`: when it came. `pauses`: when the clock stood still, of a snapshot. `instants`: the stop is known
    only to lie between two exports, and the target lies there too. `whereabouts`: the ticket was open when full exports
    last showed it.
    """

    FIRST_RESPONSE = "first_response"
    PAUSES = "pauses"
    INSTANTS = "instants"
    WHEREABOUTS = "whereabouts"


class Grain(StrEnum):
    """The periods that metrics are published for, cut in the reporting time zone."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class Dimension(StrEnum):
    """What a metric can be broken down by. `overall` is the whole, with one empty value."""

    OVERALL = "overall"
    TEAM = "team"
    PRIORITY = "priority"
    SERVICE = "service"
    VENDOR = "vendor"

    @property
    def plural(self) -> str:
        """Several of them, for people: `priorities`. Of `overall` there is one only."""
        return f"{self.value[:-1]}ies" if self.value.endswith("y") else f"{self.value}s"


#: Columns of facts by which metrics are broken down.
BREAKDOWNS: Final = tuple(dimension.value for dimension in Dimension if dimension is not Dimension.OVERALL)


class QualityDimension(StrEnum):
    """The data quality dimensions of the Open Data Contract Standard."""

    ACCURACY = "accuracy"
    COMPLETENESS = "completeness"
    CONFORMITY = "conformity"
    CONSISTENCY = "consistency"
    COVERAGE = "coverage"
    TIMELINESS = "timeliness"
    UNIQUENESS = "uniqueness"


class ServiceLevelKind(StrEnum):
    """What a contract says under `slaProperties` of when its data come."""

    LATENCY = "latency"
    FREQUENCY = "frequency"


class RuleAction(StrEnum):
    """What a broken contract rule does to publication."""

    BLOCK = "block"
    QUARANTINE = "quarantine"
    WARN = "warn"


class RuleTier(StrEnum):
    """When a rule is evaluated, and how much it holds: a broken file or schema rule keeps a table out of the facts."""

    FILE = "file"
    SCHEMA = "schema"
    ROW = "row"
    SET = "set"
    DRIFT = "drift"


#: Tiers whose broken rules leave nothing to make facts of: no metric of them could be true.
LOAD_TIERS: Final = frozenset({RuleTier.FILE, RuleTier.SCHEMA})


class HoldLevel(StrEnum):
    """What a broken rule holds back: the facts of its table, or only the metrics that require it."""

    LOAD = "load"
    METRICS = "metrics"


class GapKind(StrEnum):
    """Why records that a metric should count are not measured, or what else is wrong with instrumentation."""

    HOLDING = "holding"
    QUARANTINED = "quarantined"
    NOT_INSTRUMENTED = "not_instrumented"
    UNALLOCATED = "unallocated"
    NOT_ATTRIBUTED = "not_attributed"
    WARNED = "warned"
    NONE = "none"


class RuleState(StrEnum):
    """The outcome of one rule. An errored rule has neither passed nor failed, and counts as hold."""

    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"
    SKIPPED = "skipped"


class VerdictState(StrEnum):
    """Whether the metrics that need a domain may be published from this batch."""

    PASS = "pass"
    HOLD = "hold"


class ContractState(StrEnum):
    """Where a vendor's contract stands as of the data's clock.

    `unclear`: its term is not known, ends before it begins, or its rows contradict each other in vendor or term.
    """

    ACTIVE = "active"
    EXPIRED = "expired"
    FUTURE = "future"
    UNCLEAR = "unclear"


class InvoiceMatch(StrEnum):
    """What came of holding a billed line against the vendor's contracts. Only `matched` lines have a contracted price.

    Of a `price_correction` nothing is contracted: it lowers the price of what was billed, and takes nothing back.

    The first that applies, in this order, is the line's.
    """

    NO_VENDOR = "no_vendor"
    NO_DATE = "no_date"
    NO_CONTRACT = "no_contract"
    SERVICE_CREDIT = "service_credit"
    BEFORE_TERM = "before_term"
    BETWEEN_TERMS = "between_terms"
    AFTER_TERM = "after_term"
    PARTLY_IN_TERM = "partly_in_term"
    CONTRACT_UNCLEAR = "contract_unclear"
    SEVERAL_CONTRACTS = "several_contracts"
    NO_AMOUNT = "no_amount"
    OTHER_CURRENCY = "other_currency"
    NOT_IN_RATE_CARD = "not_in_rate_card"
    NO_PRICE_IN_FORCE = "no_price_in_force"
    SEVERAL_PRICES = "several_prices"
    NO_QUANTITY = "no_quantity"
    CREDIT_UNCLEAR = "credit_unclear"
    PRICE_CORRECTION = "price_correction"
    MATCHED = "matched"


class PurchaseOrderMatch(StrEnum):
    """What came of holding a billed line against the purchase order that it names."""

    ORDERED = "ordered"
    NO_ORDER = "no_order"
    UNKNOWN_ORDER = "unknown_order"
    OTHER_VENDOR = "other_vendor"
    ITEM_NOT_ORDERED = "item_not_ordered"
    OTHER_CURRENCY = "other_currency"
    OUTSIDE_VALIDITY = "outside_validity"


class DuplicateReason(StrEnum):
    """How the numbers of two invoices of one vendor over one amount are alike; the strongest comes first."""

    SAME_NUMBER = "same_number"
    WRITTEN_DIFFERENTLY = "written_differently"
    ADDED_LETTERS = "added_letters"
    TYPING_ERROR = "typing_error"


class DuplicateState(StrEnum):
    """Whether a suspected duplicate is still billed, or a credit note has taken it back."""

    OPEN = "open"
    CREDITED = "credited"


class RunOut(StrEnum):
    """What is known of the day on which a commitment is used up."""

    REACHED = "reached"
    PROJECTED = "projected"
    NOT_WITHIN_TERM = "not_within_term"
    ENDED_SHORT = "ended_short"
    NOT_BEGUN = "not_begun"
    UNKNOWN = "unknown"


class PromiseKind(StrEnum):
    """Whose cases a promise of a vendor's contract counts."""

    SLA = "sla"
    DELIVERIES_IN_FORCE = "deliveries_in_force"
    DELIVERIES_FIRST_PROMISE = "deliveries_first_promise"


class CreditState(StrEnum):
    """What is known of the service credit of a contract, promise and period."""

    DUE = "due"
    NONE = "none"
    NOT_MEASURED = "not_measured"
    PERIOD_OPEN = "period_open"


class RecoverableKind(StrEnum):
    """Why money is to come back from a vendor."""

    OVER_BILLING = "over_billing"
    DUPLICATE_INVOICE = "duplicate_invoice"
    SERVICE_CREDIT = "service_credit"


class ScoreState(StrEnum):
    """What a vendor's total asks for, by the thresholds of policies/vendors.yaml."""

    GOOD = "good"
    WATCH = "watch"
    ACT = "act"


#: Suffixes that say a column's unit. The unit stands last in a column's name.
UNIT_SUFFIXES: Final[dict[str, str]] = {
    "_microseconds": "microseconds",
    "_seconds": "seconds",
    "_hours": "hours",
    "_days": "days",
    "_ratio": "ratio; 1 is the whole",
    "_count": "count",
    "_reporting": "reporting currency",
    "_original": "original currency",
    "_at": "UTC instant",
    "_date": "calendar date",
}

#: Stands for a pool where cost of all pools is told together.
ALL_POOLS: Final = "(all)"

#: Value of a breakdown for records that have none. Shown, never dropped, so that parts add up to the whole.
NO_VALUE: Final = "(none)"


class SignalState(StrEnum):
    """What a value of a closed period is against the usual variation of its KPI."""

    SIGNAL = "signal"
    NOISE = "noise"
    NOT_JUDGED = "not_judged"


class TargetState(StrEnum):
    """What a value of a closed period is against the target of its KPI."""

    MET = "met"
    MISSED = "missed"
    NOT_MEASURED = "not_measured"


class ChangePart(StrEnum):
    """What a part of a change is: another mix of groups, a group's own rate, or the change of its own amount."""

    MIX = "mix"
    RATE = "rate"
    AMOUNT = "amount"


class RestatementReason(StrEnum):
    """What is other than when a value was measured that is told otherwise now. Several may be.

    Files are those of exports that the metric needs. `held`: none of the others, so what was held was released.
    """

    DEFINITION = "definition"
    FILES_CAME = "files_came"
    FILES_REPLACED = "files_replaced"
    FILES_WENT = "files_went"
    RULES = "rules"
    PROGRAM = "program"
    AS_OF = "as_of"
    HELD = "held"
