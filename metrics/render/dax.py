"""Measures as DAX, the language of Power BI.

What a measure computes is decided in `metrics.render.measures`; this says the same in another language. `BLANK` is what
is unknown: DAX sums and percentiles skip it, and a measure that is given nothing to compute stays blank.
"""

from __future__ import annotations

from typing import Final

from metrics.render.measures import Aggregate, Function, Measure, Shape, cell_rule


def dax_lines(measure: Measure) -> list[str]:
    """The measure as lines of DAX."""
    match measure.shape:
        case Shape.TOTAL:
            return [_aggregate(measure.relation, measure.aggregates[0])]
        case Shape.QUOTIENT:
            numerator, denominator = (_aggregate(measure.relation, each) for each in measure.aggregates)
            return [
                f"VAR Numerator = {numerator}",
                f"VAR Denominator = {denominator}",
                "RETURN IF(Denominator > 0, CONVERT(Numerator, DOUBLE) / CONVERT(Denominator, DOUBLE))",
            ]
        case Shape.PERCENTILE:
            return _percentile(measure)
        case Shape.CELLS:
            return _cells(measure)


def _column(relation: str, name: str) -> str:
    return f"'{relation}'[{name}]"


def _aggregate(relation: str, aggregate: Aggregate) -> str:
    function = {Function.SUM: "SUM", Function.COUNT: "COUNT"}[aggregate.function]
    return f"{function}({_column(relation, aggregate.expression)})"


def _percentile(measure: Measure) -> list[str]:
    """Over the records that have a number, interpolated; then without what the interpolation lost."""
    (taken,) = measure.aggregates
    column = _column(measure.relation, taken.expression)
    percent = (taken.percent or 0) / 100
    return [
        f"VAR Measured = FILTER('{measure.relation}', NOT ISBLANK({column}))",
        f"VAR Taken = IF(NOT ISEMPTY(Measured), PERCENTILEX.INC(Measured, {column}, {percent}))",
        f"RETURN IF(NOT ISBLANK(Taken), ROUND(Taken * {measure.parts}, 0) / {measure.parts * measure.scale})",
    ]


_MONEY: Final = "CURRENCY({})"


def _cells(measure: Measure) -> list[str]:
    """One cell as it is; of several, what may be put together, else blank."""
    rule, relation = cell_rule(measure.metric), measure.relation
    value = _column(relation, "value")
    lines = [
        f"VAR Cells = FILTER('{relation}', {_column(relation, 'metric')} = \"{measure.name}\")",
        "VAR CellCount = COUNTROWS(Cells)",
    ]
    one = f"CellCount = 1, MAXX(Cells, {value})"
    if rule.is_single:
        return [*lines, f"RETURN IF({one})"]
    guards = {"Grains": "period_grain", "Breakdowns": "dimension"}
    if not rule.over_periods:
        guards["Periods"] = "period_start_date"
    if not rule.over_breakdown:
        guards["BreakdownValues"] = "dimension_value"
    lines += [
        f"VAR {name} = COUNTROWS(SUMMARIZE(Cells, {_column(relation, column)}))" for name, column in guards.items()
    ]
    conditions = [f"{name} = 1" for name in guards]
    totals = []
    for part in rule.parts:
        column = _column(relation, part)
        name = f"{part.capitalize()}Total"
        added = _MONEY.format(column) if rule.is_money else column
        lines.append(f"VAR {name} = SUMX(Cells, {added})")
        conditions.append(f"COUNTX(Cells, {column}) = CellCount")
        totals.append(f"CONVERT({name}, DOUBLE)")
    if len(totals) == 2:
        conditions.append(f"{rule.parts[1].capitalize()}Total > 0")
    return [*lines, f"RETURN SWITCH(TRUE(), {one}, {' && '.join(conditions)}, {' / '.join(totals)})"]
