"""What a run says of rates, currencies and keys that cannot be used: the file, the row, the value and what to write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from plain_exports import write_export, write_plain_home

from pipelines.cli.main import kpi

pytestmark = pytest.mark.slow

RATES = ("rate_date", "base_currency_code", "quote_currency_code", "fx_rate")
LEDGER = ("cost_line_id", "posting_date", "amount_original", "currency_code")
DELIVERIES = ("delivery_id", "vendor", "promised_date", "delivered_date")


def _shown(home: Path) -> str:
    return " ".join(CliRunner().invoke(kpi, ["check", "--home", str(home)]).output.split())


def _run(home: Path) -> str:
    shown = " ".join(CliRunner().invoke(kpi, ["run", "--home", str(home)]).output.split())
    return f"{shown} {_shown(home)}"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_plain_home(tmp_path / "home")


def _rate(day: int, rate: str) -> dict[str, str]:
    return dict(zip(RATES, (f"2026-03-{day:02}", "USD", "EUR", rate), strict=True))


def test_a_rate_that_cannot_be_read_or_used_is_named(home: Path) -> None:
    rates = [_rate(1, "0.95"), _rate(2, "0;95"), _rate(3, "-0.9")]
    write_export(home, "rates", {"fx_rates": RATES}, rates, domain="finance")
    shown = _run(home)
    assert (
        "For example the rate of USD in EUR of 2026-03-02: 'fx_rate' in row 3 of landing/rates/rows.csv says '0;95'; "
        "the rate of USD in EUR of 2026-03-03 is -0.9 in row 4 of landing/rates/rows.csv."
    ) in shown
    assert "say how in contracts/rates.yaml, at the column 'fx_rate'" in shown


def test_a_word_for_a_currency_is_named_with_the_line_that_reads_it(home: Path) -> None:
    words = ["EUR"] * 30 + ["Euro", "Euro", "eur", "Anna Beispiel"]
    lines = [
        dict(zip(LEDGER, (f"L{number}", "2026-03-02", "10.00", word), strict=True)) for number, word in enumerate(words)
    ]
    write_export(home, "books", {"cost_lines": LEDGER}, lines, domain="finance")
    shown = _run(home)
    assert "'currency_code' says 'Euro' for 2 lines, the first in row 32 of landing/books/rows.csv" in shown
    # What may name a person is not told.
    assert "a text such as 'AAA AAA'" in shown
    assert "Beispiel" not in shown
    (line,) = set(re.findall(r"'currency_code': - (\{property: replace, value: \{.*?\}\})", shown))
    assert line == '{property: replace, value: {"Euro": EUR, "eur": EUR}}'
    contract = home / "contracts" / "books.yaml"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(
        text.replace(
            "{property: feeds, value: [cost_lines.currency_code]}",
            f"{{property: feeds, value: [cost_lines.currency_code]}}, {line}",
        ),
        encoding="utf-8",
    )
    assert "'Euro'" not in _run(home)


def test_a_key_that_stands_twice_in_a_file_is_named_with_its_rows(home: Path) -> None:
    rows = [
        dict(zip(DELIVERIES, (key, "Acme", "2026-03-10", "2026-03-09"), strict=True))
        for key in ("D1", "D2", "D1", "D3", "D1")
    ]
    write_export(home, "goods", {"deliveries": DELIVERIES}, rows, domain="vendors")
    shown = _run(home)
    assert "'plain:D1' stands in rows 2, 4 and 6 of landing/goods/rows.csv. Where one line was exported twice" in shown
    assert "- {property: feeds, value: deliveries.delivery_id}" in shown
