"""Values that a contract cannot read, for the people who mend them: in which column, row and file, and how written.

A text can name a person, most of all where columns of a file have moved. What has only digits, signs and names of
months or days is told as it stands; of any other text only its shape is, and `kpi quarantine show RECORD --values` has
the rest. That such values break rules is found by the contracts in `data_contracts/warehouse`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from data_contracts.spec import Rule
from models.ddl import quote_identifier
from pipelines.broken_rules import rows_without_ticket
from pipelines.broken_rules.evidence import Evidence, Explanation
from pipelines.infer.date_formats import read_dates
from pipelines.landing.value_shapes import shape_of

_MOST_TOLD: Final = 2
_LONGEST: Final = 40
#: Last parts of the rules that a value breaks which cannot be read.
_ASSERTIONS: Final = ("parsed", "present")
_NAMES_NOBODY: Final = re.compile(
    r"(?=.*\d)(?:[\d\W_]|(?<![a-z])(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|mon|tue|wed|thu|fri|sat|sun)(?![a-z]))+",
    re.IGNORECASE,
)
_LAST_DAYS: Final = re.compile(r"(?<!\d)(?:29|30|31)(?!\d)")
_PROBLEMS: Final = """
    SELECT problem.export, loads.file_name, problem.row_number, problem.column_name, problem.canonical_column,
           loads.raw_table, problem.load_id
    FROM ops.ops_value_problems AS problem JOIN ops.ops_loads AS loads USING (load_id)
    WHERE problem.domain = $domain AND problem.problem = 'unparsable'
      AND (problem.canonical_column = $target OR starts_with(problem.canonical_column, $target || '.'))
      AND ($record IS NULL OR problem.record_id = $record)
    ORDER BY problem.load_id, problem.row_number, problem.column_name
    LIMIT $most
"""


@dataclass(frozen=True, slots=True)
class UnreadableValue:
    """A value that cannot be read as the contract says.

    Attributes:
        target: canonical column that it was to feed, as `cost_lines.posting_date`.
        text: what stands there.
    """

    export: str
    file: str
    row: int
    column: str
    target: str
    text: str

    def describe(self) -> str:
        """Where it stands and how it is written."""
        text = self.text.strip()
        if _NAMES_NOBODY.fullmatch(text):
            told = f"'{text[:_LONGEST]}'"
            told += " (there is no such day)" if self._is_no_day() else ""
        else:
            told = f"a text such as '{shape_of(text)}' (9 for a digit, A for letters)"
        return f"'{self.column}' in row {self.row} of landing/{self.export}/{self.file} says {told}"

    def remedy(self) -> str:
        """What to do about it."""
        if self._is_no_day():
            return "Correct the date in the system that exports it, or in the file."
        return (
            f"Correct it in the file; or, if it is always written so, say how in contracts/{self.export}.yaml, at the "
            f"column '{self.column}'."
        )

    def _is_no_day(self) -> bool:
        """Whether it is a date but for its day, which the month does not have."""
        earlier, changed = _LAST_DAYS.subn("28", self.text.strip(), count=1)
        if not changed or not self.target.endswith(("_date", "_at")):
            return False
        one = pl.Series("count", [1])
        return read_dates(pl.Series("x", [self.text.strip()]), one) is None and (
            read_dates(pl.Series("x", [earlier]), one) is not None
        )


def _read(
    connection: Any, domain: str, target: str, record: str | None = None, most: int = _MOST_TOLD
) -> list[UnreadableValue]:
    """Values that cannot be read, in the order of files and rows.

    Args:
        connection: to the build database.
        target: canonical column, or a canonical table for all of its columns.
        record: only those of this record.
    """
    parameters = {"domain": domain, "target": target, "record": record, "most": most}
    found = []
    for export, file, row, column, fed, raw_table, load in connection.execute(_PROBLEMS, parameters).fetchall():
        query = f"SELECT {quote_identifier(column)} FROM raw.{quote_identifier(raw_table)} "
        texts = connection.execute(f"{query} WHERE _load_id = ? AND _row_number = ?", [load, row]).fetchall()
        if texts and texts[0][0] is not None:
            found.append(UnreadableValue(export, file, row, column, fed, str(texts[0][0])))
    return found


def target_of(rule_id: str) -> str | None:
    """What a rule that such values break is about: a canonical column or table; None for any other rule."""
    about, _, assertion = rule_id.rpartition(".")
    if assertion not in _ASSERTIONS or "." not in about:
        return None
    return about.removesuffix(".values")


def tell_record(connection: Any, domain: str, rule_id: str, record: str) -> str:
    """Sentences on the values of one record that cannot be read; empty where there are none.

    Args:
        connection: to the build database.
    """
    target = target_of(rule_id)
    return "" if target is None else _say(_read(connection, domain, target, record))


def _say(values: Sequence[UnreadableValue]) -> str:
    """Sentences on some values and what to do; empty where there are none."""
    if not values:
        return ""
    remedies = dict.fromkeys(value.remedy() for value in values)
    return " ".join([f"{'; '.join(value.describe() for value in values)}.", *remedies])


def _tell(rule: Rule, evidence: Evidence) -> str:
    """The first of the values."""
    target = str(target_of(rule.id))
    values = _read(evidence.warehouse.connection, rule.domain.value, target)
    return f"For example {_say(values)}" if values else ""


def _belongs(rule: Rule) -> bool:
    return target_of(rule.id) is not None and rule.id not in rows_without_ticket.RULES


EXPLANATION: Final = Explanation(_belongs, _tell)
