"""Policies: plain defaults, strict keys, and messages that name file, line and remedy."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from data_contracts.documents import DocumentError
from metrics.costs.policy import CostBasis, CostPool, CountedFact, Driver, StepDown
from models.vocabulary import SlaTarget, StatusCategory
from pipelines.policies.loading import StatusMeaning, load_policies


def _error(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        load_policies(folder)
    return str(caught.value)


def test_an_empty_folder_is_the_plainest_policy(tmp_path: Path) -> None:
    policies = load_policies(tmp_path)
    assert [calendar.name for calendar in policies.calendars] == ["24x7"]
    assert (policies.team_calendars.default, policies.sla, policies.costs.pools) == ("24x7", (), ())
    assert policies.costs.basis is CostBasis.ACCRUAL


def test_calendars_take_lunch_breaks_holidays_and_versions(tmp_path: Path) -> None:
    (tmp_path / "calendars.yaml").write_text(
        """
calendars:
  desk:
    time_zone: Europe/Amsterdam
    holidays: {country: NL, dates: [2026-12-24]}
    versions:
      - week: {monday: ["09:00-12:30", "13:00-17:30"]}
      - from: 2026-07-01
        week: {monday: ["00:00-24:00"]}
        exceptional_days: {2026-07-04: ["10:00-12:00"]}
team_calendars: {default: desk, teams: {Night: 24x7}}
""",
        encoding="utf-8",
    )
    policies = load_policies(tmp_path)
    desk = next(calendar for calendar in policies.calendars if calendar.name == "desk")
    first, second = desk.versions
    assert first.week[0] == ((540, 750), (780, 1050))
    assert {date(2026, 12, 24), date(2026, 4, 27)} <= first.holidays  # the second is King's Day
    assert (second.effective_from, second.week[0]) == (date(2026, 7, 1), ((0, 1440),))
    assert second.exceptional_days[date(2026, 7, 4)] == ((600, 720),)
    assert policies.team_calendars.teams == {"Night": "24x7"}


def test_a_status_is_a_category_or_a_category_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "statuses.yaml").write_text(
        "statuses:\n  desk:\n    New: queued\n    Parked: {category: waiting, reason: vendor}\n", encoding="utf-8"
    )
    assert load_policies(tmp_path).statuses["desk"] == {
        "New": StatusMeaning(StatusCategory.QUEUED),
        "Parked": StatusMeaning(StatusCategory.WAITING, "vendor"),
    }


def test_naming_only_reasons_pauses_while_waiting(tmp_path: Path) -> None:
    (tmp_path / "sla.yaml").write_text(
        "policies:\n  - {id: a, target: resolution, within: 1h30m, pause_on: {reasons: [customer]}}\n", encoding="utf-8"
    )
    (policy,) = load_policies(tmp_path).sla
    assert policy.within_microseconds == 5_400_000_000
    assert policy.pause_categories == {StatusCategory.WAITING}
    assert policy.pause_reasons == {"customer"}


def test_account_numbers_need_no_quotes(tmp_path: Path) -> None:
    (tmp_path / "costs.yaml").write_text(
        "pools:\n  - {id: pay, where: {account: [4000, 41*]}, driver: fixed_shares, shares: {A: 0.4, B: 0.6}}\n",
        encoding="utf-8",
    )
    (pool,) = load_policies(tmp_path).costs.pools
    assert pool.accounts == ("4000", "41*")
    assert sum(pool.shares.values()) == Decimal("1.0")


def test_costs_take_any_fact_a_metric_and_steps(tmp_path: Path) -> None:
    (tmp_path / "costs.yaml").write_text(
        """
transaction:
  fact: fct_deliveries
  date: delivered_date
  distinct: [delivery_id]
  where: {vendor: "Orbit*", is_on_time: true}
pools:
  - {id: tools, driver: metric, metric: ticket_created_count}
step_down:
  - {team: Desk, driver: fixed_shares, shares: {Field: 0.5}}
""",
        encoding="utf-8",
    )
    costs = load_policies(tmp_path).costs
    assert costs.transaction == CountedFact(
        "fct_deliveries", "delivered_date", ("delivery_id",), {"vendor": ("Orbit*",)}, {"is_on_time": True}
    )
    assert costs.pools == (CostPool("tools", driver=Driver.METRIC, metric="ticket_created_count"),)
    assert costs.step_down == (StepDown("Desk", Driver.FIXED_SHARES, {"Field": Decimal("0.5")}),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("transaction: 7", ("costs.yaml:1", "'7' is no transaction", "resolved_tickets, paid_documents, deliveries")),
        ("transaction: tickets", ("costs.yaml:1", "transaction")),
        (
            "transaction:\n  fact: fct_delivery\n  date: delivered_date",
            ("costs.yaml:2", "'fct_delivery' is no fact", "Did you mean 'fct_deliveries'?"),
        ),
        (
            "transaction:\n  fact: fct_deliveries\n  date: delivered",
            ("costs.yaml:3", "no date or instant 'delivered'", "Did you mean 'delivered_date'?"),
        ),
        (
            "pools:\n  - {id: a, driver: metric, metric: cost_total_reporting}",
            ("costs.yaml:2", "pool 'a' is driven by the metric 'cost_total_reporting'", "circle"),
        ),
        ("step_down:\n  - {team: A, driver: direct}", ("costs.yaml", "step_down of 'A' is direct")),
    ],
)
def test_mistakes_in_costs_are_told_with_place_and_remedy(tmp_path: Path, text: str, said: tuple[str, ...]) -> None:
    told = _error(tmp_path, "costs.yaml", text)
    assert [part for part in said if part not in told] == []


def test_plans_delay_and_initiatives_are_read_as_written(tmp_path: Path) -> None:
    (tmp_path / "costs.yaml").write_text(
        """
budget: {fx: {rate: fixed, fixed: {USD: 0.92}}, year_end: forecast, run_rate_months: 6}
delay:
  - {id: a, applies_to: {team: Desk}, price_per_hour: 12.50, currency: USD, cap_per_ticket: 0.1, clock: calendar}
  - {id: b, price_per_hour: 3, measure: past_target}
""",
        encoding="utf-8",
    )
    (tmp_path / "initiatives.yaml").write_text(
        "initiatives:\n  - {id: a}\n  - {id: b, name: B, start: 2026-05-01, tags: 17, benefits: [{account: [8400]}]}\n",
        encoding="utf-8",
    )
    policies = load_policies(tmp_path)
    budget, (first, second) = policies.costs.budget, policies.costs.delay
    assert budget.fx is not None
    assert (budget.fx.fixed, budget.year_end, budget.run_rate_months) == ({"USD": Decimal("0.92")}, "forecast", 6)
    assert (first.price_per_hour, first.cap_per_ticket, first.scope) == (
        Decimal("12.5"),
        Decimal("0.1"),
        {"team": frozenset({"Desk"})},
    )
    assert (second.currency, second.measure, second.clock, second.cap_per_ticket) == (
        None,
        "past_target",
        "business",
        None,
    )
    plain, whole = policies.initiatives
    assert (plain.name, plain.benefits) == ("a", ())
    assert whole.words == {"b", "17"}
    assert whole.benefits[0].accounts == ("8400",)


def test_a_promise_of_a_holder_names_a_vendor_or_a_team(tmp_path: Path) -> None:
    (tmp_path / "sla.yaml").write_text(
        """
policies:
  - {id: acme, target: vendor_resolution, within: 8h, applies_to: {vendor: Acme}}
  - {id: network, target: vendor_response, within: 30m, applies_to: {team: [Network, LAN]}}
  - {id: updates, target: periodic_update, within: 4h}
""",
        encoding="utf-8",
    )
    acme, network, updates = load_policies(tmp_path).sla
    assert acme.holder == {"vendor": {"Acme"}}
    assert network.holder == {"team": {"Network", "LAN"}}
    assert (updates.target, updates.holder) == (SlaTarget.PERIODIC_UPDATE, {})


PARTS = """    - {{id: a, metric: vendor_on_time_delivery_ratio, weight: 0.4, scale: {{0.5: 0, 1: 1}}}}
    - {{id: b, metric: {1}, weight: {0}, scale: {{0.5: 0, 1: 1}}}}
"""
TERMS = "service_credits:\n- contract: A1\n  promises:\n  "
CROSSED_BANDS = """- id: a
    deliveries: first_promise
    bands:
    - {below: 0.9, credit: 0.05}
    - {below: 0.95, credit: 0.1}
"""
OF_TWO_CONTRACTS = """policies:
- id: a
  target: vendor_resolution
  within: {contract_item: Visit}
  applies_to: {vendor: [Acme, Bolt]}
  effective_from: 2026-01-01
"""


def test_a_promise_may_be_that_of_a_contract(tmp_path: Path) -> None:
    (tmp_path / "sla.yaml").write_text(
        "policies:\n- id: visits\n  target: vendor_resolution\n  within: {contract_item: Repair visit}\n"
        "  applies_to: {vendor: Acme}\n",
        encoding="utf-8",
    )
    (policy,) = load_policies(tmp_path).sla
    assert (policy.contract_item, policy.within_microseconds) == ("Repair visit", 0)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "statuses.yaml",
            "statuses:\n  desk:\n    New: qeued\n",
            ("policies/statuses.yaml:3", "did you mean 'queued'?"),
        ),
        ("sla.yaml", "policies:\n  - {id: a, target: resolution, within: soon}\n", ("sla.yaml:2", "30m, 4h or 2d")),
        (
            "sla.yaml",
            "policies:\n  - {id: a, target: resolution, within: 1h, calendar: desk}\n",
            ("unknown calendar 'desk'",),
        ),
        (
            "sla.yaml",
            "policies:\n  - {id: a, target: vendor_response, within: 1h, applies_to: {priority: P1}}\n",
            ("sla.yaml:2", "policy 'a': target 'vendor_response' without anybody", "applies_to: {vendor: Acme}"),
        ),
        (
            "sla.yaml",
            "policies: [{id: a, target: resolution, within: 1h, effective_from: 2026-05-01, effective_to: 2026-04-01}]",
            ("sla.yaml:1", "policy 'a' would end on 2026-04-01, before it begins on 2026-05-01"),
        ),
        (
            "sla.yaml",
            "policies:\n  - {id: a, target: resolution, within: 1h, effective_from: 1767225600}",
            ("sla.yaml:2", "'1767225600' is not a date; write one such as 2026-12-24"),
        ),
        (
            "sla.yaml",
            "policies:\n  - {id: a, target: resolution, within: 1h, effective_to: 2026-04-01 12:00}",
            ("sla.yaml:2", "is not a date; write one such as 2026-12-24"),
        ),
        (
            "sla.yaml",
            "policies:\n- {id: a, target: vendor_resolution, within: {item: Visit}, applies_to: {vendor: Acme}}\n",
            ("sla.yaml:2", "contract_item"),
        ),
        (
            "sla.yaml",
            "policies:\n- {id: a, target: resolution, within: {contract_item: Visit}}\n",
            ("sla.yaml:2", "policy 'a' takes its time from a contract", "one vendor in applies_to"),
        ),
        (
            "sla.yaml",
            OF_TWO_CONTRACTS,
            ("sla.yaml:4", "one vendor's promise", "sla.yaml:6", "whose own dates count", "Leave out 'effective_from'"),
        ),
        (
            "statuses.yaml",
            "statuses:\n  desk:\n    New: queued\n    Closed: don\n    Parked: 7\n    Gone:\n",
            (
                "statuses.yaml:4: key 'Closed': 'don' is no category (did you mean 'done'?); write queued, active, ",
                "statuses.yaml:5: key 'Parked': '7' is no category",
                "statuses.yaml:6: key 'Gone': nothing is no category",
            ),
        ),
        (
            "statuses.yaml",
            "statuses:\n  desk:\n    Closed:\n      category: don\n",
            ("statuses.yaml:4: key 'category': 'don' is not accepted", "Did you mean 'done'?"),
        ),
        ("calendars.yaml", "team_calendars: {default: desk}\n", ("calendars.yaml:1", "no calendar is called 'desk'")),
        ("costs.yaml", "basis: cach\n", ("costs.yaml:1", "Did you mean 'cash'?")),
        (
            "costs.yaml",
            "pools:\n  - {id: a, driver: fixed_shares, shares: {A: 0.7, B: 0.6}}\n",
            ("costs.yaml", "'a'"),
        ),
        (
            "costs.yaml",
            "pools:\n  - {id: a, driver: fixed_shares, shares: {A: 70, B: 30}}\n",
            ("the shares add up to 100, more than 1", "(a share of 40 % is written 0.4)"),
        ),
        (
            "vendors.yaml",
            "scorecard:\n  parts:\n" + PARTS.format(35, "sla_vendor_resolution_attainment_ratio"),
            ("vendors.yaml:4", "key 'weight': 35 is not accepted: it must be at most 1. ", "write 35 % as 0.35."),
        ),
        (
            "vendors.yaml",
            "scorecard:\n  parts: []\n",
            (
                "vendors.yaml:2",
                "key 'parts': there is nothing in it. Write at least one.",
            ),
        ),
        (
            "vendors.yaml",
            "duplicates: {window_days: -1}\n",
            ("vendors.yaml:1", "key 'window_days': -1 is not accepted: it must be at least 0. Correct the value."),
        ),
        (
            "vendors.yaml",
            "scorecard:\n  parts:\n" + PARTS.format(0.5, "sla_vendor_resolution_attainment_ratio"),
            ("vendors.yaml:2", "weights of the scorecard's parts add up to 0.9, not to 1", "a 0.4, b 0.5"),
        ),
        (
            "vendors.yaml",
            "scorecard:\n  parts:\n" + PARTS.format(0.6, "sla_vendor_resolution_atainment_ratio"),
            ("vendors.yaml:4", "part 'b'", "Did you mean 'sla_vendor_resolution_attainment_ratio'?"),
        ),
        (
            "vendors.yaml",
            TERMS + "- {id: repairs, sla: [nowhere], deliveries: first_promise}\n",
            ("vendors.yaml:4", "sla and deliveries say whose cases count", "'nowhere' is no SLA policy"),
        ),
        (
            "vendors.yaml",
            TERMS + CROSSED_BANDS,
            ("vendors.yaml:6", "below 0.95 a credit of 0.1 follows below 0.9", "Let thresholds fall and credits rise"),
        ),
        (
            "vendors.yaml",
            "service_credits:\n- contract: A1\n  fee: {items: [Rent], monthly: 5}\n  promises: [{id: a}]\n",
            ("vendors.yaml:3", "both invoiced items and a fixed monthly amount", "nothing says whose cases count"),
        ),
        (
            "costs.yaml",
            "basis: cash\ndelay:\n  - {id: a, price_per_hour: 0}\n",
            ("costs.yaml:3", "delay rule 'a': price_per_hour is 0. Write an amount above 0"),
        ),
        ("costs.yaml", "delay: [{id: a, price_per_hour: 1, clock: busines}]\n", ("Did you mean 'business'?",)),
        ("costs.yaml", "budget: {year_end: runrate}\n", ("costs.yaml:1", "Did you mean 'run_rate'?")),
        ("costs.yaml", "budget: {fx: {rate: fixed, fixed: {USD: -1}}}\n", ("planning rate of USD is -1",)),
        (
            "initiatives.yaml",
            "initiatives:\n  - {id: a, start: 2026-05-01, payback_target: 2026-04-30}\n",
            ("initiatives.yaml:2", "initiative 'a' is to pay back on 2026-04-30, before it begins on 2026-05-01"),
        ),
        ("initiatives.yaml", "initiatives: [{id: a, begin: 2026-05-01}]\n", ("initiatives.yaml:1", "'begin'")),
        (
            "targets.yaml",
            "targets:\n  - {metric: sla_attainment_ratio, value: 93}\n",
            ("targets.yaml:2", "target of sla_attainment_ratio: 93 is more than the whole", "Write 0.93 for 93 %."),
        ),
        (
            "targets.yaml",
            "targets: [{metric: sla_atainment_ratio, value: 0.9}]\n",
            ("'sla_atainment_ratio' is no KPI", "Did you mean 'sla_attainment_ratio'?"),
        ),
        (
            "targets.yaml",
            "targets:\n  - {metric: sla_atainment_ratio, value: high}\n",
            ("targets.yaml:2", "'high'", "'sla_atainment_ratio' is no KPI", "Did you mean 'sla_attainment_ratio'?"),
        ),
        (
            "targets.yaml",
            "targets: [{metric: cost_total_reporting, value: 90000}]\n",
            ("adds up over time", "'period: month'"),
        ),
        (
            "targets.yaml",
            "targets:\n" + 2 * "  - {metric: sla_attainment_ratio, value: 0.9}\n",
            ("targets.yaml:3", "two targets of sla_attainment_ratio for the same periods"),
        ),
        ("targets.yaml", "targets: [{metric: sla_attainment_ratio, value: good}]\n", ("targets.yaml:1", "value")),
        (
            "targets.yaml",
            "targets:\n  - {metric: sla_attainment_ratio, value: 0.9, teem: Desk}\n",
            ("targets.yaml:2", "teem", "team"),
        ),
        (
            "targets.yaml",
            "targets:\n  - {metric: sla_attainment_ratio, value: 0.9, team: Desk, priority: P1}\n",
            ("targets.yaml:2", "not for team and priority together"),
        ),
        (
            "targets.yaml",
            "targets:\n  - {metric: sla_attainment_ratio, value: 0.9, team: [Desk, Network]}\n",
            ("targets.yaml:2", "a target is for one name; write a target for each"),
        ),
        (
            "targets.yaml",
            "targets:\n  - {metric: vendor_off_contract_ratio, value: 0.1, team: Desk}\n",
            (
                "targets.yaml:2",
                "of the team 'Desk': 'vendor_off_contract_ratio' has no values by team",
                "by vendor",
            ),
        ),
        (
            "targets.yaml",
            "targets:\n" + 2 * "  - {metric: sla_attainment_ratio, value: 0.9, team: Desk}\n",
            ("targets.yaml:3", "two targets of sla_attainment_ratio of the team 'Desk' for the same periods"),
        ),
        (
            "targets.yaml",
            (
                "targets:\n  - {metric: sla_attainment_ratio, value: 0.9, team: Desk, effective_to: 2026-12-31}\n"
                "  - {metric: sla_attainment_ratio, value: 0.95, team: Desk, effective_from: 2026-07-01}\n"
            ),
            (
                "targets.yaml:3",
                "hold on the same days: the one of 0.9 to 2026-12-31, the one of 0.95 from 2026-07-01",
                "End the first on 2026-06-30",
            ),
        ),
        (
            "targets.yaml",
            "baselines: [{metric: sla_attainment, effective_from: 2026-01-01, reason: x}]\n",
            ("'sla_attainment' is no KPI",),
        ),
        ("targets.yaml", "baselines: [{metric: sla_attainment_ratio, effective_from: 2026-01-01}]\n", ("reason",)),
        (
            "targets.yaml",
            "baselines:\n" + 2 * "  - {metric: sla_attainment_ratio, effective_from: 2026-01-01, reason: x}\n",
            ("two baselines of sla_attainment_ratio begin on 2026-01-01",),
        ),
        ("slas.yaml", "policies: []\n", ("policies/slas.yaml", "no policy has this file name")),
    ],
)
def test_mistakes_are_told_with_place_and_remedy(tmp_path: Path, name: str, text: str, said: tuple[str, ...]) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    message = _error(folder, name, text)
    for words in said:
        assert words in message


def test_targets_of_a_breakdown_are_beside_those_of_the_whole(tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text(
        "targets:\n"
        "  - {metric: sla_attainment_ratio, value: 0.93}\n"
        "  - {metric: sla_attainment_ratio, value: 0.95, team: Desk}\n"
        "  - {metric: sla_attainment_ratio, value: 0.97, team: Desk, effective_from: 2026-07-01}\n"
        "  - {metric: sla_attainment_ratio, value: 0.9, priority: 1}\n",
        encoding="utf-8",
    )
    targets = load_policies(tmp_path).targets
    assert [(each.dimension.value, each.dimension_value, str(each.value)) for each in targets] == [
        ("overall", "", "0.93"), ("team", "Desk", "0.95"), ("team", "Desk", "0.97"), ("priority", "1", "0.9"),
    ]  # fmt: skip


def test_a_mistake_in_a_list_is_not_also_told_as_a_list_that_is_too_short(tmp_path: Path) -> None:
    promise = "{id: a, deliveries: first_promise, bands: [{below: 95, credit: 0.1}]}"
    message = _error(tmp_path, "vendors.yaml", f"service_credits: [{{contract: A, promises: [{promise}]}}]\n")
    assert message.count("vendors.yaml:1") == 1
    assert "key 'below': 95 is not accepted" in message


def test_another_version_of_the_holidays_measures_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But only where public holidays count: other calendars do not depend on the package."""
    week = "time_zone: Europe/Berlin, versions: [{week: {monday: '08:00-17:00'}}]"

    def hashes(text: str) -> set[str]:
        (tmp_path / "calendars.yaml").write_text(text, encoding="utf-8")
        found = set()
        for version in ("0.90", "0.91"):
            monkeypatch.setattr("pipelines.policies.loading.version", lambda _, told=version: told)
            found.add(load_policies(tmp_path).hashes["calendars.yaml"])
        return found

    assert len(hashes(f"calendars: {{desk: {{{week}}}}}")) == 1
    assert len(hashes(f"calendars: {{desk: {{{week}, holidays: {{country: DE}}}}}}")) == 2
    of_version = week.replace("}]", ", holidays: {country: DE}}]")
    assert len(hashes(f"calendars: {{desk: {{{of_version}}}}}")) == 2
