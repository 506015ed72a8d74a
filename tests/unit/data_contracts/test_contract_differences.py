"""What two versions of a contract say differently: each kind of change and whom it breaks."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.comparing.contracts import accepts_all_of, compare_exports, compare_warehouses
from data_contracts.comparing.difference import Difference
from data_contracts.loader import (
    load_export_contract,
    load_warehouse_contract,
    packaged_templates,
    packaged_warehouse_contracts,
)
from data_contracts.spec import ExportContract

SPEND = """\
apiVersion: v3.2.0
kind: DataContract
id: spend
name: Spend
version: 1.0.0
status: active
domain: finance
servers:
  - {server: landing, type: local, path: "*.csv", format: csv, encoding: utf-8}
schema:
  - name: lines
    logicalType: object
    dataGranularityDescription: one row per line
    customProperties:
      - {property: shape, value: lines}
      - {property: constants, value: {cost_lines.currency_code: EUR}}
      - {property: ignoreRows, value: [{column: supplier, matches: "^total"}]}
    properties:
      - name: line
        physicalName: Line No
        synonyms: [{synonym: Line}, {synonym: No}]
        logicalType: string
        required: true
        unique: true
        description: Number of the line.
        customProperties: [{property: feeds, value: cost_lines.cost_line_id}]
      - name: paid_on
        logicalType: date
        description: Day.
        customProperties:
          - {property: formats, value: ["%d.%m.%Y"]}
          - {property: feeds, value: cost_lines.posting_date}
      - name: supplier
        logicalType: string
        customProperties: [{property: feeds, value: cost_lines.vendor}]
        quality:
        - name: lines.supplier.known
          description: The supplier is not one of ours.
          dimension: conformity
          metric: invalidValues
          arguments: {validValues: [Acme, Globex]}
          mustBe: 0
          customProperties:
            - {property: action, value: block}
            - {property: protects, value: [cost_*]}
        - name: lines.supplier.present
          description: No supplier.
          dimension: completeness
          metric: nullValues
          mustBe: 0
          customProperties:
            - {property: action, value: warn}
            - {property: tolerance, value: 0.01}
      - name: amount
        logicalType: integer
        customProperties: [{property: feeds, value: cost_lines.amount_original}]
      - name: remark
        logicalType: string
    quality:
      - name: lines.rows.present
        description: Too few rows.
        dimension: completeness
        metric: rowCount
        mustBeGreaterOrEqualTo: 5
        customProperties:
          - {property: action, value: block}
customProperties:
  - {property: source, value: books}
  - {property: timeZone, value: Europe/Amsterdam}
  - {property: nullTokens, value: ["n/a"]}
"""


def load(text: str) -> ExportContract:
    return load_export_contract(text, "contracts/spend.yaml", {})


def changed(old: str, new: str) -> dict[str, Difference]:
    """Kind -> difference of the contract with one text in the place of another."""
    assert SPEND.count(old) == 1, f"{SPEND.count(old)} times: {old}"
    found = compare_exports(load(SPEND), load(SPEND.replace(old, new)))
    assert len({difference.kind for difference in found}) == len(found)
    return {difference.kind: difference for difference in found}


FILES, NUMBERS, BOTH, NOBODY = "files", "numbers", "files numbers", ""
REMARK = "      - name: remark\n        logicalType: string\n"

#: What is written instead of what -> every kind of change that it is, and whom each breaks.
CHANGES: dict[str, tuple[str, str, dict[str, str]]] = {
    "removed": (REMARK, "", {"column_removed": NUMBERS}),
    "added": (REMARK, REMARK + "      - name: more\n        logicalType: string\n", {"column_added": NOBODY}),
    "added and required": (
        REMARK,
        REMARK + "      - {name: more, logicalType: string, required: true}\n",
        {"column_added": FILES},
    ),
    "renamed": ("name: paid_on", "name: paid_at\n        physicalName: paid_on", {"column_renamed": NUMBERS}),
    "renamed with its header": ("name: paid_on", "name: paid_at", {"column_renamed": NUMBERS, "header_renamed": FILES}),
    "another header": ("physicalName: Line No", "physicalName: Line Number", {"header_renamed": FILES}),
    "another header, the old a synonym": (
        "physicalName: Line No\n        synonyms: [{synonym: Line}, {synonym: No}]",
        "physicalName: Line Number\n        synonyms: [{synonym: Line No}, {synonym: Line}, {synonym: No}]",
        {"header_renamed": NOBODY},
    ),
    "synonym removed": ("[{synonym: Line}, {synonym: No}]", "[{synonym: Line}]", {"synonym_removed": FILES}),
    "synonym added": ("{synonym: No}]", "{synonym: No}, {synonym: Nr}]", {"synonym_added": NOBODY}),
    "widened": ("logicalType: integer", "logicalType: number", {"column_retyped": NOBODY}),
    "retyped": (REMARK, REMARK.replace("string", "boolean"), {"column_retyped": BOTH}),
    "made required": (REMARK, REMARK + "        required: true\n", {"column_required": FILES}),
    "made optional": ("        required: true\n", "", {"column_optional": NUMBERS}),
    "made not unique": ("        unique: true\n", "", {"column_unique": NUMBERS}),
    "another feed": ("value: cost_lines.vendor", "value: cost_lines.service", {"feeds_changed": NUMBERS}),
    "a feed more": (
        "value: cost_lines.vendor", "value: [cost_lines.vendor, cost_lines.service]", {"feeds_changed": NUMBERS},
    ),
    "another key": (
        REMARK,
        REMARK + "        customProperties: [{property: feeds, value: cost_lines.cost_line_id}]\n",
        {"key_changed": NUMBERS},
    ),
    "another format": ('["%d.%m.%Y"]', '["%m.%d.%Y"]', {"format_changed": BOTH}),
    "a format more": ('["%d.%m.%Y"]', '["%d.%m.%Y", "%Y-%m-%d"]', {"format_changed": NOBODY}),
    "a format before": ('["%d.%m.%Y"]', '["%m.%d.%Y", "%d.%m.%Y"]', {"format_changed": NUMBERS}),
    "another zone": ("Europe/Amsterdam", "Europe/London", {"time_zone_changed": NUMBERS}),
    "another source": ("value: books", "value: ledgers", {"source_changed": NUMBERS}),
    "another shape": ("value: lines}", "value: snapshot}", {"shape_changed": NUMBERS}),
    "another id": ("id: spend", "id: spending", {"id_changed": FILES}),
    "more words for nothing": ('["n/a"]', '["n/a", none]', {"null_tokens_changed": NUMBERS}),
    "another constant": ("currency_code: EUR", "currency_code: USD", {"constants_changed": NUMBERS}),
    "rows of one line": (
        "      - {property: ignoreRows", "      - {property: oneRowPer, value: line}\n      - {property: ignoreRows",
        {"cases_changed": NUMBERS},
    ),
    "a control total": (
        "      - {property: ignoreRows",
        (
            "      - {property: controlTotals, value: {of: amount, toldIn: remark, per: supplier}}\n"
            "      - {property: ignoreRows"
        ),
        {"control_totals_changed": NUMBERS},
    ),
    "another sign": (
        "value: cost_lines.amount_original", "value: {to: cost_lines.amount_original, sign: credit}",
        {"feeds_changed": NUMBERS},
    ),
    "texts replaced": (
        "value: cost_lines.vendor}", "value: cost_lines.vendor}, {property: replace, value: {Acme Ltd: Acme}}",
        {"replaced_texts_changed": NUMBERS},
    ),
    "other ignored rows": ("^total", "^sum", {"ignored_rows_changed": NUMBERS}),
    "more files": ('path: "*.csv"', 'path: "*.csv*"', {"files_changed": NOBODY}),
    "fewer files": ('path: "*.csv"', 'path: "a*.csv"', {"files_changed": FILES}),
    "another encoding": ("encoding: utf-8", "encoding: cp1252", {"encoding_changed": FILES}),
    "no encoding": (", encoding: utf-8", "", {"encoding_changed": NOBODY}),
    "another separator": (
        "  - {property: source", "  - {property: decimalSeparator, value: ','}\n  - {property: source",
        {"decimal_separator_changed": BOTH},
    ),
    "status": ("status: active", "status: deprecated", {"status_changed": NOBODY}),
    "other words": ("Number of the line.", "Number.", {"description_changed": NOBODY}),
    "rule tightened": ("value: warn", "value: block", {"rule_tightened": FILES}),
    "rule loosened": (
        "block}\n            - {property: prot", "warn}\n            - {property: prot", {"rule_loosened": NUMBERS},
    ),
    "threshold raised": ("OrEqualTo: 5", "OrEqualTo: 6", {"rule_tightened": FILES}),
    "threshold lowered": ("OrEqualTo: 5", "OrEqualTo: 4", {"rule_loosened": NUMBERS}),
    "another comparison": ("mustBeGreaterOrEqualTo: 5", "mustBeLessThan: 5", {"rule_changed": BOTH}),
    "tolerance lowered": ("value: 0.01", "value: 0.001", {"rule_tightened": FILES}),
    "tolerance raised": ("value: 0.01", "value: 0.1", {"rule_loosened": NUMBERS}),
    "needs something that is fed": (
        "value: 0.01}", "value: 0.01}\n            - {property: onlyWithFed, value: cost_lines.vendor}",
        {"rule_changed": BOTH},
    ),
    "more valid values": ("[Acme, Globex]", "[Acme, Globex, Initech]", {"rule_loosened": NUMBERS}),
    "fewer valid values": ("[Acme, Globex]", "[Acme]", {"rule_tightened": FILES}),
    "other valid values": ("[Acme, Globex]", "[Acme, Initech]", {"rule_changed": BOTH}),
    "protects less": ("[cost_*]", "[cost_total_reporting]", {"protects_changed": NUMBERS}),
    "protects all": ("            - {property: protects, value: [cost_*]}\n", "", {"protects_changed": NOBODY}),
    "another message": ("Too few rows.", "There are too few rows.", {"rule_reworded": NOBODY}),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_told_with_whom_it_breaks(name: str) -> None:
    old, new, expected = CHANGES[name]
    found = changed(old, new)
    assert {kind: " ".join(sorted(one.breaks)) for kind, one in found.items()} == expected


def test_files_whose_dates_are_called_right_are_a_change_of_numbers() -> None:
    templates = packaged_templates()
    log = load_export_contract(templates["zendesk_tickets"], "zendesk_tickets", templates)
    item = replace(log.objects[0], dates_are_right=("desk_2024-*.csv",))
    (difference,) = compare_exports(log, replace(log, objects=(item, *log.objects[1:])))
    assert (difference.kind, " ".join(sorted(difference.breaks))) == ("right_dates_changed", NUMBERS)
    assert "its files whose dates are right were" in difference.what


def test_a_rule_that_goes_or_comes() -> None:
    start, end = (
        SPEND.index("        - name: lines.supplier.known"),
        SPEND.index("        - name: lines.supplier.p"),
    )
    without = load(SPEND[:start] + SPEND[end:])
    (gone,) = compare_exports(load(SPEND), without)
    assert (gone.kind, sorted(gone.breaks), gone.protects) == ("rule_removed", ["numbers"], ("cost_*",))
    assert "The supplier is not one of ours." in gone.what
    (come,) = compare_exports(without, load(SPEND))
    assert (come.kind, sorted(come.breaks)) == ("rule_added", ["files"])


def test_a_change_names_the_canonical_columns_that_it_can_change() -> None:
    assert changed("value: cost_lines.vendor", "value: cost_lines.service")["feeds_changed"].feeds == (
        "cost_lines.vendor",
        "cost_lines.service",
    )
    assert changed("Europe/Amsterdam", "Europe/London")["time_zone_changed"].feeds == ("cost_lines.posting_date",)
    assert set(changed("value: books", "value: ledgers")["source_changed"].feeds) == {
        "cost_lines.cost_line_id", "cost_lines.posting_date", "cost_lines.vendor", "cost_lines.amount_original",
        "cost_lines.currency_code",
    }  # fmt: skip


def test_a_lost_header_comes_with_the_line_that_keeps_it() -> None:
    (found,) = changed("physicalName: Line No", "physicalName: Line Number").values()
    assert "synonyms: [{synonym: Line No}]" in found.what


@pytest.mark.parametrize("name", packaged_templates())
def test_a_template_is_equal_to_itself(name: str) -> None:
    contract = load_export_contract(packaged_templates()[name], name, packaged_templates())
    assert compare_exports(contract, contract) == ()


def test_warehouse_contracts_are_compared_by_their_rules() -> None:
    for domain, text in packaged_warehouse_contracts().items():
        contract = load_warehouse_contract(text, domain.value)
        assert compare_warehouses(contract, contract) == ()
        first = contract.rules[0]
        other = load_warehouse_contract(text.replace("value: block", "value: warn"), domain.value)
        loosened = compare_warehouses(contract, other)
        blocks = [rule.id for rule in contract.rules if rule.action == "block"]
        assert [difference.place for difference in loosened if difference.kind == "rule_loosened"] == blocks
        assert first.domain is domain


_PATTERNS = st.text(alphabet="ab*?.", min_size=1, max_size=6)


@given(_PATTERNS, _PATTERNS, st.lists(st.text(alphabet="ab*?.", max_size=6), min_size=30, max_size=30))
def test_a_wider_pattern_takes_every_name_of_the_narrower(new: str, old: str, names: list[str]) -> None:
    if accepts_all_of(new, old):
        for name in names:
            assert not fnmatchcase(name, old) or fnmatchcase(name, new)
