"""Core facts of a small made-up operation, with everything that makes measuring hard: gaps, credits, set-asides."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
from made_up_stretches import stretch_rows

from models.catalog import table_named
from models.ddl import polars_schema

AS_OF = datetime(2026, 4, 9, 15, 30, tzinfo=UTC)
_HOUR = 3_600_000_000

Row = dict[str, object]


def frame_of(table: str, rows: list[Row]) -> pl.DataFrame:
    """Rows as the table's own types; columns that a row leaves out are empty."""
    schema = polars_schema(table_named(table))
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def _sometimes(random_: random.Random, share: float, value: object) -> object:
    return value if random_.random() < share else None


def _breakdown(random_: random.Random) -> Row:
    return {
        "team": random_.choice(["Network", "Desk", "Field O'Neill", None]),
        "priority": random_.choice(["P1", "P2", "P3"]),
        "service": random_.choice(["Mail", "Payroll", None]),
        "vendor": random_.choice(["Acme", None, None]),
    }


def _parts(random_: random.Random, lead: int | None, *, has_history: bool) -> Row:
    """Durations of a ticket: queued, active, waiting and gap add up to lead time, where they are known."""
    if lead is None:
        return {}
    queued, active, waiting = (random_.randrange(lead // 3 + 1) for _ in range(3))
    if random_.random() < 0.05:
        queued = active = waiting = 0  # it was resolved as soon as it was created, and then reopened
    gap = lead - queued - active - waiting
    parts = {"queued": queued, "active": active, "waiting": waiting, "reopened_gap": gap} if has_history else {}
    parts |= {"lead_time": lead, "first_resolution": lead - gap if has_history else lead}
    if random_.random() < 0.8 and has_history:
        parts["cycle_time"] = lead - queued
    if random_.random() < 0.7:
        parts["first_response"] = random_.randrange(lead + 1)
    return {
        f"{part}_{clock}_microseconds": length // divisor
        for part, length in parts.items()
        for clock, divisor in (("calendar", 1), ("business", 4))
    }


def _ends(number: int, parts: Row) -> Row:
    """Of every third ticket, between what its durations lie: exports date only the one end, or the other, or both."""
    if number % 3:
        return {}
    ends: Row = {}
    for measure in ("lead_time", "cycle_time", "first_resolution", "first_response", "age"):
        for clock in ("calendar", "business"):
            length = parts.get(f"{measure}_{clock}_microseconds")
            if isinstance(length, int):
                ends[f"{measure}_least_{clock}_microseconds"] = length * (3 if number % 2 else 4) // 4
                ends[f"{measure}_greatest_{clock}_microseconds"] = length * (4 if number % 9 else 6) // 4
    return ends


def _windows(number: int, ticket: Row) -> Row:
    """Of some sampled tickets, files leave open by up to some weeks when they came, or were resolved or cancelled."""
    if not ticket["is_sampled"] or number % 2:
        return {}
    found: Row = {}
    for name, back in (("created", number % 7), ("resolved", number % 41), ("cancelled", number % 11)):
        instant = ticket[f"{name}_at"]
        if isinstance(instant, datetime) and back:
            found[f"{name}_earliest_at"] = instant - timedelta(days=back, hours=number % 24)
            if name == "resolved" and not number % 5:
                found["resolved_latest_at"] = min(instant + timedelta(days=number % 13), AS_OF)
    return found


def _loss(number: int, ticket: Row) -> Row:
    """Every fourth open ticket left the exports, some days after its creation: nobody knows how old it is."""
    created_at = ticket["created_at"]
    if number % 4 or ticket["is_done"] or ticket["is_cancelled"] or not isinstance(created_at, datetime):
        return {}
    since = min(created_at + timedelta(days=number % 13), AS_OF)
    return {"unknown_since_at": since, "age_calendar_microseconds": None, "age_business_microseconds": None}


def _sight(number: int, ticket: Row) -> Row:
    """Some tickets that no history is known of are done or cancelled nobody knows since when, but by an export."""
    created_at = ticket["created_at"]
    if ticket["has_history"] or number % 4 or not (ticket["is_done"] or ticket["is_cancelled"]):
        return {}
    since = min(created_at + timedelta(days=number % 17), AS_OF) if isinstance(created_at, datetime) else AS_OF
    return {"resolved_at": None, "cancelled_at": None, "settled_by_at": since}


def ticket_rows(random_: random.Random, count: int) -> list[Row]:
    rows: list[Row] = []
    for number in range(count):
        created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=random_.randrange(98 * 86_400))
        lead = timedelta(microseconds=random_.randrange(1, 400 * _HOUR))
        source = random_.choice(["desk" if number % 4 else "shop", "portal"])
        done = created + lead <= AS_OF and random_.random() < 0.9
        cancelled = not done and random_.random() < 0.3
        has_history = source != "portal"
        is_open = not done and not cancelled
        age = (AS_OF - created) // timedelta(microseconds=1)
        rows.append(
            {
                "ticket_id": f"{source}:{number}",
                "source": source,
                **_breakdown(random_),
                "created_at": _sometimes(random_, 0.99, created),
                "resolved_at": _sometimes(random_, 0.99, created + lead) if done else None,
                "cancelled_at": _sometimes(random_, 0.95, created + timedelta(hours=1)) if cancelled else None,
                "is_done": done,
                "is_cancelled": cancelled,
                "is_quarantined": random_.random() < 0.05,
                "has_history": has_history,
                # Those of which some instants are not exact.
                "is_sampled": has_history and number % 3 == 0,
                "is_sla_met_at_source": random_.random() < 0.7 if source == "portal" and number % 7 else None,
                **_parts(random_, lead // timedelta(microseconds=1) if done else None, has_history=has_history),
                "age_calendar_microseconds": _sometimes(random_, 0.95, age if is_open else None),
                "age_business_microseconds": age // 4 if is_open else None,
                "reopen_count": random_.choice([0, 0, 0, 1, 2]) if has_history else None,
                "handoff_count": random_.choice([0, 0, 1, 3]) if has_history else None,
                "touch_count": _sometimes(random_, 0.8, random_.choice([0, 1, 1, 2, 9])),
                "event_count": 4,
                "duplicate_event_count": 0,
            }
        )
    return [
        {**row, **_ends(number, row), **_windows(number, row), **_loss(number, row), **_sight(number, row)}
        for number, row in enumerate(rows)
    ]


def ticket_day_rows(random_: random.Random) -> list[Row]:
    """Daily counts, with days on which nothing lay; unlike those of a real operation they follow from no tickets."""
    return [
        {
            "day_date": date(2026, 1, 3) + timedelta(days=shift),
            "status_category": category,
            **_breakdown(random_),
            "ticket_count": random_.randrange(1, 30),
        }
        for shift in range(97)
        if shift % 11
        for category in ("queued", "active", "waiting")
        for _ in range(random_.randrange(4))
    ]


def _decision_window(number: int, state: str, decided: datetime, *, is_sampled: bool) -> Row:
    """Of some clocks of sampled tickets, files leave open by up to some weeks when they were decided."""
    if not is_sampled or number % 3 or state not in ("met", "breached", "not_measured"):
        return {}
    later = min(decided + timedelta(days=number % 19), AS_OF)
    return {
        "decided_earliest_at": decided - timedelta(days=number % 23, hours=number % 24),
        "decided_latest_at": later if state == "breached" and later > decided else None,
    }


def clock_rows(random_: random.Random, tickets: list[Row]) -> list[Row]:
    rows: list[Row] = []
    for ticket in tickets:
        for target in ("resolution", "first_response", "periodic_update", "vendor_response", "vendor_resolution"):
            # Some tickets no policy covers, and some that were set aside have no clocks.
            if random_.random() < 0.1:
                continue
            state = random_.choice(["met", "met", "met", "breached", "running", "paused", "cancelled"])
            decided = AS_OF - timedelta(seconds=random_.randrange(98 * 86_400))
            # Of some that seem to go on nobody knows whether they were kept, or whether that is decided at all.
            in_doubt = state in ("running", "paused") and (number := len(rows) % 5) < 4
            state = "not_measured" if in_doubt else state
            rows.append(
                {
                    **{name: ticket[name] for name in ("ticket_id", "source", "team", "priority", "service", "vendor")},
                    "sla_policy": f"{target}_policy",
                    "cycle_number": 1,
                    "target": target,
                    "calendar": "office",
                    "started_at": decided,
                    "target_microseconds": 8 * _HOUR,
                    "elapsed_microseconds": 4 * _HOUR,
                    "paused_microseconds": 0,
                    "state": state,
                    "not_told": ("first_response", "pauses")[number % 2] if in_doubt else None,
                    "decided_at": decided if state in ("met", "breached") or (in_doubt and number) else None,
                    **_decision_window(len(rows), state, decided, is_sampled=bool(ticket["is_sampled"])),
                }
            )
    return rows


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
                "amount_reporting": _sometimes(random_, 0.99, Decimal("10.00")),
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
                        **_breakdown(random_),
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
            **_breakdown(random_),
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
            "promised_date": _sometimes(random_, 0.97, promised),
            "first_promised_date": _sometimes(random_, 0.93, first_promised),
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
        due = _sometimes(random_, 0.8, Decimal(random_.randrange(0, 90_000)).scaleb(-2))
        rows.append(
            {
                "service_credit_id": f"credit:{number}",
                "vendor": random_.choice(["Acme", "Globex", None]),
                "credit_state": random_.choice(["due", "none", "not_measured", "period_open"]),
                "covered_end_date": date(2026, 1, 1) + timedelta(days=random_.randrange(110)),
                "met_count": kept,
                "breached_count": broken,
                "unmeasured_count": unknown,
                "credit_ratio": _sometimes(random_, 0.8, random_.choice([Decimal(0), Decimal("0.05")])),
                "credit_due_reporting": due,
                "given_reporting": _sometimes(random_, 0.95, Decimal(random_.randrange(0, 900)).scaleb(-2)),
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
                "amount_reporting": _sometimes(random_, 0.9, amount),
                "at_least_reporting": _sometimes(random_, 0.98, amount - margin),
                "at_most_reporting": _sometimes(random_, 0.95, amount + margin),
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
            "amount_reporting": _sometimes(random_, 0.95, Decimal(random_.randrange(-50_000, 500_000)) / 100),
            "rate_card_variance_reporting": _sometimes(random_, 0.8, Decimal(random_.randrange(-500, 5_000)) / 100),
            "off_contract_reporting": _sometimes(random_, 0.9, Decimal(random_.choice([0, 0, 12_345, -99])) / 100),
            "duplicate_at_stake_reporting": _sometimes(random_, 0.9, Decimal(random_.choice([0, 0, 0, 777])) / 100),
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
            "cumulative_spend_reporting": _sometimes(random_, 0.9, Decimal(random_.randrange(-5_000, 90_000)) / 100),
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
            "team": _breakdown(random_)["team"],
            "amount_original": Decimal(1),
            "currency_code": "EUR",
            "amount_reporting": _sometimes(random_, 0.97, Decimal(random_.randrange(100_000)) / 100),
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


def ticket_delay_rows(random_: random.Random, tickets: list[Row]) -> list[Row]:
    return [
        {
            **{name: ticket[name] for name in ("ticket_id", "source", "team", "priority", "service", "vendor")},
            "delay_rule": "waiting",
            "resolved_at": ticket["resolved_at"],
            "measure": "waiting",
            "clock": "business",
            "price_per_hour_original": Decimal(9),
            "currency_code": "EUR",
            "is_capped": False,
            "amount_reporting": _sometimes(random_, 0.9, Decimal(random_.randrange(50_000)) / 100),
            "is_quarantined": ticket["is_quarantined"],
        }
        for ticket in tickets
        if ticket["is_done"] and random_.random() < 0.7
    ]


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
