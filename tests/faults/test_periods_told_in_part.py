"""Ticket exports that begin within a month: the month is told as a part, and nobody compares it with a whole one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from demo_homes import DemoHome
from plain_exports import write_export, write_plain_home

from pipelines.cli.main import kpi
from pipelines.dashboard.numbers_shown import fade_partial
from pipelines.dashboard.snapshot import Answers, Snapshot
from pipelines.published.opening import open_published_file
from pipelines.report.asking import ask
from pipelines.report.headlines import headline_cards
from pipelines.report.reading import read_facts
from pipelines.report.sentences import summarize
from pipelines.report.signals import trend_points

pytestmark = pytest.mark.slow

STATUSES = "statuses:\n  plain: {New: queued, Work: active, Closed: done}\n"
WHY = "February 2016 is not complete for tickets: data begin on 29 February 2016, so no change is told"
CYCLE_TIME, RESOLVED = "ticket_cycle_time_p85_business_hours", "ticket_resolved_count"
FEBRUARY, MARCH = date(2016, 2, 1), date(2016, 3, 1)
Row = dict[str, str]


def log(first: str, last: date, *, per_day: int = 6, name: str = "INC") -> list[Row]:
    """Tickets of every day, each begun and resolved within minutes."""
    rows: list[Row] = []
    at, number = datetime.fromisoformat(first), 0
    while at.date() <= last:
        for nth in range(per_day):
            begun = at + timedelta(minutes=7 * nth)
            number += 1
            rows += [
                {
                    "ticket_id": f"{name}{number}",
                    "occurred_at": f"{begun + timedelta(minutes=minutes)}",
                    "status": status,
                }
                for minutes, status in ((0, "New"), (1, "Work"), (3, "Closed"))
            ]
        at += timedelta(days=1)
    return rows


def home_of(folder: Path, rows: Sequence[Row], *, zone: str = "UTC", reporting: str = "UTC") -> DemoHome:
    home = write_plain_home(folder, {"statuses.yaml": STATUSES})
    settings = home / "kpi.toml"
    said = settings.read_text(encoding="utf-8").replace('"UTC"', f'"{reporting}"')
    settings.write_text(said, encoding="utf-8")
    fed = {"ticket_events": ("ticket_id", "occurred_at", "status")}
    write_export(home, "events", fed, rows, shape="event_log", zone=zone)
    demo = DemoHome(home)
    assert not demo.run().failed
    return demo


def partial(demo: DemoHome, grain: str = "month") -> list[date]:
    query = """
        SELECT period_start_date FROM mart.partial_periods WHERE metric = ? AND period_grain = ? ORDER BY ALL
    """
    return [start for (start,) in demo.published(query, [RESOLVED, grain])]


@pytest.fixture(scope="module")
def leap_day(tmp_path_factory: pytest.TempPathFactory) -> DemoHome:
    """A log from 29 February 2016 01:23 on."""
    rows = log("2016-02-29 01:23", date(2016, 4, 20))
    return home_of(tmp_path_factory.mktemp("leap_day") / "home", rows)


def test_its_month_and_quarter_are_a_part_and_its_week_and_day_whole(leap_day: DemoHome) -> None:
    assert {grain: partial(leap_day, grain) for grain in ("day", "week", "month", "quarter")} == {
        "day": [], "week": [], "month": [FEBRUARY], "quarter": [date(2016, 1, 1)],
    }  # fmt: skip
    # What is there is true and stays.
    value = f"SELECT value FROM mart.metric_values WHERE metric = '{RESOLVED}' AND dimension = 'overall' AND "
    assert leap_day.published(f"{value} period_grain = 'month' AND period_start_date = '2016-02-01'") == [(6.0,)]
    for table in ("kpi_signals", "kpi_change_drivers"):
        told = f"SELECT min(period_start_date) FROM mart.{table} WHERE period_grain = 'month' AND metric = '{RESOLVED}'"
        assert leap_day.published(told) in ([(MARCH,)], [(None,)])


def test_commands_say_why_nothing_is_compared(leap_day: DemoHome) -> None:
    home = ["--home", str(leap_day.folder)]
    shown = " ".join(CliRunner().invoke(kpi, ["run", *home]).output.split())
    assert "not compared" in shown
    assert f"{WHY}." in shown
    assert "▲" not in shown
    metrics = " ".join(CliRunner().invoke(kpi, ["metrics", *home]).output.split())
    assert f"{WHY}." in metrics
    one = " ".join(CliRunner().invoke(kpi, ["metrics", RESOLVED, *home]).output.split())
    assert "only from 29 February 2016" in one
    (february, march) = json.loads(CliRunner().invoke(kpi, ["metrics", RESOLVED, *home, "--json"]).output)["months"]
    assert (february["told_from_date"], march["told_from_date"]) == ("2016-02-29", None)
    quarter = " ".join(CliRunner().invoke(kpi, ["metrics", RESOLVED, *home, "--by", "quarter"]).output.split())
    assert "Q1 2016" in quarter
    assert "only from 29 February 2016" in quarter


def test_report_and_dashboard_say_it_too(leap_day: DemoHome) -> None:
    facts = read_facts(leap_day.home.published_file)
    (card,) = (card for card in headline_cards(facts) if card.metric == CYCLE_TIME)
    assert (card.movement, card.late) == ("not compared with Feb 2016", f"{WHY}.")
    assert [point.start for point in trend_points(facts, CYCLE_TIME)] == [MARCH]
    (sentence,) = (told for told in summarize(facts) if told.startswith("Cycle time"))
    assert "before" not in sentence
    with open_published_file(leap_day.home.published_file) as connection:
        snapshot = Snapshot(connection, Answers())
        assert snapshot.not_compared(RESOLVED, "month", MARCH) == WHY
        assert snapshot.not_compared(RESOLVED, "week", date(2016, 3, 7)) == ""
        months = snapshot.ask(
            "SELECT * FROM mart.metric_values WHERE metric = $metric AND period_grain = 'month' "
            "AND dimension = 'overall' AND is_period_closed ORDER BY period_start_date",
            {"metric": RESOLVED},
        )
        assert fade_partial(snapshot, months)["is_period_closed"].to_list() == [False, True]


def test_a_report_of_the_part_itself_says_from_when_on(tmp_path: Path) -> None:
    demo = home_of(tmp_path / "home", log("2016-02-29 01:23", date(2016, 3, 10)))
    facts = read_facts(demo.home.published_file)
    assert any("in February 2016, only from 29 February 2016" in told for told in summarize(facts))
    shown = " ".join(CliRunner().invoke(kpi, ["run", "--home", str(demo.folder)]).output.split())
    assert "Feb 2016 only from 29 February 2016" in shown


def test_queries_tell_of_no_change(leap_day: DemoHome) -> None:
    with open_published_file(leap_day.home.published_file) as connection:
        numbers = {row["metric"]: row for row in ask(connection, "numbers_of_a_period").rows}
        row = numbers[RESOLVED]
        assert (row["value"], row["previous_value"], row["change"]) == (186.0, None, None)
        assert (row["told_from_date"], row["previous_told_from_date"]) == (None, date(2016, 2, 29))
        assert row["last_begun_data"] == "tickets"
        (moved,) = ask(connection, "who_moved", metric=RESOLVED).rows
        assert (moved["movement"], moved["previous_value"], moved["previous_told_from_date"]) == (
            "not_compared", None, date(2016, 2, 29),
        )  # fmt: skip
        (driven,) = ask(connection, "what_drove_a_change", metric=RESOLVED).rows
        assert (driven["change_value"], driven["previous_told_from_date"]) == (None, date(2016, 2, 29))
        (headline,) = (row for row in ask(connection, "headline_numbers").rows if row["metric"] == CYCLE_TIME)
        assert (headline["value"] is not None, headline["previous_value"]) == (True, None)
        february, march = ask(connection, "metric_history", metric=RESOLVED).rows
        assert (february["told_from_date"], march["told_from_date"]) == (date(2016, 2, 29), None)
        # Weeks are whole.
        weeks = {row["metric"]: row for row in ask(connection, "numbers_of_a_period", period_grain="week").rows}
        assert weeks[RESOLVED]["previous_value"] == 42.0


def test_older_data_that_come_later_make_it_whole(leap_day: DemoHome, tmp_path: Path) -> None:
    demo = leap_day.copy_to(tmp_path / "home")
    older = log("2016-02-01 00:30", date(2016, 2, 28), name="OLD")
    lines = [f"{row['ticket_id']},{row['occurred_at']},{row['status']}" for row in older]
    text = "\n".join(["ticket_id,occurred_at,status", *lines, ""])
    (demo.landing / "events" / "older.csv").write_text(text, encoding="utf-8")
    assert not demo.run().failed
    assert (partial(demo), partial(demo, "quarter")) == ([], [date(2016, 1, 1)])


def test_a_log_from_half_past_midnight_on_the_first_of_the_month_tells_of_it_whole(tmp_path: Path) -> None:
    demo = home_of(tmp_path / "home", log("2016-02-01 00:30", date(2016, 3, 20)))
    assert partial(demo) == []


def test_days_are_those_of_the_reporting_time_zone(tmp_path: Path) -> None:
    # Half past eleven at night in UTC is the next day, and month, in Tokyo.
    demo = home_of(tmp_path / "tokyo", log("2016-01-31 23:30", date(2016, 3, 20)), reporting="Asia/Tokyo")
    assert partial(demo) == []
    demo = home_of(tmp_path / "utc", log("2016-01-31 23:30", date(2016, 3, 20)))
    assert partial(demo) == [date(2016, 1, 1)]


def test_one_ticket_that_was_open_already_does_not_move_the_beginning(tmp_path: Path) -> None:
    old = [
        {"ticket_id": "OLD1", "occurred_at": at, "status": status}
        for at, status in (("2016-01-05 10:00:00", "New"), ("2016-01-07 10:00:00", "Work"))
    ]
    demo = home_of(tmp_path / "home", [*old, *log("2016-02-29 01:23", date(2016, 4, 20))])
    assert FEBRUARY in partial(demo)
    assert MARCH not in partial(demo)
    # Nothing is known of January but that ticket: nobody counted 0 resolved ones.
    count = "SELECT period_start_date, value FROM mart.metric_values WHERE metric = ? AND dimension = 'overall' AND "
    january = f"{count} period_grain = 'month' AND period_start_date < '2016-02-01'"
    assert demo.published(january, ["ticket_created_count"]) == [(date(2016, 1, 1), 1)]
    assert demo.published(january, [RESOLVED]) == []
    days = f"{count} period_grain = 'day' ORDER BY ALL LIMIT 1"
    assert demo.published(days, [RESOLVED]) == [(date(2016, 2, 29), 6)]
    asked = CliRunner().invoke(kpi, ["explain", RESOLVED, "2016-01", "--home", str(demo.folder)])
    assert asked.exit_code
    assert "Data of tickets begin after it, on 29 February 2016." in " ".join(asked.output.split())


def test_creations_of_long_ago_in_an_export_of_tickets_say_nothing_of_the_work_then(tmp_path: Path) -> None:
    home = write_plain_home(tmp_path / "home", {"statuses.yaml": STATUSES})
    first = datetime.fromisoformat("2016-02-22 09:00")
    rows = [
        {"ticket_id": f"INC{number}", "created_at": f"{done - timedelta(days=number % 150, hours=1)}",
         "status": "Closed", "resolved_at": f"{done}"}
        for number in range(600)
        for done in (first + timedelta(days=number % 60),)
    ]  # fmt: skip
    fed = {"tickets": ("ticket_id", "created_at", "status", "resolved_at")}
    write_export(home, "tickets", fed, rows, shape="snapshot")
    demo = DemoHome(home)
    assert not demo.run().failed
    assert FEBRUARY in partial(demo)
    assert MARCH not in partial(demo)
    # The tickets were created in weeks before, too, of which nothing else is told; of the others there is no 0.
    told, published = (
        demo.published(
            f"SELECT period_start_date FROM mart.{table} "
            "WHERE metric = 'ticket_created_count' AND period_grain = 'week' "
            f"AND period_start_date < '2016-02-22'{condition} ORDER BY ALL"
        )
        for table, condition in (("partial_periods", ""), ("metric_values", " AND dimension = 'overall' AND value > 0"))
    )
    assert told == published
    assert told
