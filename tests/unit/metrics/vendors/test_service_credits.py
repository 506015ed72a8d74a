"""Service credits by hand: bands, caps, fees, credit notes, and what cannot be known. All amounts are worked out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from credit_frames import build, clocks, contract, fee
from finance_frames import exchange_rates

from metrics.vendors.credit_policy import CreditBand, CreditCaps, CreditPromise, CreditTerms
from models.ddl import polars_schema
from models.vendor_performance import fct_service_credit_clocks, fct_service_credit_notes, fct_service_credits
from models.vocabulary import PromiseKind, SlaTarget

JULY, AUGUST, SEPTEMBER, OCTOBER = (date(2026, month, 1) for month in (7, 8, 9, 10))
BANDS = (CreditBand(Decimal("0.95"), Decimal("0.05")), CreditBand(Decimal("0.90"), Decimal("0.10")))
#: A line whose days lie partly outside the contract's term.
IN_PART = {"vendor_contract_id": None, "match_state": "partly_in_term"}
REPAIRS = CreditPromise("repairs", sla_policies=frozenset({"repairs"}), bands=BANDS)


def terms(*promises: CreditPromise, **columns: Any) -> CreditTerms:
    return CreditTerms(contracts=("A*",), promises=promises or (REPAIRS,), **columns)


def of_month(frame: pl.DataFrame, month: date, *columns: str) -> tuple[Any, ...]:
    (row,) = frame.filter(period_start_date=month).select(columns).rows()
    return row


@pytest.mark.parametrize(
    ("met", "breached", "credit_ratio", "due"),
    [
        # 19 of 20 are 0.95: exactly on the band, and kept.
        (19, 1, "0", "0"),
        # 94 of 100 are below it: 5 % of 1,000.00.
        (94, 6, "0.05", "50.00"),
        # 9 of 10 are exactly on the lower band, so the upper one counts.
        (9, 1, "0.05", "50.00"),
        (89, 11, "0.10", "100.00"),
        (0, 1, "0.10", "100.00"),
    ],
)
def test_attainment_on_a_band_is_kept_and_below_it_is_not(met: int, breached: int, credit_ratio: str, due: str) -> None:
    built = build(terms(), cases=clocks(date(2026, 9, 15), met, breached), invoices=[fee(SEPTEMBER, "1000.00")])
    names = ("met_count", "breached_count", "credit_ratio", "credit_due_original", "to_claim_reporting")
    assert of_month(built.credits, SEPTEMBER, *names) == (
        met,
        breached,
        Decimal(credit_ratio),
        Decimal(due),
        Decimal(due),
    )


def test_a_third_is_compared_exactly() -> None:
    """2 of 3 is more than 0.666666 and less than 0.666667, whatever a binary fraction makes of it."""
    for below, due in (("0.666666", "0"), ("0.666667", "10.00")):
        promise = CreditPromise(
            "repairs", sla_policies=frozenset({"repairs"}), bands=(CreditBand(Decimal(below), Decimal("0.1")),)
        )
        built = build(terms(promise), cases=clocks(date(2026, 9, 1), 2, 1), invoices=[fee(SEPTEMBER, "100.00")])
        assert of_month(built.credits, SEPTEMBER, "credit_due_original") == (Decimal(due),)


def test_a_credit_is_rounded_once_to_the_cent_and_ties_go_to_the_even_one() -> None:
    # 5 % of 100.10 are 5.005: between 5.00 and 5.01, and 5.00 is even. 5 % of 100.30 are 5.015: 5.02 is even.
    for amount, due in (("100.10", "5.00"), ("100.30", "5.02")):
        built = build(terms(), cases=clocks(date(2026, 9, 1), 92, 8), invoices=[fee(SEPTEMBER, amount)])
        assert of_month(built.credits, SEPTEMBER, "credit_due_original") == (Decimal(due),)


def test_the_contracts_own_attainment_and_share_are_one_band() -> None:
    promise = CreditPromise("repairs", target=SlaTarget.VENDOR_RESOLUTION)
    own = contract(sla_target_ratio=Decimal("0.95"), service_credit_ratio=Decimal("0.2"))
    built = build(
        terms(promise), contracts=[own], cases=clocks(date(2026, 9, 1), 9, 1), invoices=[fee(SEPTEMBER, "50.00")]
    )
    names = ("band_below_ratio", "credit_ratio", "credit_due_original")
    assert of_month(built.credits, SEPTEMBER, *names) == (Decimal("0.95"), Decimal("0.2"), Decimal("10.00"))


def test_items_that_promise_differently_need_a_name() -> None:
    rows = [
        contract(sla_target_ratio=Decimal("0.95"), service_credit_ratio=Decimal("0.2")),
        contract(item="Call-out", sla_target_ratio=Decimal("0.99"), service_credit_ratio=Decimal("0.1")),
    ]
    given = {"contracts": rows, "cases": clocks(date(2026, 9, 1), 9, 1), "invoices": [fee(SEPTEMBER, "50.00")]}
    unnamed = build(terms(CreditPromise("repairs", target=SlaTarget.VENDOR_RESOLUTION)), **given)
    state, reason, due, at_least, at_most = of_month(
        unnamed.credits,
        SEPTEMBER,
        "credit_state",
        "reason",
        "credit_due_original",
        "to_claim_at_least_reporting",
        "to_claim_at_most_reporting",
    )
    assert (state, due, at_least, at_most) == ("not_measured", None, Decimal(0), None)
    assert "name the item" in reason
    named = build(terms(CreditPromise("repairs", target=SlaTarget.VENDOR_RESOLUTION, item="call-OUT")), **given)
    assert of_month(named.credits, SEPTEMBER, "credit_due_original") == (Decimal("5.00"),)


def test_a_period_cap_is_shared_by_promises_in_their_order() -> None:
    # Both promises earn 10 % of 1,000.00; the cap of 15 % leaves 50.00 for the second.
    second = CreditPromise("answers", sla_policies=frozenset({"answers"}), bands=BANDS)
    cases = clocks(date(2026, 9, 1), 0, 1) + clocks(date(2026, 9, 2), 0, 1, sla_policy="answers")
    capped = terms(REPAIRS, second, caps=CreditCaps(period_ratio=Decimal("0.15")))
    built = build(capped, cases=cases, invoices=[fee(SEPTEMBER, "1000.00")])
    rows = built.credits.filter(period_start_date=SEPTEMBER).select(
        "promise", "credit_uncapped_original", "cap_remaining_original", "credit_due_original"
    )
    assert rows.rows() == [
        ("repairs", Decimal("100.00"), Decimal("150.00"), Decimal("100.00")),
        ("answers", Decimal("100.00"), Decimal("50.00"), Decimal("50.00")),
    ]


def test_a_cap_that_is_reached_exactly_leaves_nothing() -> None:
    # The year from 1 January may cost 200.00; July takes 100.00, August 100.00, September finds nothing left.
    cases = [*clocks(JULY, 0, 1), *clocks(AUGUST, 0, 1), *clocks(SEPTEMBER, 0, 1)]
    invoices = [fee(month, "1000.00") for month in (JULY, AUGUST, SEPTEMBER)]
    built = build(terms(caps=CreditCaps(contract_year_amount=Decimal(200))), cases=cases, invoices=invoices)
    dues = [of_month(built.credits, month, "credit_due_original")[0] for month in (JULY, AUGUST, SEPTEMBER)]
    assert dues == [Decimal(100), Decimal(100), Decimal(0)]
    state, reason = of_month(built.credits, SEPTEMBER, "credit_state", "reason")
    assert (state, reason) == ("none", "earlier credits have used up the cap")


def test_a_new_year_of_the_contract_has_a_new_cap() -> None:
    # The contract began on 15 August 2025. August 2026 begins in its first year, September in its second.
    cases = [*clocks(AUGUST, 0, 1), *clocks(SEPTEMBER, 0, 1)]
    invoices = [fee(month, "1000.00") for month in (AUGUST, SEPTEMBER)]
    built = build(
        terms(caps=CreditCaps(contract_year_amount=Decimal(70))),
        contracts=[contract(contract_start_date=date(2025, 8, 15))],
        cases=cases,
        invoices=invoices,
    )
    assert of_month(built.credits, AUGUST, "credit_due_original") == (Decimal(70),)
    assert of_month(built.credits, SEPTEMBER, "credit_due_original") == (Decimal(70),)


def test_a_years_cap_as_a_share_counts_the_fees_up_to_the_period() -> None:
    # 6 % of what was invoiced since July: 60.00 in July, 120.00 to August, 180.00 to September.
    cases = [*clocks(JULY, 0, 1), *clocks(SEPTEMBER, 0, 1)]
    invoices = [fee(month, "1000.00") for month in (JULY, AUGUST, SEPTEMBER)]
    capped = terms(caps=CreditCaps(contract_year_ratio=Decimal("0.06")))
    built = build(capped, cases=cases, invoices=invoices, since=JULY)
    assert of_month(built.credits, JULY, "credit_due_original") == (Decimal("60.00"),)
    # 180.00 less the 60.00 of July leave 120.00; 100.00 are due.
    names = ("cap_remaining_original", "credit_due_original")
    assert of_month(built.credits, SEPTEMBER, *names) == (Decimal("120.00"), Decimal("100.00"))


def test_a_fee_that_is_not_invoiced_yet_leaves_the_money_unknown() -> None:
    built = build(terms(), cases=clocks(date(2026, 9, 15), 0, 3))
    names = ("credit_state", "credit_ratio", "fee_original", "credit_due_original", "to_claim_reporting")
    assert of_month(built.credits, SEPTEMBER, *names) == ("not_measured", Decimal("0.10"), None, None, None)
    assert of_month(built.credits, SEPTEMBER, "reason") == ("nothing was invoiced for these days yet",)
    # The broken promises are known all the same, so that the claim can be prepared.
    assert built.clocks.height == 3


def test_a_kept_promise_needs_no_fee() -> None:
    built = build(terms(), cases=clocks(date(2026, 9, 15), 3, 0))
    names = ("credit_state", "credit_due_original", "to_claim_reporting")
    assert of_month(built.credits, SEPTEMBER, *names) == ("none", Decimal(0), Decimal(0))


def test_an_unknown_fee_of_the_year_leaves_what_a_share_as_cap_leaves_unknown() -> None:
    cases = [*clocks(AUGUST, 1, 0), *clocks(SEPTEMBER, 0, 1)]
    capped = terms(caps=CreditCaps(contract_year_ratio=Decimal("0.06")))
    built = build(capped, cases=cases, invoices=[fee(SEPTEMBER, "1000.00")], since=AUGUST)
    names = ("credit_state", "credit_due_original", "to_claim_at_least_reporting", "to_claim_at_most_reporting")
    # At the least, August has no fee: 6 % of 1,000.00. At the most, nothing but the band limits it: 10 %.
    assert of_month(built.credits, SEPTEMBER, *names) == ("not_measured", None, Decimal("60.00"), Decimal("100.00"))


def test_an_open_period_shows_its_counts_and_no_money() -> None:
    cases = [*clocks(date(2026, 9, 30), 1, 0), *clocks(date(2026, 10, 2), 1, 2)]
    built = build(terms(), cases=cases, invoices=[fee(OCTOBER, "1000.00")])
    names = ("credit_state", "met_count", "breached_count", "credit_ratio", "credit_due_original", "to_claim_reporting")
    assert of_month(built.credits, OCTOBER, *names) == ("period_open", 1, 2, None, None, None)
    assert built.clocks.is_empty()


def test_a_period_closes_when_the_data_have_passed_its_last_day() -> None:
    for as_of, state in ((date(2026, 9, 30), "period_open"), (OCTOBER, "due")):
        built = build(terms(), cases=clocks(SEPTEMBER, 0, 1), invoices=[fee(SEPTEMBER, "10.00")], as_of=as_of)
        assert of_month(built.credits, SEPTEMBER, "credit_state") == (state,)


def test_a_vendor_without_cases_owes_nothing_and_has_no_attainment() -> None:
    built = build(terms(), invoices=[fee(SEPTEMBER, "1000.00")])
    names = ("credit_state", "attainment_ratio", "credit_due_original", "reason")
    assert of_month(built.credits, SEPTEMBER, *names) == ("none", None, Decimal(0), "no case was decided in these days")


def test_before_the_data_begin_there_are_no_rows() -> None:
    built = build(terms(), cases=clocks(SEPTEMBER, 0, 1), since=date(2026, 8, 20))
    assert built.credits["period_start_date"].to_list() == [AUGUST, SEPTEMBER, OCTOBER]


def test_too_few_cases_are_no_ground_for_a_credit() -> None:
    promise = CreditPromise("repairs", sla_policies=frozenset({"repairs"}), bands=BANDS, minimum_count=5)
    for count, due in ((4, "0"), (5, "10.00")):
        built = build(terms(promise), cases=clocks(SEPTEMBER, 0, count), invoices=[fee(SEPTEMBER, "100.00")])
        assert of_month(built.credits, SEPTEMBER, "credit_due_original") == (Decimal(due),)


def test_tickets_set_aside_bound_what_is_due() -> None:
    # 19 of 20 measured are 0.95, kept. With two more: 21 of 22 are kept, 19 of 22 are 0.864: 10 % of 100.00.
    cases = clocks(SEPTEMBER, 21, 1)
    aside = [row["ticket_id"] for row in cases[:2]]
    built = build(terms(), cases=cases, invoices=[fee(SEPTEMBER, "100.00")], set_aside=aside)
    names = (
        "met_count",
        "unmeasured_count",
        "to_claim_reporting",
        "to_claim_at_least_reporting",
        "to_claim_at_most_reporting",
    )
    assert of_month(built.credits, SEPTEMBER, *names) == (19, 2, Decimal(0), Decimal(0), Decimal("10.00"))


def test_clocks_of_which_it_is_open_whether_they_were_kept_bound_what_is_due() -> None:
    cases = clocks(SEPTEMBER, 21, 1)
    for row in cases[:2]:
        row |= {"state": "not_measured", "not_told": "instants"}
    built = build(terms(), cases=cases, invoices=[fee(SEPTEMBER, "100.00")])
    names = ("met_count", "breached_count", "unmeasured_count", "to_claim_at_least_reporting")
    assert of_month(built.credits, SEPTEMBER, *names) == (19, 1, 2, Decimal(0))
    assert of_month(built.credits, SEPTEMBER, "to_claim_at_most_reporting") == (Decimal("10.00"),)


def test_a_contract_that_changes_in_mid_month_has_each_part_of_the_month() -> None:
    # A1 ends on 15 September, A2 follows. The line of 900.00 lies on 30 days: 15 of them are 450.00.
    contracts = [
        contract(contract_end_date=date(2026, 9, 15)),
        contract(vendor_contract_id="A2", contract_start_date=date(2026, 9, 16)),
    ]
    cases = [*clocks(date(2026, 9, 15), 0, 1), *clocks(date(2026, 9, 16), 93, 7)]
    built = build(terms(), contracts=contracts, cases=cases, invoices=[fee(SEPTEMBER, "900.00", **IN_PART)])
    rows = built.credits.filter(period_start_date=SEPTEMBER).select(
        "vendor_contract_id", "covered_start_date", "covered_end_date", "breached_count", "fee_original",
        "credit_due_original",
    )  # fmt: skip
    assert rows.rows() == [
        ("A1", SEPTEMBER, date(2026, 9, 15), 1, Decimal(450), Decimal("45.00")),
        ("A2", date(2026, 9, 16), date(2026, 9, 30), 7, Decimal(450), Decimal("22.50")),
    ]


def test_odd_cents_of_a_line_lie_on_its_first_days() -> None:
    # 100.00 over 30 days are 3.33 and ten days of 3.34: 15 days are 50.05, the other 15 are 49.95.
    contracts = [
        contract(contract_end_date=date(2026, 9, 15)),
        contract(vendor_contract_id="A2", contract_start_date=date(2026, 9, 16)),
    ]
    built = build(
        terms(),
        contracts=contracts,
        invoices=[fee(SEPTEMBER, "100.00", **IN_PART), fee(SEPTEMBER, "-100.00", **IN_PART)],
    )
    assert built.credits.filter(period_start_date=SEPTEMBER)["fee_original"].to_list() == [Decimal(0), Decimal(0)]
    built = build(terms(), contracts=contracts, invoices=[fee(SEPTEMBER, "100.00", **IN_PART)])
    fees = built.credits.filter(period_start_date=SEPTEMBER)["fee_original"].to_list()
    assert fees == [Decimal("50.05"), Decimal("49.95")]


def test_only_the_items_of_the_fee_count_and_credit_notes_for_credits_never_do() -> None:
    invoices = [
        fee(SEPTEMBER, "100.00"),
        fee(SEPTEMBER, "-20.00"),
        fee(SEPTEMBER, "70.00", item="Call-out"),
        fee(SEPTEMBER, "-10.00", item="Managed line service credit"),
    ]
    built = build(terms(fee_items=("Managed*",)), cases=clocks(SEPTEMBER, 0, 1), invoices=invoices)
    names = ("fee_original", "credit_due_original", "given_original", "to_claim_original")
    # 10 % of 80.00 are 8.00, and 10.00 were given: nothing is left to claim, and never less than nothing.
    assert of_month(built.credits, SEPTEMBER, *names) == (Decimal(80), Decimal(8), Decimal(10), Decimal(0))


def test_what_may_be_billed_twice_is_no_fee() -> None:
    again = fee(SEPTEMBER, "100.00", vendor_invoice_line_id="again", duplicate_at_stake_reporting=Decimal(100))
    built = build(terms(), cases=clocks(SEPTEMBER, 0, 1), invoices=[fee(SEPTEMBER, "100.00"), again])
    assert of_month(built.credits, SEPTEMBER, "fee_original") == (Decimal(100),)


def test_a_line_under_one_of_two_contracts_leaves_the_fee_of_both_unknown() -> None:
    contracts = [contract(), contract(vendor_contract_id="A2")]
    unclear = fee(SEPTEMBER, "100.00", vendor_contract_id=None, match_state="several_contracts")
    built = build(terms(), contracts=contracts, cases=clocks(SEPTEMBER, 0, 1), invoices=[unclear])
    rows = built.credits.filter(period_start_date=SEPTEMBER)
    assert rows["credit_state"].to_list() == ["not_measured", "not_measured"]


def test_a_fixed_monthly_fee_counts_by_days_where_the_contract_covers_a_part() -> None:
    # A quarter of 300.00 a month; the contract begins on 16 July, so that 16 of 31 days count: 154.838... -> 154.84.
    built = build(
        terms(period="quarter", fee_monthly=Decimal(300)),
        contracts=[contract(contract_start_date=date(2026, 7, 16))],
        cases=clocks(date(2026, 8, 3), 0, 1),
    )
    names = ("period_end_date", "covered_start_date", "fee_original", "credit_due_original")
    expected = (date(2026, 9, 30), date(2026, 7, 16), Decimal("754.84"), Decimal("75.48"))
    assert of_month(built.credits, JULY, *names) == expected


def test_a_credit_note_across_months_pays_the_oldest_first() -> None:
    # 100.00 are due for August and for September; one note of 130.00 names both months.
    cases = [*clocks(AUGUST, 0, 1), *clocks(SEPTEMBER, 0, 1)]
    note = fee(
        AUGUST, "-130.00", item="Service credit", service_end_date=date(2026, 9, 30), invoice_date=date(2026, 10, 5)
    )
    invoices = [fee(AUGUST, "1000.00"), fee(SEPTEMBER, "1000.00"), note]
    built = build(terms(), cases=cases, invoices=invoices)
    names = ("given_original", "to_claim_original", "given_reporting", "to_claim_reporting")
    assert of_month(built.credits, AUGUST, *names) == (Decimal(100), Decimal(0), Decimal(100), Decimal(0))
    assert of_month(built.credits, SEPTEMBER, *names) == (Decimal(30), Decimal(70), Decimal(30), Decimal(70))
    assert built.notes.select("part_number", "service_credit_id", "given_original").rows() == [
        (1, "A1/repairs/2026-08-01", Decimal(100)),
        (2, "A1/repairs/2026-09-01", Decimal(30)),
    ]


def test_a_credit_note_without_a_period_is_for_what_was_over_on_its_date() -> None:
    cases = [*clocks(AUGUST, 0, 1), *clocks(SEPTEMBER, 0, 1)]
    undated = {"service_start_date": None, "service_end_date": None, "invoice_date": date(2026, 9, 10)}
    note = fee(AUGUST, "-130.00", item="Service credit", **undated)
    built = build(terms(), cases=cases, invoices=[fee(AUGUST, "1000.00"), fee(SEPTEMBER, "1000.00"), note])
    # September was not over on the 10th, so that what is more than due stays with August.
    assert of_month(built.credits, AUGUST, "given_original", "to_claim_original") == (Decimal(130), Decimal(0))
    assert of_month(built.credits, SEPTEMBER, "given_original", "to_claim_original") == (Decimal(0), Decimal(100))


def test_a_credit_note_for_nothing_known_is_kept_beside() -> None:
    built = build(terms(), invoices=[fee(SEPTEMBER, "-5.00", item="Service credit", currency_code="USD")])
    assert built.notes.select("service_credit_id", "given_original", "given_reporting").rows() == [
        (None, Decimal(5), None)
    ]


def test_amounts_in_another_currency_are_converted_at_the_end_of_the_period_and_the_date_of_the_note() -> None:
    # 10 % of 1,000.00 pounds: 1.20 on 30 September makes 120.00. 40.00 pounds given on 5 October at 1.10 are 44.00.
    rates = exchange_rates((date(2026, 9, 30), "GBP", "EUR", "1.20"), (date(2026, 10, 5), "GBP", "EUR", "1.10"))
    note = fee(SEPTEMBER, "-40.00", item="Service credit", currency_code="GBP")
    built = build(
        terms(),
        contracts=[contract(currency_code="GBP")],
        cases=clocks(SEPTEMBER, 0, 1),
        invoices=[fee(SEPTEMBER, "1000.00", currency_code="GBP"), note],
        rates=rates,
    )
    names = ("credit_due_reporting", "given_reporting", "to_claim_original", "to_claim_reporting", "fx_rate")
    # 60.00 pounds are left to claim: 72.00, which is not 120.00 - 44.00.
    expected = (Decimal(120), Decimal(44), Decimal(60), Decimal(72), Decimal("1.2"))
    assert of_month(built.credits, SEPTEMBER, *names) == expected


def test_a_missing_rate_leaves_the_reporting_amount_unknown_and_the_credit_due() -> None:
    built = build(
        terms(),
        contracts=[contract(currency_code="GBP")],
        cases=clocks(SEPTEMBER, 0, 1),
        invoices=[fee(SEPTEMBER, "1000.00", currency_code="GBP")],
    )
    names = ("credit_state", "credit_due_original", "to_claim_reporting")
    assert of_month(built.credits, SEPTEMBER, *names) == ("due", Decimal(100), None)


def test_a_fee_in_another_currency_than_the_contract_is_not_a_fee() -> None:
    built = build(terms(), cases=clocks(SEPTEMBER, 0, 1), invoices=[fee(SEPTEMBER, "1000.00", currency_code="USD")])
    state, reason = of_month(built.credits, SEPTEMBER, "credit_state", "reason")
    assert (state, reason) == ("not_measured", "invoiced in USD, and the contract is in EUR")


def test_a_contract_that_contradicts_itself_is_not_measured() -> None:
    rows = [contract(), contract(item="Call-out", currency_code="USD")]
    built = build(terms(), contracts=rows, cases=clocks(SEPTEMBER, 0, 1), invoices=[fee(SEPTEMBER, "10.00")])
    state, reason = of_month(built.credits, SEPTEMBER, "credit_state", "reason")
    assert (state, reason) == ("not_measured", "rows of the contract contradict each other in currency")


def test_late_deliveries_earn_credits_by_either_promise() -> None:
    days = {"first_promised_date": date(2026, 9, 1), "promised_date": date(2026, 9, 8)}
    deliveries = [
        {"delivery_id": "d:1", "vendor": "Acme", **days, "delivered_date": date(2026, 9, 8)},
        {"delivery_id": "d:2", "vendor": "Acme", **days, "delivered_date": None},
    ]
    for kind, late in (
        (PromiseKind.DELIVERIES_IN_FORCE, ["d:2"]),
        (PromiseKind.DELIVERIES_FIRST_PROMISE, ["d:1", "d:2"]),
    ):
        promise = CreditPromise("deliveries", kind=kind, bands=BANDS)
        built = build(terms(promise), deliveries=deliveries, invoices=[fee(SEPTEMBER, "100.00")])
        assert of_month(built.credits, SEPTEMBER, "breached_count", "credit_due_original") == (len(late), Decimal(10))
        assert built.clocks["delivery_id"].to_list() == late


def test_the_broken_promises_of_a_credit_are_listed_in_order() -> None:
    cases = [
        *clocks(date(2026, 9, 20), 1, 1),
        *clocks(date(2026, 9, 3), 0, 1),
        *clocks(date(2026, 9, 4), 0, 1, vendor="Bolt"),
    ]
    built = build(terms(), cases=cases, invoices=[fee(SEPTEMBER, "100.00")])
    assert built.clocks.select("service_credit_id", "case_number", "ticket_id").rows() == [
        ("A1/repairs/2026-09-01", 1, "Acme:2026-09-03:0"),
        ("A1/repairs/2026-09-01", 2, "Acme:2026-09-20:1"),
    ]


def test_a_clock_that_only_stood_still_is_no_case() -> None:
    """A ticket that names a vendor and never waited for it, such as one that was reopened, says nothing of it."""
    stood = {"elapsed_microseconds": 0, "paused_microseconds": 3_600_000_000}
    at_night = {"elapsed_microseconds": 0, "paused_microseconds": 0}
    cases = [*clocks(SEPTEMBER, 3, 0, **stood), *clocks(date(2026, 9, 2), 1, 0, **at_night)]
    assert of_month(build(terms(), cases=cases).credits, SEPTEMBER, "met_count") == (1,)


def test_a_day_is_that_of_the_reporting_time_zone() -> None:
    # 22:30 UTC on 31 August is 00:30 on 1 September in Amsterdam.
    late = [
        {**row, "decided_at": row["decided_at"].replace(hour=22, minute=30)} for row in clocks(date(2026, 8, 31), 0, 1)
    ]
    built = build(terms(), cases=late)
    assert of_month(built.credits, SEPTEMBER, "breached_count") == (1,)


def test_the_first_terms_that_name_a_contract_count_and_others_have_none() -> None:
    contracts = [contract(), contract(vendor_contract_id="B1", vendor="Bolt")]
    built = build([terms(fee_monthly=Decimal(10)), terms(fee_monthly=Decimal(20))], contracts=contracts)
    assert built.credits["vendor_contract_id"].unique().to_list() == ["A1"]
    assert set(built.credits["fee_original"]) == {Decimal(10)}


def test_frames_are_as_declared_with_and_without_rows() -> None:
    tables = (fct_service_credits, fct_service_credit_clocks, fct_service_credit_notes)
    for built in (build(terms(), cases=clocks(SEPTEMBER, 0, 1)), build([])):
        for frame, table in zip((built.credits, built.clocks, built.notes), tables, strict=True):
            assert frame.schema == polars_schema(table)
