"""What `kpi explain` says of promises of which a plain snapshot does not tell whether they were kept."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from click.testing import CliRunner
from demo_homes import DemoHome
from explained_values import SLA, explaining

from pipelines.cli.main import kpi

pytestmark = pytest.mark.xdist_group("explain")

ANSWERED = "sla_first_response_attainment_ratio"


def records(home: DemoHome, metric: str) -> dict[str, dict[str, Any]]:
    listed = json.loads(explaining(home)(metric, "2026-10", "--records", "--json").output)
    return {row["ticket_id"].partition(":")[2]: row for row in listed}


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        (SLA, "Of 2 SLA clocks the export does not tell how long they paused"),
        (ANSWERED, "Of 5 SLA clocks the export does not tell when the first response came"),
    ],
)
def test_share_of_what_can_be_proven_is_said_to_lean_upwards(snapshot: DemoHome, metric: str, told: str) -> None:
    result = explaining(snapshot)(metric, "2026-10")
    assert result.exit_code == 0, result.output
    assert f"Note: The share leans upwards. {told}" in result.output
    document = json.loads(explaining(snapshot)(metric, "2026-10", "--json").output)
    assert document["published"]["value"] == 1
    lower = {SLA: "66.7 %", ANSWERED: "16.7 %"}[metric]
    assert f"may pull the share down to {lower}." in result.output


def test_share_of_a_log_is_not(explain: Any) -> None:
    assert "leans upwards." not in explain(SLA).output


def test_clock_that_is_not_measured_is_not_beyond_its_target(snapshot: DemoHome) -> None:
    found = records(snapshot, SLA)
    assert {key: row["state"] for key, row in found.items()} == {
        "O1": "met", "O2": "met", "O3": "met", "O4": "met", "O5": "not_measured", "O6": "not_measured",
    }  # fmt: skip
    assert found["O4"]["beyond_target_hours"] == 0
    assert found["O4"]["elapsed_at_most_hours"] is None
    unsure = found["O5"]
    assert unsure["beyond_target_hours"] is None
    assert unsure["elapsed_hours"] is None
    assert unsure["elapsed_at_most_hours"] == 20
    assert unsure["not_told"] == "pauses"
    clocks = explaining(snapshot)("--record", "desk:O5").output.split("SLA clocks:")[1].split("2. Where")[0]
    assert "elapsed at most" in clocks
    assert "20.0000 h" in clocks


def test_response_that_nobody_tells_is_not_said_to_lack(snapshot: DemoHome) -> None:
    reasons = {row["not_measured_because"] for row in records(snapshot, ANSWERED).values()}
    assert reasons == {None, "no first response that the export tells"}
    where = explaining(snapshot)("--record", "desk:O5").output.split("2. Where it counts")[1]
    assert "no first response that the export tells" in where
    assert "no first response " not in where.replace("no first response that the export tells", "")


def test_gaps_that_are_shown_are_those_of_the_month(snapshot: DemoHome) -> None:
    for period, months in (("2026-09", ["2026-09-01"]), ("2026-10", ["2026-10-01"])):
        lines = explaining(snapshot)(SLA, period).output.split("6. How to go on")[1].splitlines()
        command = next(line for line in lines if "gaps_of_a_metric" in line).split("kpi ", 1)[1]
        ended = CliRunner().invoke(kpi, [*shlex.split(command), "--json"])
        assert sorted({row["period_start_date"] for row in json.loads(ended.output)}) == months


def test_truth_is_bounded_though_nothing_is_measured(snapshot: DemoHome) -> None:
    for metric, period, told in (
        (SLA, "2026-09", "0.0 % measured (0 of 1 SLA clock); the truth is between 0.0 % and 100.0 %."),
        (
            "ticket_work_in_progress_count",
            "2026-09-10",
            "0.0 % measured (0 of 1 ticket); between 0 and 1 of what there is, and unknown of the whole.",
        ),
        ("ticket_cycle_time_p85_business_hours", "2026-10", "0.0 % measured (0 of 6 tickets)."),
    ):
        result = explaining(snapshot)(metric, period)
        assert result.exit_code == 0, result.output
        assert told in result.output
        assert "lower bound" in result.output.split("Compared: ")[1]


def test_share_is_written_alike_in_all_places(snapshot: DemoHome) -> None:
    page = explaining(snapshot)(SLA, "2026-10").output
    assert "\n100 %  unrounded 1.000000" in page
    assert "4 / 4 = 1.000000, or 100 %" in page
