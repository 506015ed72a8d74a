"""Tickets that exports show only before and after the end of a day, in SQL, as they bound a stock.

What they leave open, and on which days, is said in `metrics.measuring.uncertain_stocks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from metrics.kinds import Stock
from models.ddl import quote_text
from models.vocabulary import NO_VALUE, WORK
from pipelines.explaining.cell import Cell
from pipelines.published.rows import read_rows
from pipelines.words.numbers import count_records

if TYPE_CHECKING:
    import duckdb

_OF_STRETCH: Final = ("team", "priority", "vendor")
_NAMES: Final = ", ".join(map(quote_text, WORK))


@dataclass(frozen=True, slots=True)
class UncertainStock:
    """Tickets of sources of which no export shows the end of the day.

    Attributes:
        in_doubt: those that the value counts.
        possible: those that may be in work, under the cell's value of the breakdown.
        certain: those of them that are for certain in the counted categories.
        is_whole: whether the stock is of all categories.
    """

    in_doubt: int
    possible: int
    certain: int
    is_whole: bool

    def bounds(self, counted: int, unknown: int) -> tuple[int, int]:
        """Between what the stock lies.

        Args:
            counted: the value.
            unknown: tickets that are not measured.
        """
        known = counted - self.in_doubt
        return known + self.certain, known + self.possible + unknown

    def steps(self, counted: int, unknown: int) -> tuple[str, ...]:
        """What exports leave open, in words; nothing where they leave nothing open.

        Args:
            counted, unknown: see `bounds`.
        """
        if self.possible == self.certain:
            return ()
        if self.is_whole:
            count, what = self.possible - self.certain, "may have been in work then, or no longer, or not yet"
        else:
            # What came and went in between was never seen.
            count, what = self.possible, "may have been in work then, in whatever state"
        low, high = self.bounds(counted, unknown)
        shown = count_records(count, "tickets")
        return (f"The day ended between two exports: {shown} {what}. So there were between {low:,} and {high:,}.",)


def uncertain_stock(connection: duckdb.DuckDBPyConnection, cell: Cell) -> UncertainStock:
    """What exports leave open of a stock at the end of the last day of the cell's period."""
    assert isinstance(cell.metric.kind, Stock)
    categories = [category.value for category in cell.metric.kind.categories]
    (row,) = read_rows(connection, _query(cell, ", ".join(map(quote_text, categories))))
    is_whole = cell.metric.kind.is_of_all_work
    return UncertainStock(
        in_doubt=row["in_doubt"],
        possible=row["possible"],
        certain=row["certain"] if is_whole else 0,
        is_whole=is_whole,
    )


def _query(cell: Cell, categories: str) -> str:
    day, today = f"DATE '{cell.last_day}'", f"DATE '{cell.as_of_date}'"
    begins = cell.local_day("stretch.started_at")
    # It happened after the export that does not show it yet. `least` and `greatest` leave out what is empty.
    may_begin = f"least({cell.local_day('stretch.started_earliest_at + INTERVAL 1 MICROSECOND')}, {begins})"
    lost = cell.local_day("ticket.unknown_since_at")
    of_stretch = ", ".join(f"coalesce(stretch.{name}, '{NO_VALUE}') AS {name}" for name in _OF_STRETCH)
    # The first day whose end an export does not show.
    next_day = cell.local_day("started_at + INTERVAL 1 MICROSECOND")
    is_here = cell.of_member("record")
    is_shown = f"{day} >= first_day AND {day} < next_day"
    may_have_begun = f"{day} >= earliest_day AND {day} < first_day"
    return f"""
WITH sampled AS (
    FROM core.fct_tickets WHERE is_sampled AND has_history AND NOT is_quarantined
), stretches AS (
    SELECT stretch.ticket_id, ticket.source, stretch.interval_number = 1 AS is_first, stretch.status_category,
        stretch.started_at,
        stretch.interval_number > 1 AND stretch.started_earliest_at < stretch.started_at
            AND NOT (stretch.status IS NULL AND stretch.cycle_number > 1) AS is_seen_late,
        stretch.status_category IN ({_NAMES}) AS is_in_work, {of_stretch},
        coalesce(ticket.service, '{NO_VALUE}') AS service, {begins} AS first_day,
        greatest({may_begin}, lag({begins}) OVER of_ticket) AS earliest_day,
        coalesce(lead({begins}) OVER of_ticket, {lost}, {today} + 1) AS next_day
    FROM core.fct_ticket_intervals AS stretch JOIN sampled AS ticket USING (ticket_id)
    WINDOW of_ticket AS (PARTITION BY stretch.ticket_id ORDER BY stretch.interval_number)
), next_exports AS (
    SELECT source, coalesce(
        min(started_at) FILTER ({next_day} > {day}), max(started_at)
    ) AS exported_at
    FROM stretches WHERE is_seen_late GROUP BY source
), unseen AS (
    SELECT source FROM stretches WHERE {may_have_begun}
    UNION SELECT source FROM next_exports
    WHERE {day} < {today} AND {cell.local_day("exported_at")} = {cell.local_day("exported_at + INTERVAL 1 MICROSECOND")}
), tickets AS (
    SELECT ticket_id,
        bool_or({is_shown} AND is_in_work AND {is_here}) AS is_shown,
        bool_or({is_shown} AND status_category IN ({categories}) AND {is_here}) AS is_counted,
        bool_or({may_have_begun}) AS may_have_changed,
        bool_or({may_have_begun} AND is_in_work AND {is_here}) AS may_have_come,
        bool_or({may_have_begun} AND is_first AND {is_here}) AS was_in_work_unseen
    FROM stretches AS record SEMI JOIN unseen USING (source) GROUP BY ticket_id
)
SELECT count(*) FILTER (is_counted) AS in_doubt,
    count(*) FILTER (is_shown OR may_have_come OR was_in_work_unseen) AS possible,
    count(*) FILTER (is_shown AND (may_have_come OR NOT may_have_changed)) AS certain
FROM tickets""".strip()
