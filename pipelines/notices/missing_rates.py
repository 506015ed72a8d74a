"""Money in a currency from which no rate leads to the reporting currency, where nothing is held for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from models.vocabulary import RuleState
from pipelines.notices.finding import Notice
from pipelines.words.numbers import count_of

_RULE: Final = ".currency_code.convertible"


def note_missing_rates(found: Iterable[tuple[str, str, str, int, int]]) -> Iterator[Notice]:
    """How many lines are in no sum of money, and what to do.

    Args:
        found: id, state and message of rules that hold nothing, how many rows broke each, and of how many.
    """
    for rule_id, state, message, failed, judged in found:
        if rule_id.endswith(_RULE) and state == RuleState.FAILED.value:
            table = rule_id.partition(".")[0]
            lines = f"{failed:,} of {count_of(judged, 'row')} of {table} {'lacks' if failed == 1 else 'lack'}"
            yield Notice("missing_rate", table, f"{rule_id}: {lines} an exchange rate. {message}")
