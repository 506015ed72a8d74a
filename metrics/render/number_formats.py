"""How a value of a unit is shown, in the patterns of spreadsheets, which Looker, Power BI and Tableau share."""

from __future__ import annotations

from metrics.spec import Unit


def number_pattern(unit: Unit, currency: str) -> str:
    """The pattern of a metric's values, such as `#,##0.0%`.

    Args:
        currency: code of the reporting currency, which stands behind amounts.
    """
    match unit:
        case Unit.RATIO:
            return "#,##0.0%"
        case Unit.REPORTING:
            return f'#,##0.00 "{currency}"'
        case Unit.COUNT:
            return "#,##0.##"
        case _:
            return "#,##0.0"
