"""How tables and columns are declared: one `MetaData`, and builders that make a comment obligatory.

The tables themselves are in the module of their domain. Nothing here knows a database engine; see `models.ddl`.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Float, MetaData, Numeric, Table, Text

from models.vocabulary import UNIT_SUFFIXES, Layer

METADATA: Final = MetaData()


def unit_of(column_name: str) -> str | None:
    """The unit that a column's name declares by its suffix, or None for names that carry no unit."""
    for suffix, unit in UNIT_SUFFIXES.items():
        if column_name.endswith(suffix):
            return unit
    return None


def _column(name: str, type_: Any, meaning: str, *, key: bool = False, required: bool = False) -> Column[Any]:
    info = {"unit": unit_of(name)}
    return Column(name, type_, primary_key=key, nullable=not (key or required), comment=meaning, info=info)


def text(
    name: str, meaning: str, *, key: bool = False, required: bool = False, has_few_values: bool = False
) -> Column[Any]:
    """A text column.

    Args:
        has_few_values: whether many rows share each value, so that the build database does well to store it as an
            enumeration (`models.enumerations`). Readers get plain text either way.
    """
    column = _column(name, Text(), meaning, key=key, required=required)
    column.info["has_few_values"] = has_few_values
    return column


def instant(name: str, meaning: str, *, key: bool = False, required: bool = False) -> Column[Any]:
    """A UTC instant with microseconds."""
    return _column(name, DateTime(timezone=True), meaning, key=key, required=required)


def day(name: str, meaning: str, *, key: bool = False, required: bool = False) -> Column[Any]:
    """A calendar date."""
    return _column(name, Date(), meaning, key=key, required=required)


def integer(name: str, meaning: str, *, key: bool = False, required: bool = False) -> Column[Any]:
    """A 64-bit integer."""
    return _column(name, BigInteger(), meaning, key=key, required=required)


def flag(name: str, meaning: str, *, required: bool = False) -> Column[Any]:
    """A boolean."""
    return _column(name, Boolean(), meaning, required=required)


def money(name: str, meaning: str, *, required: bool = False) -> Column[Any]:
    """An amount: DECIMAL(18,4). Reporting amounts are rounded to the currency's minor unit before they are stored."""
    return _column(name, Numeric(18, 4), meaning, required=required)


def rate(name: str, meaning: str, *, required: bool = False) -> Column[Any]:
    """An exchange rate or unit price factor: DECIMAL(18,8)."""
    return _column(name, Numeric(18, 8), meaning, required=required)


def quantity(name: str, meaning: str, *, required: bool = False) -> Column[Any]:
    """A quantity: DECIMAL(18,6)."""
    return _column(name, Numeric(18, 6), meaning, required=required)


def real(name: str, meaning: str, *, required: bool = False) -> Column[Any]:
    """A double precision number; never an amount."""
    return _column(name, Float(53), meaning, required=required)


def table(layer: Layer, name: str, meaning: str, *columns: Column[Any]) -> Table:
    """Declare one table of a layer, with its meaning as comment."""
    return Table(name, METADATA, *columns, schema=layer.value, comment=meaning)


def provenance() -> tuple[Column[Any], ...]:
    """The columns by which a staged row is walked back to the file row it came from."""
    return (
        text("load_id", "Load that brought the row; see ops_loads", required=True, has_few_values=True),
        integer("row_number", "Record number in the file, the header being row 1", required=True),
        text("row_hash", "Hash of the row's text as it stood in the file", required=True),
    )
