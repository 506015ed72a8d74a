"""Values that cannot be read are told with column, row and file; a text that could name somebody by its shape alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.broken_rules.unreadable_values import UnreadableValue, target_of
from pipelines.cli.main import kpi

CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: spend
name: Spend
version: 1.0.0
status: active
domain: finance
description: {purpose: Spend., usage: Save it.}
servers: [{server: landing, type: local, path: "*.csv", format: csv}]
schema:
  - name: lines
    logicalType: object
    physicalType: file
    dataGranularityDescription: one row per line
    customProperties:
      - {property: shape, value: lines}
      - {property: constants, value: {cost_lines.currency_code: EUR, cost_lines.vendor: Acme}}
    properties:
      - name: number
        logicalType: string
        description: Number of the line.
        customProperties: [{property: feeds, value: cost_lines.cost_line_id}]
      - name: paid_on
        logicalType: date
        description: Day of payment.
        customProperties:
          - {property: formats, value: ["%d-%b-%Y"]}
          - {property: feeds, value: cost_lines.posting_date}
      - name: amount
        logicalType: number
        description: Amount.
        customProperties: [{property: feeds, value: cost_lines.amount_original}]
customProperties:
  - {property: source, value: books}
  - {property: timeZone, value: UTC}
"""


@pytest.mark.parametrize(
    ("target", "text", "told"),
    [
        ("cost_lines.posting_date", "31-Feb-2011", "'31-Feb-2011' (there is no such day)"),
        ("cost_lines.posting_date", "2011.06.31", "'2011.06.31' (there is no such day)"),
        ("cost_lines.posting_date", "2011-13-31", "'2011-13-31'"),
        ("cost_lines.posting_date", "31 May 2011", "'31 May 2011'"),
        ("cost_lines.amount_original", "31", "'31'"),
        ("cost_lines.amount_original", "1.2.3", "'1.2.3'"),
        ("cost_lines.amount_original", "See DN-304", "a text such as 'AAA AA-999' (9 for a digit, A for letters)"),
        ("cost_lines.posting_date", "Marion Mayer", "a text such as 'AAA AAA' (9 for a digit, A for letters)"),
    ],
)
def test_how_it_is_written_is_told_and_nobody_is_named(target: str, text: str, told: str) -> None:
    value = UnreadableValue("spend", "a.csv", 4, "column", target, text)
    assert value.describe() == f"'column' in row 4 of landing/spend/a.csv says {told}"
    assert ("system that exports it" in value.remedy()) is ("no such day" in told)


def test_which_rules_such_values_break() -> None:
    assert target_of("cost_lines.posting_date.parsed") == "cost_lines.posting_date"
    assert target_of("vendor_contracts.values.parsed") == "vendor_contracts"
    assert target_of("cost_lines.vendor.known") is None


def test_check_and_quarantine_say_where_and_how_it_is_written(tmp_path: Path) -> None:
    def say(*arguments: str) -> str:
        return CliRunner().invoke(kpi, [*arguments, "--home", str(tmp_path / "home")]).output

    say("init", str(tmp_path / "home"))
    (tmp_path / "home" / "contracts" / "spend.yaml").write_text(CONTRACT, encoding="utf-8")
    folder = tmp_path / "home" / "landing" / "spend"
    folder.mkdir(parents=True)
    rows = [f"{n},{n % 28 + 1:02d}-Mar-2011,{n}.50" for n in range(1, 59)]
    rows += ["90,31-Feb-2011,1.00", "91,28-Feb-2011,See DN-304"]
    (folder / "a.csv").write_text("number,paid_on,amount\n" + "\n".join(rows) + "\n", encoding="utf-8")
    day = "'paid_on' in row 60 of landing/spend/a.csv says '31-Feb-2011' (there is no such day)"
    amount = "'amount' in row 61 of landing/spend/a.csv says a text such as 'AAA AA-999'"
    checked = " ".join(say("check").split())
    assert day in checked, checked
    assert amount in checked
    assert "Correct the date in the system that exports it, or in the file." in checked
    assert "say how in contracts/spend.yaml, at the column 'amount'" in checked
    assert "DN-304" not in checked
    say("run", "--quiet")
    listed = [line for line in say("quarantine", "list").splitlines() if "landing/spend/a.csv, row" in line]
    assert sorted((day in line, amount in line) for line in listed) == [(False, True), (True, False)], listed
