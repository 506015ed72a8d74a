"""Costs: from cost lines over pools to what was allocated and what one transaction cost.

Over everything, the lines of the period are the records. Of a team, priority, service or vendor they are the rows of
`fct_cost_allocations`: what a driver gave it of each pool. No single line tells that.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from metrics.kinds import CostPart, CostSum, UnitCost
from models.vocabulary import Grain
from pipelines.explaining.arithmetic import Arithmetic, Listing, Numbers
from pipelines.explaining.cell import Cell
from pipelines.explaining.cost_lines import IN_PERIOD, line_records, lines_in
from pipelines.explaining.exact_numbers import write_money
from pipelines.explaining.months import CostMonths, read_cost_months
from pipelines.explaining.records import IS_MEASURED, WHY_NOT, Records
from pipelines.published.rows import read_rows
from pipelines.words.numbers import count_of, list_all
from pipelines.words.periods import name_months

if TYPE_CHECKING:
    import duckdb

#: Grains in which what was allocated is told by pool; by day and week it would be too much.
_BY_POOL: Final = (Grain.MONTH, Grain.QUARTER)
_NOTHING: Final = Decimal(0)


def cost_records(cell: Cell) -> Records:
    """Cost lines of the whole; of a breakdown's value what was allocated to it."""
    kind = cell.metric.kind
    if cell.is_whole:
        return line_records(cell, is_unallocated=kind == CostSum(CostPart.UNALLOCATED))
    wanted = _allocations(cell)
    if isinstance(kind, UnitCost) or kind == CostSum(CostPart.ALLOCATED):
        wanted += " AND is_allocated"
    elif kind == CostSum(CostPart.UNALLOCATED):
        wanted += " AND NOT is_allocated"
    return Records(
        sql="SELECT period_grain, period_start_date, cost_pool, driver, team, priority, service, vendor, is_allocated, "
        f"transaction_count, amount_reporting, TRUE AS {IS_MEASURED}, CAST(NULL AS VARCHAR) AS {WHY_NOT}\n"
        f"FROM core.fct_cost_allocations\nWHERE {wanted}",
        noun="rows of allocated cost",
        keys=("cost_pool", "team", "priority", "service", "vendor"),
        shown=("driver", "transaction_count", "amount_reporting"),
        part="amount_reporting",
        order="abs(amount_reporting) DESC, cost_pool, team, priority, service, vendor",
        order_words="the largest amounts first",
        brief_sql=f"FROM fct_cost_allocations WHERE {wanted}",
    )


def _allocations(cell: Cell) -> str:
    """Condition on the rows of allocated cost that belong to the value."""
    conditions = [
        f"period_grain = '{cell.period.grain.value}'",
        f"period_start_date = DATE '{cell.period.start}'",
        *([] if cell.is_whole else [cell.of_member()]),
    ]
    return " AND ".join(conditions)


def compute_costs(connection: duckdb.DuckDBPyConnection, cell: Cell, _: Records) -> Arithmetic:
    """A sum of cost, or cost over transactions, from the lines of the period and what was allocated of them."""
    months = read_cost_months(connection, cell)
    lines = _one(
        connection,
        f"SELECT count(*) AS eligible, count(*) FILTER ({IS_MEASURED}) AS measured, sum({IN_PERIOD}) AS amount "
        f"FROM ({lines_in(cell.period, cell.currency)})",
    )
    eligible = lines["eligible"] + months.missing_count
    measured = 0 if months.lies_in_unposted else lines["measured"]
    parts = _one(
        connection,
        "SELECT sum(amount_reporting) AS total, sum(amount_reporting) FILTER (is_allocated) AS allocated, "
        "sum(amount_reporting) FILTER (NOT is_allocated) AS unallocated, count(*) AS row_count "
        f"FROM core.fct_cost_allocations WHERE {_allocations(cell)}",
    )
    pools = _pools(connection, cell)
    whole = sum((pool["total"] for pool in pools), _NOTHING)
    is_known = bool(pools) and not months.lies_in_unposted
    steps = [_lines_step(cell, lines, months)]
    doubts = []
    if pools and lines["amount"] != whole:
        doubts.append(
            f"The cost lines of the period come to {write_money(lines['amount'] or 0, cell.currency)}, but what was "
            f"allocated and not comes to {write_money(whole, cell.currency)}."
        )
    elif pools:
        allocated = sum((pool["allocated"] for pool in pools), _NOTHING)
        taken, left = (write_money(amount, cell.currency) for amount in (allocated, whole - allocated))
        steps.append(f"Drivers took {taken} of that, and {left} stays unallocated: together the same, to the cent.")
    listings = [_pool_listing(cell, pools)] if pools and cell.period.grain in _BY_POOL else []
    doubts += _pools_apart(connection, cell, pools)
    amounts = {name: (parts[name] or _NOTHING) if is_known else None for name in ("total", "allocated", "unallocated")}
    if isinstance(cell.metric.kind, UnitCost):
        return _unit_cost(connection, cell, pools, amounts, steps, listings, doubts, months, (eligible, measured))
    assert isinstance(cell.metric.kind, CostSum)
    value = amounts[cell.metric.kind.part.value]
    if not cell.is_whole and value is not None:
        steps.append(_member_step(cell, parts["row_count"], value))
    if value is None and months.lies_in_unposted:
        steps.append("Nothing was posted in it, so what other months spread over its days is not what it cost.")
    elif value is None:
        steps.append("So the cost of the period is not known.")
    bounds = (value, value) if eligible == measured else (None, None)
    numbers = Numbers(value=value, eligible_count=eligible, measured_count=measured, bounds=bounds)
    return Arithmetic(numbers, tuple(steps), tuple(listings), tuple(doubts))


def _unit_cost(
    connection: duckdb.DuckDBPyConnection,
    cell: Cell,
    pools: list[dict[str, Any]],
    amounts: dict[str, Decimal | None],
    steps: list[str],
    listings: list[Listing],
    doubts: list[str],
    months: CostMonths,
    lines: tuple[int, int],
) -> Arithmetic:
    first, last = cell.days
    counts = _one(
        connection,
        f"""
        SELECT coalesce(sum(transaction_count) FILTER (is_costed), 0) AS completed,
            coalesce(sum(set_aside_count) FILTER (is_costed), 0) AS set_aside,
            coalesce(sum(transaction_count + set_aside_count) FILTER (NOT is_costed), 0) AS costless
        FROM (
            SELECT *, date_trunc('month', completed_date) IN ({months.known_sql}) AS is_costed
            FROM core.fct_transactions WHERE completed_date BETWEEN {first} AND {last} AND {cell.of_member()}
        )
        """,
    )
    completed, set_aside, costless = (int(counts[name]) for name in ("completed", "set_aside", "costless"))
    has_allocated = any(pool["has_allocated"] for pool in pools)
    allocated = amounts["allocated"] if has_allocated else None
    value = None if allocated is None or not completed else float(allocated) / completed
    if not cell.is_whole and allocated is not None:
        steps.append(f"{cell.member} bears {write_money(allocated, cell.currency)} of what drivers took.")
    not_costed = f" {costless:,} more were completed in months of which no cost is known." if costless else ""
    aside = f" {set_aside:,} more may have been: they were set aside, or nobody knows when." if set_aside else ""
    noun = "transaction was" if completed == 1 else "transactions were"
    steps.append(f"{completed:,} {noun} completed in the period.{aside}{not_costed}")
    if value is None:
        steps.append("So there is no cost per transaction.")
    else:
        exact = f"{value:,.6f} {cell.currency}"
        steps.append(f"{write_money(allocated or 0, cell.currency)} / {completed:,} = {exact}")
    eligible, measured = lines
    bounds = (None, None)
    if eligible == measured and not costless and amounts["allocated"] is not None:
        bounds = _unit_cost_bounds(amounts["allocated"], pools, completed, set_aside)
        if value is not None and bounds[0] != bounds[1]:
            ends = [f"{end or 0:,.6f} {cell.currency}" for end in bounds]
            steps.append(
                f"With every unallocated credit of the period it would be {ends[0]}, with every unallocated debit "
                f"{ends[1]}" + (", with those that may have been counted or not." if set_aside else ".")
            )
    numbers = Numbers(
        value=value, numerator=allocated, denominator=completed,
        eligible_count=eligible + completed + set_aside + costless, measured_count=measured + completed, bounds=bounds,
    )  # fmt: skip
    return Arithmetic(numbers, tuple(steps), tuple(listings), tuple(doubts))


def _unit_cost_bounds(
    allocated: Decimal, pools: list[dict[str, Any]], completed: int, set_aside: int
) -> tuple[float | None, float | None]:
    """Cost per transaction with all that no driver took, credits for the lower end and debits for the upper one."""
    if not completed + set_aside:
        return None, None
    many, few = completed + set_aside, max(completed, 1)
    least = allocated + sum((pool["credits"] for pool in pools), _NOTHING)
    most = allocated + sum((pool["debits"] for pool in pools), _NOTHING)
    return float(least) / (few if least < 0 else many), float(most) / (many if most < 0 else few)


def _lines_step(cell: Cell, lines: dict[str, Any], months: CostMonths) -> str:
    """How many lines lie in the period, how many could be used, and what they come to."""
    told = f"{count_of(lines['eligible'], 'cost line lies', 'cost lines lie')} in the period. "
    if lines["measured"] < lines["eligible"]:
        told += f"{lines['measured']:,} could be used. "
    elif lines["eligible"] > 1:
        told += "All could be used. "
    spread = "" if cell.period.grain is Grain.QUARTER else ", each with the days of its service that lie in the period"
    what = "It comes" if lines["eligible"] == 1 else "They come"
    told += f"{what} to {write_money(lines['amount'] or 0, cell.currency)}{spread}."
    if months.missing:
        counts = "which counts" if months.missing_count == 1 else "each of which counts"
        told += f" The ledger lacks {name_months(months.missing)}, {counts} as a cost line that is not measured."
    return told


def _member_step(cell: Cell, row_count: int, value: Decimal) -> str:
    rows = count_of(row_count, "row")
    return f"{cell.member} bears {write_money(value, cell.currency)}, in {rows} of fct_cost_allocations."


def _pools(connection: duckdb.DuckDBPyConnection, cell: Cell) -> list[dict[str, Any]]:
    """Each pool of the period: its drivers, and what they took; of a breakdown's value also what that bears."""
    member = cell.of_member()
    return read_rows(
        connection,
        f"""
        SELECT cost_pool, string_agg(DISTINCT driver, ', ' ORDER BY driver) AS drivers,
            sum(amount_reporting) AS total, coalesce(sum(amount_reporting) FILTER (is_allocated), 0) AS allocated,
            coalesce(sum(amount_reporting) FILTER (NOT is_allocated), 0) AS unallocated,
            bool_or(is_allocated) AS has_allocated,
            sum(unallocated_debit_reporting) AS debits, sum(unallocated_credit_reporting) AS credits,
            coalesce(sum(amount_reporting) FILTER (is_allocated AND {member}), 0) AS borne
        FROM core.fct_cost_allocations
        WHERE period_grain = '{cell.period.grain.value}' AND period_start_date = DATE '{cell.period.start}'
        GROUP BY cost_pool ORDER BY abs(sum(amount_reporting)) DESC, cost_pool
        """,
    )


def _pool_listing(cell: Cell, pools: list[dict[str, Any]]) -> Listing:
    def told(amount: Decimal) -> str:
        return write_money(amount, cell.currency)

    names = ["total", "allocated", "unallocated", *([] if cell.is_whole else ["borne"])]
    rows = [(pool["cost_pool"], pool["drivers"], *(told(pool[name]) for name in names)) for pool in pools]
    sums = [told(sum((pool[name] for pool in pools), _NOTHING)) for name in names]
    titles = ("pool", "driver", "cost", "allocated", "unallocated", *(() if cell.is_whole else (cell.member,)))
    return Listing("by pool", titles, (*rows, ("all", "", *sums)))


def _pools_apart(connection: duckdb.DuckDBPyConnection, cell: Cell, pools: list[dict[str, Any]]) -> list[str]:
    """Pools of which the lines do not come to what was allocated of them and not."""
    if cell.period.grain not in _BY_POOL:
        return []
    query = f"SELECT cost_pool, sum({IN_PERIOD}) AS amount FROM ({lines_in(cell.period, cell.currency)}) GROUP BY ALL"
    of_lines = {row["cost_pool"]: row["amount"] for row in read_rows(connection, query)}
    apart = [pool["cost_pool"] for pool in pools if of_lines.get(pool["cost_pool"], _NOTHING) != pool["total"]]
    if not apart:
        return []
    return [f"The cost lines of {list_all(apart)} do not come to what fct_cost_allocations says of {cell.period.name}."]


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    return read_rows(connection, query)[0]
