"""JSON and JSON lines: nested records, absolute paths, exact numbers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.readers import RefusalCode
from pipelines.readers.json_paths import parse_path
from pipelines.readers.json_text import ExactJson

ISSUES = [
    {
        "key": "A-1",
        "fields": {
            "priority": {"name": "High"},
            "labels": ["x", "y"],
            "components": [{"name": "web"}, {"name": "api"}],
        },
        "changelog": {
            "histories": [
                {"created": "2024-01-01", "items": [{"field": "status", "toString": "Open"}, {"field": "owner"}]},
                {"created": "2024-01-02", "items": [{"field": "status", "toString": "Done"}]},
            ]
        },
    },
    {"key": "A-2", "fields": {"priority": None}, "changelog": {"histories": []}},
]
COLUMNS = {
    "key": ("key",),
    "priority": ("fields.priority.name",),
    "labels": ("fields.labels",),
    "components": ("fields.components[].name",),
    "changed_at": ("changelog.histories[].created",),
    "field": ("changelog.histories[].items[].field",),
    "to_status": ("changelog.histories[].items[].toString",),
}
ITEMS = "changelog.histories[].items[]"


def lines(records: list[object], end: str = "\n") -> bytes:
    return "".join(json.dumps(record) + end for record in records).encode()


@pytest.mark.parametrize("shape", ["jsonl", "jsonl CRLF", "json"])
def test_nested_records_carry_what_encloses_them(read, shape: str) -> None:
    if shape == "json":
        landed = read(
            json.dumps(ISSUES, indent=2).encode(), "i.json", format="json", record_path=ITEMS, columns=COLUMNS
        )
    else:
        end = "\r\n" if "CRLF" in shape else "\n"
        landed = read(lines(ISSUES, end), "i.jsonl", format="jsonl", record_path=ITEMS, columns=COLUMNS)
    assert landed.frame.drop("_record").rows() == [
        ("A-1", "High", '["x","y"]', '["web","api"]', "2024-01-01", "status", "Open", 1),
        ("A-1", "High", '["x","y"]', '["web","api"]', "2024-01-01", "owner", None, 2),
        ("A-1", "High", '["x","y"]', '["web","api"]', "2024-01-02", "status", "Done", 3),
    ]
    assert landed.frame["_record"][0] == '{"field":"status","toString":"Open"}'
    assert landed.notes == (f"Root records without {ITEMS}, which landed no row: 1.",)


def test_records_within_a_result_page(read) -> None:
    page = {"count": 2, "tickets": [{"id": 1, "audits": [{"at": "x"}, {"at": "y"}]}, {"id": 2, "audits": []}]}
    data = json.dumps(page).encode()
    tickets = read(
        data, "t.json", format="json", record_path="tickets[]", columns={"id": ("tickets[].id",), "count": ("count",)}
    )
    assert tickets.frame.select("id", "count").rows() == [("1", "2"), ("2", "2")]
    audits = read(
        data,
        "t.json",
        format="json",
        record_path="tickets[].audits[]",
        columns={"id": ("tickets[].id",), "at": ("tickets[].audits[].at",)},
    )
    assert audits.frame.select("id", "at").rows() == [("1", "x"), ("1", "y")]


def test_values_are_text_exactly_as_written(read) -> None:
    data = (
        b'{"a":1.10,"b":123456789012345678901234567890,"c":-0,"d":1E5,"e":true,"f":null,'
        b'"g":"","h":" x ","i":[1.0,"1.0"]}\n'
    )
    columns = {name: (name,) for name in "abcdefghi"}
    landed = read(data, "n.jsonl", format="jsonl", columns=columns)
    row = landed.frame.row(0, named=True)
    assert [row[name] for name in "abcdefghi"] == [
        "1.10",
        "123456789012345678901234567890",
        "-0",
        "1E5",
        "true",
        None,
        None,
        " x ",
        '[1.0,"1.0"]',
    ]
    assert row["_record"] == data.decode().strip()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["\ue0001\ue000", "\ud800", "é"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(json_values, st.booleans())
def test_whatever_is_parsed_is_written_back(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":"))
    if not ascii_only:
        text = text.encode("utf-8", "backslashreplace").decode()
    exact = ExactJson(text)
    again = exact.write(exact.parse(text))
    assert json.loads(again) == value
    again.encode()


def test_half_of_a_surrogate_pair_does_not_stop_the_file(read) -> None:
    landed = read(b'{"a":"x\\ud800"}\n', "n.jsonl", format="jsonl", columns={"a": ("a",)})
    assert landed.frame["a"][0] == "x\\ud800"


def test_flat_keys_with_dots_and_synonyms(read) -> None:
    data = b'{"case.id":"1","old":"x"}\n{"case":{"id":"2"},"new":"y"}\n'
    landed = read(data, "n.jsonl", format="jsonl", columns={"case_id": ("case.id",), "v": ("new", "old")})
    assert landed.frame.select("case_id", "v").rows() == [("1", "x"), ("2", "y")]


def test_blank_lines_are_no_records_and_a_byte_order_mark_no_text(read) -> None:
    landed = read(b'\xef\xbb\xbf{"a":1}\n\n{"a":2}\n\n', "n.jsonl", format="jsonl", columns={"a": ("a",)})
    assert landed.frame["a"].to_list() == ["1", "2"]


@pytest.mark.parametrize(("data", "kind"), [(b"[]", "json"), (b'{"tickets":[]}', "json")])
def test_no_records_is_an_export_of_nothing(read, data: bytes, kind: str) -> None:
    landed = read(
        data,
        "n.json",
        format=kind,
        record_path="tickets[]" if b"tickets" in data else None,
        columns={"a": ("tickets[].a",)},
        required=frozenset({"a"}),
    )
    assert landed.record_count == 0
    assert landed.frame.columns == ["a", "_record", "_row_number"]


def test_a_bad_line_is_refused_with_its_number(refuse) -> None:
    refusal = refuse(b'{"a":1}\n{"a":\n{"a":3}\n', "n.jsonl", format="jsonl")
    assert (refusal.code, refusal.row) == (RefusalCode.RECORD, 2)


def test_a_cut_off_last_line_is_truncated(refuse) -> None:
    refusal = refuse(b'{"a":1}\n{"a":"b', "n.jsonl", format="jsonl")
    assert (refusal.code, refusal.row) == (RefusalCode.TRUNCATED, 2)


@pytest.mark.parametrize("data", [b'[{"a":1},{"a"', b'[{"a":1},', b'{"a":"x', b'[{"a":1}'])
def test_a_cut_off_document_is_truncated(refuse, data: bytes) -> None:
    assert refuse(data, "n.json", format="json").code is RefusalCode.TRUNCATED


def test_a_mistake_within_a_document_is_named_with_its_place(refuse) -> None:
    refusal = refuse(b'[{"a":1},\n {"a" 2}]', "n.json", format="json")
    assert (refusal.code, refusal.row) == (RefusalCode.RECORD, 2)


def test_one_json_format_taken_for_the_other(refuse) -> None:
    refusal = refuse(b'{"a":1}\n{"a":2}\n', "n.json", format="json")
    assert (refusal.code, "jsonl" in refusal.remedy) == (RefusalCode.FORMAT, True)
    refusal = refuse(b'[\n{"a":1}\n]\n', "n.jsonl", format="jsonl")
    assert (refusal.code, "format: json " in refusal.remedy) == (RefusalCode.FORMAT, True)


def test_a_forgotten_record_path_is_suggested(refuse) -> None:
    refusal = refuse(b'{"tickets":[{"id":1}]}', "n.json", format="json", columns={"id": ("id",)})
    assert refusal.code is RefusalCode.RECORD_PATH
    assert "recordPath: tickets[]" in refusal.remedy


def test_a_record_path_that_leads_nowhere_is_refused(refuse) -> None:
    refusal = refuse(b'{"issues":[{"id":1}]}', "n.json", format="json", record_path="tickets[]")
    assert refusal.code is RefusalCode.RECORD_PATH
    assert "issues[]" in refusal.message


def test_a_missing_required_path_is_refused_with_the_nearest(refuse) -> None:
    refusal = refuse(
        lines(ISSUES), "i.jsonl", format="jsonl", columns={"p": ("fields.priorty.name",)}, required=frozenset({"p"})
    )
    assert (refusal.code, refusal.column) == (RefusalCode.HEADER, "p")
    assert "Did you mean 'fields.priority.name'?" in refusal.remedy


def test_a_missing_optional_path_lands_empty_and_is_noted(read) -> None:
    landed = read(lines(ISSUES), "i.jsonl", format="jsonl", columns={"key": ("key",), "p": ("fields.sprint",)})
    assert landed.missing_columns == ("p",)
    assert landed.frame["p"].null_count() == 2


def test_nesting_beyond_reason_is_refused(refuse) -> None:
    assert refuse(b"[" * 100_000 + b"]" * 100_000, "n.json", format="json").code is RefusalCode.RECORD


def test_a_path_needs_its_names() -> None:
    with pytest.raises(ValueError, match="empty name"):
        parse_path("a..b")
