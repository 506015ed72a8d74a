"""Ledgers and invoices in which day and month are swapped though all dates can be read: found, told and set aside."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner
from demo_homes import DemoHome
from plain_exports import write_export, write_plain_home

from models.vocabulary import Domain
from pipelines.broken_rules.swapped_lines import RULES
from pipelines.cli.main import kpi
from pipelines.gate.ingest import Batch, ingest_domain
from pipelines.session import SilentReporter, open_session

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

DAY_FIRST, MONTH_FIRST = "%d.%m.%Y", "%m.%d.%Y"
#: Table, its column of dates, and what else a line has.
TABLES: Final = {
    Domain.FINANCE: ("cost_lines", "posting_date", ("account", "vendor")),
    Domain.VENDORS: ("vendor_invoice_lines", "invoice_date", ("invoice_id", "vendor")),
}
Line = dict[str, str]


def _line(domain: Domain, day: date, number: int, form: str = DAY_FIRST, amount: str | None = None) -> Line:
    _, column, others = TABLES[domain]
    told = {"account": f"64{number % 7:02}", "invoice_id": f"R{day:%y%m%d}-{number}", "vendor": f"Ace {number % 5}"}
    return {
        **{name: told[name] for name in others},
        column: day.strftime(form),
        "amount_original": amount or f"{17 * number % 997 + 10}.50",
        "currency_code": "EUR",
    }


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _month(domain: Domain, month: int, form: str = DAY_FIRST, *, days: Iterable[int] = range(1, 28)) -> list[Line]:
    """Four lines of each of some days of a month of 2026."""
    return [
        _line(domain, _day(f"2026-{month:02}-{day:02}"), 31 * month + 4 * day + number, form)
        for day in days
        for number in range(4)
    ]


def _land(home: Path, name: str, lines: list[Line]) -> None:
    with (home / "landing" / "books" / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)


def _write(home: Path, domain: Domain, files: dict[str, list[Line]], *, form: str = DAY_FIRST, more: str = "") -> None:
    table, column, others = TABLES[domain]
    fed = {table: (*others, column, "amount_original", "currency_code")}
    write_export(home, "books", fed, [], domain=domain.value, settings=more)
    contract = home / "contracts" / "books.yaml"
    contract.write_text(contract.read_text(encoding="utf-8").replace("%Y-%m-%d", form), encoding="utf-8")
    (home / "landing" / "books" / "rows.csv").unlink()
    for name, lines in files.items():
        _land(home, name, lines)


def _ingest(home: Path, domain: Domain) -> Batch:
    with open_session(DemoHome(home).project(), reporter=SilentReporter()) as session:
        return ingest_domain(session, domain)


def _told(batch: Batch) -> str | None:
    """What is said of such files; None where there is none."""
    (result,) = [result for result in batch.results if result.rule.id in RULES]
    return result.rule.message if result.failed_count else None


def _run(home: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(
        CliRunner().invoke(kpi, ["run", "--json", "--home", str(home)], catch_exceptions=False).stdout
    )
    return told


def _history(domain: Domain, form: str = DAY_FIRST, *, until: int = 5) -> dict[str, list[Line]]:
    return {f"books_2026-{month:02}.csv": _month(domain, month, form) for month in range(1, until + 1)}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_plain_home(tmp_path / "home")


@pytest.mark.parametrize("domain", TABLES)
@pytest.mark.parametrize(("wanted", "written"), [(DAY_FIRST, MONTH_FIRST), (MONTH_FIRST, DAY_FIRST)])
def test_a_file_with_day_and_month_swapped_is_set_aside_told_and_put_right_under_its_name(
    domain: Domain, wanted: str, written: str, home: Path
) -> None:
    june = _month(domain, 6, written, days=(1, 2, 3, 4, 5))
    _write(home, domain, {**_history(domain, wanted), "books_2026-06.csv": june}, form=wanted)
    message = _told(_ingest(home, domain))
    assert message is not None
    column = TABLES[domain][1]
    assert (
        f"In landing/books/books_2026-06.csv '{column}' dates all 20 lines, as they are read, to day 6 of 5 months, "
        "from 6 January 2026 to 6 May 2026; with day and month the other way round they are of 1 June 2026 to 5 June "
        "2026, which agrees with its name. Land it anew under the same name, with dates as the contract reads them "
        f"({wanted})."
    ) in message
    demo = DemoHome(home)
    query = """
        SELECT count(DISTINCT record_id), min(file_name), max(file_name)
        FROM ops.ops_quarantined_records WHERE list_contains($1, rule_id)
    """
    assert demo.warehouse(query, [list(RULES)]) == [(20, "books_2026-06.csv", "books_2026-06.csv")]

    _land(home, "books_2026-06.csv", _month(domain, 6, wanted, days=(1, 2, 3, 4, 5)))
    assert _told(_ingest(home, domain)) is None
    assert demo.warehouse("SELECT count(*) FROM ops.ops_quarantined_records") == [(0,)]


@pytest.mark.parametrize("domain", TABLES)
def test_a_few_lines_are_told_of_while_kpis_go_on_without_them(domain: Domain, home: Path) -> None:
    """Four in five hundred and forty hold nothing; neither closed months nor the clock follow them."""
    clock = f"SELECT max({TABLES[domain][1]}) FROM core.fct_{TABLES[domain][0]} WHERE NOT is_quarantined"
    few = [_line(domain, _day(f"2026-06-0{day}"), day, MONTH_FIRST) for day in (3, 4, 5, 8)]
    _write(home, domain, _history(domain))
    _run(home)
    demo = DemoHome(home)
    before = demo.warehouse(clock)
    name = {Domain.FINANCE: "cost_total_reporting", Domain.VENDORS: "vendor_billed_reporting"}[domain]
    published = f"""
        SELECT period_start_date, value FROM mart.metric_values
        WHERE metric = '{name}' AND period_grain = 'month' AND dimension = 'overall' AND value IS NOT NULL
        ORDER BY ALL
    """
    values = demo.warehouse(published)
    assert len(values) > 3

    _land(home, "books_2026-06.csv", few)
    for _ in range(2):
        told = _run(home)
        (note,) = [each for each in told["notices"] if each["code"] == "swapped_dates"]
        assert "to day 6 of 4 months, from 6 March 2026 to 6 August 2026" in note["message"]
        assert told["held"] == []
        assert demo.warehouse(clock) == before
        assert demo.warehouse(published) == values

    contract = home / "contracts" / "books.yaml"
    shape = "      - {property: shape, value: lines}\n"
    says = '      - {property: datesAreRight, value: ["books_2026-06.csv"]}\n'
    contract.write_text(contract.read_text(encoding="utf-8").replace(shape, shape + says), encoding="utf-8")
    assert [each for each in _run(home)["notices"] if each["code"] == "swapped_dates"] == []
    assert demo.warehouse(clock) == [(date(2026, 8, 6),)]


@pytest.mark.parametrize("domain", TABLES)
def test_what_is_booked_on_one_day_of_each_month_is_right(domain: Domain, home: Path) -> None:
    """Rents of the year in one file, whose name tells the very month that their day is the number of."""
    rents = [
        {
            **_line(domain, _day(f"2026-{month:02}-06"), number, amount=f"{100 * number + 700}.00"),
            "vendor": f"Owner {number}",
        }
        for month in range(1, 13)
        for number in range(3)
    ]
    _write(home, domain, {**_history(domain), "books_2026-06.csv": rents})
    assert _told(_ingest(home, domain)) is None
    # The same with amounts that nobody pays each month, so that the rule is what let them pass.
    odd = [{**line, "amount_original": f"{7 ** (1 + number % 5)}.00"} for number, line in enumerate(rents)]
    _land(home, "books_2026-06.csv", odd)
    assert _told(_ingest(home, domain)) is not None


def test_a_file_of_one_day_is_known_by_its_name(home: Path) -> None:
    days = [_day(f"2026-02-{day:02}") for day in range(2, 27)]
    lines = {f"books_{day}.csv": [_line(Domain.FINANCE, day, number) for number in range(6)] for day in days}
    third = [_line(Domain.FINANCE, _day("2026-03-05"), number, MONTH_FIRST) for number in range(6)]
    _write(home, Domain.FINANCE, {**lines, "books_2026-03-05.csv": third})
    message = _told(_ingest(home, Domain.FINANCE))
    assert message is not None
    assert (
        "dates all 6 lines, as they are read, to 3 May 2026; with day and month the other way round they are of 5 "
        "March 2026, which agrees with its name."
    ) in message


def test_dates_that_can_be_read_in_one_way_only_are_not_doubted(home: Path) -> None:
    wrong = [_line(Domain.FINANCE, _day(f"2026-0{month}-06"), month * number, "%Y-%m-%d") for month in (1, 2, 3, 4)
             for number in range(6)]  # fmt: skip
    _write(home, Domain.FINANCE, {**_history(Domain.FINANCE, "%Y-%m-%d"), "books_2026-06.csv": wrong}, form="%Y-%m-%d")
    assert _told(_ingest(home, Domain.FINANCE)) is None


def test_of_many_such_files_some_are_named(home: Path) -> None:
    swapped = {
        f"books_2026-{month:02}.csv": _month(Domain.FINANCE, month, MONTH_FIRST, days=(1, 2, 3))
        for month in range(6, 10)
    }
    _write(home, Domain.FINANCE, {**_history(Domain.FINANCE), **swapped})
    message = _told(_ingest(home, Domain.FINANCE))
    assert message is not None
    assert "So it is in 1 more file." in message
    assert "Land them anew under the same names" in message
