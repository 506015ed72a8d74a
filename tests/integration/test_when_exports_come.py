"""When exports came, through the real pipeline: what the gate says, holds and forgives."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from demo_homes import DemoHome

from data_contracts.documents import DocumentError
from pipelines.cli.main import kpi
from pipelines.gate.arrivals import judge_arrivals
from pipelines.sample import DEFECTS
from pipelines.session import open_session

pytestmark = pytest.mark.slow

FRESH = "ticket_events.servicenow_incidents.fresh"
MONTHS = "cost_lines.general_ledger.periods_present"
RATES = "cost_lines.posting_date.has_rate"
RULE = "SELECT state, failed_count, message, holds FROM ops.ops_rule_results WHERE rule_id = ?"


def _extend(demo: DemoHome, export: str, levels: str) -> None:
    path = demo.home.contracts / f"{export}.yaml"
    text = (
        f"apiVersion: v3.2.0\nkind: DataContract\nid: {export}\nversion: 2.0.0\nstatus: active\n"
        f"slaProperties:\n{levels}customProperties:\n  - {{property: extends, value: {export}}}\n"
    )
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def without_a_month(never_run: DemoHome) -> DemoHome:
    DEFECTS["ledger_month_missing"].apply(never_run.landing)
    return never_run


def _missing_month(demo: DemoHome) -> date:
    months = [month for (month,) in demo.warehouse(
        "SELECT DISTINCT date_trunc('month', posting_date)::DATE AS m FROM stg.stg_cost_lines ORDER BY m"
    )]  # fmt: skip
    (gap,) = [one for one, after in itertools.pairwise(months) if (after - one).days > 31]
    return (gap + timedelta(days=31)).replace(day=1)


def test_a_missing_month_is_named_and_holds_what_counts_cost(without_a_month: DemoHome) -> None:
    without_a_month.measure()
    month = _missing_month(without_a_month)
    ((state, failed, message, holds),) = without_a_month.warehouse(RULE, [MONTHS])
    assert (state, failed, holds) == ("failed", 1, "metrics")
    last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    assert message.endswith(
        f"name the days under [[gate.known_incidents]] in kpi.toml. Missing: {month:%Y-%m}. The line under [gate] "
        f'there: known_incidents = [{{from_date = {month}, to_date = {last}, reason = "why"}}].'
    )
    held = {name for (name,) in without_a_month.warehouse("SELECT metric FROM ops.ops_metric_states WHERE is_held")}
    assert "cost_per_transaction_reporting" in held or any(name.startswith("cost_") for name in held)
    assert not any(name.startswith("ticket_cycle") for name in held)


def test_kpi_check_says_it_before_a_run(without_a_month: DemoHome) -> None:
    result = CliRunner().invoke(kpi, ["check", "--json", "--home", str(without_a_month.folder)])
    assert result.exit_code == 3
    rules = {rule["rule"]: rule for rule in json.loads(result.output)["rules"]}
    assert rules[MONTHS]["failed_count"] == 1
    assert "Missing: 20" in rules[MONTHS]["message"]


def test_status_names_late_exports_and_tells_each_message_once(without_a_month: DemoHome) -> None:
    DEFECTS["rates_stopped"].apply(without_a_month.landing)
    ran = CliRunner().invoke(kpi, ["run", "--quiet", "--home", str(without_a_month.folder)])
    assert ran.exit_code == 3
    month = f"{_missing_month(without_a_month):%Y-%m}"
    ((newest,),) = without_a_month.warehouse("SELECT max(rate_date) FROM stg.stg_fx_rates")
    months = (
        "SELECT count(*) FROM ops.ops_source_arrivals WHERE export = 'general_ledger' AND service_level = 'frequency'"
    )
    ((expected,),) = without_a_month.warehouse(months)
    ((summary,),) = without_a_month.warehouse(
        "SELECT summary FROM ops.ops_verdicts WHERE domain = 'arrivals' AND is_current"
    )
    assert f"{MONTHS}: 1 of {expected} months. " in summary
    shown = CliRunner().invoke(kpi, ["status", "--home", str(without_a_month.folder)]).output
    rows = {line.split()[0]: line for line in reversed(shown.splitlines()) if line.strip()}
    arrivals = " ".join(rows["arrivals"].split())
    assert arrivals.startswith("arrivals hold ")
    assert f"general_ledger lacks {month}" in arrivals
    assert f"fx_rates is late (newest {newest})" in arrivals
    assert f"held by {MONTHS} and 1 more; tickets" in " ".join(rows["tickets"].split())
    for output in (ran.output, shown):
        assert "arrivals held by 1 rule:" in output
        said = " ".join(output.split())
        assert said.count(f"Missing: {month}.") == 1
        assert f'reason = "why"}}]. 1 of {expected} months is missing' in said
    told = json.loads(CliRunner().invoke(kpi, ["status", "--json", "--home", str(without_a_month.folder)]).output)
    assert {one["contract"]: one["action"] for one in told["late_exports"]} == {
        "general_ledger": "block", "fx_rates": "warn",
    }  # fmt: skip
    tickets = next(one for one in told["domains"] if one["domain"] == "tickets")
    assert (tickets["verdict"], tickets["held_by"]) == ("pass", [MONTHS, RATES])


def test_a_known_incident_excuses_the_month(without_a_month: DemoHome) -> None:
    without_a_month.measure()
    month = _missing_month(without_a_month)
    last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    settings = without_a_month.home.settings_file
    incident = f'\n[[gate.known_incidents]]\nfrom_date = {month}\nto_date = {last}\nreason = "no books"\n'
    settings.write_text(settings.read_text(encoding="utf-8") + incident, encoding="utf-8")
    again = DemoHome(without_a_month.folder)
    again.measure()
    assert again.warehouse(RULE, [MONTHS])[0][0] == "passed"


def test_a_rerun_judges_nothing_again(clean: DemoHome) -> None:
    with open_session(clean.project()) as session:
        assert judge_arrivals(session).state == "unchanged"


def test_as_of_says_how_old_everything_is(clean: DemoHome) -> None:
    """A schedule that measures as of today hears of exports that stand still together; the data cannot tell."""
    ((newest,),) = clean.warehouse(
        "SELECT max(last_date) FROM ops.ops_source_arrivals WHERE export = 'servicenow_incidents'"
    )
    at_noon = datetime(newest.year, newest.month, newest.day, 12, tzinfo=UTC)
    for days, state in ((14, "passed"), (15, "failed")):
        with open_session(clean.project(), as_of=at_noon + timedelta(days=days)) as session:
            judge_arrivals(session)
        ((found, _, message, holds),) = clean.warehouse(RULE, [FRESH])
        assert found == state
    assert holds == "metrics"
    as_of = newest + timedelta(days=15)
    assert message.endswith(f"Newest: {newest}; as of {as_of} that is 15 days, and 14 are allowed.")


def test_as_of_names_the_days_that_have_no_events(clean: DemoHome) -> None:
    level = "property: frequency, value: 1, unit: d, element: incident_audit.sys_updated_at"
    _extend(clean, "servicenow_incidents", f"  - {{{level}}}\n")
    rule = FRESH.replace(".fresh", ".periods_present")
    ((newest,),) = clean.warehouse(
        "SELECT max(last_date) FROM ops.ops_source_arrivals WHERE export = 'servicenow_incidents'"
    )
    noon = datetime(newest.year, newest.month, newest.day, 12, tzinfo=UTC)
    demo, missing = DemoHome(clean.folder), []
    for days in (0, 4):
        with open_session(demo.project(), as_of=noon + timedelta(days=days)) as session:
            judge_arrivals(session)
        missing.append(demo.warehouse(RULE, [rule])[0][1])
    assert missing[1] == missing[0] + 2


def test_a_calendar_counts_its_working_days(clean: DemoHome) -> None:
    calendar = next(one for one in clean.project().policies.calendars if not one.is_always_open)
    level = "property: latency, value: 5, unit: d, element: incident_audit.sys_updated_at"
    named = f"customProperties: [{{property: calendar, value: {calendar.name}}}]"
    _extend(clean, "servicenow_incidents", f"  - {{{level}, {named}}}\n")
    ((newest,),) = clean.warehouse(
        "SELECT max(last_date) FROM ops.ops_source_arrivals WHERE export = 'servicenow_incidents'"
    )
    as_of = newest + timedelta(days=20)
    counted = sum(bool(calendar.intervals_on(newest + timedelta(days=ahead))) for ahead in range(1, 21))
    assert 5 < counted < 20
    demo = DemoHome(clean.folder)
    with open_session(demo.project(), as_of=datetime(as_of.year, as_of.month, as_of.day, 12, tzinfo=UTC)) as session:
        judge_arrivals(session)
    ((_, _, message, holds),) = demo.warehouse(RULE, [FRESH])
    assert f"that is {counted} working days, and 5 are allowed." in message
    assert holds is None


def test_a_calendar_that_is_not_there_is_an_error_before_anything_is_read(clean: DemoHome) -> None:
    level = "property: latency, value: 5, unit: d, element: incident_audit.sys_updated_at"
    _extend(
        clean,
        "servicenow_incidents",
        f"  - {{{level}, customProperties: [{{property: calendar, value: offfice}}]}}\n",
    )
    with pytest.raises(DocumentError, match="no calendar is called 'offfice'"):
        DemoHome(clean.folder).project()


def test_nothing_is_said_of_an_export_that_never_came(never_run: DemoHome) -> None:
    for path in (never_run.landing / "fx_rates").iterdir():
        path.unlink()
    never_run.measure()
    ((state, failed, message, _),) = never_run.warehouse(RULE, ["fx_rates.fx_rates.fresh"])
    assert (state, failed) == ("skipped", 0)
    assert "nothing has arrived" in message


def test_a_home_without_promises_has_nothing_to_judge(never_run: DemoHome) -> None:
    for export in ("general_ledger", "fx_rates", "servicenow_incidents"):
        _extend(never_run, export, "  []\n")
    DemoHome(never_run.folder).measure()
    verdict = never_run.warehouse("SELECT verdict, summary FROM ops.ops_verdicts WHERE domain = 'arrivals'")
    assert verdict == [("pass", "arrivals: no contract says when its data come.")]
    assert never_run.warehouse("FROM ops.ops_source_arrivals") == []
