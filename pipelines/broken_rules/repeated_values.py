"""Values that a contract says are unique and that stand in several rows: which, in which rows of which files.

That they break a rule is found by the rules of `data_contracts.unique_columns`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from data_contracts.spec import Rule
from data_contracts.unique_columns import ASSERTION
from pipelines.broken_rules.evidence import Evidence, Explanation
from pipelines.words.numbers import count_of, list_all

_MOST_VALUES: Final = 2
_MOST_ROWS: Final = 4


def _tell(rule: Rule, evidence: Evidence) -> str:
    """The first values, with their rows and files."""
    export = rule.contract_id
    rows = evidence.warehouse.rows(
        f"""
        SELECT repeated_value, count(*), list((file_name, _row_number) ORDER BY file_name, _row_number)[:{_MOST_ROWS}],
            count(*) OVER ()
        FROM ({rule.query}) GROUP BY repeated_value ORDER BY repeated_value LIMIT {_MOST_VALUES}
        """
    )
    told = [_say_value(export, value, count, places) for value, count, places, _ in rows]
    values = int(rows[0][3]) if rows else 0
    more = f" and {count_of(values - len(told), 'more value', 'more values')}" if values > len(told) else ""
    return f"Repeated: {'; '.join(told)}{more}."


def _say_value(export: str, value: str, count: int, places: Sequence[tuple[str, int]]) -> str:
    files: dict[str, list[str]] = {}
    for file, row in places:
        files.setdefault(file, []).append(f"{row:,}")
    said = list_all(
        [f"{'row' if len(of) == 1 else 'rows'} {list_all(of)} of landing/{export}/{file}" for file, of in files.items()]
    )
    more = f" and {count_of(count - len(places), 'more row', 'more rows')}" if count > len(places) else ""
    return f"'{value}' in {said}{more}"


EXPLANATION: Final = Explanation(lambda rule: rule.id.endswith(f".{ASSERTION}"), _tell)
