"""Formulas of BI tools that cannot run here, put into SQL so that DuckDB can say what they come to.

Only what our exports write is understood; anything else stays as it is, and DuckDB refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable


def sql_of_tableau(formula: str) -> str:
    """A Tableau calculation as an SQL expression."""
    text = re.sub(
        r"PERCENTILE\(\[(\w+)\], ([\d.]+)\)", r"CAST(PERCENTILE_CONT(\2) WITHIN GROUP (ORDER BY \1) AS DOUBLE)", formula
    )
    text = re.sub(r"\[(\w+)\]", r'"\1"', text)
    text = re.sub(r"\bFLOAT\(", "TO_DOUBLE(", text).replace("COUNTD(", "COUNT(DISTINCT ")
    text = re.sub(r"\bELSEIF\b", "WHEN", text)
    return re.sub(r"\bIF\b", "CASE WHEN", text)


def sql_of_dax(lines: list[str]) -> str:
    """A DAX measure as an SQL expression: its variables put in where they are used."""
    variables: dict[str, str] = {}
    filters: dict[str, str] = {}
    for line in lines[:-1]:
        name, expression = re.fullmatch(r"VAR (\w+) = (.*)", line).groups()  # type: ignore[union-attr]
        if expression.startswith("FILTER("):
            filters[name] = _translated(_arguments(expression)[1], filters, variables)
        else:
            variables[name] = f"({_translated(expression, filters, variables)})"
    return _translated(lines[-1].removeprefix("RETURN "), filters, variables)


def _arguments(call: str) -> list[str]:
    """The arguments of a call that is the whole text."""
    inner = call[call.index("(") + 1 : -1]
    found, depth, start, quoted = [], 0, 0, False
    for place, sign in enumerate(inner):
        quoted ^= sign == '"'
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0 and not quoted:
            found.append(inner[start:place].strip())
            start = place + 1
    return [*found, inner[start:].strip()]


def _translated(text: str, filters: dict[str, str], variables: dict[str, str]) -> str:
    def over(rows: str, aggregate: str) -> str:
        return f"{aggregate} FILTER (WHERE {filters[rows]})"

    def rows_of(arguments: list[str]) -> str:
        if arguments[0] in filters:
            return over(arguments[0], "COUNT(*)")
        rows, column = _arguments(arguments[0])
        return over(rows, f"COUNT(DISTINCT {sql(column)})")

    def switch(arguments: list[str]) -> str:
        cases = zip(arguments[1::2], arguments[2::2], strict=True)
        return f"CASE {' '.join(f'WHEN {sql(when)} THEN {sql(then)}' for when, then in cases)} END"

    functions: dict[str, Callable[[list[str]], str]] = {
        "SUM": lambda given: f"SUM({sql(given[0])})",
        "COUNT": lambda given: f"COUNT({sql(given[0])})",
        "CONVERT": lambda given: f"CAST({sql(given[0])} AS {given[1]})",
        "CURRENCY": lambda given: f"CAST({sql(given[0])} AS DECIMAL(18, 4))",
        "ISBLANK": lambda given: f"({sql(given[0])} IS NULL)",
        "ISEMPTY": lambda given: f"({over(given[0], 'COUNT(*)')} = 0)",
        "IF": lambda given: f"CASE WHEN {sql(given[0])} THEN {sql(given[1])} END",
        "ROUND": lambda given: f"ROUND({sql(given[0])}, {given[1]})",
        "SWITCH": switch,
        "COUNTROWS": rows_of,
        "MAXX": lambda given: over(given[0], f"MAX({sql(given[1])})"),
        "SUMX": lambda given: over(given[0], f"SUM({sql(given[1])})"),
        "COUNTX": lambda given: over(given[0], f"COUNT({sql(given[1])})"),
        "PERCENTILEX.INC": lambda given: (
            f"CAST(PERCENTILE_CONT({given[2]}) WITHIN GROUP (ORDER BY {sql(given[1])}) "
            f"FILTER (WHERE {filters[given[0]]}) AS DOUBLE)"
        ),
    }

    def sql(part: str) -> str:
        found = re.search(r"\b([A-Z][A-Z.]*)\(", part)
        if found is None:
            part = re.sub(r"'\w+'\[(\w+)\]", r"\1", part).replace("&&", "AND")
            part = re.sub(r'"([^"]*)"', r"'\1'", part)
            return re.sub(r"\b\w+\b", lambda word: variables.get(word[0], word[0]), part)
        depth, end = 0, found.end() - 1
        for end in range(found.end() - 1, len(part)):
            depth += (part[end] == "(") - (part[end] == ")")
            if depth == 0:
                break
        call = functions[found[1]](_arguments(part[found.start() : end + 1]))
        return sql(part[: found.start()]) + call + sql(part[end + 1 :])

    return sql(text)
