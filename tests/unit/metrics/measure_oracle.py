"""What every cell of every metric must be, in plain SQL over the facts: slow, obvious, and without code of `metrics`.

`expected_cells` gives the query of a metric. The reporting time zone is Europe/Amsterdam and the data's clock shows
9 April 2026 there.
"""

from __future__ import annotations

import re

from cost_oracle import COST_NUMBERS, cost_query
from plan_oracle import plan_query
from stock_oracle import stock_query
from window_oracle import cells_with_windows, is_windowed, with_windows

KEYS = ["period_grain", "period_start_date", "dimension", "dimension_value"]
NUMBERS = ["value", "numerator", "denominator", "lower_bound", "upper_bound", "eligible_count", "measured_count"]
#: The length of each period, as SQL says it.
GRAINS = {"day": "1 DAY", "week": "7 DAY", "month": "1 MONTH", "quarter": "3 MONTH"}
DIMENSIONS = ("overall", "team", "priority", "service", "vendor")
HOUR = 3_600_000_000
AS_OF_DATE = "DATE '2026-04-09'"


def local_date(instant: str) -> str:
    return f"CAST(({instant}) AT TIME ZONE 'Europe/Amsterdam' AS DATE)"


def best_known(instant: str) -> str:
    """The day of an instant; else that on which the ticket left the exports while it was open.

    Else of a ticket that was set aside that of its creation, or that of the export which first shows it done.
    """
    return local_date(
        f"CASE WHEN {instant} IS NOT NULL THEN {instant} "
        "WHEN unknown_since_at IS NOT NULL THEN unknown_since_at "
        "WHEN is_quarantined AND created_at IS NOT NULL THEN created_at "
        "WHEN settled_by_at IS NOT NULL THEN settled_by_at "
        "ELSE created_at END"
    )


# What lies in a period nobody knows for certain is measured no more than what was set aside.
RESOLVED = with_windows(
    f"""
    SELECT * REPLACE (is_quarantined OR resolved_at IS NULL AS is_quarantined), {best_known("resolved_at")} AS day
    FROM fct_tickets WHERE NOT is_cancelled AND (is_done OR is_quarantined OR unknown_since_at IS NOT NULL)
    """,
    "resolved_earliest_at",
)
CLAIMED = f"""
    SELECT * FROM ({RESOLVED})
    WHERE source IN (SELECT source FROM fct_tickets WHERE is_sla_met_at_source IS NOT NULL)
"""
CREATED = with_windows(
    f"SELECT *, {local_date('created_at')} AS day FROM fct_tickets WHERE NOT is_cancelled", "created_earliest_at"
)
CANCELLED = with_windows(
    f"""
    SELECT * REPLACE (is_quarantined OR cancelled_at IS NULL AS is_quarantined), {best_known("cancelled_at")} AS day
    FROM fct_tickets WHERE is_cancelled OR unknown_since_at IS NOT NULL
    """,
    "cancelled_earliest_at",
)
OPEN = f"""
    SELECT * REPLACE (is_quarantined OR unknown_since_at IS NOT NULL AS is_quarantined), {AS_OF_DATE} AS day
    FROM fct_tickets WHERE NOT is_done AND NOT is_cancelled
"""
FLOWS = f"SELECT *, 1 AS sign FROM ({CREATED}) UNION ALL SELECT *, -1 AS sign FROM ({RESOLVED})"
DELIVERIES = f"""
    SELECT *, CASE WHEN is_quarantined THEN coalesce(promised_date, first_promised_date, delivered_date)
                   ELSE promised_date END AS day
    FROM fct_deliveries
    WHERE is_quarantined OR promised_date < {AS_OF_DATE} OR (promised_date IS NOT NULL AND delivered_date IS NOT NULL)
"""
FIRST_PROMISED = f"""
    SELECT *, CASE WHEN first_promised_date IS NOT NULL THEN first_promised_date
                   WHEN promised_date IS NOT NULL THEN promised_date
                   WHEN is_quarantined THEN delivered_date END AS day
    FROM fct_deliveries
    WHERE is_quarantined
       OR ((first_promised_date IS NOT NULL OR promised_date IS NOT NULL) AND (delivered_date IS NOT NULL
           OR CASE WHEN first_promised_date IS NULL THEN promised_date ELSE first_promised_date END < {AS_OF_DATE}))
"""
CREDITS = "SELECT *, covered_end_date AS day FROM fct_service_credits WHERE credit_state <> 'period_open'"
JUDGED = f"SELECT * FROM ({CREDITS}) WHERE met_count > 0 OR breached_count > 0 OR unmeasured_count > 0"
BUDGETED = f"""
    SELECT *, month_date AS day FROM fct_budget_lines
    WHERE (kind IS NULL OR kind = 'budget') AND month_date <= {AS_OF_DATE}
"""
DELAYED = f"SELECT *, {local_date('resolved_at')} AS day FROM fct_ticket_delays"
BILLED = "SELECT *, invoice_date AS day FROM fct_vendor_invoice_lines"


def clocks(target: str) -> str:
    clocks = f"""
        SELECT k.team, k.priority, k.service, k.vendor, k.state, t.is_quarantined,
               decided_earliest_at, decided_latest_at,
               coalesce({local_date("decided_at")},
               CASE WHEN t.is_quarantined THEN {local_date("coalesce(resolved_at, created_at)")} END)
               AS day
        FROM fct_sla_clocks k JOIN fct_tickets t USING (ticket_id)
        WHERE target = '{target}'
          AND (state IN ('met', 'breached', 'not_measured') OR (t.is_quarantined AND state <> 'cancelled'))
        UNION ALL
        SELECT team, priority, service, vendor, NULL, true, NULL, NULL,
               {local_date("coalesce(resolved_at, created_at)")}
        FROM fct_tickets t
        WHERE is_quarantined AND NOT is_cancelled AND '{target}' IN ('resolution', 'first_response')
          AND NOT EXISTS (FROM fct_sla_clocks k WHERE k.ticket_id = t.ticket_id AND k.target = '{target}')
    """
    return with_windows(clocks, "decided_earliest_at", "decided_latest_at")


def trusted(contribution: str) -> str:
    """What a record contributes unless it was set aside."""
    return f"CASE WHEN NOT is_quarantined THEN {contribution} END"


def recoverables(kind: str) -> str:
    return f"""
        SELECT *, recovery_date AS day, {trusted("at_least_reporting")} AS least,
               {trusted("at_most_reporting")} AS greatest
        FROM fct_vendor_recoverables WHERE recoverable_kind LIKE '{kind}'
    """


def hit(condition: str) -> str:
    return trusted(f"CAST(({condition}) AS INTEGER)")


#: Of a clock that is not measured, empty.
KEPT = "nullif(state, 'not_measured') = 'met'"

#: Metric -> records, what one record contributes. Percentiles, means and shares of time are read from their names.
RECORDS: dict[str, tuple[str, str]] = {
    "ticket_created_count": (CREATED, hit("true")),
    "ticket_resolved_count": (RESOLVED, hit("true")),
    "ticket_cancelled_count": (CANCELLED, hit("true")),
    "ticket_net_flow_count": (FLOWS, trusted("sign")),
    "ticket_reopen_ratio": (RESOLVED, hit("reopen_count >= 1")),
    "ticket_first_contact_resolution_ratio": (
        RESOLVED,
        # Adding them up is empty if one of them is, or if nobody is known to have touched the ticket.
        hit("reopen_count + handoff_count + nullif(touch_count, 0) - 1 = 0"),
    ),
    "sla_attainment_ratio": (clocks("resolution"), hit(KEPT)),
    "sla_first_response_attainment_ratio": (clocks("first_response"), hit(KEPT)),
    **{
        f"sla_{target}_attainment_ratio": (clocks(target), hit(KEPT))
        for target in ("periodic_update", "vendor_response", "vendor_resolution")
    },
    "sla_source_attainment_ratio": (CLAIMED, hit("is_sla_met_at_source")),
    "vendor_on_time_delivery_ratio": (DELIVERIES, hit("coalesce(delivered_date <= promised_date, false)")),
    "vendor_on_time_delivery_first_promise_ratio": (
        FIRST_PROMISED,
        hit(
            "CASE WHEN first_promised_date IS NOT NULL THEN delivered_date IS NOT NULL "
            "AND datediff('day', first_promised_date, delivered_date) <= 0 END"
        ),
    ),
    "vendor_billed_reporting": (BILLED, trusted("amount_reporting")),
    "vendor_promise_kept_ratio": (JUDGED, hit("credit_ratio = 0")),
    "vendor_service_credit_due_reporting": (CREDITS, trusted("credit_due_reporting")),
    "vendor_service_credit_given_reporting": (CREDITS, trusted("given_reporting")),
    **{
        f"vendor_recoverable_{name}reporting": (recoverables(kind), trusted("amount_reporting"))
        for name, kind in (
            ("", "%"),
            ("over_billing_", "over_billing"),
            ("duplicate_", "duplicate_invoice"),
            ("service_credit_", "service_credit"),
        )
    },
    "cost_budget_reporting": (BUDGETED, trusted("amount_reporting")),
    "cost_of_delay_reporting": (DELAYED, trusted("amount_reporting")),
    **{
        f"vendor_{name}_reporting": (BILLED, trusted(f"{name}_reporting".replace("billed_off", "off")))
        for name in ("rate_card_variance", "billed_off_contract", "duplicate_at_stake")
    },
}
#: Shares of money -> records, part, whole.
AMOUNT_SHARES = {
    "vendor_off_contract_ratio": (BILLED, "off_contract_reporting", "amount_reporting"),
}
COMMITTED = "SELECT *, month_date AS day FROM fct_vendor_commitment_months"
#: Stock -> categories that it counts.
STOCKS = {
    "ticket_work_in_progress_count": ("queued", "active", "waiting"),
    "ticket_backlog_count": ("queued",),
    "ticket_active_count": ("active",),
    "ticket_waiting_count": ("waiting",),
}
#: Counts, which are 0 where it is known that there was nothing.
WITH_ZEROS = {
    "ticket_created_count",
    "ticket_resolved_count",
    "ticket_net_flow_count",
    "ticket_cancelled_count",
    *STOCKS,
}
_OF_DELIVERIES = ("overall", "team", "service", "vendor")
NARROWER = {
    "vendor_on_time_delivery_ratio": _OF_DELIVERIES,
    "vendor_on_time_delivery_first_promise_ratio": _OF_DELIVERIES,
    **{
        f"vendor_delivery_{promise}delay_p{percent}_days": _OF_DELIVERIES
        for promise in ("", "first_promise_")
        for percent in (50, 85, 95)
    },
    "vendor_billed_reporting": ("overall", "vendor"),
    "vendor_promise_kept_ratio": ("overall", "vendor"),
    "vendor_service_credit_due_reporting": ("overall", "vendor"),
    "vendor_service_credit_given_reporting": ("overall", "vendor"),
    **{
        f"vendor_recoverable_{name}reporting": ("overall", "vendor")
        for name in ("", "over_billing_", "duplicate_", "service_credit_")
    },
    "cost_budget_reporting": ("overall", "team"),
    **dict.fromkeys(
        (
            "vendor_rate_card_variance_reporting",
            "vendor_billed_off_contract_reporting",
            "vendor_duplicate_at_stake_reporting",
            "vendor_committed_spend_used_ratio",
            *AMOUNT_SHARES,
        ),
        ("overall", "vendor"),
    ),
}
FEWER_GRAINS = {
    "vendor_committed_spend_used_ratio": ("month",),
    "cost_budget_reporting": ("month", "quarter"),
}
#: Durations of which exports may date the ends only to between two of them.
WITH_ENDS = ("lead_time", "cycle_time", "first_resolution", "first_response", "age")
_PERCENTILE = re.compile(r"ticket_(\w+)_p(50|85|95)_(?:(business|calendar)_hours|count)")
_DELAY = re.compile(r"vendor_delivery_(first_promise_)?delay_p(50|85|95)_days")
_MEAN = re.compile(r"ticket_(\w+)_mean_count")
_TIME_SHARE = re.compile(r"ticket_flow_efficiency_(business|calendar)_ratio")


def expected_cells(name: str) -> str:
    """The query that gives KEYS and NUMBERS of a metric."""
    if name in COST_NUMBERS:
        return cost_query(name, GRAINS, DIMENSIONS, _value_of, AS_OF_DATE)
    if name == "vendor_spend_concentration_ratio":
        return _concentration_query()
    of_plans = plan_query(name, GRAINS, DIMENSIONS, _value_of, AS_OF_DATE)
    if of_plans is not None:
        return of_plans
    cells = (
        stock_query(STOCKS[name], GRAINS, DIMENSIONS, _value_of, AS_OF_DATE) if name in STOCKS else _records_query(name)
    )
    return _with_zeros(cells) if name in WITH_ZEROS else cells


def _records_and_numbers(name: str) -> tuple[str, str]:
    """The records of a metric with what each contributes, x; and the seven numbers of a cell."""
    counts = "count(*) AS eligible_count, count(x) AS measured_count"
    if found := _PERCENTILE.fullmatch(name):
        measure, percent, clock = found[1], found[2], found[3]
        column = f"{measure.removesuffix('_time') if measure in _CATEGORY_TIMES else measure}_{clock}_microseconds"
        records, scale = (OPEN if measure == "age" else RESOLVED), HOUR
        if clock is None:
            column, scale = f"{measure}_count", 1
        quantile = f"quantile_cont(%s, 0.{percent}) / {scale}"
        least = greatest = "x"
        if measure in WITH_ENDS:
            least, greatest = (
                f"CASE WHEN x IS NOT NULL THEN coalesce({measure}_{end}_{clock}_microseconds, x) END"
                for end in ("least", "greatest")
            )
        if measure in _CATEGORY_TIMES:
            longest = f"coalesce(lead_time_greatest_{clock}_microseconds, lead_time_{clock}_microseconds, x)"
            least, greatest = (
                f"CASE WHEN x IS NOT NULL AND is_sampled THEN {end} ELSE x END" for end in ("0", longest)
            )
        if clock is None:
            greatest = "CASE WHEN x IS NOT NULL AND is_sampled THEN 1e40 ELSE x END"
        lowest, highest = f"coalesce({least}, 0)::DOUBLE", f"coalesce({greatest}, 1e40)::DOUBLE"
        return f"SELECT *, {trusted(column)} AS x FROM ({records})", (
            f"{quantile % 'x'} AS value, NULL AS numerator, NULL AS denominator, "
            f"{quantile % lowest} AS lower_bound, "
            f"nullif(least({quantile % highest}, 1e20), 1e20) AS upper_bound, {counts}"
        )
    if found := _DELAY.fullmatch(name):
        records, since = (FIRST_PROMISED, "first_promised_date") if found[1] else (DELIVERIES, "promised_date")
        quantile = f"quantile_cont(%s, 0.{found[2]})"
        delay = trusted(f"datediff('day', {since}, delivered_date)")
        # A delay may be of any size on either side: early is negative.
        return f"SELECT *, {delay} AS x FROM ({records})", (
            f"{quantile % 'x'} AS value, NULL AS numerator, NULL AS denominator, "
            f"nullif(greatest({quantile % 'coalesce(x, -1e40)::DOUBLE'}, -1e20), -1e20) AS lower_bound, "
            f"nullif(least({quantile % 'coalesce(x, 1e40)::DOUBLE'}, 1e20), 1e20) AS upper_bound, {counts}"
        )
    if found := _MEAN.fullmatch(name):
        return f"SELECT *, {trusted(f'{found[1]}_count')} AS x FROM ({RESOLVED})", (
            "avg(x) AS value, coalesce(sum(x), 0) AS numerator, count(x) AS denominator, avg(coalesce(x, 0)) AS "
            "lower_bound, CASE WHEN count(x) = count(*) AND count(x) FILTER (is_sampled) = 0 THEN avg(x) END "
            f"AS upper_bound, {counts}"
        )
    if found := _TIME_SHARE.fullmatch(name):
        return _time_share(found[1], counts)
    if name in AMOUNT_SHARES:
        records, part, whole = AMOUNT_SHARES[name]
        both = trusted(f"CASE WHEN {part} IS NOT NULL AND {whole} IS NOT NULL THEN %s END")
        share = "CASE WHEN sum(whole) > 0 THEN sum(x)::DOUBLE / sum(whole)::DOUBLE END"
        known = f"CASE WHEN count(x) = count(*) THEN {share} END"
        return f"SELECT *, {both % part} AS x, {both % whole} AS whole FROM ({records})", (
            f"{share} AS value, coalesce(sum(x), 0) AS numerator, coalesce(sum(whole), 0) AS denominator, "
            f"{known} AS lower_bound, {known} AS upper_bound, {counts}"
        )
    if name == "vendor_committed_spend_used_ratio":
        return COMMITTED, _NUMBERS_OF_COMMITMENTS
    records, contribution = RECORDS[name]
    with_contribution = f"SELECT *, {contribution} AS x FROM ({records})"
    if name == "ticket_net_flow_count":
        return with_contribution, (
            "coalesce(sum(x), 0) AS value, NULL AS numerator, NULL AS denominator, "
            "coalesce(sum(x) FILTER (x > 0), 0) - count(*) FILTER (sign < 0) AS lower_bound, "
            f"count(*) FILTER (sign > 0) + coalesce(sum(x) FILTER (x < 0), 0) AS upper_bound, {counts}"
        )
    if name == "ticket_reopen_ratio":
        # What exports show not reopened may have been, between two of them.
        return with_contribution, (
            "avg(x) AS value, coalesce(sum(x), 0) AS numerator, count(x) AS denominator, avg(coalesce(x, 0)) AS "
            f"lower_bound, avg(CASE WHEN x = 0 AND NOT is_sampled THEN 0 ELSE 1 END) AS upper_bound, {counts}"
        )
    if name == "ticket_first_contact_resolution_ratio":
        return with_contribution, (
            "avg(x) AS value, coalesce(sum(x), 0) AS numerator, count(x) AS denominator, "
            "avg(CASE WHEN x = 1 AND NOT is_sampled THEN 1 ELSE 0 END) AS lower_bound, "
            f"avg(coalesce(x, 1)) AS upper_bound, {counts}"
        )
    if name.endswith("_ratio"):
        return with_contribution, (
            "avg(x) AS value, coalesce(sum(x), 0) AS numerator, count(x) AS denominator, "
            f"avg(coalesce(x, 0)) AS lower_bound, avg(coalesce(x, 1)) AS upper_bound, {counts}"
        )
    if name.endswith("_count"):
        return with_contribution, (
            "count(x) AS value, NULL AS numerator, NULL AS denominator, count(x) AS lower_bound, "
            f"count(*) AS upper_bound, {counts}"
        )
    if "recoverable" in name:
        return with_contribution, (
            "sum(coalesce(x, CASE WHEN least > 0 THEN least WHEN greatest < 0 THEN greatest END)) AS value, "
            "NULL AS numerator, NULL AS denominator, "
            "CASE WHEN count(least) = count(*) THEN sum(least) END AS lower_bound, "
            f"CASE WHEN count(greatest) = count(*) THEN sum(greatest) END AS upper_bound, {counts}"
        )
    # Delay cannot cost less than nothing, so what is known of it is a lower bound.
    least = "sum(x)" if name != "cost_of_delay_reporting" else "coalesce(sum(x), 0)"
    is_bounded = "count(x) = count(*)" if name != "cost_of_delay_reporting" else "true"
    return with_contribution, (
        "sum(x) AS value, NULL AS numerator, NULL AS denominator, "
        f"CASE WHEN {is_bounded} THEN {least} END AS lower_bound, "
        f"CASE WHEN count(x) = count(*) THEN sum(x) END AS upper_bound, {counts}"
    )


_CATEGORY_TIMES = ("queued_time", "active_time", "waiting_time")


def _time_share(clock: str, counts: str) -> tuple[str, str]:
    """Unmeasured tickets at their worst and best: wholly passive, wholly active; for ever if nothing limits it."""
    whole = f"queued_{clock}_microseconds + active_{clock}_microseconds + waiting_{clock}_microseconds"
    if clock == "business":  # the made-up parts are rounded down one by one
        whole = "lead_time_business_microseconds - reopened_gap_business_microseconds"
    lead = f"lead_time_{clock}_microseconds"
    longest = f"CASE WHEN is_sampled THEN coalesce(lead_time_greatest_{clock}_microseconds, {lead}) ELSE {lead} END"
    records = f"""
        SELECT *, {trusted(f"active_{clock}_microseconds")} AS x, {trusted(whole)} AS whole,
               {trusted(longest)} AS longest,
               CASE WHEN NOT is_sampled THEN x END AS certain, CASE WHEN NOT is_sampled THEN whole END AS certain_whole
        FROM ({RESOLVED})
    """
    at_most = "sum(coalesce(certain_whole, longest, 1e40))::DOUBLE"
    return records, (
        f"sum(x) / nullif(sum(whole), 0) AS value, coalesce(sum(x), 0) / {HOUR} AS numerator, "
        f"coalesce(sum(whole), 0) / {HOUR} AS denominator, "
        f"round(coalesce(sum(certain), 0) / nullif({at_most}, 0), 15) AS lower_bound, "
        f"sum(coalesce(certain, longest, 1e40))::DOUBLE / nullif({at_most}, 0) AS upper_bound, {counts}"
    )


#: What was billed is known, in part or not at all.
_WHOLLY_KNOWN = "NOT is_quarantined AND NOT is_understated AND cumulative_spend_reporting IS NOT NULL"
_PARTLY_KNOWN = "NOT is_quarantined AND is_understated AND cumulative_spend_reporting IS NOT NULL"
_NUMBERS_OF_COMMITMENTS = f"""
    coalesce(sum(cumulative_spend_reporting) FILTER ({_WHOLLY_KNOWN} OR {_PARTLY_KNOWN}), 0) AS numerator,
    coalesce(sum(committed_spend_reporting) FILTER ({_WHOLLY_KNOWN} OR {_PARTLY_KNOWN}), 0) AS denominator,
    numerator::DOUBLE / nullif(denominator, 0)::DOUBLE AS value,
    CASE WHEN bool_and({_WHOLLY_KNOWN} OR {_PARTLY_KNOWN}) THEN value END AS lower_bound,
    CASE WHEN bool_and({_WHOLLY_KNOWN}) THEN value END AS upper_bound,
    count(*) AS eligible_count, count(*) FILTER ({_WHOLLY_KNOWN}) AS measured_count
"""


def _records_query(name: str) -> str:
    records, numbers = _records_and_numbers(name)
    if is_windowed(records):
        return " UNION ALL ".join(
            cells_with_windows(
                records, numbers, grain, dimension, _value_of(dimension),
                is_count=name.endswith(("_created_count", "_resolved_count", "_cancelled_count", "_net_flow_count")),
            )
            for grain in GRAINS
            for dimension in DIMENSIONS
        )  # fmt: skip
    return " UNION ALL ".join(
        f"""
        SELECT '{grain}' AS period_grain, CAST(date_trunc('{grain}', day) AS DATE) AS period_start_date,
               '{dimension}' AS dimension, {_value_of(dimension)} AS dimension_value, {numbers}
        FROM ({records})
        WHERE day IS NOT NULL
        GROUP BY ALL
        """
        for grain in FEWER_GRAINS.get(name, GRAINS)
        for dimension in NARROWER.get(name, DIMENSIONS)
    )


def _concentration_query() -> str:
    """Shares of vendors, squared; between 0 and 1 where a line has no amount or no vendor."""
    return " UNION ALL ".join(
        f"""
        SELECT '{grain}' AS period_grain, first_day AS period_start_date, 'overall' AS dimension, '' AS dimension_value,
               sum(spend * spend) / nullif(sum(spend), 0) ^ 2 AS value, NULL AS numerator, NULL AS denominator,
               CASE WHEN sum(missing_count) = 0 THEN value ELSE 0 END AS lower_bound,
               CASE WHEN sum(missing_count) = 0 THEN value ELSE 1 END AS upper_bound,
               sum(line_count) AS eligible_count, sum(line_count - missing_count) AS measured_count
        FROM (
            SELECT CAST(date_trunc('{grain}', day) AS DATE) AS first_day, vendor,
                   greatest(coalesce(sum(x), 0), 0)::DOUBLE AS spend,
                   count(*) AS line_count, count(*) - count(x) AS missing_count
            FROM (
                SELECT *, CASE WHEN vendor IS NOT NULL AND NOT is_quarantined THEN amount_reporting END AS x
                FROM ({BILLED})
            )
            WHERE day IS NOT NULL
            GROUP BY ALL
        )
        GROUP BY ALL
        """
        for grain in GRAINS
    )


def _value_of(dimension: str) -> str:
    return "''" if dimension == "overall" else f"coalesce({dimension}, '(none)')"


def _with_zeros(cells: str) -> str:
    """Overall every period since the first ticket; in breakdowns each month and quarter since its first."""
    zeros = " UNION ALL ".join(
        f"""
        SELECT DISTINCT '{grain}' AS period_grain, CAST(date_trunc('{grain}', day) AS DATE) AS period_start_date,
               'overall' AS dimension, '' AS dimension_value
        FROM days
        """
        for grain in GRAINS
    )
    of_values = " UNION ALL ".join(
        f"""
        SELECT '{grain}',
               CAST(unnest(generate_series(min(period_start_date), {AS_OF_DATE}, INTERVAL {GRAINS[grain]})) AS DATE),
               dimension, dimension_value
        FROM cells WHERE period_grain = '{grain}' AND dimension <> 'overall' GROUP BY dimension, dimension_value
        """
        for grain in ("month", "quarter")
    )
    return f"""
        WITH cells AS ({cells}), days AS (
            SELECT unnest(generate_series(min({local_date("created_at")}), {AS_OF_DATE}, INTERVAL 1 DAY)) AS day
            FROM fct_tickets WHERE NOT is_quarantined
        ), possible AS (
            {zeros}
            UNION ALL
            {of_values}
        )
        FROM cells
        UNION ALL
        SELECT *, 0, NULL, NULL, 0, 0, 0, 0 FROM possible ANTI JOIN cells USING ({", ".join(KEYS)})
    """
