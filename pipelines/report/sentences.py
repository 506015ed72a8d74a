"""The summary: sentences that can be pasted into a mail, each computed from the facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pipelines.report.breakdown_targets import worst_missed
from pipelines.report.completeness import in_period, incomplete
from pipelines.report.drivers import format_part, largest_driver, name_part, net_change
from pipelines.report.facts import BRIDGE_IS_OF, DRIVEN, HEADLINES, SUPPORTING, ReportFacts
from pipelines.report.money import recoverable_at_least, recoverable_months, recoverable_total
from pipelines.report.signals import departures_from_usual, latest_signal
from pipelines.report.targets import target_of, targets_sentence, wanted
from pipelines.words.numbers import format_value
from pipelines.words.periods import long_day, name_months, only_from, sentence_case
from pipelines.words.targets import IN_DOUBT

#: Headlines of which the summary says who moved them.
_DRIVEN: Final = tuple(metric for metric in HEADLINES if metric in DRIVEN)


def _more(facts: ReportFacts) -> list[str]:
    """What an executive asks next: is it a signal, what made the difference, and what money is at stake."""
    currency = facts.publication.currency
    told = [
        f"{facts.numbers[metric]['label']}{in_period(facts, metric)} {departure}{_doubt_of_signal(facts, metric)}."
        for metric in facts.headlines
        if metric in facts.numbers
        for departure in departures_from_usual(facts, metric)[:1]
    ]
    targets = targets_sentence(facts)
    if targets is not None:
        told.append(targets)
    missed = worst_missed(facts)
    if missed is not None:
        told.append(missed)
    for metric in _DRIVEN:
        driver = largest_driver(facts, metric)
        if driver is not None and driver["change_value"] * net_change(facts, metric) > 0:
            row = facts.numbers[metric]
            part = format_part(driver["change_value"], row["unit"], currency)
            told.append(
                f"{row['label']}{in_period(facts, metric)}: by {driver['dimension']}, "
                f"{name_part(driver, row['unit'])} moved it most, by {part}{_unallocated(facts, metric, driver)}."
            )
    total = recoverable_total(facts)
    if total:
        sure = recoverable_at_least(facts)
        only = f", of which {sure:,.2f} {currency} are certain" if sure < total else ""
        told.append(f"{total:,.2f} {currency} are to be recovered from vendors {recoverable_months(facts)}{only}.")
    held = sum(row["publication_state"] == "held" for row in facts.numbers.values())
    if held:
        told.append(f"{held:,} {'KPI is' if held == 1 else 'KPIs are'} held by the gate and shown as of earlier data.")
    return told


def _doubt_of_signal(facts: ReportFacts, metric: str) -> str:
    """How a sentence on a signal goes on where it is none by some of the values that the truth may have."""
    latest = latest_signal(facts, metric)
    return "" if latest is None or latest["is_certain"] else f", though {IN_DOUBT}"


def _unallocated(facts: ReportFacts, metric: str, driver: Mapping[str, Any]) -> str:
    """That a team made cost per transaction fall as more of its cost is unallocated, where that is so; else empty."""
    if metric != BRIDGE_IS_OF or driver["dimension"] != "team" or driver["change_value"] >= 0:
        return ""
    row = next((row for row in facts.rows("unallocated") if row["dimension_value"] == driver["dimension_value"]), None)
    now, before = (row["value"], row["previous_value"]) if row else (None, None)
    if now is None or before is None or now <= before:
        return ""
    currency = facts.publication.currency
    return f"; {now:,.2f} {currency} of its cost are unallocated, {before:,.2f} {currency} before"


def _against_target(facts: ReportFacts, metric: str, unit: str) -> str:
    """How the sentence of a headline goes on where the KPI has a target."""
    target = target_of(facts, metric)
    if target is None or target["target_state"] == "not_measured":
        return ""
    state = "met" if target["target_state"] == "met" else "missed"
    told = f", and {state} its target of {wanted(target, unit, facts.publication.currency)}"
    return told if target["is_certain"] else f"{told}, though {IN_DOUBT}"


def _missing(facts: ReportFacts, row: Mapping[str, Any]) -> list[str]:
    """That a headline is not known, and why. What no export feeds, nobody expects in the summary."""
    if facts.is_late(row["metric"]):
        return [f"{row['label']} is not known: {incomplete(facts, row['metric'])}."]
    reason = facts.no_value_reasons.get(row["metric"])
    return [f"{row['label']} is not known: {reason}."] if reason and row["publication_state"] != "empty" else []


def _why_nothing(facts: ReportFacts) -> list[str]:
    """Why no period is closed: nothing came that closes one, or it does not reach the end of the first."""
    if not any(reach.last_date for reach in facts.reaches):
        return ["Neither tickets nor finance, deliveries or invoices have come yet, and only these close a period."]
    shown = (metric for metric in (*HEADLINES, *SUPPORTING) if metric in facts.numbers)
    open_yet = (metric for metric in shown if facts.numbers[metric]["publication_state"] != "empty")
    reasons = dict.fromkeys(facts.no_value_reasons.get(metric, "") for metric in open_yet)
    return [f"{sentence_case(reason)}." for reason in reasons if reason]


def summarize(facts: ReportFacts) -> list[str]:
    """The sentences: one per headline number, then what an executive asks next."""
    if facts.period is None:
        return ["No period is closed yet, so there is no number to report.", *_why_nothing(facts)]
    sentences: list[str] = []
    missing: list[str] = []
    for metric in dict.fromkeys((*facts.headlines, *HEADLINES)):
        row, period = facts.numbers.get(metric), facts.period_of(metric)
        if row is None:
            continue
        if row["value"] is None or period is None:
            missing += _missing(facts, row)
            continue
        currency = facts.publication.currency
        value = format_value(row["value"], row["unit"], currency)
        before = format_value(row["previous_value"], row["unit"], currency)
        told = f"{row['label']} was {value} in {period.label}"
        if row["previous_value"] is not None:
            told += f", after {before} before"
        if row["missing_months"]:
            told += f", without {name_months(row['missing_months'])}, of which the ledger has no line"
        if row["told_from_date"]:
            told += f", {only_from(row['told_from_date'], period.end)}"
        if row["told_until_date"]:
            told += f", of what there is until {long_day(row['told_until_date'])}"
        told += _against_target(facts, metric, row["unit"])
        sentences.append(f"{told}; {incomplete(facts, metric)}." if facts.is_late(metric) else f"{told}.")
    if not sentences and not missing:
        return [f"Nothing was measured in {facts.period.label}."]
    return [*sentences, *missing, *_more(facts)]
