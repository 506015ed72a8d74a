"""Days as they come: new files and old ones again, corrections, garbled dates, changed policies, runs that die.

After every step of a random sequence, the facts that runs brought up to date are those of a full run of a copy.
"""

from __future__ import annotations

import csv
import json
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from demo_homes import DemoHome

import pipelines.facts.tickets
from metrics.tickets.facts import TicketFacts
from models.vocabulary import Domain
from pipelines.facts.steps import build_ticket_facts
from pipelines.gate.ingest import ingest_domain
from pipelines.session import open_session

pytestmark = pytest.mark.xdist_group("incremental")

STEPS = 7
FACTS = ("fct_tickets", "fct_ticket_intervals", "fct_sla_clocks", "fct_ticket_days")
INCIDENTS, ISSUES, SUPPORT = "servicenow_incidents", "jira_issues", "zendesk_tickets"
#: How an incident's times are written.
LOCAL = "%d/%m/%Y %H:%M:%S"
CLOCKS = (None, *(datetime(2026, month, 3, 12, tzinfo=UTC) for month in (9, 10, 11, 12)))
MORE_PROMISES = """
  - {id: silence, target: periodic_update, within: 9h, on_reopen: continue, pause_on: {reasons: [customer]}}
  - {id: taken_up, target: vendor_response, within: 2h, applies_to: {team: [Service Desk, Support Europe]}}
  - {id: held, target: vendor_resolution, within: 5h, applies_to: {team: Service Desk}, on_priority_change: restart}
"""

Record = dict[str, Any]


class KilledError(Exception):
    """Stands for whatever ends a run in the middle."""


class Days:
    """A home that is run day by day, and everything that its ticket systems could export."""

    def __init__(self, demo: DemoHome, seed: int) -> None:
        self.demo, self.dice = demo, random.Random(seed)
        self.as_of: datetime | None = None
        self.file_count = 0
        self.incidents: list[Record] = []
        for path in self._files(INCIDENTS):
            with path.open(encoding="utf-8", newline="") as file:
                self.incidents += csv.DictReader(file)
        self.incidents.sort(key=_updated_at)
        lines = [line for path in self._files(ISSUES) for line in path.read_text("utf-8").splitlines()]
        self.issues: list[Record] = [json.loads(line) for line in lines if line]
        texts = [path.read_text("utf-8") for path in self._files(SUPPORT)]
        self.support: list[Record] = [ticket for text in texts for ticket in json.loads(text)["tickets"]]
        for export in (INCIDENTS, ISSUES, SUPPORT):
            for path in self._files(export):
                path.unlink()
        # To begin with, a part of everything: the rest is told later, in files that sort before or after these.
        self.told_count = len(self.incidents) // 2
        self._write_incidents(self._some(self.incidents[: self.told_count], 400))
        self._write(ISSUES, "jsonl", self._some(self.issues, 15))
        self._write(SUPPORT, "json", self._some(self.support, 25))
        self.events: tuple[Callable[[], None], ...] = (
            self.tell_more, self.tell_more, self.change_incidents, self.change_incidents, self.change_incidents,
            self.garble_incidents, self.garble_incidents, self.correct_incidents, self.cut_histories,
            self.ask_for_another_instant, self.ask_for_another_instant, self.change_policies, self.take_away_a_file,
        )  # fmt: skip

    def tell_more(self) -> None:
        """Rows of the next days, and older ones, most of which were told before; some files take an old name."""
        following = self.told_count + self.dice.choice([5, 40])
        self._write_incidents(
            [*self._some(self.incidents[: self.told_count], 20), *self.incidents[self.told_count : following]]
        )
        self.told_count = following
        self._write(ISSUES, "jsonl", self._some(self.issues, 3))

    def change_incidents(self) -> None:
        """What happened since: any status may follow any other, at once or late, perhaps after the data's clock."""
        changed = []
        for row in self._some(self.incidents[: self.told_count], 4):
            at = _updated_at(row) + timedelta(
                days=self.dice.choice([0, 0, 1, 20, 100]), seconds=self.dice.choice([0, 1, 5000])
            )
            changed.append(
                row
                | {
                    "sys_updated_at": at.strftime(LOCAL),
                    "sys_mod_count": str(int(row["sys_mod_count"]) + self.dice.choice([0, 1, 90])),
                    "incident_state": self.dice.choice(["New", "Active", "Awaiting User Info", "Closed", "Canceled"]),
                    "assignment_group": self.dice.choice([row["assignment_group"], "Service Desk", "Facilities", "?"]),
                    "priority": self.dice.choice([row["priority"], "1 - Critical", "?"]),
                }
            )
        self._write_incidents(changed)

    def garble_incidents(self) -> None:
        """Rows that set their tickets aside, and creations long ago, which do not."""
        flaws = (
            {"incident_state": "Never heard of"}, {"sys_updated_at": "yesterday"}, {"resolved_at": "1/1/2020 00:00:00"},
            {"opened_at": "?"}, {"opened_at": "4/5/1971 10:00:00"}, {"opened_at": "30/12/1899 00:00:00"},
        )  # fmt: skip
        numbers = {row["number"] for row in self._some(self.incidents, 2)}
        flaw = self.dice.choice(flaws)
        self._write_incidents([row | flaw for row in self.incidents if row["number"] in numbers])

    def correct_incidents(self) -> None:
        """Tickets as they really were, in a file that comes last."""
        numbers = {row["number"] for row in self._some(self.incidents, 15)}
        rows = [row for row in self.incidents if row["number"] in numbers]
        self._write_incidents(rows, name=f"zz{self.file_count}.csv")

    def cut_histories(self) -> None:
        """Tickets whose latest export shows less of their history than others do, or none."""
        issues = json.loads(json.dumps(self._some(self.issues, 3)))
        for issue in issues:
            histories = issue["changelog"]["histories"]
            issue["changelog"]["histories"] = histories[: self.dice.randrange(len(histories) + 1)]
        self._write(ISSUES, "jsonl", issues)
        tickets = json.loads(json.dumps(self._some(self.support, 5)))
        for ticket in tickets:
            ticket["audits"] = ticket["audits"][: self.dice.randrange(len(ticket["audits"]) + 1)]
        self._write(SUPPORT, "json", tickets)

    def ask_for_another_instant(self) -> None:
        """Runs from now on measure as of another instant, earlier or later, or as of the data's own clock."""
        self.as_of = self.dice.choice(CLOCKS)

    def change_policies(self) -> None:
        """Promises, calendars, dimensions or the reporting time zone become other ones."""
        policies = self.demo.home.policies
        path, old, new = self.dice.choice(
            [
                (policies / "sla.yaml", "within: 4h", "within: 7h"),
                (policies / "calendars.yaml", "Facilities: amsterdam_early", "Facilities: 24x7"),
                (policies / "dimensions.yaml", "[Highest]", '["1 - Critical", Highest, urgent]'),
                (policies / "statuses.yaml", "    New: queued\n", "    New: queued\n    Never heard of: active\n"),
                (self.demo.home.settings_file, '"Europe/Amsterdam"', '"Asia/Kolkata"'),
            ]
        )
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(new, old) if new in text else text.replace(old, new), encoding="utf-8")

    def take_away_a_file(self) -> None:
        """What was loaded stays loaded."""
        self.dice.choice(self._files(INCIDENTS)).unlink()

    def run(self, *, dies_after: int | None = None) -> None:
        """What `kpi run` does up to the ticket facts.

        Args:
            dies_after: slices after which the run ends; 0 ends it between staging and facts.
        """
        with open_session(self.demo.project(), as_of=self.as_of) as session:
            ingest_domain(session, Domain.TICKETS)
            if dies_after == 0:
                return
            with pytest.MonkeyPatch.context() as patch:
                if dies_after is not None:
                    patch.setattr(pipelines.facts.tickets, "measure_slices", _dying(dies_after))
                build_ticket_facts(session)

    def _some(self, records: Sequence[Record], count: int) -> list[Record]:
        return self.dice.sample(records, min(count, len(records)))

    def _files(self, export: str) -> list[Path]:
        return sorted((self.demo.landing / export).iterdir())

    def _path(self, export: str, suffix: str) -> Path:
        old = self._files(export)
        if old and self.dice.random() < 0.2:
            return self.dice.choice(old)
        self.file_count += 1
        return self.demo.landing / export / f"{self.dice.choice('amz')}{self.file_count}.{suffix}"

    def _write(self, export: str, suffix: str, records: Sequence[Record]) -> None:
        lines = [json.dumps(record) for record in records]
        text = "\n".join(lines) if suffix == "jsonl" else f'{{"tickets": [{", ".join(lines)}]}}'
        self._path(export, suffix).write_text(text + "\n", encoding="utf-8")

    def _write_incidents(self, rows: Sequence[Record], name: str | None = None) -> None:
        path = self.demo.landing / INCIDENTS / name if name else self._path(INCIDENTS, "csv")
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(self.incidents[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _updated_at(incident: Record) -> datetime:
    return datetime.strptime(incident["sys_updated_at"], LOCAL).replace(tzinfo=UTC)


def _dying(after: int) -> Callable[..., Iterator[TicketFacts]]:
    """The measuring of slices, which breaks off."""
    measure_slices = pipelines.facts.tickets.measure_slices

    def measure_some(*arguments: Any, **named: Any) -> Iterator[TicketFacts]:
        for number, facts in enumerate(measure_slices(*arguments, **named)):
            yield facts
            if number + 1 >= after:
                break
        raise KilledError

    return measure_some


def _measure_in_full(demo: DemoHome, as_of: datetime | None) -> None:
    with open_session(demo.project(), as_of=as_of, is_full=True) as session:
        ingest_domain(session, Domain.TICKETS)
        build_ticket_facts(session)


def _differences(one: DemoHome, other: DemoHome) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of facts that only one of two homes has, by table."""
    with duckdb.connect() as connection:
        for name, demo in (("one", one), ("other", other)):
            connection.execute(f"ATTACH '{demo.home.warehouse}' AS {name} (READ_ONLY)")
        found = {}
        for table in FACTS:
            for left, right in (("one", "other"), ("other", "one")):
                query = f"FROM {left}.core.{table} EXCEPT ALL FROM {right}.core.{table}"
                if rows := connection.execute(query).fetchmany(3):
                    found[f"{table} of {left}"] = rows
        return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_runs_day_by_day_end_as_a_full_run(never_run: DemoHome, tmp_path: Path, seed: int) -> None:
    promises, settings = never_run.home.policies / "sla.yaml", never_run.home.settings_file
    promises.write_text(promises.read_text(encoding="utf-8").rstrip() + MORE_PROMISES, encoding="utf-8")
    # So that no flaw holds the facts back: then they would stay the same, whatever happens.
    loose = settings.read_text(encoding="utf-8").replace(
        "# quarantine_limit_ratio = 0.05", "quarantine_limit_ratio = 1"
    )
    settings.write_text(loose, encoding="utf-8")
    days = Days(never_run, seed)
    days.run()
    for step in range(STEPS):
        happened = days.dice.sample(days.events, days.dice.choice([1, 2, 3]))
        for event in happened:
            event()
        if (dies_after := days.dice.choice([None, None, None, 0, 1])) == 0:
            days.run(dies_after=0)
            days.change_incidents()
        elif dies_after:
            # Where nothing has to be measured, nothing dies.
            with suppress(KilledError):
                days.run(dies_after=1)
        days.run()
        full = never_run.copy_to(tmp_path / f"full{step}")
        _measure_in_full(full, days.as_of)
        assert _differences(never_run, full) == {}, [event.__name__ for event in happened]
        shutil.rmtree(full.folder)
