"""Exports of invoices that tell of all lines again each month: drafted so that they replace, or told what to write."""

from __future__ import annotations

import csv
import json
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from plain_exports import write_plain_home

from pipelines.cli.main import kpi

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

HEADER = ("line_no", "invoice_no", "vendor", "invoice_date", "item", "quantity", "unit_price", "amount", "currency")
#: Lines of invoices of three lines each, numbered through, as ledgers of payables number them.
LINES = [
    (
        n,
        f"A{n // 3}",
        "Orbit" if n < 30 else "Kestrel",
        f"2026-{1 + n // 6:02d}-{1 + n % 6:02d}",
        "Line",
        1,
        n,
        n,
        "EUR",
    )
    for n in range(1, 50)
]
KEY = "vendor_invoice_lines.vendor_invoice_line_id"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = write_plain_home(tmp_path / "home")
    for number, (name, count) in enumerate({"invoices_09.csv": 40, "invoices_10.csv": 49}.items()):
        path = home / "landing" / "invoices" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEADER, *LINES[:count]])
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
    return home


def draft(home: Path) -> Path:
    contract, first = home / "contracts" / "invoices.yaml", home / "landing" / "invoices" / "invoices_09.csv"
    result = CliRunner().invoke(kpi, ["contract", "infer", str(first), "-o", str(contract)])
    assert result.exit_code == 0, result.output
    contract.write_text(contract.read_text(encoding="utf-8").replace("status: draft", "status: active"), "utf-8")
    return contract


def broken(home: Path) -> dict[str, str]:
    """Rules that hold, with what is told of them."""
    result = CliRunner().invoke(kpi, ["check", "--home", str(home), "--json"])
    rules = json.loads(result.stdout)["rules"]
    return {each["rule"]: each["message"] for each in rules if each["state"] == "failed" and each["action"] == "block"}


def test_what_is_drafted_from_one_export_lets_the_next_replace_it(home: Path) -> None:
    draft(home)
    assert broken(home) == {}


def test_without_a_key_the_message_says_what_to_write_and_that_helps(home: Path) -> None:
    contract = draft(home)
    text = contract.read_text(encoding="utf-8")
    # As a draft was before it looked for such a key.
    text = text.replace(f", {KEY}]", "]").replace(f"          - {{property: feeds, value: {KEY}}}\n", "")
    text = re.sub(
        r"(      - name: line_no\n(?:        #.*\n)*        logicalType: string\n)"
        r"        customProperties:\n(?:          #.*\n)*",
        r"\1        required: true\n        unique: true\n",
        text,
    )
    assert KEY not in re.sub("#.*", "", text)
    contract.write_text(text, encoding="utf-8")
    message = broken(home)["raw_invoices__invoices.line_no.stands_once"]
    written = re.findall(r"(- \{property: feeds, value: \S.*?\}) for '(\w+)'", message)
    assert [name for _, name in written] == ["line_no", "invoice_no", "vendor"]
    for line, name in written:
        start = text.index(f"      - name: {name}\n")
        end = text.find("      - name: ", start + 1)
        block = re.sub(r" +- \{property: feeds, .*\n", "", text[start:end])
        block += "" if "customProperties:" in block else "        customProperties:\n"
        text = f"{text[:start]}{block}          {line}\n{text[end:]}"
    contract.write_text(text, encoding="utf-8")
    assert broken(home) == {}


def test_files_that_overlap_whole_are_told_of_the_key_too(home: Path) -> None:
    contract = draft(home)
    text = contract.read_text(encoding="utf-8")
    # The number of the line feeds something else.
    text = text.replace(f", {KEY}]", "]").replace(f"value: {KEY}}}", "value: vendor_invoice_lines.purchase_order_id}")
    contract.write_text(text, encoding="utf-8")
    message = broken(home)["vendor_invoice_lines.files.not_overlapping"]
    assert 'ignoreFiles, value: ["invoices_09.csv"]' in message
    assert (
        "If every export tells of all lines again, let in contracts/invoices.yaml the columns that name a line feed "
        "its key, so that the later file replaces it." in message
    )
