"""Documents: every node knows its line, YAML does what people expect, and messages say what to do."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from data_contracts.documents import DocumentError, decode_document, find_toml_line, parse_document
from data_contracts.merging import merge_documents


class Basis(StrEnum):
    ACCRUAL = "accrual"
    CASH = "cash"


class Region(BaseModel):
    model_config = ConfigDict(extra="forbid")
    country: str | None = None
    since: date | None = None


class Policy(BaseModel):
    model_config = ConfigDict(extra="forbid")
    days: int = 0
    basis: Basis = Basis.ACCRUAL
    rate: Decimal | None = None
    places: dict[str, str | Region] = {}
    regions: list[Region] = []


def problems_in(text: str) -> list[str]:
    with pytest.raises(DocumentError) as raised:
        decode_document(text, "policy.yaml", Policy)
    return str(raised.value).splitlines()


def test_plain_words_stay_words() -> None:
    text = "a: NO\nb: 0400\nc: 12:30\nd: 2026-01-31\ne: on\nf: 1_000\ng: true\nh: 7\ni: -2.5\nj: ~\nk:\nl: null"
    value = parse_document(text, "x.yaml").value
    assert value == {
        "a": "NO",
        "b": "0400",
        "c": "12:30",
        "d": "2026-01-31",
        "e": "on",
        "f": "1_000",
        "g": True,
        "h": 7,
        "i": -2.5,
        "j": None,
        "k": None,
        "l": None,
    }


def test_every_node_knows_its_line() -> None:
    document = parse_document("a: 1\nb:\n  - x\n  - c: 2\n    d: [1,\n      2]\n", "x.yaml")
    assert document.line_of(("a",)) == 1
    assert document.line_of(("b", 0)) == 3
    assert document.line_of(("b", 1, "d")) == 5
    assert document.line_of(("b", 1, "d", 1)) == 6
    assert document.line_of(("b", 9)) is None
    assert str(document.position(("b", 1, "nowhere"))) == "x.yaml:4"


def test_an_empty_document_is_the_defaults() -> None:
    assert decode_document("", "policy.yaml", Policy) == Policy()
    assert decode_document("# nothing yet\n", "policy.yaml", Policy) == Policy()


def test_money_never_passes_through_binary_noise() -> None:
    assert decode_document("rate: 0.91", "policy.yaml", Policy).rate == Decimal("0.91")


def test_a_key_that_stands_twice_is_an_error() -> None:
    assert problems_in("days: 1\nbasis: cash\ndays: 2") == [
        "policy.yaml:3: key 'days': stands twice, first in line 1. Keep one of them."
    ]


def test_all_problems_are_told_at_once_with_line_remedy_and_suggestion() -> None:
    text = "days: many\nbasis: acrual\nplaces:\n  home:\n    contry: NL\nregions:\n  - since: 2026-13-01\nregion: []\n"
    known = "days, basis, rate, places or regions"
    assert problems_in(text) == [
        "policy.yaml:1: key 'days': 'many' is not a whole number. Correct the value.",
        "policy.yaml:2: key 'basis': 'acrual' is not accepted. Write accrual or cash. Did you mean 'accrual'?",
        "policy.yaml:5: key 'contry': is not known here. Known are country or since. Did you mean 'country'?",
        "policy.yaml:7: key 'since': '2026-13-01' is not a date such as 2026-01-31. Correct the value.",
        f"policy.yaml:8: key 'region': is not known here. Known are {known}. Did you mean 'regions'?",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [\n  b: {", "policy.yaml:"),
        ("- 1", "policy.yaml:1: the document must be keys with values"),
        ("a: !!python/object/apply:os.system [ls]", "policy.yaml:1"),
        ("a: &a [*a]", "policy.yaml:1: an alias repeats itself"),
        ("? [1]\n: 2", "policy.yaml:1: a key must be a text"),
        ("a: \x00", "policy.yaml: this is not YAML"),
    ],
)
def test_what_is_not_a_document_is_refused(text: str, message: str) -> None:
    assert problems_in(text)[0].startswith(message)


def test_aliases_of_aliases_do_not_grow_without_end() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(DocumentError, match="far too large"):
        parse_document("\n".join(lines), "x.yaml")


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.integers() | st.booleans() | st.none()))
def test_what_is_written_is_read(values: dict[str, int | bool | None]) -> None:
    words = {True: "true", False: "false", None: "null"}
    text = "\n".join(
        f"'{key}': {words[value] if value is None or value is True or value is False else value}"
        for key, value in values.items()
    )
    assert (parse_document(text, "x.yaml").value or {}) == values


TOML = '''[reporting]
currency = "EUR"
text = """
currency = "not this"
"""
publish.targets = [
  "duckdb",
]

[[target]]
kind = "a"

[[target]] # second
kind = "b"
"odd key".inner = 1
'''


@pytest.mark.parametrize(
    ("location", "line"),
    [
        ("reporting.currency", 2),
        ("reporting", 1),
        ("reporting.publish.targets", 6),
        (("reporting", "publish"), 6),
        (("target", 1, "kind"), 14),
        ("target.0.kind", 11),
        (("target", 1, "odd key", "inner"), 15),
        ("reporting.nothing", None),
        ("currency", None),
    ],
)
def test_lines_of_toml(location: str | tuple[str | int, ...], line: int | None) -> None:
    assert find_toml_line(TOML, location) == line


def test_a_merge_goes_by_name_and_keeps_where_things_stand() -> None:
    template = parse_document(
        "id: t\nschema:\n  - name: a\n    x: 1\n  - name: b\n    x: 2\nlist: [1, 2]\n", "template"
    )
    override = parse_document("id: mine\nschema:\n  - name: c\n  - name: b\n    y: 3\nlist: [3]\n", "mine.yaml")
    merged = merge_documents(template, override)
    assert merged.value == {
        "id": "mine",
        "schema": [{"name": "a", "x": 1}, {"name": "b", "x": 2, "y": 3}, {"name": "c"}],
        "list": [3],
    }
    assert str(merged.position(("schema", 0, "x"))) == "template:4"
    assert str(merged.position(("schema", 1, "y"))) == "mine.yaml:5"
    assert str(merged.position(("schema", 1, "x"))) == "template:6"
    assert str(merged.position(("schema", 2, "name"))) == "mine.yaml:3"
