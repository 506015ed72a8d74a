"""Mistakes in costs.yaml, vendors.yaml and targets.yaml that were told far from where they stand, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_contracts.documents import DocumentError
from pipelines.policies.loading import load_policies

SCALES = """scorecard:
  parts:
    - id: a
      metric: vendor_on_time_delivery_ratio
      weight: 0.5
      scale: {{80: 0, 95: 1}}
    - id: b
      metric: {metric}
      weight: 0.5
      scale: {{{low}: 0, {high}: 1}}
"""


def told(folder: Path, name: str, text: str) -> list[str]:
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        load_policies(folder)
    return str(caught.value).splitlines()


def test_every_mistake_in_costs_is_told_at_its_own_line(tmp_path: Path) -> None:
    text = """pools:
  - {id: rent, driver: headcount}
  - id: tools
    driver: fixed_shares
    shares:
      Desk: 40
      Field: 60
  - {id: rent, driver: direct}
step_down:
  - team: Desk
    driver: direct
delay:
  - {id: a, price_per_hour: 2}
  - id: b
    price_per_hour: 0
budget:
  fx: {rate: fixed, fixed: {USD: 0}}
"""
    name = f"{tmp_path.name}/costs.yaml"
    remedy = "Lower them to 1 or less (a share of 40 % is written 0.4)."
    assert told(tmp_path, "costs.yaml", text) == [
        f"{name}:5: pool 'tools': the shares add up to 100, more than 1. {remedy}",
        f"{name}:8: pool 'rent' is declared twice. Give each pool its own name.",
        f"{name}:11: step_down of 'Desk' is direct, but its cost is to leave the team. Write another driver.",
        f"{name}:17: budget: the planning rate of USD is 0. Write a number above 0.",
        f"{name}:15: delay rule 'b': price_per_hour is 0. Write an amount above 0.",
    ]


def test_shares_in_percent_are_told_as_parts(tmp_path: Path) -> None:
    text = "pools:\n  - id: a\n    driver: fixed_shares\n    shares:\n      Desk: 60\n      Field: 40 %\n"
    (message,) = told(tmp_path, "costs.yaml", text)
    assert "costs.yaml:6: key 'Field': '40 %' is not a number; write 0.4 for 40 %" in message


def test_initiatives_are_told_at_their_own_line(tmp_path: Path) -> None:
    text = "initiatives:\n  - {id: a}\n  - id: b\n    tags: [a]\n    benefits:\n      - {}\n"
    first, second = told(tmp_path, "initiatives.yaml", text)
    assert "initiatives.yaml:3: initiatives 'a' and 'b' are both tagged 'a'. A line could belong to either" in first
    assert "initiatives.yaml:6: initiative 'b': benefits without account and description" in second


def test_a_misspelt_transaction_may_have_been_meant_as_any_fact(tmp_path: Path) -> None:
    (message,) = told(tmp_path, "costs.yaml", "basis: cash\ntransaction: payed_documents\n")
    assert "costs.yaml:2: key 'transaction': 'payed_documents' is no transaction" in message
    assert "did you mean 'paid_documents'?" in message
    assert "any fact and the date on which it counts, such as {fact: fct_deliveries, date: delivered_date}" in message


def test_percent_on_a_scale_of_a_ratio_is_written_as_a_part(tmp_path: Path) -> None:
    within = SCALES.format(metric="vendor_off_contract_ratio", low="0.9", high="1.2")
    (message,) = told(tmp_path, "vendors.yaml", within)
    assert (
        "vendors.yaml:6: part 'a': the scale has 80, and 'vendor_on_time_delivery_ratio' is a ratio between" in message
    )
    assert message.endswith("Write 0.8 for 80 %, 0.95 for 95 %.")
    beyond = SCALES.format(metric="vendor_off_contract_ratio", low="90", high="120")
    assert [line.split("part ")[1][:3] for line in told(tmp_path, "vendors.yaml", beyond)] == ["'a'", "'b'"]
    days = SCALES.format(metric="vendor_delivery_delay_p85_days", low="-5", high="30")
    assert len(told(tmp_path, "vendors.yaml", days)) == 1


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (
            "{metric: ticket_cycle_time_p85_business_hours, value: -5}",
            "-5 is below 0, where 'ticket_cycle_time_p85_business_hours' never is. Write 0 or more.",
        ),
        ("{metric: ticket_reopen_ratio, value: -0.1}", "-0.1 is below 0"),
        ("{metric: ticket_backlog_count, value: -1}", "-1 is below 0"),
        ("{metric: sla_attainment_ratio, value: 90 %}", "'90 %' is not a number; write 0.9 for 90 %"),
        ("{metric: sla_attainment_ratio, value: 99.5%}", "write 0.995 for 99.5 %"),
        (
            "{metric: sla_attainment_ratio, value: 0.9, team: Desk, priority: P1}",
            "a target is for the value of one breakdown, not for team and priority together; leave one",
        ),
    ],
)
def test_targets_that_cannot_be_meant_are_told_with_what_to_write(target: str, said: str, tmp_path: Path) -> None:
    (message,) = told(tmp_path, "targets.yaml", f"targets:\n  - {target}\n")
    assert f"{tmp_path.name}/targets.yaml:2: " in message
    assert said in message


@pytest.mark.parametrize(
    "target",
    [
        "{metric: cost_budget_variance_reporting, value: -1000, period: month}",
        "{metric: cost_budget_variance_ratio, value: -0.05}",
        "{metric: vendor_delivery_delay_p85_days, value: -1}",
        "{metric: ticket_cycle_time_p85_business_hours, value: 0}",
    ],
)
def test_targets_below_zero_are_fine_where_values_can_be(target: str, tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text(f"targets:\n  - {target}\n", encoding="utf-8")
    assert len(load_policies(tmp_path).targets) == 1
