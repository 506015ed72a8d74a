"""Budgets that two files of one export tell, without a key by which the later would replace the earlier: a revision.

Rows that are equal are found by `repeated_rows`. A revised figure is not equal; what it is of is: its month, kind, cost
centre, account and team. Two files are named if half of the figures of the months that both plan, in the file that has
fewer, are in the other as well: departments that plan apart have few in common. Files that split figures into lines of
their own, as one for each project, tell by that: where more than one figure in ten has several lines, nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import polars as pl

from data_contracts.spec import ExportContract, Rule
from models.vocabulary import Domain
from pipelines.broken_rules.evidence import Evidence, Explanation
from pipelines.infer.rendering import quote
from pipelines.landing.file_patterns import may_repeat
from pipelines.landing.load_order import ordered_loads
from pipelines.words.numbers import count_of, list_all

RULE: Final = "budget_lines.figures.planned_once"
_MOST_PAIRS: Final = 3
#: Canonical columns that say which figure a line is.
_FIGURE: Final = ("month_date", "kind", "cost_centre", "account", "team")
_KEY: Final = "budget_lines.budget_line_id"

#: Lines that an equal row of another file is set aside for are none of these.
_LINES: Final = """
    CREATE OR REPLACE TEMP TABLE planned_lines AS
    SELECT loads.export, loads.object_name, position, lines.load_id, lines.row_number,
        date_trunc('month', month_date) AS month,
        hash(date_trunc('month', month_date), lower(trim(kind)), lower(trim(cost_centre)), lower(trim(account)),
            lower(trim(lines.team))) AS figure
    FROM stg.stg_budget_lines AS lines
    JOIN ops.ops_loads AS loads USING (load_id)
    JOIN {order} USING (load_id)
    WHERE month_date IS NOT NULL
        AND budget_line_id = lines.load_id || ':' || lines.row_number
        AND NOT EXISTS (
            FROM ops.ops_repeated_lines AS repeated
            WHERE repeated.table_name = 'stg_budget_lines' AND repeated.load_id = lines.load_id
                AND repeated.row_number = lines.row_number
        )
"""
_FOUND: Final = """
    INSERT INTO ops.ops_planned_twice BY NAME
    WITH figures AS (
        SELECT export, object_name, position, load_id, month, figure, count(*) AS line_count,
            min(row_number) AS row_number
        FROM planned_lines GROUP BY ALL
    ),
    whole AS (
        SELECT load_id FROM figures GROUP BY load_id HAVING sum(line_count) * 10 <= count(*) * 11
    ),
    months AS (
        SELECT export, object_name, position, load_id, month, count(*) AS figure_count
        FROM figures SEMI JOIN whole USING (load_id) GROUP BY ALL
    ),
    both_plan AS (
        SELECT earlier.load_id AS earlier_load_id, later.load_id,
            least(sum(earlier.figure_count), sum(later.figure_count)) AS fewer_count
        FROM months AS earlier
        JOIN months AS later USING (export, object_name, month)
        WHERE earlier.position < later.position
        GROUP BY ALL
    ),
    shared AS (
        SELECT earlier.load_id AS earlier_load_id, later.load_id, count(*) AS shared_count
        FROM figures AS earlier
        JOIN figures AS later USING (export, object_name, figure)
        WHERE earlier.load_id <> later.load_id
        GROUP BY ALL
    ),
    pairs AS (
        SELECT earlier_load_id, load_id
        FROM both_plan JOIN shared USING (earlier_load_id, load_id)
        WHERE shared_count * 2 >= fewer_count
    )
    SELECT lines.load_id, lines.row_number, pairs.earlier_load_id, earlier.row_number AS earlier_row_number
    FROM pairs
    JOIN planned_lines AS lines USING (load_id)
    JOIN figures AS earlier ON earlier.load_id = pairs.earlier_load_id AND earlier.figure = lines.figure
"""


class _Pair(NamedTuple):
    """Two files that plan the same figures: how many, of which months, and what each of them says.

    Attributes:
        sums: currency, and what the figures come to in the earlier and in the later file.
    """

    export: str
    object_name: str
    earlier_load_id: str
    load_id: str
    earlier_file: str
    file: str
    figures: int
    first_month: Any
    last_month: Any
    sums: Sequence[tuple[str | None, Any, Any]]


def _find(evidence: Evidence, domain: Domain) -> None:
    if domain is not Domain.FINANCE:
        return
    warehouse = evidence.warehouse
    warehouse.execute("DELETE FROM ops.ops_planned_twice")
    with warehouse.registered(_order_of_files(evidence)) as order:
        warehouse.execute(_LINES.format(order=order))
    warehouse.execute(_FOUND)
    warehouse.execute("DROP TABLE temp.planned_lines")
    for pair in _pairs(evidence):
        if may_repeat(evidence.contracts, pair.export, pair.object_name, (pair.earlier_file, pair.file)):
            warehouse.execute(
                "DELETE FROM ops.ops_planned_twice WHERE earlier_load_id = ? AND load_id = ?",
                [pair.earlier_load_id, pair.load_id],
            )


def _order_of_files(evidence: Evidence) -> pl.DataFrame:
    """Loads of plans, each with its position among those of its export: the later one has the word."""
    order = {
        load.load_id: position
        for contract in evidence.contracts
        for item in contract.objects
        if any(feed.table == "budget_lines" for column in item.columns for feed in column.feeds)
        for position, load in enumerate(ordered_loads(evidence.warehouse, contract.id, item.name))
    }
    return pl.DataFrame(list(order.items()), {"load_id": pl.String, "position": pl.Int64}, orient="row")


def _pairs(evidence: Evidence) -> list[_Pair]:
    rows = evidence.warehouse.rows(
        """
        WITH earlier_sums AS (
            SELECT earlier_load_id, planned.load_id, lines.currency_code, sum(lines.amount_original) AS amount
            FROM (SELECT DISTINCT earlier_load_id, load_id, earlier_row_number FROM ops.ops_planned_twice) AS planned
            JOIN stg.stg_budget_lines AS lines
                ON lines.load_id = planned.earlier_load_id AND lines.row_number = planned.earlier_row_number
            GROUP BY ALL
        ),
        later_sums AS (
            SELECT earlier_load_id, load_id, lines.currency_code, sum(lines.amount_original) AS amount,
                count(*) AS figures, min(month_date) AS first_month, max(month_date) AS last_month
            FROM ops.ops_planned_twice AS planned
            JOIN stg.stg_budget_lines AS lines USING (load_id, row_number)
            GROUP BY ALL
        )
        SELECT later.export, later.object_name, earlier_load_id, later.load_id, earlier.file_name, later.file_name,
            sum(coalesce(figures, 0))::BIGINT, min(first_month), max(last_month),
            list((currency_code, earlier_sums.amount, later_sums.amount) ORDER BY currency_code)
        FROM later_sums
        FULL JOIN earlier_sums USING (earlier_load_id, load_id, currency_code)
        JOIN ops.ops_loads AS earlier ON earlier.load_id = earlier_load_id
        JOIN ops.ops_loads AS later ON later.load_id = coalesce(later_sums.load_id, earlier_sums.load_id)
        GROUP BY ALL ORDER BY 7 DESC, earlier.file_name, later.file_name
        """
    )
    return [_Pair(*row) for row in rows]


def _tell(_rule: Rule, evidence: Evidence) -> str:
    """The files, months and sums that both plan, and the remedies: it replaces, is left out, or both count."""
    pairs = _pairs(evidence)
    said = [_say_pair(pair) for pair in pairs[:_MOST_PAIRS]]
    if len(pairs) > _MOST_PAIRS:
        said.append(f"So do {count_of(len(pairs) - _MOST_PAIRS, 'more pair', 'more pairs')} of files.")
    told = pairs[:_MOST_PAIRS]
    exports = dict.fromkeys(pair.export for pair in told)
    said += [_remedy([pair for pair in told if pair.export == export], evidence) for export in exports]
    return " ".join(said)


def _say_pair(pair: _Pair) -> str:
    months = _month(pair.first_month)
    if _month(pair.last_month) != months:
        months = f"{months} to {_month(pair.last_month)}"
    sums = [
        f"{_amount(earlier)} and {_amount(later)} {currency or 'without a currency'}"
        for currency, earlier, later in pair.sums
    ]
    return (
        f"'{pair.earlier_file}' and '{pair.file}' in landing/{pair.export}/ both plan "
        f"{count_of(pair.figures, 'figure')} of {months}: {list_all(sums)}, and all of it would count."
    )


def _remedy(pairs: Sequence[_Pair], evidence: Evidence) -> str:
    first = pairs[0]
    origin = evidence.origin_of(first.export)
    contract = next((each for each in evidence.contracts if each.id == first.export), None)
    columns = _columns_of_figures(contract, first.object_name)
    told = []
    if columns:
        name, targets = columns[0]
        told.append(
            "If the later file is a revision, let the columns that say which figure a line is feed its key, so that it "
            f"replaces: in {origin}, {list_all([column for column, _ in columns])} feed {_KEY} as well, such as, under "
            f"customProperties of {name}, - {{property: feeds, value: [{', '.join((*targets, _KEY))}]}}."
        )
    names = list(dict.fromkeys(name for pair in pairs for name in (pair.earlier_file, pair.file)))
    left_out = ", ".join(quote(name, always=True) for name in dict.fromkeys(pair.earlier_file for pair in pairs))
    both = ", ".join(quote(name, always=True) for name in names)
    told.append(
        f"If all of the earlier one is withdrawn, write there, at the top level under customProperties: "
        f"- {{property: ignoreFiles, value: [{left_out}]}}. If both plan different things and all count, write under "
        f"customProperties of '{first.object_name}': - {{property: mayRepeatRows, value: [{both}]}}."
    )
    return " ".join(told)


def _columns_of_figures(contract: ExportContract | None, object_name: str) -> list[tuple[str, tuple[str, ...]]]:
    """The export's columns that say which figure a line is, each with the canonical columns that it feeds."""
    item = next((each for each in contract.objects if each.name == object_name), None) if contract else None
    found = []
    for column in item.columns if item is not None else ():
        targets = tuple(dict.fromkeys(feed.target for feed in column.feeds))
        if set(targets) & {f"budget_lines.{name}" for name in _FIGURE}:
            found.append((column.name, targets))
    return found


def _month(day: Any) -> str:
    return f"{day:%B %Y}"


def _amount(amount: Any) -> str:
    return "nothing" if amount is None else f"{amount:,.2f}"


EXPLANATION: Final = Explanation(lambda rule: rule.id == RULE, _tell, _find)
