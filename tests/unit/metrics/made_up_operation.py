"""Core facts of a small made-up operation, with everything that makes measuring hard: gaps, credits, set-asides."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import polars as pl
from made_up_stretches import stretch_rows
from made_up_tickets import clock_rows, ticket_day_rows, ticket_delay_rows, ticket_rows
from made_up_values import AS_OF, Row, breakdown, sometimes

from models.catalog import table_named
from models.ddl import polars_schema


def frame_of(table: str, rows: list[Row]) -> pl.DataFrame:
    """Rows as the table's own types; columns that a row leaves out are empty."""
    schema = polars_schema(table_named(table))
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def cost_line_rows(random_: random.Random, count: int) -> list[Row]:
    rows: list[Row] = []
    for number in range(count):
        posted = date(2026, 1, 1) + timedelta(days=random_.randrange(100))
        is_spread = random_.random() < 0.3
        is_set_aside = random_.random() < 0.02
        rows.append(
            {
                "cost_line_id": f"ledger:{number}",
                "source": "ledger",
                "posting_date": posted,
                "cost_start_date": None if is_set_aside else posted,
                "cost_end_date": None if is_set_aside else posted + timedelta(days=40 if is_spread else 0),
                "cost_pool": "payroll",
                "amount_original": Decimal("10.00"),
                "amount_reporting": sometimes(random_, 0.99, Decimal("10.00")),
                "currency_code": "EUR",
                "is_quarantined": is_set_aside,
            }
        )
    return rows


def allocation_rows(random_: random.Random) -> list[Row]:
    rows: list[Row] = []
    periods = [("month", date(2026, month, 1)) for month in range(1, 5)]
    periods += [("week", date(2025, 12, 29) + timedelta(weeks=week)) for week in range(14)]
    periods += [("day", date(2026, 1, 1) + timedelta(days=day)) for day in range(90)]
    periods += [("quarter", date(2026, 1, 1)), ("quarter", date(2026, 4, 1))]
    for grain, start in periods:
        for pool, is_allocated in (("payroll", True), ("licences", True), ("travel", False), ("refunds", False)):
            for _ in range(random_.randrange(4)):
                cents = random_.randrange(-2_000, 90_000) * (-1 if pool == "refunds" else 1)
                # Of what nobody took, credits are a part, and debits the rest, whatever the sign of both together.
                credit = 0 if is_allocated else min(cents, 0) - random_.choice([0, random_.randrange(9_000)])
                rows.append(
                    {
                        "period_grain": grain,
                        "period_start_date": start,
                        "cost_pool": pool,
                        "driver": "resolved_tickets" if is_allocated else "(none)",
                        **breakdown(random_),
                        "is_allocated": is_allocated,
                        "transaction_count": 1,
                        "amount_reporting": Decimal(cents) / 100,
                        "unallocated_debit_reporting": Decimal(0 if is_allocated else cents - credit) / 100,
                        "unallocated_credit_reporting": Decimal(credit) / 100,
                    }
                )
    return rows


def transaction_rows(random_: random.Random) -> list[Row]:
    return [
        {
            "completed_date": date(2025, 12, 20) + timedelta(days=random_.randrange(110)),
            **breakdown(random_),
            "transaction_count": (completed := random_.randrange(9)),
            "set_aside_count": random_.randrange(3) if completed else 1,
        }
        for _ in range(150)
    ]


def delivery_rows(random_: random.Random, count: int) -> list[Row]:
    rows: list[Row] = []
    for number in range(count):
        promised = date(2026, 1, 1) + timedelta(days=random_.randrange(110))
        first_promised = promised - timedelta(days=random_.choice([0, 0, 0, 4]))
        delivered = promised + timedelta(days=random_.randrange(-4, 6))
        is_delivered = random_.random() < 0.9 and delivered <= AS_OF.date()
        row: Row = {
            "delivery_id": f"orders:{number}",
            "source": "orders",
            "vendor": random_.choice(["Acme", "Globex", None]),
            "service": random_.choice(["Mail", None]),
            "team": random_.choice(["Desk", "Network"]),
            "promised_date": sometimes(random_, 0.97, promised),
            "first_promised_date": sometimes(random_, 0.93, first_promised),
            "delivered_date": delivered if is_delivered else None,
            "is_quarantined": random_.random() < 0.05,
        }
        for column, since in (("delay_days", "promised_date"), ("first_promise_delay_days", "first_promised_date")):
            if is_delivered and row[since]:
                row[column] = (delivered - row[since]).days
        rows.append(row)
    return rows


def service_credit_rows(random_: random.Random, count: int) -> list[Row]:
    rows: list[Row] = []
    for number in range(count):
        kept, broken, unknown = (random_.choice([0, 0, 1, 7]) for _ in range(3))
        due = sometimes(random_, 0.8, Decimal(random_.randrange(0, 90_000)).scaleb(-2))
        rows.append(
            {
                "service_credit_id": f"credit:{number}",
                "vendor": random_.choice(["Acme", "Globex", None]),
                "credit_state": random_.choice(["due", "none", "not_measured", "period_open"]),
                "covered_end_date": date(2026, 1, 1) + timedelta(days=random_.randrange(110)),
                "met_count": kept,
                "breached_count": broken,
                "unmeasured_count": unknown,
                "credit_ratio": sometimes(random_, 0.8, random_.choice([Decimal(0), Decimal("0.05")])),
                "credit_due_reporting": due,
                "given_reporting": sometimes(random_, 0.95, Decimal(random_.randrange(0, 900)).scaleb(-2)),
                "is_quarantined": False,
            }
        )
    return rows


def recoverable_rows(random_: random.Random, count: int) -> list[Row]:
    rows: list[Row] = []
    for number in range(count):
        amount = Decimal(random_.randrange(-500, 5000)).scaleb(-2)
        margin = Decimal(random_.choice([0, 0, 100])).scaleb(-2)
        rows.append(
            {
                "vendor_recoverable_id": f"recoverable:{number}",
                "recoverable_kind": random_.choice(["over_billing", "duplicate_invoice", "service_credit"]),
                "vendor": random_.choice(["Acme", "Globex", None]),
                "recovery_date": date(2026, 1, 1) + timedelta(days=random_.randrange(110)),
                "amount_reporting": sometimes(random_, 0.9, amount),
                "at_least_reporting": sometimes(random_, 0.98, amount - margin),
                "at_most_reporting": sometimes(random_, 0.95, amount + margin),
                "is_quarantined": random_.random() < 0.01,
            }
        )
    return rows


def invoice_line_rows(random_: random.Random, count: int) -> list[Row]:
    return [
        {
            "vendor_invoice_line_id": f"invoices:{number}",
            "source": "invoices",
            "vendor": random_.choice(["Acme", "Globex", None]),
            "invoice_date": date(2026, 1, 1) + timedelta(days=random_.randrange(100)),
            "amount_original": Decimal("1.00"),
            "currency_code": "EUR",
            "amount_reporting": sometimes(random_, 0.95, Decimal(random_.randrange(-50_000, 500_000)) / 100),
            "rate_card_variance_reporting": sometimes(random_, 0.8, Decimal(random_.randrange(-500, 5_000)) / 100),
            "off_contract_reporting": sometimes(random_, 0.9, Decimal(random_.choice([0, 0, 12_345, -99])) / 100),
            "duplicate_at_stake_reporting": sometimes(random_, 0.9, Decimal(random_.choice([0, 0, 0, 777])) / 100),
            "is_quarantined": random_.random() < 0.03,
        }
        for number in range(count)
    ]


def commitment_month_rows(random_: random.Random) -> list[dict[str, object]]:
    """`fct_vendor_commitment_months`: six contracts over three months."""
    return [
        {
            "vendor_contract_id": f"C{number}",
            "month_date": date(2026, month, 1),
            "vendor": random_.choice(["Acme", "Globex", None]),
            "cumulative_spend_reporting": sometimes(random_, 0.9, Decimal(random_.randrange(-5_000, 90_000)) / 100),
            "committed_spend_reporting": Decimal(random_.randrange(1, 50_000)) / 100,
            "is_quarantined": random_.random() < 0.1,
            "is_understated": random_.random() < 0.2,
        }
        for number in range(6)
        for month in (1, 2, 3)
    ]


_PLANNED_MONTHS = [date(year, month, 1) for year in (2025, 2026) for month in range(1, 13)]


def budget_line_rows(random_: random.Random) -> list[Row]:
    """Plans of two years, of which only the months up to the data's clock count."""
    return [
        {
            "budget_line_id": f"plan:{month}:{number}",
            "source": "plan",
            "month_date": month,
            "kind": random_.choice(["budget", "budget", "budget", "forecast", None]),
            "team": breakdown(random_)["team"],
            "amount_original": Decimal(1),
            "currency_code": "EUR",
            "amount_reporting": sometimes(random_, 0.97, Decimal(random_.randrange(100_000)) / 100),
            "is_quarantined": random_.random() < 0.03,
        }
        for month in _PLANNED_MONTHS
        for number in range(random_.randrange(12))
    ]


def budget_variance_rows(random_: random.Random) -> list[Row]:
    """Months with cost and budget, with one of them, and with lines of which none could be used."""
    rows: list[Row] = []
    for month in _PLANNED_MONTHS[:16]:
        has_actual, has_budget = random_.random() < 0.9, random_.random() < 0.9
        for account in ("6100", "6200"):
            for team in ("Network", "Desk", "(none)"):
                actual, budget = (Decimal(random_.randrange(-9_000, 90_000)) / 100 for _ in range(2))
                counts = {name: random_.randrange(4) for name in ("cost", "budget", "forecast")}
                measured = {name: count - (random_.random() < 0.05 < count) for name, count in counts.items()}
                rows.append(
                    {
                        "month_date": month,
                        "cost_centre": "4100",
                        "account": account,
                        "team": team,
                        "is_month_closed": month < date(2026, 4, 1),
                        "actual_reporting": actual if has_actual else None,
                        "budget_reporting": budget if has_budget else None,
                        "variance_reporting": actual - budget if has_actual and has_budget else None,
                        **{f"{name}_line_count": count for name, count in counts.items()},
                        **{f"measured_{name}_line_count": count for name, count in measured.items()},
                    }
                )
    return rows


def year_end_rows(random_: random.Random) -> list[Row]:
    rows: list[Row] = []
    for month in _PLANNED_MONTHS[:15]:
        missing = random_.choice([0, 0, 0, 2])
        measured = 12 - missing - random_.choice([0, 0, 1])
        rows += [
            {
                "fiscal_year_start_date": date(month.year, 1, 1),
                "month_date": month,
                "team": team,
                "method": method,
                "is_chosen": method == "budget",
                "year_end_reporting": None if missing else Decimal(random_.randrange(9_999_999)) / 100,
                "remaining_month_count": 12 - month.month,
                "missing_month_count": missing,
                "measured_month_count": measured,
            }
            for team in ("Network", "Desk", "Field O'Neill", "(none)")
            for method in ("forecast", "budget", "run_rate")
        ]
    return rows


def rework_rows(random_: random.Random, allocations: list[Row]) -> list[Row]:
    """What was allocated, with some of the tickets reworked and some unknown; shares of credits are credits."""
    rows: dict[tuple[object, ...], Row] = {}
    for allocation in allocations:
        count, allocated = random_.randrange(1, 9), allocation["amount_reporting"]
        assert isinstance(allocated, Decimal)
        reworked = random_.randrange(count + 1)
        unknown = random_.randrange(count - reworked + 1)
        row = {
            **{name: allocation[name] for name in ("period_grain", "period_start_date")},
            **{name: allocation[name] or "(none)" for name in ("team", "priority", "service", "vendor")},
            "ticket_count": count,
            "reworked_ticket_count": reworked,
            "unknown_ticket_count": unknown,
            "allocated_reporting": allocated,
            "rework_reporting": round(allocated * reworked / count, 2),
            "unknown_reporting": round(allocated * unknown / count, 2),
        }
        rows.setdefault(tuple(row.values())[:6], row)
    return list(rows.values())


def core_facts(seed: int = 20_260_409) -> dict[str, pl.DataFrame]:
    """Core facts of a hundred days, by table."""
    random_ = random.Random(seed)
    tickets = ticket_rows(random_, 1_500)
    facts = {
        "fct_tickets": frame_of("fct_tickets", tickets),
        "fct_ticket_days": frame_of("fct_ticket_days", ticket_day_rows(random_)),
        "fct_sla_clocks": frame_of("fct_sla_clocks", clock_rows(random_, tickets)),
        "fct_cost_lines": frame_of("fct_cost_lines", cost_line_rows(random_, 300)),
        "fct_cost_allocations": frame_of("fct_cost_allocations", allocations := allocation_rows(random_)),
        "fct_transactions": frame_of("fct_transactions", transaction_rows(random_)),
        "fct_deliveries": frame_of("fct_deliveries", delivery_rows(random_, 600)),
        "fct_service_credits": frame_of("fct_service_credits", service_credit_rows(random_, 300)),
        "fct_vendor_recoverables": frame_of("fct_vendor_recoverables", recoverable_rows(random_, 500)),
        "fct_vendor_invoice_lines": frame_of("fct_vendor_invoice_lines", invoice_line_rows(random_, 400)),
        "fct_vendor_commitment_months": frame_of("fct_vendor_commitment_months", commitment_month_rows(random_)),
    }
    plans = random.Random(seed + 1)
    stretches = stretch_rows(random.Random(seed + 2), tickets, AS_OF)
    return facts | {
        "fct_ticket_intervals": frame_of("fct_ticket_intervals", stretches),
        "fct_budget_lines": frame_of("fct_budget_lines", budget_line_rows(plans)),
        "fct_budget_variances": frame_of("fct_budget_variances", budget_variance_rows(plans)),
        "fct_year_end_forecasts": frame_of("fct_year_end_forecasts", year_end_rows(plans)),
        "fct_rework_costs": frame_of("fct_rework_costs", rework_rows(plans, allocations)),
        "fct_ticket_delays": frame_of("fct_ticket_delays", ticket_delay_rows(plans, tickets)),
    }
