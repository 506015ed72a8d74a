"""Currencies that are no code of ISO 4217: what stands there, where, and the line of the contract that reads it.

A text in the wrong column may name a person: what is no word for money, and longer than a code, is told by its shape
alone.
"""

from __future__ import annotations

import re
from typing import Any, Final

from data_contracts.spec import Rule
from pipelines.broken_rules.evidence import Evidence, Explanation
from pipelines.infer.rendering import quote
from pipelines.landing.value_shapes import shape_of
from pipelines.words.numbers import count_of, list_all

_MOST_TOLD: Final = 3
#: What stands for a code of which nobody can know which one it is.
_SOME_CODE: Final = "CODE"
_MEANINGS: Final = {"€": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "¥": "JPY"}
_NAMES_NOBODY: Final = re.compile(
    r".{1,4}|.*\b(?:euros?|dollars?|pounds?|sterling|francs?|franken|yen|yuan|kron[aeo]r?|kroner|zloty|rupees?)\b.*",
    re.IGNORECASE,
)
_FOUND: Final = """
    SELECT lines.currency_code, count(*), loads.export, arg_min(loads.file_name, (lines.load_id, lines.row_number)),
        arg_min(lines.row_number, (lines.load_id, lines.row_number)),
        any_value(meant.currency_code), count(*) OVER ()
    FROM {table} AS lines
    JOIN ops.ops_loads AS loads USING (load_id)
    LEFT JOIN ops.currencies AS meant ON meant.currency_code = upper(trim(lines.currency_code))
    WHERE lines.currency_code NOT IN (SELECT currency_code FROM ops.currencies)
    GROUP BY lines.currency_code, loads.export
    ORDER BY count(*) DESC, lines.currency_code, loads.export
    LIMIT {most}
"""


def _tell(rule: Rule, evidence: Evidence) -> str:
    """The words that most lines have, with a file and row of each, and what to write."""
    rows = evidence.warehouse.rows(_FOUND.format(table=rule.table_name, most=_MOST_TOLD))
    if not rows:
        return ""
    target = f"{rule.table_name.rpartition('.')[2].removeprefix('stg_')}.currency_code"
    more = int(rows[0][-1]) - len(rows)
    told = [_say(row, target, evidence) for row in rows]
    rest = f" So {'does' if more == 1 else 'do'} {count_of(more, 'other word', 'other words')}." if more > 0 else ""
    remedies = [_remedy(export, rows, target, evidence) for export in dict.fromkeys(row[2] for row in rows)]
    return " ".join(["; ".join(told) + ".", *filter(None, remedies)]) + rest


def _shown(word: str) -> str:
    if _NAMES_NOBODY.fullmatch(word):
        return f"'{word}'"
    return f"a text such as '{shape_of(word)}' (9 for a digit, A for letters)"


def _columns(export: str, target: str, evidence: Evidence) -> list[str]:
    """Headers of the columns that feed the currency, as they stand in files; none where the contract fixes it."""
    return [
        column.name
        for contract in evidence.contracts
        if contract.id == export
        for item in contract.objects
        for column in item.columns
        if any(feed.target == target for feed in column.feeds)
    ]


def _say(row: tuple[Any, ...], target: str, evidence: Evidence) -> str:
    word, count, export, file, number = row[:5]
    columns = list_all([f"'{name}'" for name in _columns(export, target, evidence)]) or "The contract"
    lines = count_of(count, "line", "lines")
    return f"{columns} says {_shown(word)} for {lines}, the first in row {number:,} of landing/{export}/{file}"


def _remedy(export: str, rows: list[tuple[Any, ...]], target: str, evidence: Evidence) -> str:
    """The line that reads the words of one export; nothing of words that are not shown."""
    columns = _columns(export, target, evidence)
    words = {row[0]: _meaning(row[0], row[5]) for row in rows if row[2] == export and _NAMES_NOBODY.fullmatch(row[0])}
    if not columns or not words:
        return f"Correct it in {evidence.origin_of(export)}." if not columns else ""
    listed = ", ".join(f"{quote(word, always=True)}: {code}" for word, code in words.items())
    what = f", with the currency's own code for {_SOME_CODE}" if _SOME_CODE in words.values() else ""
    return (
        f"If that is what they stand for, write in {evidence.origin_of(export)}, under customProperties of the column "
        f"'{columns[0]}'{what}: - {{property: replace, value: {{{listed}}}}}."
    )


def _meaning(word: str, code: str | None) -> str:
    return code or _MEANINGS.get(word.strip().lower(), _SOME_CODE)


EXPLANATION: Final = Explanation(lambda rule: rule.id.endswith(".currency_code.valid"), _tell)
