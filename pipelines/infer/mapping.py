"""Suggesting which canonical column each column of an export feeds, from its header and its content.

Headers speak first (`canonical_words`), types can veto, and the grain decides what names a ticket and what dates its
events. One column of the export is chosen per canonical column; the reason is kept for the reader of the draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from models.catalog import STAGED
from models.vocabulary import Domain, ExportShape
from pipelines.infer import money_words, plan_words
from pipelines.infer.canonical_words import TableWords
from pipelines.infer.findings import ColumnFinding, Grain
from pipelines.infer.joined_keys import join_key
from pipelines.infer.key_offers import offer_key
from pipelines.infer.ticket_words import EVENTS, TICKETS
from pipelines.readers import slugify_header

#: Every table that a row of an export may be meant for; `ticket_events` goes with `tickets`.
_TABLES: Final = (TICKETS, *money_words.TABLES, *plan_words.TABLES)
_NEEDED_BONUS: Final = 3.0
_HINT_BONUS: Final = 1.5
_SURE: Final = 0.8
#: A header that only hints is not followed to a column with fewer values than this share of the rows.
_LEAST_FILLED: Final = 0.05


@dataclass(frozen=True, slots=True)
class Match:
    """One column chosen for one canonical column.

    Attributes:
        weight: how sure its header is.
        score: the same, less what speaks against it: few values, or only one.
    """

    column: ColumnFinding
    target: str
    weight: float
    score: float


@dataclass(frozen=True, slots=True)
class Meaning:
    """The canonical table that an export's rows seem to be meant for.

    Attributes:
        is_complete: whether what makes such a row meaningful was found.
    """

    words: TableWords
    matches: tuple[Match, ...]
    is_complete: bool
    score: float

    @property
    def domain(self) -> Domain:
        """The domain of the table."""
        name = f"stg_{self.words.table}"
        return next(domain for domain, tables in STAGED.items() if name in {table.name for table in tables})


def find_meaning(columns: Sequence[ColumnFinding], file_name: str, domain: Domain | None = None) -> Meaning:
    """Choose the canonical table whose columns the headers name best, among those of a domain if one is given."""
    text = " ".join([slugify_header(file_name), *(_speaking_name(column) for column in columns)])
    meanings = []
    for words in _TABLES:
        matches = match_columns(columns, words)
        targets = {match.target for match in matches}
        is_complete = any(need <= targets for need in words.needs)
        hints = len(set(words.hints.findall(text)))
        score = sum(match.weight for match in matches) + _NEEDED_BONUS * is_complete + min(hints, 2) * _HINT_BONUS
        meanings.append(Meaning(words, matches, is_complete, score))
    wanted = [meaning for meaning in meanings if domain in (None, meaning.domain)]
    return max(wanted, key=lambda meaning: (meaning.is_complete, meaning.score))


def read_as_tickets(columns: Sequence[ColumnFinding]) -> Meaning:
    """The meaning of an event log: its cases are tickets, whatever its attributes are called."""
    return Meaning(TICKETS, match_columns(columns, TICKETS), True, 0.0)


def match_columns(columns: Sequence[ColumnFinding], words: TableWords) -> tuple[Match, ...]:
    """Give each canonical column of a table at most one column, the best matches first."""
    offers: list[Match] = []
    for column in columns:
        filled = (column.present_count - sum(column.null_texts.values())) / max(column.row_count, 1)
        variety = 1.0 if column.distinct_count > 1 else 0.8
        for wanted in words.columns:
            # An empty column has no type yet; its header may still say what it will hold.
            kinds_fit = column.present_count == 0 or column.logical_type in wanted.kinds
            name = _speaking_name(column)
            weight = next((weight for weight, pattern in wanted.patterns if pattern.search(name)), 0.0)
            is_worth_it = weight >= _SURE or filled >= _LEAST_FILLED
            if weight and kinds_fit and is_worth_it:
                offers.append(Match(column, wanted.column, weight, weight * (0.9 + 0.1 * filled) * variety))
    offers.sort(key=lambda match: -match.score)
    chosen: list[Match] = []
    for offer in offers:
        if all(offer.target != each.target and offer.column is not each.column for each in chosen):
            chosen.append(offer)
    return tuple(chosen)


def assign_feeds(columns: Sequence[ColumnFinding], meaning: Meaning, grain: Grain, files: pl.Series) -> Grain:
    """Write the suggestions into the columns, with reasons, and doubts where the header says it only half.

    Args:
        files: number of the file that each row is of.

    Returns:
        What a row is, with what came of looking for a key of lines.
    """
    table = meaning.words.table
    if table == TICKETS.table:
        _assign_tickets(columns, meaning, grain)
        return grain
    for match in meaning.matches:
        is_key = match.target.endswith("_line_id") or match.target == "delivery_id"
        if not is_key or match.column.is_unique:
            _feed(match, table)
    _use_key_as_document(meaning, table)
    joined = join_key(columns, table, grain, files)
    offer_key(columns, table)
    return joined


def _use_key_as_document(meaning: Meaning, table: str) -> None:
    """A transaction number that repeats names the document, not the line."""
    if table != "cost_lines" or any("cost_lines.document_id" in match.column.feeds for match in meaning.matches):
        return
    for match in meaning.matches:
        if match.target == "cost_line_id" and not match.column.is_unique:
            match.column.feeds["cost_lines.document_id"] = "its header names a transaction, and its values repeat"


def _assign_tickets(columns: Sequence[ColumnFinding], meaning: Meaning, grain: Grain) -> None:
    has_events = grain.shape is ExportShape.EVENT_LOG
    for column in columns:
        if column.name == grain.entity:
            column.feeds["tickets.ticket_id"] = "its values name what the rows are about"
            if has_events:
                column.feeds["ticket_events.ticket_id"] = "its values repeat while others change"
    for match in meaning.matches:
        if match.column.name not in (grain.entity, grain.event_time):
            _feed(match, "tickets")
    for column in columns:
        if column.name == grain.event_time:
            reason = "it changes from row to row of one ticket" if has_events else "it tells when a row was exported"
            column.feeds["ticket_events.occurred_at"] = reason
    if not has_events:
        return
    for match in match_columns(columns, EVENTS):
        if match.column.name not in (grain.entity, grain.event_time):
            _feed(match, "ticket_events")


def _feed(match: Match, table: str) -> None:
    target = f"{table}.{match.target}"
    if match.column.present_count == 0:
        match.column.doubts.append(f"it is empty here; its header speaks for {target}")
        return
    match.column.feeds[target] = "by its header"
    if match.weight < _SURE:
        match.column.doubts.append(f"does it feed {target}? Its header only hints at it")


def _speaking_name(column: ColumnFinding) -> str:
    """The slug of what names the column: its header, or the column name where the header is a path."""
    is_path = "." in column.header or "[]" in column.header
    return column.name if is_path else slugify_header(column.header) or column.name
