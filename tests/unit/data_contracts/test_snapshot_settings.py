"""When repeated snapshots were taken: what a contract may say of it, what names of files tell, and what is refused."""

from __future__ import annotations

import pytest

from data_contracts.documents import DocumentError
from data_contracts.loader import load_export_contract
from data_contracts.snapshot_names import compile_name_pattern
from data_contracts.spec import ExportContract, Snapshots
from models.vocabulary import SnapshotContent, SnapshotInstant

SNAPSHOTS = """\
apiVersion: v3.2.0
kind: DataContract
id: desk
version: 1.0.0
status: active
domain: tickets
servers:
  - {server: landing, type: local, path: "*.csv*", format: csv}
schema:
  - name: tickets
    customProperties:
      - {property: shape, value: repeated_snapshots}
      - property: snapshots
        value: {instant: file_name, pattern: "tickets_%Y-%m-%d.csv", timeOfDay: "06:00", content: changes}
    properties:
      - name: number
        logicalType: string
        customProperties:
          - {property: feeds, value: tickets.ticket_id}
      - name: state
        logicalType: string
        customProperties:
          - {property: feeds, value: tickets.status}
      - name: exported
        logicalType: date
customProperties:
  - {property: source, value: desk}
  - {property: timeZone, value: Europe/Amsterdam}
"""


def load(text: str) -> ExportContract:
    return load_export_contract(text, "contracts/desk.yaml", {})


def test_settings_are_read_with_the_zone_of_the_contract() -> None:
    (item,) = load(SNAPSHOTS).objects
    assert item.snapshots == Snapshots(
        instant=SnapshotInstant.FILE_NAME,
        pattern="tickets_%Y-%m-%d.csv",
        time_zone="Europe/Amsterdam",
        time_of_day="06:00",
        content=SnapshotContent.CHANGES,
    )


def test_only_repeated_snapshots_have_settings() -> None:
    text = SNAPSHOTS.replace("value: repeated_snapshots", "value: snapshot")
    start, end = text.index("      - property: snapshots"), text.index("    properties:")
    (item,) = load(text[:start] + text[end:]).objects
    assert item.snapshots is None


def test_a_column_that_tells_the_instant_needs_no_settings() -> None:
    text = SNAPSHOTS.replace(
        "        logicalType: date\n",
        "        logicalType: date\n        customProperties:\n"
        "          - {property: feeds, value: ticket_events.occurred_at}\n",
    )
    start, end = text.index("      - property: snapshots"), text.index("    properties:")
    (item,) = load(text[:start] + text[end:]).objects
    assert item.snapshots == Snapshots(time_zone="Europe/Amsterdam")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value: repeated_snapshots", "value: snapshot", "'snapshots': belongs to the shape repeated_snapshots"),
        ("instant: file_name, ", "", "object 'tickets' does not say when its snapshots were taken."),
        ("instant: file_name, ", "", "'pattern' is for names of files. Write instant: file_name as well"),
        ("instant: file_name", "instant: filename", "'filename' is not accepted"),
        ("instant: file_name", "instant: filename", "Did you mean 'file_name'?"),
        ('pattern: "tickets_%Y-%m-%d.csv", ', "", "instant: file_name needs a 'pattern'"),
        ("pattern:", "patern:", "Did you mean 'pattern'?"),
        ("tickets_%Y-%m-%d.csv", "tickets.csv", "says nothing of when a file was exported"),
        ("tickets_%Y-%m-%d.csv", "tickets_%Y-%m.csv", "must name the day (%d)"),
        ("tickets_%Y-%m-%d.csv", "tickets_%Y*%m-%d.csv", "no * or ? may stand between the parts"),
        ("tickets_%Y-%m-%d.csv", "tickets_%Y-%Q-%d.csv", "%Q is not understood"),
        ("tickets_%Y-%m-%d.csv", "t_%Y%m%dT%H%M.csv", "'timeOfDay' is for names that tell only a date"),
        ('timeOfDay: "06:00"', "timeOfDay: noon", "timeOfDay 'noon' is no moment of a day"),
        ('timeOfDay: "06:00"', 'timeOfDay: "6:00"', 'Write end, start, or a time such as "06:00".'),
        ("content: changes", "content: partial", "'partial' is not accepted. Write full or changes."),
        ("content: changes", "timeZone: Europe/Amstredam", "'Europe/Amstredam' is no time zone"),
        (
            "  - {property: timeZone, value: Europe/Amsterdam}\n",
            "",
            "no time zone is named for the instant in the name",
        ),
        (
            "logicalType: date\n",
            "logicalType: date\n        customProperties: [{property: feeds, value: ticket_events.occurred_at}]\n",
            "column 'exported' and instant: file_name both say when a snapshot was taken",
        ),
        ("value: tickets.status", "value: tickets.last_seen_at", "is filled by the pipeline itself"),
    ],
)
def test_a_mistake_is_told_with_its_remedy(old: str, new: str, message: str) -> None:
    assert old in SNAPSHOTS
    with pytest.raises(DocumentError) as raised:
        load(SNAPSHOTS.replace(old, new, 1))
    assert message in str(raised.value)
    assert "contracts/desk.yaml:" in str(raised.value)


@pytest.mark.parametrize(
    ("pattern", "name", "instant"),
    [
        ("tickets_%Y-%m-%d.csv", "tickets_2026-11-03.csv", "2026-11-03"),
        ("tickets_%Y-%m-%d.csv", "Tickets_2026-11-03.CSV", "2026-11-03"),
        ("tickets_%Y-%m-%d.csv", "tickets_2026-11-03.csv.gz", "2026-11-03"),
        ("tickets_%Y-%m-%d.csv", "tickets_2026-11-03 (1).csv", None),
        ("tickets_%Y-%m-%d*.csv", "tickets_2026-11-03 (1).csv", "2026-11-03"),
        ("tickets_%Y-%m-%d.csv", "tickets_2026-13-03.csv", None),
        ("export-%Y%m%dT%H%M.xlsx", "export-20261103T0600.xlsx", "20261103T0600"),
        ("*%Y%m%d*", "export-20261103060000.csv", None),
        ("*_%d%b%Y*", "open tickets_03NOV2026_final.csv", "03NOV2026"),
        ("*%Y-%m-%d*", "from 2026-01-01 to 2026-01-31.csv", None),
        ("*to %Y-%m-%d*", "from 2026-01-01 to 2026-01-31.csv", "2026-01-31"),
        ("t%d.%m.%Y*", "t10.11.2026.csv", "10.11.2026"),
        ("t*%d.%m.%Y*", "t10.11.2026.csv", "10.11.2026"),
        ("%Y%m%dT%H%M%z?csv", "20261103T0600Z.csv", "20261103T0600Z"),
    ],
)
def test_a_name_tells_its_instant_or_none(pattern: str, name: str, instant: str | None) -> None:
    assert compile_name_pattern(pattern).find_instant(name) == instant
