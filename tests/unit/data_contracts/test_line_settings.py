"""What a contract says about cases, signs and control totals is checked, with a remedy for each mistake."""

from __future__ import annotations

import pytest

from data_contracts.documents import DocumentError
from data_contracts.loader import load_export_contract
from data_contracts.spec import ExportContract

CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: ledger
name: Ledger
version: 1.0.0
status: active
domain: finance
servers: [{{server: landing, type: local, path: "*.csv", format: csv}}]
schema:
  - name: lines
    customProperties:
      - {{property: shape, value: {shape}}}
      - {{property: constants, value: {{cost_lines.currency_code: EUR}}}}
      {setting}
    properties:
      - name: journal
        logicalType: string
        customProperties: [{{property: feeds, value: {journal}}}]
      - {{name: flag, logicalType: string}}
      - {{name: total, logicalType: number}}
      - name: amount
        logicalType: number
        customProperties: [{{property: feeds, value: {amount}}}]
customProperties: [{{property: source, value: books}}, {{property: timeZone, value: UTC}}]
"""


def load(
    setting: str = "",
    *,
    amount: str = "cost_lines.amount_original",
    journal: str = "cost_lines.document_id",
    shape: str = "lines",
) -> ExportContract:
    text = CONTRACT.format(setting=f"- {{{setting}}}" if setting else "", amount=amount, journal=journal, shape=shape)
    return load_export_contract(text, "contracts/ledger.yaml", {})


def said(**options: str) -> str:
    with pytest.raises(DocumentError) as raised:
        load(**options)
    return str(raised.value)


def test_what_is_said_is_read() -> None:
    (item,) = load(
        "property: oneRowPer, value: {columns: journal, onlyWith: {flag: paid}}", journal="cost_lines.cost_line_id"
    ).objects
    assert item.cases is not None
    assert (item.cases.columns, dict(item.cases.only_with)) == (("journal",), {"flag": ("paid",)})
    (item,) = load("property: controlTotals, value: {of: amount, toldIn: total, per: journal}").objects
    (total,) = item.control_totals
    assert (total.of, total.told_in, total.per, total.row, total.name) == (
        "amount", "total", ("journal",), None, "amount per journal",
    )  # fmt: skip
    feeds = "{to: cost_lines.amount_original, sign: {column: flag, debit: D, credit: [C, CR]}}"
    (feed,) = load(amount=feeds).objects[0].columns[-1].feeds
    assert feed.sign is not None
    assert (feed.sign.column, feed.sign.debit, feed.sign.credit) == ("flag", ("D",), ("C", "CR"))


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        ("{to: cost_lines.amount_original, sign: debt}", "Did you mean 'debit'?"),
        ("{to: cost_lines.amount_original, sign: {column: flag, debit: D}}", "which texts mean debit and which credit"),
        ("{to: cost_lines.amount_original, sign: {column: flga, debit: D, credit: C}}", "Did you mean 'flag'?"),
        ("{to: cost_lines.amount_original, sign: {debit: X, credit: x}}", "'x' means both debit and credit"),
        ("{to: cost_lines.amount_original, sign: {always: debit, debit: D, credit: C}}", "says two things"),
        ("{to: cost_lines.description, sign: debit}", "cost_lines.description is no amount"),
        ("{to: cost_lines.amount_original, take: last}", "needs several rows of one case"),
        ("{to: cost_lines.amount_original, take: latest}", "take"),
    ],
)
def test_mistakes_in_signs_and_takes(amount: str, told: str) -> None:
    message = said(amount=amount)
    assert told in message
    assert "contracts/ledger.yaml:" in message


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("property: controlTotals, value: {of: amuont, toldIn: total, per: journal}", "Did you mean 'amount'?"),
        ("property: controlTotals, value: {of: amount}", "compares 'amount' with itself"),
        ("property: controlTotals, value: {of: journal, toldIn: total}", "'journal' is no amount"),
        ("property: controlTotals, value: {of: rows, row: {column: journal, matches: ^T}}", "Add toldIn"),
        (
            "property: controlTotals, value: {of: cost_lines.amount_original, row: {column: journal, matches: ^T}}",
            "Add toldIn",
        ),
        ("property: controlTotals, value: {of: cost_lines.posting_date, toldIn: total}", "no column feeds"),
        (
            "property: controlTotals, value: {of: cost_lines.amuont_original, toldIn: total}",
            "names no column of cost_lines",
        ),
        (
            "property: controlTotals, value: {of: amount, row: {column: journal, matches: '(T'}}",
            "is not a regular expression",
        ),
        ("property: controlTotals, value: {of: amount, toldIn: flag, pattern: '[0-9]+'}", "has no group"),
        ("property: controlTotals, value: {of: amount, toldIn: total, pre: journal}", "per"),
        ("property: oneRowPer, value: jurnal", "Did you mean 'journal'?"),
        ("property: oneRowPer, value: flag", "flag must feed cost_lines.cost_line_id, and nothing else may"),
    ],
)
def test_mistakes_in_totals_and_cases(setting: str, told: str) -> None:
    assert told in said(setting=setting)


def test_dates_are_called_right_of_event_logs_and_lines_only() -> None:
    setting = 'property: datesAreRight, value: ["march_*.csv"]'
    (item,) = load(setting=setting).objects
    assert item.dates_are_right == ("march_*.csv",)
    assert "datesAreRight is about event logs and lines only" in said(setting=setting, shape="snapshot")


def test_a_control_total_is_not_compared_where_several_rows_tell_of_one_line() -> None:
    total = "{property: controlTotals, value: {of: amount, toldIn: total, per: journal}"
    settings = f"property: oneRowPer, value: journal}}\n      - {total}"
    assert "cannot be compared" in said(setting=settings, journal="cost_lines.cost_line_id")


def test_texts_are_replaced_only_in_texts() -> None:
    text = CONTRACT.format(
        setting="", amount="cost_lines.amount_original", journal="cost_lines.document_id", shape="lines"
    )
    wrong = text.replace(
        "{name: total, logicalType: number}",
        "{name: total, logicalType: number, customProperties: [{property: replace, value: {a: b}}]}",
    )
    with pytest.raises(DocumentError, match="'replace' is for texts"):
        load_export_contract(wrong, "ledger.yaml", {})
