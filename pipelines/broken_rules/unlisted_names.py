"""Teams, priorities, services and vendors that nobody lists as known: what the rules about them say of each.

That they break a rule is found by the contracts in `data_contracts/warehouse`, which ask the view `ops.listed_names`;
here is what a person needs to mend it: the words themselves, how many records have each, and the line to write.
Names in policies that no record has are the opposite, and are in `pipelines.notices.unknown_names`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from data_contracts.problems import suggest
from data_contracts.spec import Rule
from models.catalog import table_named
from models.ddl import qualified_name, quote_identifier
from models.tickets import stg_ticket_events
from pipelines.broken_rules.evidence import Evidence, Explanation
from pipelines.infer.rendering import quote
from pipelines.policies.loading import Policies
from pipelines.words.numbers import list_some

_MOST_NAMES: Final = 3
_NUMBER: Final = re.compile(r"\d+")
#: Staged table -> what people call one of its records, and several.
_RECORDS: Final = {
    "stg_tickets": ("ticket", "tickets"),
    "stg_deliveries": ("delivery", "deliveries"),
    "stg_headcount": ("figure", "figures"),
}
_LINES: Final = ("line", "lines")


def _is_of_names(rule: Rule) -> bool:
    return rule.listed_dimension is not None and rule.table_name.startswith("stg.")


def _tell(rule: Rule, evidence: Evidence) -> str:
    """The names that are not known, and what to write for them."""
    table_name, dimension = rule.table_name.rpartition(".")[2], str(rule.listed_dimension)
    policies = evidence.policies
    counts = dict(evidence.warehouse.rows(_count_names(table_name, dimension)))
    listed = policies.listed_names[dimension]
    unlisted = sorted(set(counts) - listed, key=lambda name: (-counts[name], name))
    named = [f"'{name}' in {_count(table_name, counts[name])}" for name in unlisted]
    told = f"Not known: {list_some(named, _MOST_NAMES)}."
    return " ".join([told, *_remedies(dimension, unlisted[:_MOST_NAMES], counts, policies)])


def _remedies(dimension: str, unlisted: Sequence[str], counts: Mapping[str, int], policies: Policies) -> list[str]:
    """What to do about the names: aliases of the known ones that they resemble, or entries of the list."""
    listed = sorted(policies.listed_names[dimension])
    misspelt: dict[str, list[str]] = {}
    remedies: list[str] = []
    for name in unlisted:
        # 'Team 1' is no slip of the pen for 'Team 2'.
        near = suggest(name, (each for each in listed if not _differ_by_number(name, each)))
        if near is not None and near in counts:
            misspelt.setdefault(near, []).append(name)
        elif near is not None:
            # The list itself may be what is misspelt: an alias would give all records the wrong name.
            remedies.append(f"No record has the known '{near}': if that should be '{name}', correct the list.")
    for common, names in misspelt.items():
        quoted = " or ".join(f"'{name}'" for name in names)
        line = _alias_line(dimension, common, names, policies)
        remedies.append(
            f"If {quoted} is '{common}', write at the top level of policies/dimensions.yaml under {dimension}: {line}."
        )
    place = f"policies/{policies.place('dimensions.yaml', 'known', dimension)}"
    return [*remedies, f"What is new belongs into known: {dimension} ({place})."]


def _differ_by_number(name: str, other: str) -> bool:
    """Whether names are the same but for the numbers in them."""
    words = {_NUMBER.sub("#", each.casefold()) for each in (name, other)}
    return len(words) == 1 and _NUMBER.findall(name) != _NUMBER.findall(other)


def _alias_line(dimension: str, common: str, names: Sequence[str], policies: Policies) -> str:
    """The line of the policy with which records of these names are counted under the common one."""
    written: Any = policies.documents["dimensions.yaml"].at((dimension, common))
    before = [] if written is None else written if isinstance(written, list) else [written]
    aliases = ", ".join(quote(str(alias)) for alias in (*before, *names))
    return f"{quote(common)}: [{aliases}]"


def _count_names(table_name: str, dimension: str) -> str:
    """SELECT of each name of a dimension with the records that have it; tickets also in their history."""
    table = table_named(table_name)
    keys = [column.name for column in table.primary_key.columns]
    places = [(table, dimension)]
    if table_name == "stg_tickets":
        places += [(stg_ticket_events, dimension), (stg_ticket_events, f"{dimension}_before")]
    key = quote_identifier(keys[0]) if len(keys) == 1 else "(load_id, row_number)"
    parts = [
        f"SELECT {key} AS record, {quote_identifier(column)} AS name FROM {qualified_name(place)}"
        for place, column in places
        if column in place.columns
    ]
    return (
        f"SELECT name, count(DISTINCT record) FROM ({' UNION ALL '.join(parts)}) WHERE name IS NOT NULL GROUP BY name"
    )


def _count(table_name: str, count: int) -> str:
    one, several = _RECORDS.get(table_name, _LINES)
    return f"{count:,} {one if count == 1 else several}"


EXPLANATION: Final = Explanation(_is_of_names, _tell)
