"""Rows of a case become one line, and lines are held against the totals that come with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.loader import load_export_contract
from data_contracts.spec import ExportContract, ExportObject
from pipelines.landing.loads import land_export
from pipelines.readers import Limits
from pipelines.staging.control_totals import compare_total
from pipelines.staging.parts import stage_parts
from pipelines.warehouse import Warehouse

Drop = Callable[[str, str], Path]

CASES = """
apiVersion: v3.2.0
kind: DataContract
id: claims
name: Claims
version: 1.0.0
status: active
domain: finance
servers: [{server: landing, type: local, path: "*.csv", format: csv}]
schema:
  - name: steps
    customProperties:
      - {property: shape, value: lines}
      - {property: constants, value: {cost_lines.currency_code: EUR}}
      - {property: oneRowPer, value: {columns: claim, onlyWith: {step: [Paid, Paid late]}}}
    properties:
      - name: claim
        logicalType: string
        customProperties: [{property: feeds, value: [cost_lines.cost_line_id, cost_lines.document_id]}]
      - {name: step, logicalType: string}
      - name: day
        logicalType: date
        customProperties:
          - property: feeds
            value:
              - {to: cost_lines.posting_date, when: {step: [Paid, Paid late]}, take: last}
              - {to: cost_lines.service_start_date, take: smallest}
              - {to: cost_lines.service_end_date, take: largest}
      - name: amount
        logicalType: number
        customProperties: [{property: feeds, value: cost_lines.amount_original}]
      - name: unit
        logicalType: string
        customProperties: [{property: feeds, value: {to: cost_lines.cost_centre, take: first}}]
customProperties: [{property: source, value: claims}]
"""


def stage(warehouse: Warehouse, folder: Path) -> tuple[dict[str, dict[str, Any]], list[tuple[Any, ...]]]:
    """Lines by key without source; value problems as (column, problem, key)."""
    contract: ExportContract = load_export_contract(CASES, "claims.yaml", {})
    with warehouse.transaction():
        land_export(warehouse, contract, folder, run_id="r1", limits=Limits())
    parts, _, _ = stage_parts(warehouse, [contract])
    (part,) = parts["stg_cost_lines"]
    lines = {row["cost_line_id"].removeprefix("claims:"): row for row in part.frame.iter_rows(named=True)}
    assert len(lines) == part.frame.height
    return lines, part.problems.select("canonical_column", "problem", "record_id").rows()


HEADER = "claim,step,day,amount,unit\n"


def test_an_amount_that_each_step_repeats_counts_once(warehouse: Warehouse, drop: Drop) -> None:
    folder = drop(
        "march.csv",
        HEADER + "A,Sent,2026-03-02,12.50,North\nB,Sent,2026-03-03,7.00,\nA,Paid,2026-03-09,12.50,South\n"
        "B,Paid,2026-03-04,,East\nB,Paid late,2026-03-05,7.00,\nC,Sent,2026-03-06,99.00,North\n",
    )
    lines, problems = stage(warehouse, folder)
    assert set(lines) == {"A", "B"}  # C is not paid yet
    assert problems == []
    assert [lines[key]["amount_original"] for key in "AB"] == [Decimal("12.5"), Decimal(7)]
    assert [lines[key]["posting_date"] for key in "AB"] == [date(2026, 3, 9), date(2026, 3, 5)]
    assert [lines[key]["cost_centre"] for key in "AB"] == ["North", "East"]
    assert (lines["A"]["service_start_date"], lines["A"]["service_end_date"]) == (date(2026, 3, 2), date(2026, 3, 9))
    assert lines["A"]["row_number"] == 2


def test_steps_that_disagree_leave_the_amount_open(warehouse: Warehouse, drop: Drop) -> None:
    folder = drop("march.csv", HEADER + "A,Sent,2026-03-02,12.50,\nA,Paid,2026-03-09,12.51,\nB,Paid,2026-03-09,1,\n")
    lines, problems = stage(warehouse, folder)
    assert (lines["A"]["amount_original"], lines["B"]["amount_original"]) == (None, Decimal(1))
    assert problems == [("cost_lines.amount_original", "differs_within_case", "claims:A")]


def test_a_later_file_goes_on_with_a_case_and_corrects_it(warehouse: Warehouse, drop: Drop) -> None:
    drop("2026-03.csv", HEADER + "A,Sent,2026-03-02,12.50,North\nB,Paid,2026-03-02,5.00,\n")
    folder = drop("2026-04.csv", HEADER + "A,Paid,2026-04-02,13.00,South\n")
    lines, problems = stage(warehouse, folder)
    assert problems == []
    assert lines["A"]["amount_original"] == Decimal(13)
    assert lines["A"]["cost_centre"] == "North"
    assert (lines["A"]["service_start_date"], lines["A"]["posting_date"]) == (date(2026, 3, 2), date(2026, 4, 2))
    assert lines["B"]["amount_original"] == Decimal(5)


def test_what_cannot_be_read_is_told_once_a_case_and_a_row_without_a_case_is_its_own(
    warehouse: Warehouse, drop: Drop
) -> None:
    folder = drop(
        "march.csv", HEADER + "A,Sent,2026-03-02,x,\nA,Paid,2026-03-09,y,\n,Paid,2026-03-09,3,\n,Paid,2026-03-09,4,\n"
    )
    lines = stage_frame(warehouse, folder)
    assert sorted(lines["amount_original"].drop_nulls()) == [Decimal(3), Decimal(4)]


def stage_frame(warehouse: Warehouse, folder: Path) -> pl.DataFrame:
    contract = load_export_contract(CASES, "claims.yaml", {})
    with warehouse.transaction():
        land_export(warehouse, contract, folder, run_id="r1", limits=Limits())
    parts, _, _ = stage_parts(warehouse, [contract])
    (part,) = parts["stg_cost_lines"]
    unreadable = part.problems.filter(pl.col("problem") == "unparsable")
    assert unreadable["record_id"].to_list() == ["claims:A"]
    return part.frame


TOTALLED = CASES.replace(
    "      - {property: oneRowPer, value: {columns: claim, onlyWith: {step: [Paid, Paid late]}}}\n",
    "      - {property: controlTotals, value: {of: amount, toldIn: total, per: unit}}\n",
).replace(
    "{name: step, logicalType: string}", "{name: step, logicalType: string}\n      - {name: total, logicalType: number}"
)
TOTALLED = (
    TOTALLED.replace(", take: last", "")
    .replace(", take: smallest", "")
    .replace(", take: largest", "")
    .replace(", take: first", "")
)


@pytest.fixture(scope="module")
def item() -> ExportObject:
    return load_export_contract(TOTALLED, "claims.yaml", {}).objects[0]


CENTS = st.integers(-(10**9), 10**9).map(lambda cents: Decimal(cents).scaleb(-2))
GROUPS = st.lists(st.lists(CENTS, min_size=1, max_size=6), min_size=1, max_size=6)


GATHERED: dict[str, pl.DataType | type[pl.DataType]] = {
    "load_id": pl.String,
    "group": pl.String,
    "amount": pl.Decimal(38, 4),
    "is_unreadable": pl.Boolean,
    "told": pl.Decimal(38, 4),
    "is_told_unreadable": pl.Boolean,
    "is_line": pl.Boolean,
    "record_id": pl.String,
}


def gathered(groups: list[list[Decimal]], told: list[Decimal]) -> pl.DataFrame:
    rows = [
        {
            "load_id": "a", "group": f"G{number}", "amount": amount, "is_unreadable": False, "told": told[number],
            "is_told_unreadable": False, "is_line": True, "record_id": f"{number}/{position}",
        }
        for number, amounts in enumerate(groups)
        for position, amount in enumerate(amounts)
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=GATHERED)
    return frame.with_row_index("row_number").with_columns(pl.col("row_number").cast(pl.Int64))


@settings(max_examples=60, deadline=None)
@given(groups=GROUPS)
def test_lines_that_come_to_their_totals_are_no_problem(item: ExportObject, groups: list[list[Decimal]]) -> None:
    records, problems = compare_total([gathered(groups, [sum(each) for each in groups])], item, item.control_totals[0])  # type: ignore[misc]
    assert problems.is_empty()
    assert records.rows(named=True)[0]["found_original"] == sum(sum(each) for each in groups)
    assert records["is_reconciled"].to_list() == [True]


@settings(max_examples=100, deadline=None)
@given(groups=GROUPS, data=st.data())
def test_a_changed_cent_a_lost_sign_and_a_dropped_line_set_their_group_aside(
    item: ExportObject, groups: list[list[Decimal]], data: st.DataObject
) -> None:
    told = [sum(each, Decimal(0)) for each in groups]
    number = data.draw(st.integers(0, len(groups) - 1))
    position = data.draw(st.integers(0, len(groups[number]) - 1))
    spoilt = [list(each) for each in groups]
    amount = spoilt[number][position]
    kind = data.draw(st.sampled_from(["cent", "sign", "line"]))
    if kind == "cent":
        spoilt[number][position] = amount + Decimal("0.01")
    elif kind == "sign":
        spoilt[number][position] = -amount
    else:
        del spoilt[number][position]
    records, problems = compare_total([gathered(spoilt, told)], item, item.control_totals[0])
    changed = sum(spoilt[number], Decimal(0)) - told[number]
    if not spoilt[number] or changed == 0:
        # Nobody can see a group that is gone altogether, or a line of nothing.
        assert problems.is_empty()
        return
    assert set(problems["record_id"]) == {f"{number}/{place}" for place in range(len(spoilt[number]))}
    (whole, off) = records.rows(named=True)
    assert (whole["differing_count"], whole["is_reconciled"]) == (1, False)
    assert (off["group_key"], off["difference_original"]) == (f"G{number}", changed)
    assert off["reason"] == "the lines do not come to the total"
