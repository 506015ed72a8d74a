"""Aliases of policies/dimensions.yaml that stand in no file: a misspelt one leaves its team apart from the others.

Only a notice, because an alias may be an old name, whose last record left the exports long ago. The staged tables have
the common names already, so what the files say is looked up in the raw ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from models.ddl import quote_identifier, quote_text

if TYPE_CHECKING:
    from data_contracts.spec import ExportContract
    from pipelines.notices.finding import Notice
    from pipelines.notices.unknown_names import Names
    from pipelines.policies.loading import Policies

#: Runs a query on the build database.
Rows = Callable[[str], Sequence[tuple[Any, ...]]]
#: What a reader of text takes for white space around it.
_SPACE: Final = "' ' || chr(9) || chr(10) || chr(13) || chr(160)"
#: How alike an alias and a name have to be to be taken for one that is misspelt.
_NEAR: Final = 0.8


def find_told_aliases(
    rows: Rows, contracts: Sequence[ExportContract], policies: Policies
) -> Mapping[str, frozenset[str]]:
    """Dimension -> those of its aliases, in lower case, that some file says; only of dimensions that have records.

    Args:
        rows: on a build database whose files are landed.
    """
    told: dict[str, frozenset[str]] = {}
    for dimension, aliases in policies.dimensions.items():
        constants, columns = _feeding(dimension, contracts)
        places = [place for place in columns if aliases and _has_rows(rows, *place)]
        if not places:
            continue
        wanted = ", ".join(quote_text(alias) for alias in aliases)
        parts = [
            f"SELECT lower(trim({quote_identifier(column)}, {_SPACE})) AS name FROM raw.{quote_identifier(table)}"
            for table, column in places
        ]
        query = f"SELECT DISTINCT name FROM ({' UNION ALL '.join(parts)}) WHERE name IN ({wanted})"
        found = {str(row[0]) for row in rows(query)}
        told[dimension] = frozenset(found | {text.strip().lower() for text in constants})
    return told


def find_unused_aliases(
    policies: Policies, told: Mapping[str, frozenset[str]], names: Names, folder: str = "policies"
) -> Iterator[Notice]:
    """A notice for each common name that has aliases which no file says.

    Args:
        told: see `find_told_aliases`.
        names: see `pipelines.notices.unknown_names`, among which the nearest one is looked for.
        folder: of the policies, as a person knows it.
    """
    from pipelines.notices.finding import Notice

    for dimension, present in told.items():
        written: Mapping[str, Any] = policies.documents["dimensions.yaml"].at((dimension,))
        others = sorted(names.get(dimension, frozenset()) - set(written))
        by_common: dict[str, list[str]] = {}
        for alias, common in policies.dimensions[dimension].items():
            if alias not in present:
                by_common.setdefault(common, []).append(alias)
        for common, unused in by_common.items():
            place = f"{folder}/{policies.place('dimensions.yaml', dimension, common)}"
            listed = [_as_written(alias, written[common]) + _hint(alias, others) for alias in unused]
            what, remedy = (
                ("alias {} of the {} '{}' is", "Correct it, or leave it if it is an old name.")
                if len(listed) == 1
                else ("aliases {} of the {} '{}' are", "Correct them, or leave them if they are old names.")
            )
            word = dimension.replace("_", " ")
            told_names = " and ".join([", ".join(listed[:-1]), *listed[-1:]]) if len(listed) > 1 else listed[0]
            message = f"{place}: the {what.format(told_names, word, common)} in no export. {remedy}"
            yield Notice("unused_alias", f"{folder}/dimensions.yaml", message)


def _feeding(dimension: str, contracts: Sequence[ExportContract]) -> tuple[set[str], set[tuple[str, str]]]:
    """Constants, and (raw table, column), that feed a dimension or what it was before."""
    wanted = (dimension, f"{dimension}_before")
    constants: set[str] = set()
    columns: set[tuple[str, str]] = set()
    for contract in contracts:
        for item in contract.objects:
            constants |= {text for target, text in item.constants.items() if target.partition(".")[2] in wanted}
            columns |= {
                (item.raw_table, column.name)
                for column in item.columns
                if any(feed.column in wanted for feed in column.feeds)
            }
    return constants, columns


def _has_rows(rows: Rows, table: str, column: str) -> bool:
    is_there = rows(
        "SELECT count(*) FROM duckdb_columns() WHERE schema_name = 'raw' "
        f"AND table_name = {quote_text(table)} AND lower(column_name) = {quote_text(column.lower())}"
    )
    return bool(is_there[0][0]) and bool(rows(f"SELECT 1 FROM raw.{quote_identifier(table)} LIMIT 1"))


def _as_written(alias: str, written: Any) -> str:
    listed = written if isinstance(written, list) else [written]
    spelt = next((str(each) for each in listed if str(each).strip().lower() == alias), alias)
    return f"'{spelt}'"


def _hint(alias: str, others: Sequence[str]) -> str:
    by_lower = {name.lower(): name for name in others}
    near = get_close_matches(alias, by_lower, n=1, cutoff=_NEAR)
    return f" (did you mean '{by_lower[near[0]]}'?)" if near else ""
