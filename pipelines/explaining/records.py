"""The records behind one published value, as one query: a row per record, what it contributes, and why if it cannot.

Here are those that a record view has (`metrics.render.record_views`); flow, costs and plans have modules of their own.
What the rows come to is computed in `pipelines.explaining.record_values`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from metrics import populations, vendor_populations
from metrics.instrumentation.reasons import ENDED_AT, HISTORY, OF_HISTORY, needed_values, subject_of
from metrics.instrumentation.unmeasured import RECORDS_OF_FACTS
from metrics.kinds import AmountShare, BoundedSum, Concentration, Count, Kind, Mean, Percentile, Ratio, Sum, TimeShare
from metrics.render.measures import measures
from metrics.render.record_view_sql import MEASURED, RECORD_DATE, RecordView
from metrics.render.record_views import RECORD_VIEWS
from metrics.spec import Direction, Metric, Population
from models.ddl import quote_text
from models.vocabulary import ClockGap, ClockState, Dimension
from pipelines.explaining.cell import Cell
from pipelines.words.gaps import name_lacking

#: Columns that every query of records has: whether the record is measured, and if not, why.
IS_MEASURED: Final = "is_measured"
WHY_NOT: Final = "not_measured_because"

#: Column of clocks with what the export does not tell of one that is not measured for it.
NOT_TOLD: Final = "not_told"

#: The reason where there is none to tell.
NOT_KNOWN: Final = "not known"

_HOURS: Final = "_microseconds"


@dataclass(frozen=True, slots=True)
class Records:
    """One query for all records of a value.

    Attributes:
        sql: all of them, with whether each is measured (`IS_MEASURED`) and if not, why (`WHY_NOT`).
        brief_sql: a shorter query for the same rows, to be pasted; None where there is none.
        noun: what a row is, as a plural.
        keys: columns that name a record; the first is the one to ask for it by.
        shown: columns for people beside the keys, in order.
        part: column with what a record contributes; to a quotient, what it adds to the upper part.
        whole: column with what it adds to the lower part; None where each measured one adds 1.
        order: those that matter most first, in SQL.
        order_words: the same in words.
    """

    sql: str
    noun: str
    keys: tuple[str, ...]
    shown: tuple[str, ...]
    part: str
    order: str
    order_words: str
    whole: str | None = None
    brief_sql: str | None = None


@dataclass(frozen=True, slots=True)
class _Beside:
    """What of a fact people want to see beside the columns of its record view: name -> SQL over `fact`."""

    columns: Mapping[str, str]


_ELAPSED: Final = "CAST(fact.elapsed_microseconds AS DOUBLE) / 3600000000"
_IS_JUDGED: Final = f"fact.state <> {quote_text(ClockState.NOT_MEASURED.value)}"
_IS_LOST: Final = f"fact.{NOT_TOLD} IS NOT DISTINCT FROM {quote_text(ClockGap.WHEREABOUTS.value)}"
_TARGET: Final = "CAST(fact.target_microseconds AS DOUBLE) / 3600000000"

#: By record view.
_BESIDE: Final[dict[str, _Beside]] = {
    "resolved_ticket_records": _Beside({name: f"fact.{name}" for name in ("created_at", "resolved_at")}),
    "created_ticket_records": _Beside({"created_at": "fact.created_at"}),
    "cancelled_ticket_records": _Beside({name: f"fact.{name}" for name in ("created_at", "cancelled_at")}),
    "open_ticket_records": _Beside({"created_at": "fact.created_at", "status": "fact.status"}),
    "decided_clock_records": _Beside(
        {
            "state": "fact.state",
            NOT_TOLD: f"fact.{NOT_TOLD}",
            "decided_at": "fact.decided_at",
            # Of a clock that is not measured the fact has the most that it can have counted.
            "elapsed_hours": f"CASE WHEN {_IS_JUDGED} THEN {_ELAPSED} END",
            "elapsed_at_most_hours": f"CASE WHEN NOT ({_IS_JUDGED} OR {_IS_LOST}) THEN {_ELAPSED} END",
            # Of one whose ticket left the exports, what had counted by then.
            "elapsed_until_it_left_hours": f"CASE WHEN {_IS_LOST} THEN {_ELAPSED} END",
            "target_hours": _TARGET,
            "beyond_target_hours": f"CASE WHEN {_IS_JUDGED} THEN {_ELAPSED} - {_TARGET} END",
        }
    ),
    "priced_delay_records": _Beside(
        {
            "resolved_at": "fact.resolved_at",
            "delay_hours": "CAST(fact.delay_microseconds AS DOUBLE) / 3600000000",
            "price_per_hour_original": "fact.price_per_hour_original",
            "currency_code": "fact.currency_code",
            "is_capped": "fact.is_capped",
        }
    ),
    "due_delivery_records": _Beside({name: f"fact.{name}" for name in ("promised_date", "delivered_date")}),
    "first_promised_delivery_records": _Beside(
        {name: f"fact.{name}" for name in ("first_promised_date", "delivered_date")}
    ),
    "invoice_line_records": _Beside(
        {name: f"fact.{name}" for name in ("amount_original", "currency_code", "contracted_reporting")}
    ),
    "service_credit_records": _Beside(
        {
            name: f"fact.{name}"
            for name in ("vendor_contract_id", "met_count", "breached_count", "unmeasured_count", "attainment_ratio")
        }
    ),
    "recoverable_records": _Beside(
        {
            name: f"fact.{name}"
            for name in ("vendor_invoice_line_id", "service_credit_id", "at_least_reporting", "at_most_reporting")
        }
    ),
}

#: Which records of a view a population has, where it has not all: SQL over `record`, the view, and `fact`.
_MEMBERS: Final[dict[Population, str]] = {
    populations.TICKETS_WITH_SOURCE_CLAIM: (
        "record.source IN (SELECT source FROM core.fct_tickets WHERE is_sla_met_at_source IS NOT NULL)"
    ),
    populations.RESOLUTION_CLOCKS: "record.target = 'resolution'",
    populations.FIRST_RESPONSE_CLOCKS: "record.target = 'first_response'",
    populations.PERIODIC_UPDATE_CLOCKS: "record.target = 'periodic_update'",
    populations.VENDOR_RESPONSE_CLOCKS: "record.target = 'vendor_response'",
    populations.VENDOR_RESOLUTION_CLOCKS: "record.target = 'vendor_resolution'",
    vendor_populations.PRICED_INVOICE_LINES: "record.match_state IS DISTINCT FROM 'service_credit'",
    vendor_populations.JUDGED_PROMISES: "fact.met_count + fact.breached_count + fact.unmeasured_count > 0",
    vendor_populations.OVER_BILLINGS: "record.recoverable_kind = 'over_billing'",
    vendor_populations.DUPLICATES_AT_STAKE: "record.recoverable_kind = 'duplicate_invoice'",
    vendor_populations.CREDITS_TO_CLAIM: "record.recoverable_kind = 'service_credit'",
}


def view_of(metric: Metric) -> RecordView | None:
    """The record view that holds the records of a KPI; None where single records do not tell it."""
    return next((view for view in RECORD_VIEWS if metric.population in view.populations), None)


def contributing_columns(metric: Metric) -> tuple[str, str | None]:
    """Columns of the record view with what a record contributes: the part, and of a share the whole."""
    if isinstance(metric.kind, Concentration):
        return metric.kind.amount, None
    columns = [aggregate.expression for aggregate in measures([metric])[0].aggregates]
    is_share = isinstance(metric.kind, TimeShare | AmountShare)
    return columns[0], columns[1] if is_share else None


def view_records(cell: Cell, view: RecordView) -> Records:
    """The records of a value that a record view has."""
    part, whole = contributing_columns(cell.metric)
    contributions = _contributions(part, whole)
    first, last = cell.days
    within = [
        f"record.{RECORD_DATE} BETWEEN {first} AND {last}",
        *([] if cell.is_whole else [f"record.{cell.dimension.value} = {quote_text(cell.member)}"]),
    ]
    order, words = _most(cell.metric.kind, cell.metric.direction, part, whole, view)
    beside = tuple(_BESIDE[view.name].columns)
    return Records(
        sql=view_query(cell.metric, view, within),
        noun=cell.metric.population.records,
        keys=view.keys,
        shown=_shown(view, beside, tuple(_hours(name) if _is_time(name) else name for name in contributions)),
        part=part,
        whole=whole,
        order=order,
        order_words=words,
        brief_sql=_brief(view, [*within, *_members(cell.metric)]),
    )


def view_query(metric: Metric, view: RecordView, within: list[str]) -> str:
    """All records of a KPI in a record view, of which some conditions on `record` hold, in SQL."""
    part, whole = contributing_columns(metric)
    contributions = _contributions(part, whole)
    measured = is_measured(metric, part)
    beside = _BESIDE[view.name].columns
    hours = {_hours(name): f"CAST(record.{name} AS DOUBLE) / 3600000000" for name in contributions if _is_time(name)}
    columns = [
        *(f"record.{name}" for name in view.keys),
        f"record.{RECORD_DATE}",
        *(f"record.{each.value}" for each in view.dimensions),
        *(f"record.{name}" for name in view.details),
        *(f"{sql} AS {name}" for name, sql in beside.items()),
        *(f"record.{name}" for name in contributions if name not in beside),
        *(f"{sql} AS {name}" for name, sql in hours.items()),
        f"{measured} AS {IS_MEASURED}",
        f"CASE WHEN {measured} THEN NULL {why_not_measured(metric, view)} END AS {WHY_NOT}",
    ]
    return (
        "SELECT\n    " + ",\n    ".join(columns) + f"\nFROM mart.{view.name} AS record\n{_fact_join(view)}\n"
        f"{_aside_join(view)}\nWHERE " + "\n    AND ".join([*within, *_members(metric)])
    )


def _contributions(part: str, whole: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (part, whole))))


def _members(metric: Metric) -> list[str]:
    """What tells the records of the KPI's population from the others of its view."""
    return [_MEMBERS[metric.population]] if metric.population in _MEMBERS else []


def is_measured(metric: Metric, part: str) -> str:
    """Whether a record is measured, in SQL over `record`, the view, and `fact`."""
    match metric.kind:
        case Count():
            return f"record.{MEASURED} = 1"
        case BoundedSum(amount=amount):
            # Of one that is not measured the view holds what is sure of it.
            return f"(record.{MEASURED} = 1 AND fact.{amount} IS NOT NULL)"
        case Concentration(by=by):
            return f"(record.{part} IS NOT NULL AND fact.{by} IS NOT NULL)"
        case _:
            return f"(record.{part} IS NOT NULL)"


def why_not_measured(metric: Metric, view: RecordView) -> str:
    """Branches of a CASE that say why a record is not measured."""
    branches = not_in_period(view)
    if isinstance(metric.kind, Count):
        return " ".join(branches)
    needed = list(dict.fromkeys(needed_values(metric)))
    if "has_history" in view.fact.columns and any(subject_of(column) in OF_HISTORY for column in needed):
        branches.append(f"WHEN NOT fact.has_history THEN {_lacks(HISTORY)}")
    if NOT_TOLD in view.fact.columns:
        # A clock that cannot be judged says what is missing.
        branches += [f"WHEN fact.{NOT_TOLD} = {quote_text(gap.value)} THEN {_lacks(gap.value)}" for gap in ClockGap]
        return " ".join([*branches, f"ELSE {quote_text(NOT_KNOWN)}"])
    branches += [f"WHEN fact.{column} IS NULL THEN {_lacks(subject_of(column))}" for column in needed[:-1]]
    return " ".join([*branches, f"ELSE {_lacks(subject_of(needed[-1]))}"])


def not_in_period(view: RecordView) -> list[str]:
    """Branches of a CASE that say why a record of the view is measured for no KPI."""
    aside = "THEN 'set aside by ' || coalesce(aside.rules, 'a rule')"
    if not view.placed:
        return [f"WHEN record.{MEASURED} = 0 {aside}"]
    is_lost, lacks_sign = "fact.unknown_since_at IS NOT NULL", _lacks(ClockGap.WHEREABOUTS.value)
    return [
        f"WHEN record.{MEASURED} = 0 AND fact.is_quarantined {aside}",
        f"WHEN record.{MEASURED} = 0 AND {is_lost} THEN {lacks_sign}",
        f"WHEN record.{MEASURED} = 0 THEN {_lacks(ENDED_AT)}",
    ]


def _lacks(subject: str) -> str:
    return quote_text("never active" if subject == "cycle_time" else f"no {name_lacking(subject)}")


def _fact_join(view: RecordView) -> str:
    # A stand-in for clocks that a ticket should have had has an empty key.
    same = " AND ".join(f"fact.{name} IS NOT DISTINCT FROM record.{name}" for name in view.keys)
    return f"LEFT JOIN {view.fact.schema}.{view.fact.name} AS fact ON {same}"


def _aside_join(view: RecordView) -> str:
    """The rules that set a record aside, as far as they say which record."""
    table, key = RECORDS_OF_FACTS.get(view.fact.name, ("", ""))
    owner = "record" if key in view.keys else "fact"
    condition = f"aside.record_id = {owner}.{key}" if key else "FALSE"
    return f"LEFT JOIN {rules_of_records(table)} AS aside ON {condition}"


def rules_of_records(table: str) -> str:
    """The rules that set records of a staged table aside, by `record_id`, in SQL."""
    return (
        "(SELECT record_id, string_agg(rule_id, ', ' ORDER BY rule_id) AS rules FROM meta.quarantined_records "
        f"WHERE table_name = {quote_text(table)} GROUP BY record_id)"
    )


def _brief(view: RecordView, conditions: list[str]) -> str | None:
    """The same records with one name and no join; None where a condition needs the fact."""
    if any("fact." in condition for condition in conditions):
        return None
    plain = " AND ".join(condition.replace("record.", "") for condition in conditions)
    return f"FROM {view.name} WHERE {plain}"


def _is_time(name: str) -> bool:
    return name.endswith(_HOURS)


def _hours(name: str) -> str:
    return name.removesuffix(_HOURS) + "_hours"


def _shown(view: RecordView, beside: tuple[str, ...], contributions: tuple[str, ...]) -> tuple[str, ...]:
    """What is shown of a record beside its keys: its day, who has it, and what it contributes at the end."""
    few = tuple(
        each.value for each in view.dimensions if each in (Dimension.TEAM, Dimension.PRIORITY, Dimension.VENDOR)
    )
    kept = tuple(name for name in beside if name not in contributions)
    if "state" in beside or contributions == (MEASURED,):
        # The one says in a word what the column counts, the other is 1 of every record that is shown.
        contributions = ()
    days = () if any(name.endswith(("_at", "_date")) for name in kept) else (RECORD_DATE,)
    return (*days, *few, *kept, *contributions)


def _most(kind: Kind, direction: Direction, part: str, whole: str | None, view: RecordView) -> tuple[str, str]:
    """In which order records matter to a KPI, in SQL and in words."""
    keys = ", ".join(view.keys)
    match kind:
        case Percentile(column=column):
            words = (
                "the longest first" if _is_time(column) else "the latest first" if "delay" in column else "most first"
            )
            return f"{part} DESC, {keys}", words
        case Mean():
            return f"{part} DESC, {keys}", "most first"
        case Ratio():
            hits_last = direction is Direction.UP_IS_GOOD
            worst = {"decided_clock_records": "beyond_target_hours DESC", "due_delivery_records": "delivered_date DESC",
                     "first_promised_delivery_records": "delivered_date DESC"}.get(view.name)  # fmt: skip
            by_size = f"{worst} NULLS FIRST, " if worst else ""
            told = "those that missed first" if hits_last else "those that count for it first"
            return f"{part} {'ASC' if hits_last else 'DESC'}, {by_size}{keys}", told
        case TimeShare():
            return f"{whole} - {part} DESC, {keys}", "those that lay longest without work first"
        case Sum() | BoundedSum() | AmountShare() | Concentration():
            return f"abs({part}) DESC, {keys}", "the largest amounts first"
        case _:
            return f"{RECORD_DATE}, {keys}", "the earliest first; each counts 1"
