"""The SELECT that lists the rows which break a rule: what the audit counts, quarantine takes, and a person runs.

Pure text; running it is for `data_contracts.evaluation`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from data_contracts.spec import Limit, Measure, Rule
from models.ddl import quote_identifier, quote_text

_COMPARISONS: Final = {
    "mustBe": "{value} = {0}",
    "mustNotBe": "{value} <> {0}",
    "mustBeGreaterThan": "{value} > {0}",
    "mustBeGreaterOrEqualTo": "{value} >= {0}",
    "mustBeLessThan": "{value} < {0}",
    "mustBeLessOrEqualTo": "{value} <= {0}",
    "mustBeBetween": "{value} BETWEEN {0} AND {1}",
    "mustNotBeBetween": "{value} NOT BETWEEN {0} AND {1}",
}


def failing_rows_query(rule: Rule) -> str:
    """The SELECT of all rows that break a rule; for a rule about one number, of that number if it is out of bounds."""
    table = rule.table_name
    columns = [quote_identifier(column) for column in rule.columns]
    if rule.measure is Measure.FAILING_ROWS:
        return str(rule.query)
    if rule.measure is Measure.SCALAR:
        return _number_out_of_bounds(str(rule.query), rule.limit)
    if rule.measure is Measure.ROW_COUNT:
        return _number_out_of_bounds(f"SELECT count(*) FROM {table}", rule.limit)
    if rule.measure is Measure.DUPLICATE_VALUES:
        return _repeated(table, columns)
    conditions = {
        Measure.NULL_VALUES: _is_null,
        Measure.MISSING_VALUES: _is_missing,
        Measure.INVALID_VALUES: _is_invalid,
    }
    return f"SELECT * FROM {table} WHERE {' OR '.join(conditions[rule.measure](rule, column) for column in columns)}"


def failing_keys_query(rule: Rule) -> str:
    """The SELECT of the distinct keys of the rows that break a rule, and of no other value."""
    key = quote_identifier(str(rule.key_column))
    return (
        f"SELECT DISTINCT CAST({key} AS VARCHAR) AS failing_key\n"
        f"FROM (\n{failing_rows_query(rule)}\n) AS failing\n"
        f"WHERE {key} IS NOT NULL"
    )


def is_within(limit: Limit, value: Decimal) -> bool:
    """Whether a number satisfies a comparison of the standard."""
    bounds = [Decimal(str(bound)) for bound in limit.bounds]
    first, last = bounds[0], bounds[-1]
    return {
        "mustBe": value == first,
        "mustNotBe": value != first,
        "mustBeGreaterThan": value > first,
        "mustBeGreaterOrEqualTo": value >= first,
        "mustBeLessThan": value < first,
        "mustBeLessOrEqualTo": value <= first,
        "mustBeBetween": first <= value <= last,
        "mustNotBeBetween": not first <= value <= last,
    }[limit.operator]


def _repeated(table: str, columns: list[str]) -> str:
    """Rows whose values stand more than once; a group by and a join, which takes half the time of a window."""
    listed = ", ".join(columns)
    some_value = " OR ".join(f"{column} IS NOT NULL" for column in columns)
    equal = " AND ".join(f"judged.{column} IS NOT DISTINCT FROM repeated.{column}" for column in columns)
    repeated = f"SELECT {listed} FROM {table} WHERE {some_value} GROUP BY {listed} HAVING count(*) > 1"
    return f"SELECT judged.* FROM {table} AS judged\nSEMI JOIN ({repeated}) AS repeated\nON {equal}"


def _is_null(_: Rule, column: str) -> str:
    return f"{column} IS NULL"


def _is_missing(rule: Rule, column: str) -> str:
    """Empty, or one of the words that stand for "no value"."""
    words = rule.arguments.get("missingValues", [None, ""])
    texts = ", ".join(_literal(str(word)) for word in words if word is not None)
    as_text = f"CAST({column} AS VARCHAR)"
    conditions = [f"{as_text} IN ({texts})"] if texts else []
    if None in words or not conditions:
        conditions.append(f"{column} IS NULL")
    return f"({' OR '.join(conditions)})"


def _is_invalid(rule: Rule, column: str) -> str:
    """Present, but not among the valid values, or not of the pattern. An empty value is not invalid, but missing."""
    as_text = f"CAST({column} AS VARCHAR)"
    conditions = []
    if "validValues" in rule.arguments:
        texts = ", ".join(_literal(str(value)) for value in rule.arguments["validValues"])
        conditions.append(f"{as_text} NOT IN ({texts})")
    if "pattern" in rule.arguments:
        conditions.append(f"NOT regexp_full_match({as_text}, {_literal(str(rule.arguments['pattern']))})")
    return f"({column} IS NOT NULL AND ({' OR '.join(conditions)}))"


def _number_out_of_bounds(query: str, limit: Limit | None) -> str:
    """A row with the number if it breaks the comparison, is empty, or is not exactly one."""
    if limit is None:
        raise ValueError("a rule about one number needs a comparison")
    condition = _COMPARISONS[limit.operator].format(*map(_literal, limit.bounds), value="observed")
    return (
        "SELECT observed FROM (\n"
        f"SELECT max(observed) AS observed, count(*) AS number_count FROM (\n{query}\n) AS result(observed)\n"
        f") AS counted WHERE number_count <> 1 OR NOT coalesce({condition}, false)"
    )


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    return quote_text(str(value))
