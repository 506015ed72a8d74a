"""XES event logs: events and cases, nested attributes, and XML that is not to be trusted."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from pipelines.readers import ReadOptions, RefusalCode, inspect_file, read_export

LOG = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org">
  <extension name="Concept" prefix="concept" uri="x"/>
  <global scope="event"><string key="concept:name" value="GLOBAL"/></global>
  <string key="creator" value="LOG"/>
  <trace>
    <string key="concept:name" value="declaration 1"/>
    <int key="Amount" value="26"/>
    <event>
      <string key="concept:name" value="Submitted"/>
      <date key="time:timestamp" value="2017-01-09T09:49:50.000+01:00"/>
      <string key="(case)_id" value="7"/>
      <string key="org:resource" value="A &amp; B"><string key="role" value="boss"/></string>
    </event>
    <event>
      <string key="concept:name" value="Paid"/>
      <string key="(case)_id" value="7"/>
      <list key="tags"><values><string key="tag" value="x"/><string key="tag" value="y"/></values></list>
      <string key="note" value=""/>
    </event>
    <boolean key="late" value="true"/>
  </trace>
  <trace><string key="concept:name" value="declaration 2"/></trace>
</log>
"""


def test_one_row_per_event_with_what_the_case_says(read) -> None:
    landed = read(
        LOG.encode(), "l.xes", format="xes", columns={"activity": ("concept:name",), "case": ("case:concept:name",)}
    )
    assert landed.frame.select("activity", "case", "case_amount", "case_late", "_row_number").rows() == [
        ("Submitted", "declaration 1", "26", "true", 1),
        ("Paid", "declaration 1", "26", "true", 2),
    ]
    assert landed.frame["org_resource"].to_list() == ["A & B", None]
    assert landed.frame["org_resource_role"].to_list() == ["boss", None]
    assert landed.frame["tags_tag"].to_list() == [None, '["x","y"]']
    assert landed.frame["note"].to_list() == [None, None]
    assert landed.unknown_columns["case_amount"] == "case:Amount"
    assert landed.notes == ("Cases without events, which landed no row: 1.",)
    assert "GLOBAL" not in str(landed.frame.rows())


def test_one_row_per_case(read) -> None:
    landed = read(LOG.encode(), "l.xes", format="xes", record_path="trace", columns={"case": ("case:concept:name",)})
    assert landed.frame.select("case", "case_amount", "case_id", "_row_number").rows() == [
        ("declaration 1", "26", "7", 1),
        ("declaration 2", None, None, 2),
    ]


def test_case_attributes_that_differ_between_events_land_all(read) -> None:
    log = LOG.replace('"(case)_id" value="7"/>\n      <list', '"(case)_id" value="8"/>\n      <list')
    assert read(log.encode(), "l.xes", format="xes", record_path="trace").frame["case_id"][0] == '["7","8"]'


def test_encodings_of_xml(read) -> None:
    log = LOG.replace("UTF-8", "ISO-8859-1").replace("boss", "Chef für Öl")
    landed = read(log.encode("iso-8859-1"), "l.xes", format="xes")
    assert (landed.frame["org_resource_role"][0], landed.encoding) == ("Chef für Öl", "iso-8859-1")
    assert read(LOG.replace("UTF-8", "UTF-16").encode("utf-16"), "m.xes", format="xes").record_count == 2


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE log [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE log SYSTEM "http://localhost/x.dtd">',
    ],
)
def test_document_types_and_entities_are_refused(refuse, declaration: str) -> None:
    log = LOG.replace("<log ", declaration + "<log ", 1)
    assert refuse(log.encode(), "l.xes", format="xes").code is RefusalCode.UNSAFE_XML


def test_a_cut_off_log_is_truncated(refuse) -> None:
    refusal = refuse(LOG.encode()[:700], "l.xes", format="xes")
    assert refusal.code is RefusalCode.TRUNCATED
    assert refusal.row is not None


def test_broken_xml_names_its_line(refuse) -> None:
    refusal = refuse(LOG.replace("</event>", "</evnt>", 1).encode(), "l.xes", format="xes")
    assert (refusal.code, refusal.row) == (RefusalCode.CORRUPT, 14)


def test_other_xml_and_other_grains_are_refused(refuse) -> None:
    assert refuse(b"<rss><item/></rss>", "l.xes", format="xes").code is RefusalCode.FORMAT
    assert refuse(LOG.encode(), "l.xes", format="xes", record_path="case").code is RefusalCode.RECORD_PATH
    bad = LOG.replace("UTF-8", "klingon").encode()
    assert refuse(bad, "l.xes", format="xes").code in (RefusalCode.ENCODING, RefusalCode.CORRUPT)


def test_a_missing_required_attribute_is_refused(refuse) -> None:
    refusal = refuse(
        LOG.encode(), "l.xes", format="xes", columns={"at": ("time:timestmp",)}, required=frozenset({"at"})
    )
    assert (refusal.code, "Did you mean 'time:timestamp'?" in refusal.remedy) == (RefusalCode.HEADER, True)


def test_a_log_without_cases_is_an_export_of_nothing(read) -> None:
    landed = read(b"<log/>", "l.xes", format="xes", columns={"a": ("concept:name",)}, required=frozenset({"a"}))
    assert (landed.record_count, landed.frame.columns) == (0, ["a", "_row_number"])


def test_memory_does_not_grow_with_the_xml(tmp_path: Path) -> None:
    """Comments make XML that lands nothing: reading ten times as much of it must take no more memory."""

    def peak(size: int) -> int:
        path = tmp_path / f"{size}.xes.gz"
        padding = f"<!-- {'x' * 1000} --><extension/>" * size
        path.write_bytes(gzip.compress(LOG.replace("<trace>", padding + "<trace>", 1).encode()))
        facts = inspect_file(path, tmp_path)
        tracemalloc.start()
        try:
            assert read_export(facts, ReadOptions("xes")).record_count == 2
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)  # imports
    assert peak(20_000) < peak(2_000) + 1_000_000
