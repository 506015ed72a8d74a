"""Bad input in money exports, one kind at a time, through the real gate: each has an outcome of its own that names it.

A small spend export is spoilt in one way and ingested; what fails, which lines are set aside and what is left are
looked at in the warehouse. Whole defects of the simulated company are in `test_matrix`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from models.vocabulary import Domain
from pipelines.gate.ingest import ingest_domain
from pipelines.home import Home
from pipelines.project import load_project
from pipelines.scaffold import HomeFacts, write_home
from pipelines.session import SilentReporter, open_session

pytestmark = pytest.mark.slow

#: A row of the matrix that is printed after the tests.
ROW = "fault matrix row"
HEADER = "Document,Paid on,Supplier,Amount,Currency"
#: Enough good lines for a few bad ones to be set aside without holding the rest.
GOOD = tuple(f"D{number},{1 + number % 28:02}/03/2026,Ace,{number}.25,EUR" for number in range(1, 101))

CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: spend
name: Spend
version: 1.0.0
status: active
domain: finance
servers: [{{server: landing, type: local, path: "*.csv", format: csv}}]
schema:
  - name: lines
    customProperties:
      - {{property: shape, value: lines}}
{settings}
    properties:
      - name: document
        physicalName: Document
        logicalType: string
        customProperties: [{{property: feeds, value: [cost_lines.document_id, cost_lines.cost_line_id]}}]
      - name: paid_on
        physicalName: Paid on
        logicalType: date
        required: true
        customProperties:
          - {{property: formats, value: {formats}}}
          - {{property: feeds, value: cost_lines.posting_date}}
      - name: supplier
        physicalName: Supplier
        logicalType: string
        required: true
        customProperties: [{{property: feeds, value: cost_lines.vendor}}]
{amount}
      - name: currency
        physicalName: Currency
        logicalType: string
        customProperties: [{{property: feeds, value: cost_lines.currency_code}}{currency}]
customProperties:
  - {{property: source, value: books}}
  - {{property: timeZone, value: UTC}}
  - {{property: thousandsSeparator, value: ","}}
"""
AMOUNT = """
      - name: amount
        physicalName: Amount
        logicalType: number
        required: true
        customProperties: [{property: feeds, value: cost_lines.amount_original}]
"""


@dataclass(frozen=True)
class Looked:
    """What the gate made of it.

    Attributes:
        lines: key without source -> amount.
        rules: rules that failed -> rows.
        aside: rule -> keys set aside.
    """

    verdict: str | None
    lines: dict[str, Decimal | None]
    rules: dict[str, int]
    aside: dict[str, list[str]]
    refused: dict[str, str]
    messages: dict[str, str]
    totals: list[tuple[Any, ...]] = field(default_factory=list)


Look = Callable[..., Looked]


def _in_words(looked: Looked) -> str:
    if looked.refused:
        return f"refused: {', '.join(looked.refused.values())}"
    first, *rest = sorted(looked.rules) or ["harmless"]
    return (f"caught: {first}" if looked.rules else first) + (f" and {len(rest)} more" if rest else "")


def _effect(looked: Looked) -> str:
    """On cost: what is not read leaves it as it was, what is set aside lowers its coverage."""
    if looked.verdict == "hold":
        return "held"
    return "lower coverage" if looked.aside else "unchanged"


@pytest.fixture
def look(tmp_path: Path, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Look:
    """Ingest a file of these lines under the contract, changed where a test says so."""

    def ingest(
        lines: Sequence[str] | bytes,
        *,
        header: str = HEADER,
        amount: str = AMOUNT,
        settings: str = "",
        formats: str = '["%d/%m/%Y"]',
        currency: str = "",
        more: Mapping[str, Sequence[str]] | None = None,
    ) -> Looked:
        folder = tmp_path / "home"
        write_home(folder, HomeFacts("Books"))
        home = Home(folder)
        text = CONTRACT.format(
            settings=settings, formats=formats, amount=amount, currency=f", {currency}" if currency else ""
        )
        (home.contracts / "spend.yaml").write_text(text, encoding="utf-8")
        landing = home.landing / "spend"
        landing.mkdir(parents=True, exist_ok=True)
        content = lines if isinstance(lines, bytes) else "\n".join([header, *lines, ""]).encode()
        (landing / "march.csv").write_bytes(content)
        for name, text in (more or {}).items():
            (landing / name).write_text("\n".join([header, *text, ""]), encoding="utf-8")
        with open_session(load_project(home), reporter=SilentReporter()) as session:
            batch = ingest_domain(session, Domain.FINANCE)
            rows = session.warehouse.rows
            aside: dict[str, list[str]] = {}
            for rule, record in rows("SELECT rule_id, record_id FROM ops.ops_quarantined_records ORDER BY ALL"):
                aside.setdefault(rule, []).append(record.removeprefix("books:"))
            found = rows("SELECT rule_id, failed_count, message FROM ops.ops_rule_results WHERE state = 'failed'")
            looked = Looked(
                verdict=batch.verdict.value if batch.verdict else None,
                lines={
                    key.removeprefix("books:"): value
                    for key, value in rows("SELECT cost_line_id, amount_original FROM stg.stg_cost_lines")
                },
                rules={rule: count for rule, count, _ in found},
                aside=aside,
                refused={each.file_name: each.code for landed in batch.landings for each in landed.refusals},
                messages={rule: message for rule, _, message in found},
                totals=rows(
                    """
                    SELECT control, group_key, line_count, found_original, told_original, is_reconciled, reason
                    FROM ops.ops_control_totals ORDER BY ALL
                    """
                ),
            )
        name = request.node.name.removeprefix("test_").replace("_", " ")
        record_property(ROW, [f"money: {name}", _in_words(looked), "unchanged", "unchanged", _effect(looked)])
        return looked

    return ingest


def test_good_lines_raise_no_alarm_and_have_control_totals(look: Look) -> None:
    looked = look([*GOOD, "C1,05/03/2026,Ace,(12.50),EUR"])
    assert (looked.verdict, looked.rules, looked.aside) == ("pass", {}, {})
    assert sum(looked.lines.values()) == Decimal("5062.5")  # 5,050 + 100 * 0.25 - 12.50
    assert looked.totals == [
        ("amount of the file", "EUR", 101, Decimal("5062.5"), None, None, None),
        ("credits of the file", "EUR", 101, Decimal("-12.5"), None, None, None),
    ]


def test_text_in_an_amount_sets_the_line_aside(look: Look) -> None:
    looked = look([*GOOD, "B1,05/03/2026,Ace,See DN-304,EUR"])
    assert looked.lines["B1"] is None
    assert looked.aside["cost_lines.amount_original.parsed"] == ["B1"]
    assert "decimalSeparator" in looked.messages["cost_lines.amount_original.parsed"]
    assert looked.verdict == "pass"


def test_a_wrong_decimal_separator_sets_the_line_aside_or_is_told(look: Look) -> None:
    looked = look(
        [*GOOD, 'B1,05/03/2026,Ace,"1.234,56",EUR', 'B2,05/03/2026,Ace,"12,5",EUR', "B3,05/03/2026,Ace,1.234,EUR"]
    )
    assert looked.aside["cost_lines.amount_original.parsed"] == ["B1", "B2"]
    # 1.234 may well be meant; nobody is charged a tenth of a cent, though.
    assert looked.lines["B3"] == Decimal("1.234")
    assert looked.rules["cost_lines.amount_original.in_minor_units"] == 1
    assert "1.234 stands for 1,234" in looked.messages["cost_lines.amount_original.in_minor_units"]


def test_currencies_of_other_decimals_are_no_mistake(look: Look) -> None:
    looked = look([*GOOD, "B1,05/03/2026,Ace,1.234,KWD", "B2,05/03/2026,Ace,100.5,JPY"])
    assert looked.rules["cost_lines.amount_original.in_minor_units"] == 1  # half a yen
    assert set(looked.aside["cost_lines.currency_code.convertible"]) == {"B1", "B2"}


def test_three_date_formats_in_one_column_are_read_where_the_contract_names_them(look: Look) -> None:
    dated = ["A1,05/03/2026,Ace,1,EUR", "A2,2-Mar-26,Ace,2,EUR", "A3,2026-03-07,Ace,3,EUR", "A4,March 8,Ace,4,EUR"]
    looked = look([*GOOD, *dated], formats='["%d/%m/%Y", "%d-%b-%y", "%Y-%m-%d"]')
    assert looked.aside["cost_lines.posting_date.parsed"] == ["A4"]
    looked = look([*GOOD, *dated])
    assert looked.aside["cost_lines.posting_date.parsed"] == ["A2", "A3", "A4"]


TOTAL_ROW = """
      - property: controlTotals
        value: [{of: amount, row: {column: document, matches: "(?i)^total"}}]
"""


def test_a_total_row_is_no_line_and_is_compared(look: Look) -> None:
    looked = look([*GOOD, 'Total,,,"5,075.00",'], settings=TOTAL_ROW)
    assert (looked.verdict, looked.rules) == ("pass", {})
    assert len(looked.lines) == 100
    assert ("amount of the file", "", 100, Decimal(5075), Decimal(5075), True, None) in looked.totals


TOTAL_RULE = "cost_lines.place.is_no_total"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('Total,31/03/2026,Ace,"5,075.00",EUR', "says 'Total' in 'Document'"),
        ("Sub-total,31/03/2026,Ace,7.00,EUR", "says 'Sub-total' in 'Document'"),
        ('T1,31/03/2026,Summe,"5,075.00",EUR', "says 'Summe' in 'Supplier'"),
        ('T1,31/03/2026,Ace,"5,075.00",EUR', "comes to the sum of the other 100 lines of its file"),
    ],
)
def test_a_total_that_no_contract_names_is_set_aside(look: Look, line: str, says: str) -> None:
    looked = look([*GOOD, line])
    key = line.partition(",")[0]
    assert (looked.verdict, looked.aside) == ("pass", {TOTAL_RULE: [key]})
    counted = [amount for name, amount in looked.lines.items() if name != key and amount is not None]
    assert sum(counted) == Decimal(5075)
    message = looked.messages[TOTAL_RULE]
    assert f"row 102 of landing/spend/march.csv {says}" in message
    assert "ignoreRows" in message


def test_the_line_that_the_message_offers_makes_the_total_no_line(look: Look) -> None:
    total = 'Grand total,31/03/2026,Ace,"5,075.00",EUR'
    message = look([*GOOD, total]).messages[TOTAL_RULE]
    (offered,) = re.findall(r"- (\{property: ignoreRows, .*?\}\]\})", message)
    looked = look([*GOOD, total], settings=f"      - {offered}\n")
    assert (looked.verdict, looked.rules, len(looked.lines)) == ("pass", {}, 100)


def test_a_line_that_looks_like_a_total_counts_where_the_contract_says_so(look: Look) -> None:
    line = 'T1,31/03/2026,Ace,"5,075.00",EUR'
    looked = look([*GOOD, line], settings="      - {property: hasNoTotals, value: true}\n")
    assert (looked.verdict, looked.rules, looked.lines["T1"]) == ("pass", {}, Decimal(5075))


def test_a_supplier_called_total_is_paid_like_any_other(look: Look) -> None:
    looked = look(["T1,05/03/2026,Total,12.00,EUR", *GOOD, "T2,31/03/2026,Total,99.00,EUR"])
    assert (looked.verdict, looked.rules) == ("pass", {})


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda lines: lines[1:], "the lines do not come to the total"),
        (lambda lines: [lines[0].replace("1.25", "1.26"), *lines[1:]], "the lines do not come to the total"),
        (lambda lines: lines[:-1], "no total is told"),
        (lambda lines: [*lines, 'Total,,,"5,000.00",'], "several totals are told"),
        (lambda lines: [*lines[:-1], "Total,,,as above,"], "the total cannot be read"),
    ],
    ids=["a line dropped", "a cent changed", "cut off", "two totals", "no number"],
)
def test_a_file_that_does_not_come_to_its_total_is_held(
    look: Look, spoil: Callable[[list[str]], list[str]], reason: str
) -> None:
    lines = spoil([*GOOD, 'Total,,,"5,075.00",'])
    looked = look(lines, settings=TOTAL_ROW)
    assert looked.verdict == "hold"
    assert looked.rules == {"cost_lines.amount_original.equals_control_total": len(looked.lines)}
    assert [total[-1] for total in looked.totals if total[-2] is False] == [reason]


def test_lines_that_a_later_file_brings_again_are_no_longer_held_against_the_first(look: Look) -> None:
    whole = [*GOOD, 'Total,,,"5,075.00",']
    looked = look([*GOOD[1:], 'Total,,,"5,075.00",'], settings=TOTAL_ROW, more={"march_corrected.csv": whole})
    assert (looked.verdict, looked.rules, len(looked.lines)) == ("pass", {}, 100)
    assert [total[-2] for total in looked.totals if total[1] == ""] == [False, True]


def test_a_total_of_no_lines_at_all_is_told(look: Look) -> None:
    looked = look(['Total,,,"5,075.00",'], settings=TOTAL_ROW, more={"april.csv": [*GOOD, 'Total,,,"5,075.00",']})
    assert looked.rules == {"cost_lines.amount_original.equals_control_total": 1}
    assert looked.aside == {}


def test_an_amount_that_cannot_be_read_is_not_blamed_on_its_neighbours(look: Look) -> None:
    looked = look([*GOOD, "B1,05/03/2026,Ace,See DN-304,EUR", 'Total,,,"5,075.00",'], settings=TOTAL_ROW)
    assert "cost_lines.amount_original.equals_control_total" not in looked.rules
    assert looked.aside["cost_lines.amount_original.parsed"] == ["B1"]


REPEATED = """
      - {property: controlTotals, value: {of: amount, toldIn: total, per: supplier}}
"""
WITH_TOTAL = (
    AMOUNT
    + """
      - {name: total, physicalName: Total, logicalType: number}
"""
)


def test_a_total_on_each_line_is_compared_for_its_group_only(look: Look) -> None:
    lines = [f"A{number},05/03/2026,Ace,{number}.00,EUR,5050.00" for number in range(1, 101)]
    lines += ["B1,05/03/2026,Bee,1.00,EUR,2.50", "B2,05/03/2026,Bee,1.00,EUR,2.50", "C1,05/03/2026,Cee,3.00,EUR,"]
    looked = look(lines, header=f"{HEADER},Total", settings=REPEATED, amount=WITH_TOTAL)
    assert looked.aside == {"cost_lines.amount_original.equals_control_total": ["B1", "B2", "C1"]}
    assert looked.verdict == "pass"
    reasons = {
        group: reason for control, group, *_, reason in looked.totals if control == "amount per supplier" and group
    }
    assert reasons == {"Bee": "the lines do not come to the total", "Cee": "no total is told"}


def test_an_export_without_its_column_of_totals_is_not_compared(look: Look) -> None:
    looked = look(GOOD, settings=REPEATED, amount=WITH_TOTAL)
    assert (looked.verdict, looked.rules) == ("pass", {})
    assert [total[-2:] for total in looked.totals if total[0] == "amount per supplier"] == [
        (None, "no line of this file tells a total")
    ]


TRAILER = """
      - property: controlTotals
        value: [{of: rows, row: {column: document, matches: "^TRAILER"}, toldIn: supplier, pattern: "([0-9]+) records"}]
"""


@pytest.mark.parametrize(("count", "verdict"), [(100, "pass"), (101, "hold")])
def test_a_trailer_tells_the_number_of_lines(look: Look, count: int, verdict: str) -> None:
    looked = look([*GOOD, f"TRAILER,,{count} records,,"], settings=TRAILER)
    assert looked.verdict == verdict
    assert ("number of lines of the file", "", 100, Decimal(100), Decimal(count)) in [
        total[:5] for total in looked.totals
    ]


def test_a_missing_vendor_is_told_and_the_line_counts(look: Look) -> None:
    looked = look([*GOOD, "B1,05/03/2026,,7.00,EUR"])
    assert looked.rules == {"cost_lines.required_values.present": 1}
    assert looked.lines["B1"] == Decimal(7)
    assert (looked.verdict, looked.aside) == ("pass", {})


@pytest.mark.parametrize("currency", ["XYZ", "Euro", "€", "eur", "EU R"])
def test_an_unknown_currency_sets_the_line_aside(look: Look, currency: str) -> None:
    looked = look([*GOOD, f"B1,05/03/2026,Ace,7.00,{currency}"])
    assert looked.rules == {"cost_lines.currency_code.valid": 1}
    assert looked.aside == {"cost_lines.currency_code.valid": ["B1"]}


def test_words_for_a_currency_are_replaced_where_the_contract_says_so(look: Look) -> None:
    lines = [f"B{n},05/03/2026,Ace,7.00,{word}" for n, word in enumerate(("Euro", "€", "eur", " EURO "))]
    looked = look([*GOOD, *lines], currency='{property: replace, value: {Euro: EUR, "€": EUR, eur: EUR}}')
    assert (looked.rules, looked.aside) == ({}, {})


def test_an_empty_file_is_refused(look: Look) -> None:
    looked = look(b"")
    assert looked.refused == {"march.csv": "empty"}
    assert looked.verdict is None


DEBIT_AND_CREDIT = """
      - name: debit
        physicalName: Debit
        logicalType: number
        customProperties: [{property: feeds, value: {to: cost_lines.amount_original, sign: debit}}]
      - name: credit
        physicalName: Credit
        logicalType: number
        customProperties: [{property: feeds, value: {to: cost_lines.amount_original, sign: credit}}]
"""
BOTH = "Document,Paid on,Supplier,Debit,Credit,Currency"
POSTED = [
    *(f"D{number},05/03/2026,Ace,{number}.00,,EUR" for number in range(1, 20)),
    "C1,05/03/2026,Ace,,30.00,EUR",
    "C2,05/03/2026,Ace,0.00,5.00,EUR",
    "N1,05/03/2026,Ace,,,EUR",
]


def test_debits_and_credits_in_columns_of_their_own(look: Look) -> None:
    looked = look(POSTED, header=BOTH, amount=DEBIT_AND_CREDIT)
    assert (looked.lines["D1"], looked.lines["C1"], looked.lines["C2"]) == (Decimal(1), Decimal(-30), Decimal(-5))
    assert looked.lines["N1"] is None
    assert looked.aside == {"cost_lines.amount_original.present": ["N1"]}


def test_swapped_columns_for_debit_and_credit_are_held(look: Look) -> None:
    looked = look(POSTED, header="Document,Paid on,Supplier,Credit,Debit,Currency", amount=DEBIT_AND_CREDIT)
    assert looked.verdict == "hold"
    assert looked.rules["cost_lines.amount_original.mostly_debits"] == len(POSTED)
    assert "may be swapped" in looked.messages["cost_lines.amount_original.mostly_debits"]


FLAGGED = """
      - name: amount
        physicalName: Amount
        logicalType: number
        customProperties:
          - property: feeds
            value: {to: cost_lines.amount_original, sign: {column: flag, debit: [D, DR], credit: [C, CR]}}
      - name: flag
        physicalName: Flag
        logicalType: string
"""


def test_a_flag_says_debit_or_credit(look: Look) -> None:
    flags = {"A1": "DR", "A2": "cr", "A3": " C ", "A4": "X", "A5": "", "A6": "CR"}
    amounts = {"A1": "7.00", "A2": "3.00", "A3": "1.00", "A4": "2.00", "A5": "4.00", "A6": "-9.00"}
    lines = [f"D{number},05/03/2026,Ace,{number}.00,D,EUR" for number in range(1, 101)]
    lines += [f"{key},05/03/2026,Ace,{amounts[key]},{flag},EUR" for key, flag in flags.items()]
    looked = look(lines, header="Document,Paid on,Supplier,Amount,Flag,Currency", amount=FLAGGED)
    assert [looked.lines[key] for key in flags] == [Decimal(7), Decimal(-3), Decimal(-1), None, None, None]
    assert looked.aside["cost_lines.amount_original.has_sign"] == ["A4", "A5", "A6"]
    assert "cost_lines.amount_original.parsed" not in looked.rules


MARKED = AMOUNT.replace(
    "value: cost_lines.amount_original", "value: {to: cost_lines.amount_original, sign: {debit: [DR], credit: [CR]}}"
)


def test_marks_beside_the_amount(look: Look) -> None:
    written = {
        "A1": "7.00 DR",
        "A2": '"1,003.00CR"',
        "A3": "CR 2.00",
        "A4": "5.00",
        "A5": "6.00 XR",
        "A6": "CRC 8.00 DR",
    }
    lines = [f"D{number},05/03/2026,Ace,{number}.00 dr,EUR" for number in range(1, 101)]
    looked = look([*lines, *(f"{key},05/03/2026,Ace,{text},EUR" for key, text in written.items())], amount=MARKED)
    assert [looked.lines[key] for key in written] == [Decimal(7), Decimal(-1003), Decimal(-2), None, None, Decimal(8)]
    assert looked.aside["cost_lines.amount_original.has_sign"] == ["A4"]
    assert looked.aside["cost_lines.amount_original.parsed"] == ["A5"]


def test_minus_before_or_after_and_brackets_are_credits_without_a_word(look: Look) -> None:
    looked = look([*GOOD, "A1,05/03/2026,Ace,-1.00,EUR", "A2,05/03/2026,Ace,2.00-,EUR", "A3,05/03/2026,Ace,(3.00),EUR"])
    assert [looked.lines[key] for key in ("A1", "A2", "A3")] == [Decimal(-1), Decimal(-2), Decimal(-3)]
    assert looked.rules == {}
