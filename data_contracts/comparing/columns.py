"""What two versions of a contract say differently about the columns of one object."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from data_contracts.comparing.difference import BOTH, FILES, NOBODY, NUMBERS, Breaks, Difference, quoted, told
from data_contracts.feeds import canonical_tables
from data_contracts.spec import ExportColumn, ExportObject, Sign
from models.vocabulary import Domain

#: Makes a difference of one column from kind, sentence and whom it breaks.
_Changed = Callable[[str, str, frozenset[Breaks]], Difference]

#: Changes of type after which every value that was read is read as the same value.
_WIDENINGS: Final = frozenset({("integer", "number")})


def compare_columns(old: ExportObject, new: ExportObject, domain: Domain) -> Iterator[Difference]:
    """Every change of the columns: removed, added, renamed, and what each says differently."""
    after = {column.name: column for column in new.columns}
    renamed = _find_renamed(old, new)
    kept = {*renamed.values()}
    for column in old.columns:
        if column.name in after:
            yield from _compare_column(new.name, column, after[column.name], domain)
        elif column.name in renamed:
            target = after[renamed[column.name]]
            what = f"column '{column.name}' is called '{target.name}' now; whoever asks for the old name finds nothing"
            yield _difference("column_renamed", new, column, what, NUMBERS, domain)
            yield from _compare_column(new.name, column, target, domain)
        else:
            fed = f", so nothing feeds {quoted(_targets(column))} from it" if column.feeds else ""
            yield _difference("column_removed", new, column, f"the column is gone{fed}", NUMBERS, domain)
    before = {column.name for column in old.columns}
    for column in new.columns:
        if column.name not in before and column.name not in kept:
            breaks = FILES if column.required else NOBODY
            what = "a new column, and required: files without it are refused" if column.required else "a new column"
            # It brings values where there were none, or others than before.
            more = NUMBERS if column.feeds and _fed_before(old, column) else NOBODY
            yield _difference("column_added", new, column, what, breaks | more, domain)


def _find_renamed(old: ExportObject, new: ExportObject) -> dict[str, str]:
    """Old name -> new name of columns that stand under another name: with the same header, or the same feeds."""
    gone = [column for column in old.columns if column.name not in {other.name for other in new.columns}]
    come = [column for column in new.columns if column.name not in {other.name for other in old.columns}]
    renamed: dict[str, str] = {}
    for column in gone:
        for other in come:
            is_same_header = column.physical_name.casefold() in {name.casefold() for name in _spellings(other)}
            is_same_feed = bool(column.feeds) and set(_targets(column)) == set(_targets(other))
            if other.name not in renamed.values() and (is_same_header or is_same_feed):
                renamed[column.name] = other.name
                break
    return renamed


def _fed_before(old: ExportObject, column: ExportColumn) -> bool:
    fed = {target for other in old.columns for target in _targets(other)}
    return bool(fed & set(_targets(column)))


def _compare_column(item: str, old: ExportColumn, new: ExportColumn, domain: Domain) -> Iterator[Difference]:
    def changed(kind: str, what: str, breaks: frozenset[Breaks]) -> Difference:
        feeds = tuple(dict.fromkeys([*_targets(old), *_targets(new)]))
        return Difference(kind=kind, place=f"{item}.{new.name}", what=what, breaks=breaks, feeds=feeds, domain=domain)

    yield from _compare_headers(old, new, changed)
    if old.logical_type != new.logical_type:
        breaks = NOBODY if (old.logical_type, new.logical_type) in _WIDENINGS else BOTH
        yield changed("column_retyped", f"its type was {old.logical_type} and is {new.logical_type}", breaks)
    if old.required != new.required:
        what = "it is required now: files without it are refused" if new.required else "it is no longer required"
        yield changed(
            "column_required" if new.required else "column_optional", what, FILES if new.required else NUMBERS
        )
    if old.may_be_missing != new.may_be_missing:
        what = "files may lack it now" if new.may_be_missing else "files may no longer lack it, once one had it"
        yield changed("column_may_be_missing", what, NUMBERS if new.may_be_missing else FILES)
    if old.unique != new.unique:
        what = "its values are promised to be unique now" if new.unique else "its values need no longer be unique"
        yield changed("column_unique", what, FILES if new.unique else NUMBERS)
    yield from _compare_feeds(old, new, changed)
    yield from _compare_reading(old, new, changed)
    if old.description != new.description:
        yield changed("description_changed", "it is described in other words", NOBODY)


def _compare_headers(old: ExportColumn, new: ExportColumn, changed: _Changed) -> Iterator[Difference]:
    before, after = _spellings(old), _spellings(new)
    accepted = {spelling.casefold() for spelling in after}
    lost = [spelling for spelling in before if spelling.casefold() not in accepted]
    if old.physical_name != new.physical_name:
        what = f"its header was '{old.physical_name}' and is '{new.physical_name}'"
        if not lost:
            yield changed("header_renamed", f"{what}; the old one is still accepted", NOBODY)
            return
        remedy = f"; keep the old one with synonyms: [{{synonym: {old.physical_name}}}]"
        yield changed("header_renamed", what + remedy, FILES)
    elif lost:
        yield changed("synonym_removed", f"the spelling {quoted(lost)} is no longer accepted", FILES)
    known = {spelling.casefold() for spelling in before}
    added = [spelling for spelling in new.synonyms if spelling.casefold() not in known]
    if added and old.physical_name == new.physical_name:
        yield changed("synonym_added", f"the spelling {quoted(added)} is accepted too", NOBODY)


def _compare_feeds(old: ExportColumn, new: ExportColumn, changed: _Changed) -> Iterator[Difference]:
    before, after = set(_feed_texts(old)), set(_feed_texts(new))
    if before == after:
        return
    is_key = any(_is_key(target) for target in {*_targets(old)} ^ {*_targets(new)})
    kind = "key_changed" if is_key else "feeds_changed"
    parts = [f"no longer feeds {quoted(sorted(before - after))}"] if before - after else []
    parts += [f"feeds {quoted(sorted(after - before))} now"] if after - before else []
    note = ", which is part of a key: records are told apart in another way" if is_key else ""
    yield changed(kind, f"it {' and '.join(parts)}{note}", NUMBERS)


def _compare_reading(old: ExportColumn, new: ExportColumn, changed: _Changed) -> Iterator[Difference]:
    if old.formats != new.formats:
        what = f"its date formats were {quoted(old.formats)} and are {quoted(new.formats)}"
        yield changed("format_changed", what, _broken_by_formats(old.formats, new.formats))
    if old.time_zone != new.time_zone:
        what = f"its time zone was {told(old.time_zone)} and is {told(new.time_zone)}: its instants move"
        yield changed("time_zone_changed", what, NUMBERS)
    if dict(old.replace) != dict(new.replace):
        was, now = ([f"{text} for {value}" for text, value in sorted(each.replace.items())] for each in (old, new))
        yield changed("replaced_texts_changed", f"it replaced {quoted(was)} and replaces {quoted(now)} now", NUMBERS)
    if (old.true_tokens, old.false_tokens) != (new.true_tokens, new.false_tokens):
        before, after = (*old.true_tokens, *old.false_tokens), (*new.true_tokens, *new.false_tokens)
        what = f"its words for true and false were {quoted(before)} and are {quoted(after)}"
        yield changed("boolean_words_changed", what, BOTH)


def _broken_by_formats(old: tuple[str, ...], new: tuple[str, ...]) -> frozenset[Breaks]:
    """Formats are tried in order: one added at the end takes no value from another, one added before may."""
    if old and new[: len(old)] == old:
        return NOBODY
    return NUMBERS if old and set(old) <= set(new) else BOTH


def _is_key(target: str) -> bool:
    table_name, _, column = target.partition(".")
    table = canonical_tables().get(table_name)
    return table is not None and column in {key.name for key in table.primary_key.columns}


def _spellings(column: ExportColumn) -> tuple[str, ...]:
    return (column.physical_name, *column.synonyms)


def _targets(column: ExportColumn) -> tuple[str, ...]:
    return tuple(dict.fromkeys(feed.target for feed in column.feeds))


def _feed_texts(column: ExportColumn) -> Iterator[str]:
    for feed in column.feeds:
        when = " and ".join(f"{name} is {' or '.join(words)}" for name, words in sorted(feed.when.items()))
        told_sign = f" by {_sign_text(feed.sign)}" if feed.sign is not None else ""
        told_take = f" from the {feed.take} row" if feed.take is not None else ""
        yield feed.target + (f" when {when}" if when else "") + told_take + told_sign


def _sign_text(sign: Sign) -> str:
    if sign.always is not None:
        return f"being a {sign.always}"
    where = sign.column or "its own text"
    return f"{where} ({', '.join(sign.debit)} for debit, {', '.join(sign.credit)} for credit)"


def _difference(
    kind: str, item: ExportObject, column: ExportColumn, what: str, breaks: frozenset[Breaks], domain: Domain
) -> Difference:
    place = f"{item.name}.{column.name}"
    return Difference(kind=kind, place=place, what=what, breaks=breaks, feeds=_targets(column), domain=domain)
