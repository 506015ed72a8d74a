"""A ledger of 2026 beside tickets of 2025: what was spent is known, who bears it is not, and people are told why.

The ledger has 100.00 on 5 January, 40.00 on 10 February and 7.00 on 31 March, and 365 days of insurance for 365.00
that were paid on 1 March, of which 31.00 lie in March. Under the accrual basis a line without a service period lies in
its calendar month.
"""

from __future__ import annotations

import json
import os
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from demo_homes import DemoHome

from pipelines.cli.main import kpi

pytestmark = pytest.mark.slow

LEDGER = """line;paid_on;supplier;amount;from;to
1;05.01.2026;Acme;100,00;;
2;10.02.2026;Acme;40,00;;
3;31.03.2026;Acme;7,00;;
4;01.03.2026;Insurer;365,00;01.03.2026;28.02.2027
"""
SPEND = """
apiVersion: v3.2.0
kind: DataContract
id: spend
name: Spend
version: 1.0.0
status: active
domain: finance
servers:
  - {server: landing, type: local, path: "*.csv", format: csv}
schema:
  - name: lines
    logicalType: object
    physicalType: file
    customProperties:
      - {property: shape, value: lines}
      - {property: constants, value: {cost_lines.currency_code: EUR}}
    properties:
      - name: line
        logicalType: string
        description: Line
        customProperties: [{property: feeds, value: cost_lines.cost_line_id}]
      - name: paid_on
        logicalType: date
        description: Day of payment
        customProperties: [{property: formats, value: ["%d.%m.%Y"]}, {property: feeds, value: cost_lines.posting_date}]
      - name: supplier
        logicalType: string
        description: Supplier
        customProperties: [{property: feeds, value: cost_lines.vendor}]
      - name: amount
        logicalType: number
        description: Amount
        customProperties: [{property: feeds, value: cost_lines.amount_original}]
      - name: from
        logicalType: date
        description: First day of the service
        customProperties:
          - {property: formats, value: ["%d.%m.%Y"]}
          - {property: feeds, value: cost_lines.service_start_date}
      - name: to
        logicalType: date
        description: Last day of the service
        customProperties:
          - {property: formats, value: ["%d.%m.%Y"]}
          - {property: feeds, value: cost_lines.service_end_date}
customProperties:
  - {property: source, value: books}
  - {property: decimalSeparator, value: ","}
"""
TICKETS = """
apiVersion: v3.2.0
kind: DataContract
id: desk
name: Desk
version: 1.0.0
status: active
domain: tickets
servers:
  - {server: landing, type: local, path: "*.csv", format: csv}
schema:
  - name: tickets
    logicalType: object
    physicalType: file
    customProperties:
      - {property: shape, value: snapshot}
      - {property: constants, value: {tickets.status: Done}}
    properties:
      - name: id
        logicalType: string
        required: true
        description: Ticket
        customProperties: [{property: feeds, value: tickets.ticket_id}]
      - name: opened
        logicalType: timestamp
        description: Creation
        customProperties:
          - {property: formats, value: ["%Y-%m-%d %H:%M"]}
          - {property: feeds, value: tickets.created_at}
      - name: solved
        logicalType: timestamp
        description: Resolution
        customProperties:
          - {property: formats, value: ["%Y-%m-%d %H:%M"]}
          - {property: feeds, value: tickets.resolved_at}
customProperties:
  - {property: source, value: desk}
  - {property: timeZone, value: Europe/Amsterdam}
"""
DESK = "id,opened,solved\n1,2025-11-03 09:00,2025-11-04 10:00\n2,2025-12-01 09:00,2025-12-10 10:00\n"
POOLS = "pools:\n  - {id: all, driver: resolved_tickets}\n"


def write_home(folder: Path, *, costs: str = POOLS, ledger: str = LEDGER, desk: str | None = DESK) -> DemoHome:
    """A home as `kpi init` makes it, with one ledger and, unless there is no desk, one export of tickets."""
    made = CliRunner().invoke(kpi, ["init", str(folder)])
    assert made.exit_code == 0, made.output
    files = {"contracts/spend.yaml": SPEND, "landing/spend/ledger.csv": ledger, "policies/costs.yaml": costs}
    if desk is not None:
        files |= {"contracts/desk.yaml": TICKETS, "landing/desk/desk.csv": desk}
        files["policies/statuses.yaml"] = "statuses:\n  desk: {Done: done}\n"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        days_ago = time.time() - 86_400
        os.utime(folder / name, (days_ago, days_ago))
    return DemoHome(folder)


def run(home: DemoHome) -> dict[str, Any]:
    result = CliRunner().invoke(kpi, ["run", "--json", "--home", str(home.folder)])
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def notices(home: DemoHome) -> list[str]:
    return [str(notice["message"]) for notice in run(home)["notices"] if notice["code"] == "cost_not_taken"]


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> tuple[DemoHome, dict[str, Any]]:
    """The home of the two exports that share no month, and what its run said."""
    home = write_home(tmp_path_factory.mktemp("apart") / "home")
    return home, run(home)


def months(home: DemoHome, metric: str, dimension: str = "overall") -> dict[tuple[date, str], tuple[float, bool]]:
    rows = home.published(
        "SELECT period_start_date, dimension_value, value, is_period_closed FROM mart.metric_values "
        "WHERE metric = ? AND period_grain = 'month' AND dimension = ?",
        [metric, dimension],
    )
    return {(first, value): (amount, closed) for first, value, amount, closed in rows}


def test_what_a_month_cost_waits_for_no_tickets(apart: tuple[DemoHome, dict[str, Any]]) -> None:
    whole = months(apart[0], "cost_total_reporting")
    known = {date(2026, 1, 1): 100.0, date(2026, 2, 1): 40.0, date(2026, 3, 1): 38.0}
    assert {first: value for (first, _), value in whole.items() if first <= date(2026, 3, 1)} == {
        first: (amount, True) for first, amount in known.items()
    }
    # What is paid in advance is known, too, but its months are not over.
    assert whole[date(2026, 4, 1), ""] == (30.0, False)


@pytest.mark.parametrize(
    ("metric", "dimension"),
    [("cost_total_reporting", "team"), ("cost_allocated_reporting", "overall"),
     ("cost_unallocated_reporting", "overall"), ("cost_per_transaction_reporting", "overall")],
)  # fmt: skip
def test_who_bears_it_waits_for_tickets(metric: str, dimension: str, apart: tuple[DemoHome, dict[str, Any]]) -> None:
    cells = months(apart[0], metric, dimension)
    assert cells
    assert not any(is_closed for _, is_closed in cells.values())


def test_the_money_that_nobody_bears_is_told_with_the_reason(apart: tuple[DemoHome, dict[str, Any]]) -> None:
    (message,) = [notice["message"] for notice in apart[1]["notices"] if notice["code"] == "cost_not_taken"]
    assert message.startswith(
        "178.00 EUR of cost in 3 months from 2026-01 to 2026-03 stays unallocated: transactions are resolved tickets "
        "here, and the last one was completed on 2025-12-10, so that nobody can bear it."
    )


def test_commands_say_whose_data_end_too_early(apart: tuple[DemoHome, dict[str, Any]]) -> None:
    home, document = apart
    ends = "no month is closed yet: the data of tickets end on 2025-12-10"
    why = f"{ends}, before Jan 2026, the first month with cost lines"
    (headline,) = [one for one in document["headlines"] if one["metric"] == "cost_per_transaction_reporting"]
    assert headline["value"] is None
    assert headline["no_value_reason"] == f"{why} and transactions"
    listed = CliRunner().invoke(kpi, ["metrics", "--home", str(home.folder)]).output
    assert f"No value of cost_allocated_reporting and cost_unallocated_reporting: {why}." in listed
    described = CliRunner().invoke(kpi, ["metrics", "cost_unallocated_reporting", "--home", str(home.folder)]).output
    assert f"No value because  {why}" in " ".join(described.split()).replace("because no", "because  no")
    total = CliRunner().invoke(kpi, ["metrics", "cost_total_reporting", "--json", "--home", str(home.folder)]).output
    assert json.loads(total)["no_value_reason"] is None
    assert json.loads(total)["latest_closed_month"]["value"] == 38.0


def test_tickets_that_begin_later_close_the_months_of_cost_without_a_value(tmp_path: Path) -> None:
    """All three months are over for both, and in none of them a ticket was resolved."""
    desk = DESK + "3,2026-05-01 09:00,2026-05-02 10:00\n"
    home = write_home(
        tmp_path / "home", desk=desk.replace("2025", "2026").replace("-11-", "-04-").replace("-12-", "-04-")
    )
    document = run(home)
    (headline,) = [one for one in document["headlines"] if one["metric"] == "cost_per_transaction_reporting"]
    assert (headline["month"], headline["value"]) == ("2026-03-01", None)
    assert headline["no_value_reason"].startswith("no transaction was completed in that month")
    (message,) = [notice["message"] for notice in document["notices"] if notice["code"] == "cost_not_taken"]
    assert message.startswith("178.00 EUR of cost in 3 months from 2026-01 to 2026-03 stays unallocated")
    assert "and the first one was completed on 2026-04-04" in message


def test_a_home_without_tickets_is_told_what_it_lacks(tmp_path: Path) -> None:
    (message,) = notices(write_home(tmp_path / "home", desk=None))
    assert "transactions are resolved tickets here, and there is none. Land the export that tells of them" in message


def test_documents_without_a_team_are_not_blamed_on_the_spelling_of_tickets(tmp_path: Path) -> None:
    costs = "transaction: paid_documents\npools:\n  - {id: all, driver: fixed_shares, shares: {Desk: 1}}\n"
    home = write_home(tmp_path / "home", costs=costs)
    contract = home.folder / "contracts" / "spend.yaml"
    text = contract.read_text(encoding="utf-8")
    key = "customProperties: [{property: feeds, value: cost_lines.cost_line_id}]"
    both = "customProperties: [{property: feeds, value: [cost_lines.cost_line_id, cost_lines.document_id]}]"
    contract.write_text(text.replace(key, both), encoding="utf-8")
    (message,) = notices(home)
    assert message.startswith("178.00 EUR of the pool 'all' (fixed_shares) stays unallocated in 3 months")
    assert "transactions are paid documents here, and none of them names a team" in message
    assert "Name theirs by cost_centres in policies/costs.yaml" in message
    assert "ticket" not in message


@pytest.mark.parametrize(
    ("basis", "last_closed"), [("accrual", date(2026, 3, 23)), ("cash", date(2026, 3, 30))], ids=["accrual", "cash"]
)
def test_a_week_of_cost_waits_for_its_months(basis: str, last_closed: date, tmp_path: Path) -> None:
    """Lines until Tuesday, 14 April. What a week costs lies in them only if it counts on the day it is paid.

    A line that comes on 30 April is spread over all days of April: until then, its weeks lack their part of it, that
    from 30 March on lacks five days of it.
    """
    ledger = f"{LEDGER}5;14.04.2026;Acme;30,00;;\n"
    home = write_home(tmp_path / "home", costs=f"basis: {basis}\n{POOLS}", ledger=ledger, desk=None)
    home.measure()
    closed = home.warehouse(
        "SELECT period_grain, max(period_start_date) FROM mart.metric_values "
        "WHERE metric = 'cost_total_reporting' AND is_period_closed GROUP BY ALL"
    )
    assert dict(closed)["month"] == date(2026, 3, 1)
    weeks = home.warehouse(
        "SELECT period_start_date, value, is_period_closed FROM mart.metric_values WHERE dimension = 'overall' "
        "AND metric = 'cost_total_reporting' AND period_grain = 'week' AND period_start_date >= DATE '2026-03-23' "
        "ORDER BY ALL"
    )
    assert max(first for first, _, is_closed in weeks if is_closed) == last_closed
    assert not weeks[-1][2], "a week that is not over has a value, too"


@pytest.mark.parametrize("late", ["31.12.2031", "30.04.2026"])
def test_a_line_of_the_future_or_one_that_is_set_aside_closes_no_month(late: str, tmp_path: Path) -> None:
    """One wrong year would end all periods; a line whose amount cannot be read is set aside, and says nothing."""
    amount = "9,00" if late.endswith("2031") else "nine"
    home = write_home(tmp_path / "home", ledger=f"{LEDGER}5;{late};Acme;{amount};;\n", desk=None)
    (home.folder / "kpi.toml").write_text(
        (home.folder / "kpi.toml")
        .read_text(encoding="utf-8")
        .replace("# quarantine_limit_ratio = 0.05", "quarantine_limit_ratio = 0.5"),
        encoding="utf-8",
    )
    home.measure()
    closed = home.warehouse(
        "SELECT max(period_start_date) FROM mart.metric_values "
        "WHERE metric = 'cost_total_reporting' AND period_grain = 'month' AND is_period_closed"
    )
    assert closed == [(date(2026, 3, 1),)]


def test_where_all_lines_are_set_aside_the_gap_shows(tmp_path: Path) -> None:
    home = write_home(
        tmp_path / "home", ledger="line;paid_on;supplier;amount;from;to\n1;05.01.2026;Acme;one;;\n", desk=None
    )
    settings = home.folder / "kpi.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace("# quarantine_limit_ratio = 0.05", "quarantine_limit_ratio = 1.0"), encoding="utf-8"
    )
    home.measure()
    cells = home.warehouse(
        "SELECT period_start_date, value, eligible_count, measured_count FROM mart.metric_values "
        "WHERE metric = 'cost_total_reporting' AND period_grain = 'month' AND dimension = 'overall'"
    )
    assert cells == [(date(2026, 1, 1), None, 1, 0)]
