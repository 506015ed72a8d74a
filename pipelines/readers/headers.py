"""Which column of a file is which property of the contract, and what the columns nobody names are called.

Headers match exactly first, then ignoring case and surrounding space, then ignoring punctuation, spacing and accents,
so ``Net Amount``, ``NetAmount`` and `` net_amount `` are one. An exact spelling is never taken by a looser one.
Anything further off is a misspelling: reported with the nearest header, never accepted silently.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.readers.options import RECORD, ROW_NUMBER, SURPLUS
from pipelines.readers.refusals import RefusalCode, RefusedFile
from pipelines.words.numbers import list_some

_NEAR: Final = 0.72
_SHOWN: Final = 40
_LISTED: Final = 8
_LONGEST_NAME: Final = 60  # PostgreSQL cuts identifiers at 63 bytes
# ``NetAmount``, ``customerID`` and ``HTTPStatus`` are two words each, ``SeRCOP`` is one.
_WORD_BORDER: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z]{3})(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_RESERVED: Final = frozenset({ROW_NUMBER, SURPLUS, RECORD})


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """The column names of a file, by position.

    Attributes:
        names: landed column name per position; unique.
        unnamed: positions whose header is empty; they are worth landing only if they hold something.
        unknown: landed name -> header as written, for columns no property names.
        missing: properties without a column, none of them required.
        notes: sentences about repeated headers and near misses.
    """

    names: tuple[str, ...]
    unnamed: frozenset[int]
    unknown: Mapping[str, str]
    missing: tuple[str, ...]
    notes: tuple[str, ...]


def normalise_header(header: str) -> str:
    """Reduce a header to its letters and digits, lower case, without accents; ``#`` and ``%`` count as letters."""
    decomposed = unicodedata.normalize("NFKD", header).casefold()
    return "".join(character for character in decomposed if character.isalnum() or character in "#%")


def slugify_header(header: str) -> str:
    """Return a header as a column name: ``Net Amount (GBP)`` becomes ``net_amount_gbp``, ``NetAmount`` ``net_amount``.

    Empty when the header holds no letter or digit.
    """
    plain = unicodedata.normalize("NFKD", header.strip())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    plain = _WORD_BORDER.sub("_", plain).replace("%", " percent ").replace("#", " number ")
    slug = re.sub(r"[\W_]+", "_", plain.lower()).strip("_")[:_LONGEST_NAME].rstrip("_")
    return f"column_{slug}" if slug[:1].isdigit() else slug


def match_headers(
    headers: Sequence[str],
    columns: Mapping[str, tuple[str, ...]],
    required: frozenset[str],
    *,
    file_name: str,
    header_row: int | None = None,
) -> HeaderMatch:
    """Give every position of a file its column name.

    A repeated header gets a number: the second ``Variant`` is ``Variant_2``, and a contract can name it so.

    Raises:
        RefusedFile: ``header`` when a required property has no column, with the nearest header; or when no property
            has one, for then the file is another or is read in the wrong way.
    """
    effective, repeated = _number_repeats(headers)
    owners = _claim(effective, columns)

    missing = tuple(name for name in columns if name not in owners.values())
    free = [header for position, header in enumerate(effective) if position not in owners and header.strip()]
    wanting = [name for name in missing if name in required]
    if wanting:
        raise _missing_columns(wanting, columns, headers, free, file_name, header_row)
    if columns and free and not owners:
        raise _none_of_them(columns, headers, file_name, header_row)

    taken = set(columns) | _RESERVED
    names: list[str] = []
    unknown: dict[str, str] = {}
    for position, header in enumerate(effective):
        name = owners.get(position)
        if name is None:
            name = _make_unique(slugify_header(header) or f"column_{position + 1}", taken)
            taken.add(name)
            unknown[name] = headers[position]
        names.append(name)

    notes = [
        f"Header '{headers[position].strip()}' is repeated; column {position + 1} landed as {names[position]}."
        for position in repeated
    ]
    notes.extend(_describe_absent(name, columns[name], free) for name in missing)
    unnamed = frozenset(position for position, header in enumerate(headers) if not header.strip())
    return HeaderMatch(tuple(names), unnamed, unknown, missing, tuple(notes))


def count_matches(headers: Sequence[str], columns: Mapping[str, tuple[str, ...]]) -> int:
    """Count the properties that find a column among these headers."""
    return len(_claim(_number_repeats(headers)[0], columns))


def nearest(wanted: Sequence[str], present: Sequence[str]) -> str | None:
    """Return the present header or path most like one of the wanted spellings, or None if none is near."""
    by_form: dict[str, str] = {}
    for header in present:
        by_form.setdefault(normalise_header(header), header)
    best: tuple[float, str] | None = None
    for spelling in wanted:
        form = normalise_header(spelling)
        for close in difflib.get_close_matches(form, by_form, n=1, cutoff=_NEAR):
            likeness = difflib.SequenceMatcher(None, form, close).ratio()
            if best is None or likeness > best[0]:
                best = (likeness, by_form[close])
    return best[1] if best else None


def _number_repeats(headers: Sequence[str]) -> tuple[list[str], list[int]]:
    """Return the headers with repeats numbered, and the positions of the repeats."""
    forms = {normalise_header(header) for header in headers}
    seen: set[str] = set()
    effective: list[str] = []
    repeated: list[int] = []
    for position, header in enumerate(headers):
        form = header.strip().casefold()
        if form and form in seen:
            number = 2
            while normalise_header(f"{header}_{number}") in forms:
                number += 1
            header = f"{header.strip()}_{number}"
            form = header.casefold()
            forms.add(normalise_header(header))
            repeated.append(position)
        seen.add(form)
        effective.append(header)
    return effective, repeated


def _claim(headers: Sequence[str], columns: Mapping[str, tuple[str, ...]]) -> dict[int, str]:
    """Return position -> property, the strictest likeness first over all properties."""
    owners: dict[int, str] = {}
    for form in (str, lambda header: header.strip().casefold(), normalise_header):
        positions: dict[str, int] = {}
        for position, header in enumerate(headers):
            if position not in owners:
                positions.setdefault(form(header), position)
        positions.pop("", None)
        placed = set(owners.values())
        for name, spellings in columns.items():
            if name in placed:
                continue
            for spelling in spellings:
                if form(spelling) in positions:
                    owners[positions.pop(form(spelling))] = name
                    break
    return owners


def _make_unique(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def _quote_all(spellings: Sequence[str]) -> str:
    return " or ".join(f"'{spelling}'" for spelling in spellings)


def _describe_absent(name: str, spellings: tuple[str, ...], free: Sequence[str]) -> str:
    near = nearest(spellings, free)
    hint = f"; did you mean '{near.strip()}'?" if near else ""
    return f"There is no column for '{name}' (looked for {_quote_all(spellings)}); it landed empty{hint}"


def _found(headers: Sequence[str]) -> str:
    shown = list_some([f"'{header.strip()}'" for header in headers if header.strip()], _SHOWN)
    return f"The columns found are {shown or 'none'}."


def _none_of_them(
    columns: Mapping[str, tuple[str, ...]], headers: Sequence[str], file_name: str, header_row: int | None
) -> RefusedFile:
    place = f"{file_name}, row {header_row}" if header_row else file_name
    wanted = list_some([f"'{spellings[0]}'" for spellings in columns.values()], _LISTED)
    message = f"{place}: no column of the contract is there, such as {wanted}. {_found(headers)}"
    remedy = (
        "If the file is of another export, put it into the folder of that one; if the header stands in another row, "
        "write headerRow into the contract; if all columns have new names, add those to the synonyms."
    )
    return RefusedFile(RefusalCode.HEADER, message, remedy, row=header_row)


def _missing_columns(
    wanting: Sequence[str],
    columns: Mapping[str, tuple[str, ...]],
    headers: Sequence[str],
    free: Sequence[str],
    file_name: str,
    header_row: int | None,
) -> RefusedFile:
    place = f"{file_name}, row {header_row}" if header_row else file_name
    looked_for = "; ".join(f"'{name}' (looked for {_quote_all(columns[name])})" for name in wanting)
    message = f"{place}: no column for required {looked_for}. {_found(headers)}"
    remedies = []
    for name in wanting:
        near = nearest(columns[name], free)
        if near:
            remedies.append(
                f"Did you mean '{near.strip()}'? If so, add it to the synonyms of '{name}' in the contract."
            )
    if not remedies:
        remedies.append(
            f"If a column has been renamed, add its new header to the synonyms of '{wanting[0]}' in the contract; "
            "if it was left out, export again with it."
        )
    return RefusedFile(RefusalCode.HEADER, message, " ".join(remedies), row=header_row, column=wanting[0])
