"""Why a record that no rule set aside is not measured nevertheless: what its export does not tell.

Such a gap is no broken promise, so no contract rule names it; here it gets a name of the same form,
`<table>.<what is missing>.measured`, and a line that says what to do. Rules of contracts are in `data_contracts`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.kinds import (
    AmountShare,
    BoundedSum,
    Concentration,
    Count,
    Mean,
    NetCount,
    Percentile,
    Ratio,
    RunningShare,
    Stock,
    Sum,
    TimeShare,
)
from metrics.spec import Metric
from models.vocabulary import ClockGap

#: The history of a ticket, as something that is told or not.
HISTORY: Final = "history"

#: When a ticket that is done or cancelled became so.
ENDED_AT: Final = "ended_at"

#: What came and went between two exports, so that no count of changes is sure to hold all of them.
UNSEEN_CHANGES: Final = "unseen_changes"

#: The instants at which a measured duration begins and ends, where comparing exports dates them only so closely.
EXACT_INSTANTS: Final = "exact_instants"

#: In which period a measured record belongs, where comparing exports leaves that open.
PERIOD: Final = "period"

#: Invoices under a contract from before those that the exports hold.
EARLIER_INVOICES: Final = "earlier_invoices"

#: Measures of a ticket that only its status changes tell.
OF_HISTORY: Final = frozenset(
    {
        *("cycle_time", "queued", "active", "waiting", "reopened_gap"),
        *("reopen_count", "handoff_count", "touch_count"),
    }
)
_ENDINGS: Final = ("_business_microseconds", "_calendar_microseconds", "_reporting")

#: What is missing -> what to do about it.
REMEDIES: Final = {
    HISTORY: (
        "No status change is told of these tickets: the export is one snapshot, or the first of several shows them "
        "done already. Export the change history (an event log), or land a snapshot every day."
    ),
    ENDED_AT: (
        "These tickets are done or cancelled, and neither a field nor a change says since when. Export their "
        "resolution or closure (resolved_at, closed_at)."
    ),
    "cycle_time": (
        "These tickets are done, and nothing that is told shows them active before. Let the desk set a working status, "
        "map the status that means work to active in policies/statuses.yaml, or land snapshots more often."
    ),
    ClockGap.PAUSES.value: (
        "A snapshot does not tell for how long a ticket waited, and the policy does not count that time. Export the "
        "change history (an event log), or land a snapshot every day, which tells of what comes after the first."
    ),
    ClockGap.INSTANTS.value: (
        "The target lies within the time in which the response or resolution must have come: between two exports, or "
        "before the first. Or only a resolution that moved says that the ticket came back, and was promised once more. "
        "Export the instants or the change history (an event log), or land snapshots more often."
    ),
    EXACT_INSTANTS: (
        "No field tells when, between two exports, these tickets were begun, answered or resolved, or for the first "
        "time resolved. Export the instants or the change history (an event log), or land snapshots more often."
    ),
    PERIOD: (
        "These tickets came, changed their status, or were answered, resolved or cancelled, between an export of one "
        "month and one of the next. Land a file of each day as the day ends. Instants help too (created_at, "
        "first_response_at, resolved_at, closed_at), but not to tell open tickets by their status."
    ),
    UNSEEN_CHANGES: (
        "The history of these tickets is known only as exports show it: what came and went in between was never seen. "
        "Land snapshots more often, or export the change history (an event log)."
    ),
    ClockGap.WHEREABOUTS.value: (
        "These tickets were open when an export last showed them: deleted, moved and closed look the same. Let the "
        "export hold closed tickets as well, or write content: changes if it holds only those that changed."
    ),
    ClockGap.FIRST_RESPONSE.value: (
        "No public reply is known of these tickets. Export replies, or name a proxy in the contract."
    ),
    "reopen_count": (
        "The resolution of these tickets moved while two exports both show them done: they may have come back in "
        "between, unseen. Land snapshots more often, or export the change history (an event log)."
    ),
    "touch_count": "Nobody is known to have touched these tickets. Export public replies, or map a status to active.",
    "handoff_count": "The events never name a team. Export changes of the team.",
    "is_sla_met_at_source": "The source left its own SLA flag empty on these tickets. Export the flag of all of them.",
    "amount": "These lines cannot be converted. Land the missing exchange rates, or fix them in policies/costs.yaml.",
    "rate_card_variance": (
        "These lines cannot be converted, or no contract names a price for them, or several do. Land missing exchange "
        "rates, or fix them in policies/costs.yaml; complete the rate card."
    ),
    "off_contract": (
        "These lines cannot be converted, or it is open which contract they are under. Land missing exchange rates, or "
        "fix them in policies/costs.yaml; see match_state of core.fct_vendor_invoice_lines."
    ),
    EARLIER_INVOICES: (
        "These contracts began before the first invoice that is known of their vendors. Land the invoices since they "
        "began."
    ),
    "credit_ratio": "What was promised for that period cannot be judged yet; the reason is in mart.service_credits.",
    "credit_due": "What is due for that period cannot be told yet; the reason is in mart.service_credits.",
    "is_on_time": "These deliveries lack the promised day. Export it.",
    "delay_days": "These deliveries lack the promised or the delivered day. Export both.",
    "is_on_time_by_first_promise": "These deliveries lack the first promised day. Export it beside the one in force.",
    "first_promise_delay_days": "These deliveries lack the first promised day. Export it beside the one in force.",
}
#: Ends of the names of rules that only warn, whose broken rows have no amount in the reporting currency.
_WITHOUT_AMOUNT: Final = (".currency_code.convertible", ".has_rate")
_RECOVERABLE_REMEDY: Final = (
    "How much may be recovered cannot be told yet; 'kpi query --query money_to_recover' lists what and why."
)
_ANY_REMEDY: Final = "The export leaves this empty. Export it, or feed it from another column in the contract."


def remedy_of(reason: str) -> str:
    """What to do about a gap that `reason_name` named, in one line."""
    if reason.startswith("vendor_recoverables."):
        return _RECOVERABLE_REMEDY
    return REMEDIES.get(missing_of(reason) or "", _ANY_REMEDY)


def reason_name(table: str, missing: str) -> str:
    """The name of a gap as it stands where rules stand."""
    return f"{table}.{missing}.measured"


def missing_of(reason: str) -> str | None:
    """What is missing, of a name that `reason_name` made; None for the id of a rule."""
    table, _, rest = reason.partition(".")
    missing, _, assertion = rest.rpartition(".")
    return missing if table and missing and assertion == "measured" else None


def gap_of_rule(rule_id: str) -> str:
    """The name under which the gap is counted that a broken rule makes which only warns.

    It sets no record aside; what its rows lack is counted as a missing value.
    """
    table, _, rest = rule_id.partition(".")
    return reason_name(table, "amount") if f".{rest}".endswith(_WITHOUT_AMOUNT) else rule_id


def needed_values(metric: Metric) -> list[str]:
    """The columns that a record needs in order to be measured, in the order in which they are blamed."""
    match metric.kind:
        case Percentile(column=column) | Mean(column=column) | Sum(amount=column):
            return [column]
        case BoundedSum(amount=amount):
            return [amount]
        case Ratio(is_hit=is_hit):
            return is_hit.meta.root_names()
        case TimeShare(part=part, whole=whole):
            return [*part.meta.root_names(), *whole.meta.root_names()]
        case AmountShare(part=amount, whole=of):
            return [amount, of]
        case RunningShare(part=amount, whole=of, is_understated=flag):
            # The flag is never empty: it is to blame where both amounts are there.
            return [amount, of, flag]
        case Concentration(amount=amount, by=by):
            return [by, amount]
        case Count() | NetCount() | Stock():
            return []
        case _:
            raise TypeError(f"{type(metric.kind).__name__} is not measured on single records")


def missing_value(columns: list[str], *, has_history: bool) -> pl.Expr:
    """What a record that is not set aside lacks: the history of its ticket, or the first column that is empty.

    Args:
        columns: from `needed_values`.
        has_history: whether the fact says of a ticket that its export tells its status changes.
    """
    found = [pl.when(pl.col(column).is_null()).then(pl.lit(subject_of(column))) for column in columns]
    if has_history and any(subject_of(column) in OF_HISTORY for column in columns):
        found.insert(0, pl.when(~pl.col("has_history")).then(pl.lit(HISTORY)))
    # Where each is there and the record is not measured nevertheless, the last says nothing: it is 0.
    return pl.coalesce([*found, pl.lit(subject_of(columns[-1]) if columns else "value")])


def subject_of(column: str) -> str:
    """A column's subject: whichever clock it is on, and whatever amount it is, the same thing is missing."""
    if column in ("amount_original", "amount_reporting"):
        return "amount"
    if column == "is_understated":
        return EARLIER_INVOICES
    for ending in _ENDINGS:
        column = column.removesuffix(ending)
    return column
