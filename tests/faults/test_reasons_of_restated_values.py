"""Which files, or what else, a run names where it tells a closed month otherwise; and what is only open again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from closed_months import (
    APRIL,
    COLUMNS,
    FEBRUARY,
    MARCH,
    MAY,
    RESOLVED,
    ignore_files,
    land_beside,
    land_tickets,
    months_told_otherwise,
    resolved_tickets,
    ticket,
    write_home_of_tickets,
)
from demo_homes import DemoHome
from plain_exports import write_export, write_plain_home

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> DemoHome:
    found = write_home_of_tickets(tmp_path_factory.mktemp("home") / "home")
    land_tickets(found, resolved_tickets())
    return found


def test_an_earlier_version_of_a_file_that_comes_back_is_named(home: DemoHome) -> None:
    """Its load is old, and another file came in the same run; both are named, and what each of them did."""
    first, second = [ticket("A", "2026-03-12")], [ticket("A", "2026-03-12"), ticket("B", "2026-03-13")]
    for rows in (first, second):
        land_beside(home, "more.csv", rows)
        home.measure()
    assert months_told_otherwise(home) == [(MARCH, 11.0, 12.0, "files_replaced", None, "more.csv", None)]

    land_beside(home, "more.csv", first)
    land_beside(home, "other.csv", [ticket("C", "2026-05-11")])
    home.measure()
    (_, told) = months_told_otherwise(home)
    assert told == (MARCH, 12.0, 11.0, "files_came, files_replaced", "other.csv", "more.csv", None)


def test_a_file_that_the_contract_leaves_out_or_takes_in_again_is_named(home: DemoHome) -> None:
    land_beside(home, "more.csv", [ticket("A", "2026-03-12")])
    home.measure()
    ignore_files(home, "more.csv")
    home.measure()
    assert months_told_otherwise(home) == [(MARCH, 11.0, 10.0, "files_went, rules", None, None, "more.csv")]
    ignore_files(home)
    home.measure()
    (_, told) = months_told_otherwise(home)
    assert told == (MARCH, 10.0, 11.0, "files_came, rules", "more.csv", None, None)


def test_an_edition_of_a_log_that_no_longer_counts_is_named(home: DemoHome) -> None:
    """What a file says under its old name adds, until the contract says that it replaces."""
    log = ("ticket_id", "created_at", "status", "occurred_at")

    def events(number: int, day: str) -> list[dict[str, str]]:
        of = {"ticket_id": f"E{number}", "created_at": "2026-02-02 09:00:00"}
        return [
            {**of, "occurred_at": "2026-02-02 09:00:00", "status": "New"},
            {**of, "occurred_at": f"2026-03-{day} 09:00:00", "status": "Closed"},
        ]

    def land(rows: list[dict[str, str]], settings: str = "") -> None:
        fed = {"tickets": log[:2], "ticket_events": ("ticket_id", "status", "occurred_at")}
        write_export(home.folder, "log", fed, rows, source="plain", shape="event_log", settings=settings)

    land(events(1, "11"))
    home.measure()
    land(events(2, "12"))
    home.measure()
    assert months_told_otherwise(home) == [(MARCH, 11.0, 12.0, "files_came", "rows.csv", None, None)]
    land(events(2, "12"), settings="      - {property: sameName, value: replaces}\n")
    home.measure()
    (_, told) = months_told_otherwise(home)
    assert told == (MARCH, 12.0, 11.0, "files_went, rules", None, None, "rows.csv")


def test_a_file_that_is_only_read_in_another_way_is_not_named(home: DemoHome) -> None:
    """It lands anew, with the content that it had: the contract is what is other."""
    file, contract = home.landing / "desk" / "rows.csv", home.home.contracts / "desk.yaml"
    header, *rows = file.read_text(encoding="utf-8").splitlines()
    told = [f"{row},{'Withdrawn' if row.startswith('T25,') else 'Closed'}" for row in rows]
    file.write_text("\n".join([f"{header},outcome", *told]) + "\n", encoding="utf-8")
    policy = home.home.policies / "statuses.yaml"
    policy.write_text(
        policy.read_text(encoding="utf-8").replace("Closed:", "Withdrawn: cancelled, Closed:", 1), "utf-8"
    )
    home.measure()
    text = contract.read_text(encoding="utf-8")
    assert text.count("- name: status\n") == 1
    contract.write_text(text.replace("- name: status\n", "- name: status\n        physicalName: outcome\n"), "utf-8")
    home.measure()
    ((count,),) = home.warehouse("SELECT count(*) FROM ops.ops_loads WHERE export = 'desk'")
    assert count == 2
    assert months_told_otherwise(home) == [(FEBRUARY, 10.0, 9.0, "rules", None, None, None)]


def test_files_of_a_contract_that_was_taken_away_are_named(home: DemoHome) -> None:
    write_export(home.folder, "second", {"tickets": COLUMNS}, [ticket("A", "2026-03-12")], shape="snapshot")
    home.measure()
    (home.home.contracts / "second.yaml").unlink()
    home.measure()
    assert months_told_otherwise(home) == [(MARCH, 11.0, 10.0, "files_went, rules", None, None, "rows.csv")]


def test_files_that_came_while_a_kpi_was_held_are_named_when_it_is_released(home: DemoHome) -> None:
    """Runs in between measured other KPIs, and knew the file."""
    home.measure()
    more = [ticket("A", "2026-03-12"), *(ticket(f"M{number}", "2026-05-10") for number in range(20))]
    land_beside(home, "more.csv", [{**row, "status": "Shelved"} for row in more])
    home.measure()
    ((is_held,),) = home.warehouse("SELECT is_held FROM ops.ops_metric_states WHERE metric = ?", [RESOLVED])
    assert is_held
    home.measure()
    assert months_told_otherwise(home) == []
    policy = home.home.policies / "statuses.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("Closed:", "Shelved: done, Closed:", 1), "utf-8")
    home.measure()
    assert months_told_otherwise(home) == [(MARCH, 10.0, 11.0, "files_came, rules", "more.csv", None, None)]


def test_a_month_that_is_only_open_again_is_not_told_otherwise(home: DemoHome) -> None:
    """Without the file of June, May is not over; what was told of it holds until it is told as closed again."""
    land_beside(home, "june.csv", [ticket("J", "2026-06-02")])
    home.measure()
    ignore_files(home, "june.csv")
    home.measure()
    assert months_told_otherwise(home) == []
    ignore_files(home)
    home.measure()
    assert months_told_otherwise(home) == []

    # While it is open it gets another value, which nobody told as that of the month.
    ignore_files(home, "june.csv")
    home.measure()
    land_beside(home, "late.csv", [ticket("L", "2026-05-10")])
    home.measure()
    assert months_told_otherwise(home) == []
    ignore_files(home)
    home.measure()
    assert months_told_otherwise(home) == [(MAY, 10.0, 11.0, "files_came", "late.csv", None, None)]


def test_what_only_a_chosen_day_closed_is_not_held_against_the_month(home: DemoHome) -> None:
    """Somebody looked at May before it was over, and in the end it has another value."""
    home.run(as_of=datetime(2026, 6, 1, tzinfo=UTC))
    ((is_closed,),) = home.warehouse(
        """
        SELECT is_period_closed FROM mart.metric_values
        WHERE metric = ? AND period_grain = 'month' AND dimension = 'overall' AND period_start_date = ?
        """,
        [RESOLVED, MAY],
    )
    assert is_closed
    home.measure()
    land_beside(home, "june.csv", [ticket("L", "2026-05-20"), ticket("J", "2026-06-02")])
    home.measure()
    assert months_told_otherwise(home) == []


def test_months_that_the_data_do_not_reach_any_more_are_open(home: DemoHome) -> None:
    rows = resolved_tickets()
    land_tickets(home, rows[:30])
    land_beside(home, "later.csv", rows[30:])
    home.measure()
    # Of April and May nothing is told at all, and March is not over.
    ignore_files(home, "later.csv")
    home.measure()
    assert months_told_otherwise(home) == []
    # What is told of them again is held against what was told then.
    ignore_files(home)
    land_beside(home, "later.csv", rows[31:])
    home.measure()
    assert months_told_otherwise(home) == [(APRIL, 10.0, 9.0, "files_replaced", None, "later.csv", None)]


def test_a_month_that_has_no_value_although_it_is_over_is_told(home: DemoHome) -> None:
    """Work in progress of April: of a ticket that is not in a later snapshot any more nobody knows whether it is."""
    rows = resolved_tickets()
    home.measure()
    rows[25]["resolved_at"] = "2026-05-11 10:00:00"
    land_tickets(home, rows)
    home.measure()
    (*_, told) = months_told_otherwise(home, "ticket_work_in_progress_count")
    assert told == (APRIL, 0.0, None, "files_replaced", None, "rows.csv", None)


def test_what_is_measured_by_no_metric_any_more_stops_no_run(home: DemoHome) -> None:
    """As after an upgrade to a version in which a KPI is called otherwise."""
    import duckdb

    home.measure()
    with duckdb.connect(str(home.home.warehouse)) as connection:
        connection.execute("ALTER TABLE mart.metric_values ALTER metric SET DATA TYPE VARCHAR")
        connection.execute("UPDATE mart.metric_values SET metric = 'an_old_name' WHERE metric = ?", [RESOLVED])
    land_beside(home, "more.csv", [ticket("A", "2026-03-12")])
    home.measure()
    assert months_told_otherwise(home, "an_old_name") == []


LEDGER = ("cost_line_id", "posting_date", "amount_original", "currency_code")
RATES = ("rate_date", "base_currency_code", "quote_currency_code", "fx_rate")


def _land_lines(home: DemoHome, name: str, lines: list[tuple[str, date, str]]) -> None:
    """A file of the ledger, in dollars."""
    text = "".join(f"{key},{day},{amount},USD\n" for key, day, amount in lines)
    (home.landing / "books" / name).write_text(",".join(LEDGER) + "\n" + text, encoding="utf-8")


def _land_rate(home: DemoHome, day: date) -> None:
    text = f"{day},USD,EUR,0.5\n"
    (home.landing / "fx" / f"fx_{day}.csv").write_text(",".join(RATES) + "\n" + text, encoding="utf-8")


def test_a_corrected_ledger_stands_before_daily_rates_of_later_days(tmp_path: Path) -> None:
    home = DemoHome(write_plain_home(tmp_path / "home")).publish_to("duckdb")
    write_export(home.folder, "books", {"cost_lines": LEDGER}, [], domain="finance", source="books")
    write_export(home.folder, "fx", {"fx_rates": RATES}, [], domain="finance", source="bank")
    for export in ("books", "fx"):
        (home.landing / export / "rows.csv").unlink()
    for month in (1, 2, 3, 4):
        days = [date(2026, month, number) for number in range(1, 21)]
        _land_lines(home, f"ledger_{month}.csv", [(f"L{month}-{day.day}", day, "100.00") for day in days])
        for number in range(1, 21):
            _land_rate(home, date(2026, month, number))
    home.measure()
    # In May, with a month of lines and sixteen days of rates, somebody posts into March, and corrects February.
    may = [date(2026, 5, number) for number in range(1, 17)]
    _land_lines(home, "ledger_5.csv", [(f"L5-{day.day}", day, "100.00") for day in may])
    _land_lines(home, "missing_lines.csv", [("LX", date(2026, 3, 20), "50.00")])
    _land_lines(home, "ledger_2.csv", [(f"L2-{number}", date(2026, 2, number), "101.00") for number in range(1, 21)])
    for day in may:
        _land_rate(home, day)
    home.measure()
    assert months_told_otherwise(home, "cost_total_reporting") == [
        (
            *(FEBRUARY, 1000.0, 1010.0, "files_came, files_replaced"),
            # Nothing came that lies in February or before.
            *(_all_that_came(), "ledger_2.csv", None),
        ),
        (MARCH, 1000.0, 1025.0, "files_came, files_replaced", "missing_lines.csv and 17 more", "ledger_2.csv", None),
    ]


def _all_that_came() -> str:
    """Eighteen files that all hold only what is later: none is likelier than another, but rates are told last."""
    return ", ".join(["ledger_5.csv", "missing_lines.csv", *(f"fx_2026-05-{day:02}.csv" for day in range(1, 17))])
