"""Tables as people read them: headings in words, money with two decimals, hours, local instants, no `None`.

What a table holds is said by the pages. The CSV beside it holds the same rows exactly, under the names of the columns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
import streamlit as st

from models.headings import heading_of
from pipelines.dashboard.snapshot import Snapshot
from pipelines.spreadsheet_text import without_formula
from pipelines.words.numbers import NOTHING, format_value

#: Rows that a browser is given at most; the CSV has all.
MOST_ROWS: Final = 2_000
#: What a cell without a value shows; why it has none is in the heading's note.
MISSING: Final = NOTHING
_MISSING_SAID: Final = (
    f"{MISSING} stands where nothing is known or nothing can be. Point at a heading to see what its column means."
)
#: Columns that are in the unit of the KPI whose row it is.
_IN_UNIT: Final = frozenset({"value", "lower_bound", "upper_bound", "target_value"})
_UNIT_WORDS: Final = {"ratio": "%", "business_hours": "business hours", "calendar_hours": "calendar hours"}
#: Ends of the names of columns whose values are words of a closed set, written with underscores.
_WORDS: Final = ("state", "target", "_kind", "part", "status_category", "period_grain")
_MICROSECONDS_PER_HOUR: Final = 3_600_000_000
_MONEY, _TENTHS, _WHOLE = "%,.2f", "%,.1f", "%,d"


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """How a column stands in a browser's table.

    Attributes:
        heading: in words, with its unit.
        kind: `text`, `instant`, `date` or `number`.
        format: of a number.
        is_right: whether it is set to the right though it is no number to the browser.
    """

    heading: str
    kind: str = "text"
    format: str | None = None
    is_right: bool = False


def lay_out(
    rows: pl.DataFrame,
    *,
    currency: str,
    zone: str,
    unit: str | None = None,
    unit_of: str | None = None,
) -> tuple[pl.DataFrame, dict[str, ShownColumn]]:
    """Rows as a browser shows them, and how each column stands there. Nothing of them is for computing.

    Args:
        currency: code of the reporting currency.
        zone: time zone in which instants are shown.
        unit: of the KPI that the rows are of.
        unit_of: column with the unit of each row's KPI, where they differ; it is not shown.
    """
    shown: dict[str, pl.Series] = {}
    columns: dict[str, ShownColumn] = {}
    for series in rows.drop(unit_of or (), strict=False):
        name, own = series.name, None
        if name in _IN_UNIT and unit_of is not None:
            pairs = zip(series, rows[unit_of], strict=True)
            texts = [None if each is None else format_value(float(each), of, currency) for each, of in pairs]
            shown[name] = pl.Series(name, texts, dtype=pl.String)
            columns[name] = ShownColumn(heading_of(name), is_right=True)
            continue
        if name in _IN_UNIT and unit is not None:
            own = unit
        shown[name], columns[name] = _show(series, own, currency, zone)
    return pl.DataFrame(shown), columns


def _show(series: pl.Series, unit: str | None, currency: str, zone: str) -> tuple[pl.Series, ShownColumn]:
    name, heading = series.name, heading_of(series.name, currency=currency, zone=zone)
    if unit is not None:
        told = _UNIT_WORDS.get(unit, currency if unit == "reporting" else "" if unit == "count" else unit)
        heading = f"{heading}, {told}" if told else heading
    if isinstance(series.dtype, pl.Datetime):
        local = series.dt.convert_time_zone(zone) if series.dtype.time_zone else series
        return local, ShownColumn(heading, "instant")
    if series.dtype == pl.Date:
        return series, ShownColumn(heading, "date")
    if series.dtype == pl.Boolean:
        return series.replace_strict({True: "yes", False: "no"}, return_dtype=pl.String), ShownColumn(heading)
    if name.endswith("_microseconds"):
        return series.cast(pl.Float64) / _MICROSECONDS_PER_HOUR, ShownColumn(heading, "number", _TENTHS)
    if series.dtype.is_numeric():
        return _show_number(series, unit, heading)
    if series.dtype == pl.String and name.endswith(_WORDS):
        return series.str.replace_all("_", " ", literal=True), ShownColumn(heading)
    if series.dtype.is_nested():
        return series.map_elements(_listed, return_dtype=pl.String), ShownColumn(heading)
    return series.cast(pl.String), ShownColumn(heading)


def _show_number(series: pl.Series, unit: str | None, heading: str) -> tuple[pl.Series, ShownColumn]:
    name = series.name
    if unit == "ratio" or name.endswith("_ratio"):
        return _percent(series), ShownColumn(heading, "number", _TENTHS)
    if unit == "reporting" or name.endswith(("_reporting", "_original")):
        # Rounded while it is a decimal: the browser knows binary fractions only, and would round another way.
        exact = series.round(2) if series.dtype.is_decimal() else series
        return exact.cast(pl.Float64), ShownColumn(heading, "number", _MONEY)
    if series.dtype.is_integer():
        return series, ShownColumn(heading, "number", _WHOLE)
    is_hours = name.endswith("_hours") or (unit is not None and unit.endswith("_hours"))
    if is_hours or unit == "days" or name.endswith("_days"):
        return series.cast(pl.Float64), ShownColumn(heading, "number", _TENTHS)
    amounts = series.cast(pl.Float64)
    is_whole = bool((amounts.drop_nulls() % 1 == 0).all())
    return amounts, ShownColumn(heading, "number", "%,.0f" if is_whole else _MONEY)


def _percent(series: pl.Series) -> pl.Series:
    """Per cent, which are 100 only if nothing is missing and 0 only if nothing is there, as everywhere."""
    percent = series.cast(pl.Float64) * 100
    frame = pl.DataFrame({"percent": percent})
    nearly = pl.col("percent").is_between(99.95, 100, closed="left")
    hardly = pl.col("percent").is_between(0, 0.05, closed="none")
    clamped = pl.when(nearly).then(99.9).when(hardly).then(0.1).otherwise("percent")
    return frame.select(clamped.alias(series.name)).to_series()


def _listed(value: Any) -> str:
    return ", ".join(map(str, value))


def show_table(
    snapshot: Snapshot,
    rows: pl.DataFrame,
    *,
    key: str,
    name: str,
    relation: str = "",
    unit: str | None = None,
    unit_of: str | None = None,
    hidden: Collection[str] = (),
    is_selectable: bool = False,
) -> int | None:
    """A table with a way to take it along as CSV. Returns the row that is selected, if one is.

    Args:
        name: of the CSV file, without its ending.
        relation: view or table that the columns come from, `schema.name`, whose meanings stand beside the headings.
        unit, unit_of: see `lay_out`.
        hidden: columns that only the CSV has.
    """
    publication = snapshot.publication
    zone = publication.time_zone
    shown, columns = lay_out(
        rows.head(MOST_ROWS).drop(hidden, strict=False),
        currency=publication.currency,
        zone=zone,
        unit=unit,
        unit_of=unit_of,
    )
    meanings = snapshot.meanings(relation) if relation else {}
    options: dict[str, Any] = {
        "hide_index": True,
        "column_config": {
            column: _CONFIGS[how.kind](how, _note(column, meanings.get(column, "")), zone)
            for column, how in columns.items()
        },
        "key": key,
        "placeholder": MISSING,
    }
    selected = None
    if is_selectable:
        state: Any = st.dataframe(shown, on_select="rerun", selection_mode="single-row", **options)
        picked = state["selection"]["rows"] if state else []
        selected = picked[0] if picked and picked[0] < rows.height else None
    else:
        st.dataframe(shown, **options)
    if rows.height > MOST_ROWS:
        st.caption(f"The first {MOST_ROWS:,} of {rows.height:,} rows are shown; the CSV has all.")
    if sum(shown.null_count().row(0)):
        st.caption(_MISSING_SAID)
    st.download_button(
        "CSV",
        lambda: write_exact_csv(rows),
        f"{name}.csv",
        "text/csv",
        key=f"{key}_csv",
        help="The rows exactly, under the names of the columns; instants in UTC.",
        on_click="ignore",
    )
    return selected


def write_exact_csv(rows: pl.DataFrame) -> bytes:
    """The rows with all their digits, instants in ISO 8601 and UTC, under the names of the columns."""
    listed = rows.with_columns(
        # CSV has no lists.
        *(pl.col(name).list.join(", ") for name, type_ in rows.schema.items() if type_ == pl.List(pl.String)),
    )
    return neutralise(listed).write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.fZ").encode()


def neutralise(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose texts no spreadsheet runs as formulas: these get an apostrophe before them."""
    return rows.with_columns(pl.col(pl.String).map_elements(without_formula, return_dtype=pl.String))


def _note(column: str, meaning: str) -> str:
    """What stands beside a heading: the meaning that is declared, and the column's name for whoever queries it."""
    return f"{meaning} (`{column}`)" if meaning else f"`{column}`"


_CONFIGS: Final[Mapping[str, Callable[[ShownColumn, str, str], Any]]] = {
    "text": lambda how, note, _: st.column_config.TextColumn(
        how.heading, help=note, alignment="right" if how.is_right else None
    ),
    "number": lambda how, note, _: st.column_config.NumberColumn(how.heading, help=note, format=how.format),
    "date": lambda how, note, _: st.column_config.DateColumn(how.heading, help=note, format="YYYY-MM-DD"),
    "instant": lambda how, note, zone: st.column_config.DatetimeColumn(
        how.heading, help=note, format="YYYY-MM-DD HH:mm", timezone=zone
    ),
}
