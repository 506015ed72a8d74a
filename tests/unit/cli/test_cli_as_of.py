"""`kpi run --as-of`: a day begins in the home's time zone, and what a message says to write is accepted."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pipelines.cli.as_of import InstantType, instant_of
from pipelines.cli.main import kpi
from pipelines.report.completeness import describe_reaches as describe_report_reaches
from pipelines.report.completeness import lacking
from pipelines.report.headlines import certainty
from pipelines.report.reading import read_facts

WHOLE = "metric = 'ticket_resolved_count' AND period_grain = 'month'"


def read(text: str) -> date | datetime:
    return InstantType().convert(text, None, None)


def test_an_instant_is_read_as_utc_whatever_its_offset() -> None:
    assert read("2026-11-01T00:00:00+01:00") == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert read("2026-11-01T00:00Z") == datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "hour"), [("2012-12-01Z", 0), ("2012-12-01+00:00", 0), ("2012-12-01-05:00", 5), ("2012-12-01-0500", 5)]
)
def test_a_day_with_an_offset_is_its_start_there(text: str, hour: int) -> None:
    assert read(text) == datetime(2012, 12, 1, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("UTC", "2012-12-01", datetime(2012, 12, 1, tzinfo=UTC)),
        ("Europe/Amsterdam", "2012-12-01", datetime(2012, 11, 30, 23, tzinfo=UTC)),
        ("America/New_York", "2012-12-01", datetime(2012, 12, 1, 5, tzinfo=UTC)),
        # Clocks went from 24:00 of the 7th to 01:00 of the 8th: the day began when they did.
        ("America/Santiago", "2024-09-08", datetime(2024, 9, 8, 4, tzinfo=UTC)),
        # 00:00 came twice, at 04:00 UTC and, after clocks went back from 01:00, at 05:00.
        ("America/Havana", "2024-11-03", datetime(2024, 11, 3, 4, tzinfo=UTC)),
    ],
)
def test_a_day_begins_in_the_time_zone_of_the_home(zone: str, day: str, begins: datetime) -> None:
    assert instant_of(read(day), zone) == begins


def test_an_instant_stays_itself_in_every_zone() -> None:
    instant = read("2012-12-01T06:00:00+02:00")
    assert instant_of(instant, "Asia/Tokyo") == instant == datetime(2012, 12, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "refused", ["yesterday", "2012-13-01", "0001-01-01", "9999-12-31", "2012-12-01 10:00", "2012-12-01T10:00:30.5"]
)
def test_every_remedy_is_accepted_when_it_is_pasted(refused: str) -> None:
    with pytest.raises(click.BadParameter) as caught:
        read(refused)
    message = caught.value.message
    remedies = re.findall(r"\d{4}-\d\d-\d\d[^\s;]*", message.partition("write ")[2])
    assert len(remedies) == 2, message
    for remedy in remedies:
        read(remedy.rstrip(".,"))


def test_the_run_of_a_home_is_as_of_the_start_of_the_day_in_its_zone(tmp_path: Path) -> None:
    """The first of December closes November of an export that ends on the 30th; the data alone leave it open."""

    def say(*arguments: str | Path) -> str:
        result = CliRunner().invoke(kpi, [*map(str, arguments), "--home", str(tmp_path / "home")])
        assert result.exit_code == 0, result.output
        return result.output

    home = tmp_path / "home"
    CliRunner().invoke(kpi, ["init", str(home), "--time-zone", "Asia/Tokyo"])
    rows = "\n".join(
        f"T-{number},2012-11-{number:02d}T09:00:00+09:00,2012-11-{number:02d}T16:29:00+09:00,Solved"
        for number in range(1, 31)
    )
    export = tmp_path / "desk.csv"
    export.write_text(f"number,opened,resolved,state\n{rows}\n", encoding="utf-8")
    draft = say("contract", "infer", export)
    (home / "contracts" / "desk.yaml").write_text(draft, encoding="utf-8")
    (home / "policies" / "statuses.yaml").write_text("statuses: {desk: {Solved: done}}\n", encoding="utf-8")
    (home / "landing" / "desk").mkdir(parents=True)
    (home / "landing" / "desk" / "desk.csv").write_bytes(export.read_bytes())
    query = (
        "SELECT is_period_closed FROM metric_values WHERE metric = 'ticket_resolved_count' AND period_grain = 'month' "
        "AND dimension = 'overall' AND period_start_date = DATE '2012-11-01'"
    )
    say("run", "--quiet")
    assert "false" in say("query", query, "--format", "csv")
    say("run", "--quiet", "--as-of", "2012-12-01")
    assert "true" in say("query", query, "--format", "csv")
    # The export reaches the end of what it closes.
    cut = f"SELECT count(*) AS n FROM partial_periods WHERE {WHOLE} AND told_until_date IS NOT NULL"
    assert say("query", cut, "--format", "csv").split() == ["n", "0"]
    as_of = say("query", "SELECT as_of_at FROM run", "--format", "csv")
    assert "2012-11-30T15:00:00" in as_of
    # A mistyped year would publish nothing over it.
    refused = CliRunner().invoke(kpi, ["run", "--quiet", "--as-of", "2002-12-01", "--home", str(home)])
    assert refused.exit_code == 2
    assert "lies before all data of this home, which begin in November 2012" in refused.output
    assert say("query", "SELECT as_of_at FROM run", "--format", "csv") == as_of


def test_a_month_that_as_of_closes_without_its_last_days_is_told_until_the_day_on_which_data_end(
    tmp_path: Path,
) -> None:
    """Files end on 22 September, and the run looks back from October."""

    def say(*arguments: str | Path) -> str:
        result = CliRunner().invoke(kpi, [*map(str, arguments), "--home", str(home)])
        assert result.exit_code == 0, result.output
        return " ".join(result.output.split())

    home = tmp_path / "home"
    CliRunner().invoke(kpi, ["init", str(home)])
    days = [date(2012, 7, 2) + timedelta(days=ahead) for ahead in range(83)]
    rows = "\n".join(
        f"T-{number},{day}T09:00:00Z,{day}T{10 + number % 5}:29:00Z,Solved" for number, day in enumerate(days)
    )
    (home / "landing" / "desk").mkdir(parents=True)
    export = home / "landing" / "desk" / "desk.csv"
    export.write_text(f"number,opened,resolved,state\n{rows}\n", encoding="utf-8")
    drafted = CliRunner().invoke(kpi, ["contract", "infer", str(export), "--home", str(home)]).output
    (home / "contracts" / "desk.yaml").write_text(drafted, encoding="utf-8")
    (home / "policies" / "statuses.yaml").write_text("statuses: {desk: {Solved: done}}\n", encoding="utf-8")
    shown = say("run")
    assert "data until: tickets 2012-09-22 Cycle time" in shown
    assert "Data until 2012-09-22" in say("status")
    shown = say("run", "--as-of", "2012-10-02T04:00:00Z")
    ended = "data until: tickets 2012-09-22 (measured as of 2012-10-02)"
    assert f"{ended} Cycle time" in shown
    why = (
        "September 2012 was closed by the chosen as-of, though tickets end on 22 September 2012: what happened after "
        "that is not in it, and no change is told"
    )
    told = say("metrics")
    assert f"{why}." in told
    status = say("status")
    assert "Data until tickets 2012-09-22 (measured as of 2012-10-02)" in status
    assert "tickets pass 2012-09-22 (as of 2012-10-02)" in status
    resolved = say("metrics", "ticket_resolved_count")
    assert "Sep 2012 22 100 % 22 22 of what there is only until 22 September 2012" in resolved
    assert "Aug 2012 31 100 % 31 exactly 31" in resolved
    # What is there is true; July and August are whole, and are compared.
    rows_of = "SELECT period_start_date, told_until_date, ended_data FROM partial_periods"
    cut = say("query", f"{rows_of} WHERE {WHOLE} AND told_until_date IS NOT NULL", "--format", "csv")
    assert cut.endswith("2012-09-01,2012-09-22,tickets")
    explained = say("explain", "ticket_resolved_count", "2012-09")
    assert "22 of what there is until 22 September 2012, and unknown of the whole" in explained
    assert "though tickets end on 22 September 2012" in explained
    facts = read_facts(home / "published" / "kpi.duckdb")
    assert facts.period is not None
    assert facts.period.start == date(2012, 9, 1)
    assert describe_report_reaches(facts) == "Data until: tickets 22 September 2012 (measured as of 2 October 2012)"
    assert lacking(facts, "ticket_resolved_count") == why
    row = facts.numbers["ticket_resolved_count"]
    assert (row["value"], row["previous_value"], row["told_until_date"]) == (22.0, None, date(2012, 9, 22))
    assert "exactly" not in certainty(row, "EUR")
    # The next run is as of the data again, and September open.
    shown = say("run")
    assert "measured as of" not in shown


def test_what_no_export_feeds_has_no_clock_and_months_that_are_over_are_missed(tmp_path: Path) -> None:
    """The ledger of January and March never came, and the run looks back from April."""
    home = tmp_path / "home"
    CliRunner().invoke(kpi, ["init", str(home)])
    days = [f"2010-12-{day:02}" for day in range(1, 32)] + [f"2011-02-{day:02}" for day in range(1, 29)]
    rows = [f"{day},{number}.50,Ace Ltd" for number, day in enumerate(days)]
    export = tmp_path / "spend.csv"
    export.write_text("\n".join(["Payment Date,Net Amount,Supplier Name", *rows]) + "\n", encoding="utf-8")
    drafted = CliRunner().invoke(kpi, ["contract", "infer", str(export)])
    (home / "contracts" / "spend.yaml").write_text(drafted.output.replace("XXX", "EUR"), encoding="utf-8")
    (home / "landing" / "spend").mkdir(parents=True)
    (home / "landing" / "spend" / "spend.csv").write_bytes(export.read_bytes())

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(kpi, ["run", "--home", str(home), *arguments])
        assert result.exit_code == 0, result.output
        return " ".join(result.output.split())

    shown = run()
    assert "data until: finance 2011-02-28 Cycle time" in shown
    assert "No cost line lies in 2011-01, though the ledger begins before and goes on after." in shown
    shown = run("--as-of", "2011-04-01")
    assert "data until: finance 2011-02-28 (measured as of 2011-03-31) Cycle time" in shown
    assert shown.count("no export feeds tickets yet") == 2
    assert "No cost line lies in 2011-01, 2011-03, though the ledger begins before and they are over" in shown
