"""Exchange rates that are missing, zero, negative or cannot be read: of which currencies and day, in which file and
row, what stands there, and what to do.
"""

from __future__ import annotations

from typing import Any, Final

from data_contracts.spec import Rule
from models.ddl import quote_identifier
from pipelines.broken_rules.evidence import Evidence, Explanation
from pipelines.broken_rules.unreadable_values import UnreadableValue
from pipelines.words.numbers import count_of

_RULE: Final = "fx_rates.fx_rate.positive"
_MOST_TOLD: Final = 2
_FOUND: Final = f"""
    SELECT loads.export, loads.file_name, rates.row_number, rates.base_currency_code, rates.quote_currency_code,
        rates.rate_date, rates.fx_rate, problem.column_name, loads.raw_table, rates.load_id, count(*) OVER ()
    FROM stg.stg_fx_rates AS rates
    JOIN ops.ops_loads AS loads USING (load_id)
    LEFT JOIN ops.ops_value_problems AS problem
        ON problem.load_id = rates.load_id AND problem.row_number = rates.row_number
        AND problem.canonical_column = 'fx_rates.fx_rate' AND problem.problem = 'unparsable'
    WHERE rates.fx_rate IS NULL OR rates.fx_rate <= 0
    ORDER BY rates.load_id, rates.row_number
    LIMIT {_MOST_TOLD}
"""


def _tell(_: Rule, evidence: Evidence) -> str:
    """The first of the rates, and what to do about them."""
    rows = evidence.warehouse.rows(_FOUND)
    if not rows:
        return ""
    told, remedies = zip(*(_say(row, evidence) for row in rows), strict=True)
    more = int(rows[0][-1]) - len(rows)
    rest = f" So {'is' if more == 1 else 'are'} {count_of(more, 'more rate', 'more rates')}." if more else ""
    return " ".join([f"For example {'; '.join(told)}.{rest}", *dict.fromkeys(remedies)])


def _say(row: tuple[Any, ...], evidence: Evidence) -> tuple[str, str]:
    """What is wrong with one rate, and the remedy."""
    export, file, number, base, quote_code, day, rate, column, raw_table, load_id = row[:10]
    name = f"{base or 'no currency'} in {quote_code or 'no currency'} of {day or 'no day'}"
    if column is not None:
        query = f"SELECT {quote_identifier(column)} FROM raw.{quote_identifier(raw_table)} "
        texts = evidence.warehouse.rows(f"{query} WHERE _load_id = ? AND _row_number = ?", [load_id, number])
        value = UnreadableValue(export, file, number, column, "fx_rates.fx_rate", str(texts[0][0]))
        return f"the rate of {name}: {value.describe()}", value.remedy()
    is_what = "is empty" if rate is None else f"is {rate.normalize():f}"
    place = f"row {number:,} of landing/{export}/{file}"
    return f"the rate of {name} {is_what} in {place}", "Correct it in the file, or leave the row out."


EXPLANATION: Final = Explanation(lambda rule: rule.id == _RULE, _tell)
