"""Latency and frequency under `slaProperties`: what is read of them, and what each mistake is told."""

from __future__ import annotations

import pytest

from data_contracts.comparing.contracts import compare_exports
from data_contracts.documents import DocumentError
from data_contracts.loader import load_export_contract, packaged_templates
from data_contracts.spec import PROMISE, ExportContract
from models.vocabulary import QualityDimension, RuleAction, RuleTier, ServiceLevelKind

LEDGER = """\
apiVersion: v3.2.0
kind: DataContract
id: books
version: 1.0.0
status: active
domain: finance
slaProperties:
{levels}
servers:
  - {{server: landing, type: local, path: "*.csv", format: csv}}
schema:
  - name: lines
    logicalType: object
    customProperties:
      - {{property: shape, value: lines}}
      - {{property: constants, value: {{cost_lines.currency_code: EUR}}}}
    properties:
      - name: posted
        logicalType: date
        customProperties: [{{property: feeds, value: cost_lines.posting_date}}]
      - name: account
        logicalType: string
        customProperties: [{{property: feeds, value: cost_lines.account}}]
      - name: amount
        logicalType: number
        customProperties: [{{property: feeds, value: cost_lines.amount_original}}]
customProperties:
  - {{property: source, value: books}}
"""


def _load(*levels: str) -> ExportContract:
    text = LEDGER.format(levels="\n".join(f"  - {{{level}}}" for level in levels))
    return load_export_contract(text, "books.yaml", packaged_templates())


def _refuse(level: str) -> str:
    with pytest.raises(DocumentError) as caught:
        _load(level)
    return str(caught.value)


def test_a_latency_warns_by_default() -> None:
    (level,) = _load("property: latency, value: 2, unit: w, element: lines.posted").service_levels
    assert level.kind is ServiceLevelKind.LATENCY
    assert (level.limit_days, level.unit, level.table, level.column) == (14, "week", "cost_lines", "posting_date")
    rule = level.rule
    assert rule.id == "cost_lines.books.fresh"
    assert (rule.action, rule.severity, rule.tier) == (RuleAction.WARN, "info", RuleTier.SET)
    assert rule.counted == PROMISE
    assert rule.quality_dimension is QualityDimension.TIMELINESS
    assert "The newest posted of books is older than the 2 weeks that its contract allows" in rule.message
    assert (rule.file, rule.line) == ("books.yaml", 8)


def test_a_frequency_may_block() -> None:
    level = "property: frequency, value: 1, unit: month, element: lines.posted"
    contract = _load(f"{level}, customProperties: [{{property: action, value: block}}]")
    (rule,) = contract.arrival_rules
    assert rule.id == "cost_lines.books.periods_present"
    assert (rule.action, rule.severity) == (RuleAction.BLOCK, "error")
    assert rule.counted == "month"
    assert rule.quality_dimension is QualityDimension.COMPLETENESS
    assert contract.rules == ()


def test_other_promises_of_the_standard_are_accepted_and_not_judged() -> None:
    assert _load("property: retention, value: 3, unit: y, element: lines.posted").service_levels == ()


@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("property: latancy, value: 4, element: lines.posted", "did you mean 'latency'"),
        ("property: latency, value: 4, unit: y, element: lines.posted", "the unit 'y' is not accepted"),
        ("property: latency, value: 4, unit: m, element: lines.posted", "Write d (days) or w (weeks)."),
        ("property: latency, value: 0, unit: d, element: lines.posted", "the value '0' is not accepted"),
        ("property: latency, value: 1.5, unit: d, element: lines.posted", "the value '1.5' is not accepted"),
        ("property: latency, value: true, unit: d, element: lines.posted", "the value 'True' is not accepted"),
        ("property: frequency, value: 2, unit: m, element: lines.posted", "Write value: 1"),
        ("property: latency, value: 4, unit: d", "does not say which element"),
        ("property: latency, value: 4, unit: d, element: rows.posted", "objects are lines"),
        ("property: latency, value: 4, unit: d, element: lines", "names no column"),
        ("property: latency, value: 4, unit: d, element: lines.postd", "did you mean 'posted'"),
        ("property: latency, value: 4, unit: d, element: lines.account", "feeds no date or time"),
        (
            ("property: latency, value: 4, unit: w, element: lines.posted, "
            "customProperties: [{property: calendar, value: office}]"),
            "a calendar counts days",
        ),
        (
            ("property: latency, value: 4, element: lines.posted, "
            "customProperties: [{property: action, value: quarantine}]"),
            "action",
        ),
        (
            ("property: latency, value: 4, element: lines.posted, "
            "customProperties: [{property: aktion, value: block}]"),
            "did you mean 'action'",
        ),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_line(level: str, told: str) -> None:
    message = _refuse(level)
    assert told.lower() in message.lower()
    assert "books.yaml:8" in message


def test_one_promise_of_a_kind_for_each_table() -> None:
    level = "property: latency, value: 4, unit: d, element: lines.posted"
    with pytest.raises(DocumentError, match="stands twice, first in line 8"):
        _load(level, level)


def test_a_changed_promise_is_a_difference() -> None:
    old = _load("property: latency, value: 4, unit: d, element: lines.posted")
    new = _load("property: latency, value: 9, unit: d, element: lines.posted")
    found = {(one.kind, one.place) for one in compare_exports(old, new)}
    assert found == {("rule_changed", "cost_lines.books.fresh"), ("rule_reworded", "cost_lines.books.fresh")}
