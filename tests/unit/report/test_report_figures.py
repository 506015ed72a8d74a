"""What the figures of the report say of answers made by hand: exact sums, gaps, and names from anywhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from made_up_facts import HOSTILE, SLA, answer, driver, facts, number, signal

from metrics.registry import METRICS
from pipelines.report.causes import causes_section
from pipelines.report.drawing import color
from pipelines.report.drivers import name_part
from pipelines.report.headlines import certainty, headline_cards
from pipelines.report.instrumentation import instrumentation_section
from pipelines.report.money import money_section
from pipelines.report.page import render_report
from pipelines.report.sections import build_sections
from pipelines.report.sentences import summarize
from pipelines.report.signals import signal_sentence
from pipelines.report.targets import verdict
from pipelines.words.certainty import RESTS

COST = "cost_per_transaction_reporting"


def test_drivers_are_told_by_team_where_teams_are_known() -> None:
    rows = [driver("vendor", "(none)", "0.2"), driver("team", HOSTILE, "0.07"), driver("team", "Desk", "0.03")]
    (figure,) = causes_section(facts(**{f"drivers {SLA}": answer("what_drove_a_change", *rows)})).figures
    assert f"By team, {HOSTILE} made the largest part of it: +7.00 points." in figure.sentences[0]
    assert figure.table is not None
    assert [row[-1] for row in figure.table.rows] == ["+7.00 points", "+3.00 points", "+20.00 points"]


def told_of_team(*changes: tuple[str, str], before: float = 0.8, after: float = 0.9) -> str:
    rows = [driver("team", name, change) | {"value_before": before, "value_after": after} for name, change in changes]
    (figure,) = causes_section(facts(**{f"drivers {SLA}": answer("what_drove_a_change", *rows)})).figures
    return figure.sentences[0]


def test_parts_that_cancel_each_other_are_no_part_of_nothing() -> None:
    assert told_of_team(("Desk", "-0.04"), ("Field", "0.04"), before=0.58, after=0.58) == (
        f"{SLA} is the same in October 2026 as in September 2026, 58.0 %. By team, its parts go against each other: "
        "the largest is Desk, -4.00 points, and against that Field, +4.00 points."
    )
    # The largest part goes down, the whole goes up.
    assert told_of_team(("Desk", "-0.04"), ("Field", "0.03"), ("Lab", "0.03"), before=0.58, after=0.60).endswith(
        "the largest is Desk, -4.00 points, and against that Field, +3.00 points."
    )
    assert told_of_team(("Desk", "0.0001"), before=0.58, after=0.5801).startswith(f"{SLA} is nearly the same")


def test_where_nothing_moved_there_is_no_figure_and_no_sentence_of_who_moved_it() -> None:
    still = facts(**{f"drivers {SLA}": answer("what_drove_a_change", driver("team", "Desk", "0"))})
    assert causes_section(still).figures == []
    cancelled = [driver("team", "Desk", "-0.04"), driver("team", "Field", "0.04")]
    told = summarize(facts(**{f"drivers {SLA}": answer("what_drove_a_change", *cancelled)}))
    assert not [sentence for sentence in told if "moved it most" in sentence]


def test_bounds_that_differ_though_all_is_measured_say_by_what() -> None:
    cost = "cost_per_transaction_reporting"
    row = number(cost, unit="reporting", value=34.0, lower_bound=34.0, upper_bound=35.0)
    assert certainty(row, "EUR") == (
        "100 % measured (10 of 10); the truth is between 34.00 EUR and 35.00 EUR, depending on who bears the cost that "
        "is unallocated"
    )
    assert certainty(row | {"upper_bound": 34.0}, "EUR").endswith("the truth is exactly 34.00 EUR")
    # What was not measured is the first reason, and is told by the share.
    assert certainty(row | {"coverage_ratio": 0.9}, "EUR").endswith("between 34.00 EUR and 35.00 EUR")


def test_a_share_of_nothing_is_told_in_words() -> None:
    created = number("ticket_created_count", unit="count", value=0.0, lower_bound=0.0, upper_bound=0.0,
                     coverage_ratio=None, eligible_count=0, measured_count=0)  # fmt: skip
    assert certainty(created, "EUR") == "there was nothing to measure; the truth is exactly 0"
    given = facts()
    given.numbers["ticket_created_count"] = created  # type: ignore[index]
    (numbers,) = (section for section in build_sections(given) if section.id == "numbers")
    table = numbers.figures[0].table
    assert table is not None
    (row,) = (row for row in table.rows if row[0] == created["label"])
    assert row[table.columns.index("measured")] == "nothing to measure"


def test_every_reason_for_bounds_is_of_a_kpi_that_there_is() -> None:
    assert {metric.name for metric in METRICS} >= set(RESTS)


def test_groups_that_are_not_named_are_one_row_and_all_rows_add_up() -> None:
    rows = [driver("team", f"team {n}", f"{0.01 * n:.2f}") for n in range(1, 13)]
    (figure,) = causes_section(facts(**{f"drivers {SLA}": answer("what_drove_a_change", *rows)})).figures
    assert figure.table is not None
    assert figure.table.rows[-1][0] == "4 others"
    shown = sum(Decimal(row[-1].removesuffix(" points")) for row in figure.table.rows)
    assert shown == Decimal(78)


def test_who_moved_the_unit_cost_is_told_in_money() -> None:
    cost = "cost_per_transaction_reporting"
    given = facts(**{f"drivers {cost}": answer("what_drove_a_change", driver("team", "Desk", "1.25"))})
    given.numbers[cost] = number(cost, unit="reporting", direction="down_is_good", label="Cost per transaction")  # type: ignore[index]
    (figure,) = causes_section(given).figures
    assert "By team, Desk made the largest part of it: +1.25 EUR." in figure.sentences[0]
    assert figure.draw is not None
    assert figure.draw(400).to_dict()["data"]["values"][0]["color"] == color("red")
    assert "Cost per transaction: by team, Desk moved it most, by +1.25 EUR." in summarize(given)


@pytest.mark.parametrize(("unit", "said"), [("ratio", "tickets without a team"), ("reporting", "cost without a team")])
def test_what_has_no_team_is_told_in_words(unit: str, said: str) -> None:
    assert name_part(driver("team", "(none)", "0.1"), unit) == said
    assert name_part(driver("team", "Desk", "0.1"), unit) == "Desk"


def test_parts_of_the_unit_cost_that_are_not_shown_are_one_part() -> None:
    rows = [
        {"part": "cost", "dimension_value": f"team {n}", "cost_pool": None, "change_reporting": Decimal("0.10"),
         "whole_change_reporting": Decimal("2.50"), "from_month_date": date(2026, 9, 1),
         "to_month_date": date(2026, 10, 1)}
        for n in range(25)
    ]  # fmt: skip
    (figure,) = causes_section(facts(unit_cost=answer("what_made_unit_cost_move", *rows))).figures
    assert figure.table is not None
    assert figure.table.rows[-1] == ("5 smaller parts", "+0.50")
    shown = sum(Decimal(row[1]) for row in figure.table.rows)
    assert shown == Decimal("2.50")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"Desk": "-1.05", "Field": "0.80", "Lab": "0.75"},
            (
                "moved by +0.50 EUR. The largest part of it: cost · Field, +0.80 EUR. Against it went most: "
                "cost · Desk, -1.05 EUR."
            ),
        ),
        ({"Desk": "0.80", "Field": "-0.30"}, "moved by +0.50 EUR. The largest part of it: cost · Desk, +0.80 EUR."),
        ({"Desk": "-0.80", "Field": "0.30"}, "moved by -0.50 EUR. The largest part of it: cost · Desk, -0.80 EUR."),
        ({"Desk": "0.30", "Field": "-0.30"}, "moved by +0.00 EUR. The largest part: cost · Desk, +0.30 EUR."),
    ],
)
def test_the_largest_part_of_a_rise_is_none_that_fell(changes: dict[str, str], told: str) -> None:
    whole = sum((Decimal(change) for change in changes.values()), Decimal(0))
    rows = [
        {"part": "cost", "dimension_value": name, "cost_pool": "", "change_reporting": Decimal(change),
         "whole_change_reporting": whole, "from_month_date": date(2026, 9, 1), "to_month_date": date(2026, 10, 1)}
        for name, change in changes.items()
    ]  # fmt: skip
    (figure,) = causes_section(facts(unit_cost=answer("what_made_unit_cost_move", *rows))).figures
    assert figure.sentences[0].endswith(told)
    assert not any("table" in sentence for sentence in figure.sentences), "slides have none"


def test_mix_and_rate_are_said_in_the_same_words_wherever_a_change_is_taken_apart() -> None:
    step = {"part": "cost", "dimension_value": "Desk", "cost_pool": "payroll", "change_reporting": Decimal("0.80"),
            "whole_change_reporting": Decimal("0.80"), "from_month_date": date(2026, 9, 1),
            "to_month_date": date(2026, 10, 1)}  # fmt: skip
    moved = answer("what_drove_a_change", driver("team", "Desk", "0.80"))
    given = facts(unit_cost=answer("what_made_unit_cost_move", step), **{f"drivers {COST}": moved})
    told = {figure.id: " ".join(figure.sentences) for figure in causes_section(given).figures}
    drivers, steps = told[f"drivers-{COST}"], told["unit-cost"]
    assert (
        "Mix says that more or less of the work fell to a group, rate that its own value of the KPI went up or down."
        in drivers
    )
    assert "Mix says that more or less of the work fell to a team." in steps
    assert "its own cost per transaction did, its rate, is taken apart: volume says" in steps


def test_the_summary_says_what_of_the_money_to_recover_is_certain() -> None:
    row = {"vendor": "Acme", "recoverable_reporting": Decimal("10.50"), "over_billing_reporting": Decimal("4.00"),
           "duplicate_invoice_reporting": Decimal("6.50"), "service_credit_reporting": None,
           "at_least_reporting": Decimal("4.00"), "at_most_reporting": None, "unmeasured_count": 0,
           "counted_to_date": date(2026, 11, 30)}  # fmt: skip
    told = "10.50 EUR are to be recovered from vendors over the twelve months to November 2026"
    assert f"{told}, of which 4.00 EUR are certain." in summarize(facts(recoverable=answer("money_to_recover", row)))
    sure = row | {"at_least_reporting": Decimal("10.50")}
    assert f"{told}." in summarize(facts(recoverable=answer("money_to_recover", sure)))


def test_what_cannot_be_measured_is_said_and_not_added() -> None:
    row = {"vendor": HOSTILE, "recoverable_reporting": Decimal("10.50"), "over_billing_reporting": Decimal("10.50"),
           "duplicate_invoice_reporting": None, "service_credit_reporting": None,
           "at_least_reporting": Decimal("10.50"), "at_most_reporting": None, "unmeasured_count": 2,
           "unmeasured_reasons": "set aside by a contract rule", "counted_to_date": date(2026, 11, 30)}  # fmt: skip
    (figure,) = money_section(facts(recoverable=answer("money_to_recover", row))).figures
    assert figure.sentences == (
        "10.50 EUR are to be recovered from 1 vendor over the twelve months to November 2026.",
        "2 more cases of 1 vendor could not be measured: set aside by a contract rule.",
    )
    assert figure.table is not None
    assert figure.table.rows[0] == (HOSTILE, "10.50", "10.50", "–", "10.50", "–", "–")


def test_money_of_a_month_and_of_twelve_say_which_months_they_are_of() -> None:
    row = {"vendor": "Acme", "recoverable_reporting": Decimal("10.50"), "over_billing_reporting": Decimal("10.50"),
           "duplicate_invoice_reporting": None, "service_credit_reporting": None, "unmeasured_count": 0,
           "at_least_reporting": Decimal("10.50"), "at_most_reporting": Decimal("10.50"),
           "counted_to_date": date(2026, 10, 31)}  # fmt: skip
    given = facts(recoverable=answer("money_to_recover", row))
    money = number("vendor_recoverable_reporting", value=0.0, unit="reporting", label="Money to recover")
    given.numbers["vendor_recoverable_reporting"] = money  # type: ignore[index]
    (numbers,) = [section for section in build_sections(given) if section.id == "numbers"]
    (told,) = numbers.figures[0].sentences
    assert told == (
        "Money to recover is here what came up in October 2026 alone; of the twelve months to October 2026 it comes to "
        "10.50 EUR."
    )
    (figure,) = money_section(given).figures
    assert figure.title == "Money to recover of the twelve months to October 2026, in EUR"
    # Without anything to recover the two are the same.
    assert not build_sections(facts())[-1].figures[0].sentences


def test_spending_without_a_budget_is_named_and_not_told_as_if_it_had_one() -> None:
    def cell(account: str, actual: str, budget: str, *, has_budget: bool) -> dict[str, Any]:
        spent, planned = Decimal(actual), Decimal(budget)
        return {"cost_centre": "100", "account": account, "team": "Desk", "month_count": 1, "actual_reporting": spent,
                "budget_reporting": planned, "variance_reporting": spent - planned,
                "unbudgeted_month_count": int(not has_budget)}  # fmt: skip

    rows = (
        cell("61", "120", "150", has_budget=True),
        cell("62", "40", "0", has_budget=False),
        cell("63", "-2.50", "0", has_budget=False),
        # A budget of nothing is one.
        cell("64", "5", "0", has_budget=True),
    )
    (figure,) = money_section(facts(budget=answer("budget_variance", *rows))).figures
    assert figure.sentences[:3] == (
        "162.50 EUR were spent in October 2026 of a budget of 150.00: 12.50 more.",
        "For 2 of 4 accounts by team no budget was made; 37.50 were spent there, all of it over budget.",
        "Where one was made, 125.00 were spent of 150.00: 25.00 less.",
    )
    assert figure.table is not None
    assert [(row[0], row[3]) for row in figure.table.rows] == [
        ("100/62", "–"),
        ("100/61", "150.00"),
        ("100/64", "0.00"),
        ("100/63", "–"),
    ]
    (figure,) = money_section(facts(budget=answer("budget_variance", rows[0]))).figures
    assert figure.sentences[0] == "120.00 EUR were spent in October 2026 of a budget of 150.00: 30.00 less."
    assert not any("no budget was made" in sentence for sentence in figure.sentences)


def test_vendors_from_whom_nothing_is_to_come_back_are_not_counted() -> None:
    nothing = {"vendor": "Bolt", "recoverable_reporting": Decimal(0), "over_billing_reporting": Decimal(0),
               "duplicate_invoice_reporting": Decimal(0), "service_credit_reporting": Decimal(0),
               "at_least_reporting": Decimal(0), "at_most_reporting": Decimal(90), "unmeasured_count": 3,
               "unmeasured_reasons": "the line has no date", "counted_to_date": date(2026, 11, 30)}  # fmt: skip
    money = ("recoverable_reporting", "over_billing_reporting")
    owes = nothing | {"vendor": "Acme", "unmeasured_count": 0} | dict.fromkeys(money, Decimal(20))
    repaid = owes | {"vendor": "Crane"} | dict.fromkeys(money, Decimal(-5))
    (figure,) = money_section(facts(recoverable=answer("money_to_recover", owes, nothing, repaid))).figures
    assert figure.sentences == (
        "15.00 EUR are to be recovered from 1 vendor over the twelve months to November 2026.",
        "Taken off are 5.00 that 1 vendor credited of earlier months.",
        "3 more cases of 1 vendor could not be measured: the line has no date.",
    )
    assert figure.table is not None
    assert [row[:2] for row in figure.table.rows] == [("Acme", "20.00"), ("Crane", "-5.00")]
    assert figure.draw is not None
    drawn = str(figure.draw(400).to_dict()["data"])
    assert "Acme" in drawn
    assert "Bolt" not in drawn

    (figure,) = money_section(facts(recoverable=answer("money_to_recover", nothing))).figures
    months = "over the twelve months to November 2026"
    assert figure.sentences[0] == f"Nothing is known to be recovered from vendors {months}."
    assert (figure.table, figure.draw) == (None, None)


def test_that_nothing_was_measured_is_not_told_as_nothing_to_recover() -> None:
    unknown = {"vendor": "Bolt", "unmeasured_count": 3, "counted_to_date": date(2026, 11, 30),
               "unmeasured_reasons": "the vendor has no contract in the register"} | dict.fromkeys(
        ("recoverable_reporting", "over_billing_reporting", "duplicate_invoice_reporting", "service_credit_reporting",
         "at_least_reporting", "at_most_reporting"))  # fmt: skip
    (figure,) = money_section(facts(recoverable=answer("money_to_recover", unknown))).figures
    months = "from vendors over the twelve months to November 2026"
    assert figure.sentences == (
        f"Whether anything is to be recovered {months} is not known: nothing could be measured.",
        "3 cases of 1 vendor could not be measured: the vendor has no contract in the register.",
    )
    owes = unknown | {"vendor": "Acme", "recoverable_reporting": Decimal(20), "unmeasured_count": 0,
                      "unmeasured_reasons": None}  # fmt: skip
    (figure,) = money_section(facts(recoverable=answer("money_to_recover", owes, unknown))).figures
    assert figure.sentences == (
        "20.00 EUR are to be recovered from 1 vendor over the twelve months to November 2026.",
        "3 more cases of 1 vendor could not be measured: the vendor has no contract in the register.",
        "Of 1 vendor nothing could be, so nobody knows whether anything is owed.",
    )


def test_a_card_whose_bounds_overlap_with_those_before_is_not_sure_and_judges_nothing() -> None:
    given = facts()
    wide = {"value": 0.9, "lower_bound": 0.7, "upper_bound": 0.95}
    given.numbers[SLA] = number(SLA, **wide, previous_value=0.8)  # type: ignore[index]
    card = next(card for card in headline_cards(given) if card.metric == SLA)
    assert (card.movement, card.judgement) == ("▲ 10.0 points against Sep 2026", "not sure")
    assert 'class="movement not-sure"' in render_report(given)
    exact = next(card for card in headline_cards(facts()) if card.metric == SLA)
    assert exact.judgement == "better"


def test_who_moved_the_unit_cost_by_what_is_unallocated_now_is_said_to_have() -> None:
    parts = answer("what_drove_a_change", driver("team", "Apps", "-62.66"), driver("team", "Desk", "-3"))
    for now, before, told in (
        (
            32876.61,
            0.0,
            "Apps moved it most, by -62.66 EUR; 32,876.61 EUR of its cost are unallocated, 0.00 EUR before.",
        ),
        (0.0, 32876.61, "Apps moved it most, by -62.66 EUR."),
        (0.0, 0.0, "Apps moved it most, by -62.66 EUR."),
    ):
        rows = answer("who_moved", {"dimension_value": "Apps", "value": now, "previous_value": before})
        cost = "cost_per_transaction_reporting"
        given = facts(**{f"drivers {cost}": parts, "unallocated": rows})
        given.numbers[cost] = number(cost, unit="reporting")  # type: ignore[index]
        (sentence,) = [each for each in summarize(given) if "moved it most" in each]
        assert sentence.endswith(told)


def test_a_card_without_a_value_says_of_which_period_it_has_none() -> None:
    given = facts()
    given.numbers[SLA] = number(SLA, value=None, previous_value=None, eligible_count=None, measured_count=None)  # type: ignore[index]
    given = replace(given, no_value_reasons={SLA: "there is nothing to measure: Oct 2026 has no SLA clocks"})
    card = next(card for card in headline_cards(given) if card.metric == SLA)
    assert (card.value, card.movement, card.certainty) == (
        "–",
        "no value in October 2026",
        "No value: there is nothing to measure: Oct 2026 has no SLA clocks.",
    )


def target(metric: str, state: str, distance: str, **more: Any) -> dict[str, Any]:
    row = {"metric": metric, "label": metric, "period_start_date": date(2026, 10, 1), "value": 0.9,
           "direction": "up_is_good", "target_value": Decimal("0.93"), "distance_value": Decimal(distance),
           "target_state": state, "is_certain": True}  # fmt: skip
    return {**row, **more}


def test_targets_are_told_in_the_card_and_in_the_summary() -> None:
    rows = [
        target(SLA, "missed", "-0.03"),
        target("cost_total_reporting", "missed", "-0.03", label="Cost"),
        target("late_ratio", "met", "0.01", is_certain=False),
        target("none_ratio", "not_measured", "0"),
    ]
    given = facts(targets=answer("values_against_targets", *rows))
    card = next(card for card in headline_cards(given) if card.metric == SLA)
    assert (card.target, card.target_state) == ("Target at least 93.0 %: missed by 3.0 points", "missed")
    told = summarize(given)
    assert any(sentence.endswith("and missed its target of at least 93.0 %.") for sentence in told)
    assert "1 of 3 targets was met. Missed beside the headlines: Cost." in told
    in_doubt = facts(targets=answer("values_against_targets", target(SLA, "met", "0.01", is_certain=False)))
    ending = "and met its target of at least 93.0 %, though what is not known may change that."
    assert any(sentence.endswith(ending) for sentence in summarize(in_doubt))
    page = render_report(given)
    assert "≥ 93.0 %, missed" in page
    assert ">state<" not in page
    assert ">target<" not in render_report(facts())


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (target(SLA, "missed", "-0.0001"), "missed by less than is shown"),
        (target(SLA, "met", "0.01", is_certain=False), "met, but what is not known may change that"),
        (target(SLA, "not_measured", "0"), "not measured"),
    ],
)
def test_what_became_of_a_target_is_said_as_it_is(row: dict[str, Any], said: str) -> None:
    assert verdict(row, "ratio", "EUR") == said


def test_hostile_names_are_shown_and_do_nothing() -> None:
    drivers = {f"drivers {SLA}": answer("what_drove_a_change", driver("team", HOSTILE, "0.07"))}
    page = render_report(facts(**drivers))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_report_of_a_past_period_speaks_of_that_period() -> None:
    rows = [signal(10, "noise", 0.5)]
    gap = {"fix_rank": 1, "rule_id": "r", "failed_record_count": 1, "captured_ratio": 0.5, "affected_metric_count": 0,
           "what_to_do": "Do it.", "metric": None, "source": "desk", "table_name": "tickets", "record_count": 2,
           "gap_kind": "not_instrumented", "held_metric_count": 0, "is_recent": True}  # fmt: skip
    latest = facts(**{f"signals {SLA}": answer("signal_or_noise", *rows), "to_put_right": answer("x", gap)})
    past = replace(latest, is_past=True)
    assert signal_sentence(past, SLA).startswith("The value of October 2026 lies within usual variation")
    assert instrumentation_section(latest).lead == "1 gap as of the latest run."
    assert instrumentation_section(past).lead.endswith("Which there were in October 2026 is not kept.")


def test_what_to_do_about_gaps_is_said_once_for_those_that_want_the_same() -> None:
    gap = {"rule_id": "tickets.cycle_time.measured", "failed_record_count": 1, "captured_ratio": 0.5,
           "affected_metric_count": 0, "what_to_do": "Do it.", "metric": None, "table_name": "tickets",
           "record_count": 2, "gap_kind": "not_instrumented", "held_metric_count": 0, "is_recent": True}  # fmt: skip
    rows = [
        gap | {"fix_rank": 1, "source": "desk"},
        gap | {"fix_rank": 2, "source": "jira"},
        gap | {"fix_rank": 3, "source": "desk", "what_to_do": "Do that."},
    ]
    (figure,) = instrumentation_section(facts(to_put_right=answer("x", *rows))).figures
    effect = "1 has no cycle time. No KPI of the last months is less sure because of it."
    assert figure.sentences == (
        f"Of 2 tickets from desk, {effect}",
        f"Of 2 tickets from jira, {effect}",
        "What to do: Do it.",
        f"Of 2 tickets from desk, {effect}",
        "What to do: Do that.",
    )


def test_causes_that_are_equally_frequent_are_named_together() -> None:
    def cause(name: str, count: int) -> dict[str, Any]:
        return {"cause": name, "breach_count": count, "share_ratio": 0.25, "cumulative_ratio": 1.0, "sampled_count": 0}

    def told(*causes: tuple[str, int]) -> str:
        given = facts(breaches=answer("breaches_by_cause", *(cause(*each) for each in causes)))
        (figure,) = (figure for figure in causes_section(given).figures if figure.id == "breaches")
        return figure.sentences[0]

    assert told(("active", 2), ("queued", 1)).endswith("Most often the time went into active: 2, 25.0 % of them.")
    assert told(("active", 1), ("queued", 1)) == (
        "2 promises were broken in October 2026. The time went into active and queued equally often: 1 each."
    )
    assert told(*((name, 1) for name in "abcd")).endswith("No cause stands out: 4 have 1 each.")


@pytest.mark.parametrize(("sampled", "told"), [(0, None), (1, "1 of them"), (3, "them")])
def test_causes_that_only_daily_exports_tell_say_so(sampled: int, told: str | None) -> None:
    row = {"cause": "active", "breach_count": 3, "share_ratio": 1.0, "cumulative_ratio": 1.0, "sampled_count": sampled}
    given = facts(breaches=answer("breaches_by_cause", row))
    (figure,) = (figure for figure in causes_section(given).figures if figure.id == "breaches")
    sentence = (
        f"Only daily exports tell of {told}: what went on between two files, or before a ticket's first one, may have "
        "taken more of the time."
    )
    assert [each for each in figure.sentences if "daily exports" in each] == ([] if told is None else [sentence])
