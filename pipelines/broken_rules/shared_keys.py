"""Keys that stand twice: in the exports of two contracts or in one file, where, how many, and what to do about them.

That a key stands twice breaks a rule in `data_contracts/warehouse`; which lines are kept is for
`pipelines.staging.lines`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Table

from data_contracts.spec import Rule
from models.catalog import table_named
from models.ddl import qualified_name, quote_identifier
from pipelines.broken_rules.evidence import Evidence, Explanation
from pipelines.warehouse import Warehouse
from pipelines.words.numbers import count_of, list_all

_MOST_PAIRS: Final = 3
_MOST_KEYS: Final = 2
_MOST_ROWS: Final = 4
#: Tables known by what their rows are of, and what people call one of these.
_FIGURES: Final = {
    "stg_fx_rates": ("rate", "rates"),
    "stg_headcount": ("headcount", "headcounts"),
}


def _is_of_keys(rule: Rule) -> bool:
    layer, _, name = rule.table_name.rpartition(".")
    return layer == "stg" and rule.id.endswith(".unique") and "source" in table_named(name).columns


def _tell(rule: Rule, evidence: Evidence) -> str:
    """The contracts that share keys, and the rows of one file that do."""
    name = rule.table_name.rpartition(".")[2]
    table = table_named(name)
    keys = [column.name for column in table.primary_key.columns]
    said = [
        _say_key(pair, evidence) if len(keys) == 1 else _say_figure(name, pair, evidence)
        for pair in _pairs(evidence.warehouse, table, keys)[:_MOST_PAIRS]
    ]
    if len(keys) == 1:
        said += _say_rows(table, keys[0], evidence)
    return " ".join(said)


def _say_rows(table: Table, key: str, evidence: Evidence) -> list[str]:
    """The first keys that stand twice in one file, with their rows, and what to do; nothing where there are none."""
    found = evidence.warehouse.rows(
        f"""
        SELECT {key}, export, file_name, list(row_number ORDER BY row_number), count(*) OVER ()
        FROM {qualified_name(table)} JOIN ops.ops_loads USING (load_id)
        WHERE {key} IS NOT NULL
        GROUP BY {key}, load_id, export, file_name HAVING count(*) > 1
        ORDER BY load_id, min(row_number) LIMIT {_MOST_KEYS}
        """
    )
    if not found:
        return []
    told = []
    for value, export, file, rows, _ in found:
        named = [f"{row:,}" for row in rows[:_MOST_ROWS]]
        named += [f"{len(rows) - _MOST_ROWS:,} more"] if len(rows) > _MOST_ROWS else []
        told.append(f"'{value}' stands in rows {list_all(named)} of landing/{export}/{file}")
    more = int(found[0][-1]) - len(found)
    rest = f", and so {'does' if more == 1 else 'do'} {count_of(more, 'more key', 'more keys')}" if more else ""
    target = f"{table.name.removeprefix('stg_')}.{key}"
    remedy = (
        "Where one line was exported twice, take one of the rows out of the file. Where they are different lines, let "
        "a column that tells them apart, such as a number of the line, feed the key as well: in "
        f"{evidence.origin_of(found[0][1])}, under customProperties of that column, "
        f"- {{property: feeds, value: {target}}}."
    )
    return [f"{'; '.join(told)}{rest}.", remedy]


def _pairs(warehouse: Warehouse, table: Table, keys: Sequence[str]) -> list[tuple[Any, ...]]:
    """Source, two contracts, how many keys are in files of both, and the first of these as a text."""
    listed = ", ".join(quote_identifier(key) for key in keys)
    shown = " || ' ' || ".join(f"CAST({quote_identifier(key)} AS VARCHAR)" for key in keys)
    return warehouse.rows(
        f"""
        WITH shared AS (
            SELECT {shown} AS key, min(source) AS source, min(export) AS first, max(export) AS last
            FROM {qualified_name(table)} JOIN ops.ops_loads USING (load_id)
            GROUP BY {listed} HAVING count(DISTINCT export) > 1
        )
        SELECT source, first, last, count(*), min(key) FROM shared GROUP BY ALL ORDER BY ALL
        """
    )


def _say_key(pair: tuple[Any, ...], evidence: Evidence) -> str:
    source, first, last, count, example = pair
    keys_are = "1 key is" if count == 1 else f"{count:,} keys are"
    return (
        f"{keys_are} in files of {evidence.origin_of(first)} and of {evidence.origin_of(last)}, which both have the "
        f"source '{source}', such as '{example}'. If they are different records, give one of the two contracts "
        "another 'source'; if they are the same, land them for one of the two only."
    )


def _say_figure(name: str, pair: tuple[Any, ...], evidence: Evidence) -> str:
    """Of what is known by what it is of, whoever tells it: rates of a day, heads of a team."""
    _, first, last, count, example = pair
    one, several = _FIGURES.get(name, ("figure", "figures"))
    return (
        f"{evidence.origin_of(first)} and {evidence.origin_of(last)} say different things of "
        f"{count:,} {one if count == 1 else several}, such as '{example}', and which is right cannot be known. Land "
        "each for one of the two contracts only; what a contract should no longer tell, ignoreFiles leaves out."
    )


EXPLANATION: Final = Explanation(_is_of_keys, _tell)
