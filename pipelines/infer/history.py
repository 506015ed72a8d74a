"""Records and the history nested in them: two objects of one contract, whose feeds have to fit each other.

Which list of the records is the history was found in `nesting`.
"""

from __future__ import annotations

import re
from collections import Counter

from models.vocabulary import ExportShape
from pipelines.infer.findings import ColumnFinding, Grain, TableFinding
from pipelines.words.numbers import count_of


def join_history(records: TableFinding, history: TableFinding) -> None:
    """Make the feeds of records and of their nested history fit each other: tickets here, their events there."""
    key = next((column for column in records.columns if "tickets.ticket_id" in column.feeds), None)
    if key is None:
        return
    for column in history.columns:
        column.feeds = {}
        column.doubts = [doubt for doubt in column.doubts if not doubt.startswith("does it feed")]
    same = next((column for column in history.columns if column.header == key.header), None)
    times = [column for column in history.columns if column.logical_type == "timestamp"]
    if same is None or not times:
        return
    for column in records.columns:
        column.feeds = {target: why for target, why in column.feeds.items() if target.startswith("tickets.")}
    same.feeds["ticket_events.ticket_id"] = "it is the key of the record around the change"
    times[0].feeds["ticket_events.occurred_at"] = "it is the time of the change"
    _feed_changed_fields(history)
    records.grain = Grain(
        ExportShape.EVENT_LOG, records.grain.description, records.grain.entity, None, records.grain.keys,
        (*records.grain.evidence, f"The history is in {history.table.record_path}."),
    )  # fmt: skip
    history.remarks.clear()
    keys = history.grain.keys
    history.grain = Grain(
        ExportShape.EVENT_LOG, f"one row per change of a {key.header}", same.name, times[0].name, keys
    )


def _feed_changed_fields(history: TableFinding) -> None:
    """A history of (field, from, to): which values of the field speak of status, priority and team."""
    field = _named(history, r"(^|_)(field|field_name)$")
    before = _named(history, r"(^|_)(from_string|previous_value|old_value)$") or _named(history, r"(^|_)from$")
    after = _named(history, r"(^|_)(to_string|new_value)$") or _named(
        history, r"(^|_)to$|(?<!previous_)(?<!old_)value$"
    )
    sequence = _named(history, r"^(histories|audits|history|events)_id$")
    author = _named(history, r"author_display_name|author_name|author_id|author$")
    if sequence is not None and sequence.text.str.contains("^[0-9]+$").fill_null(False).all():
        sequence.logical_type = "integer"
        sequence.feeds["ticket_events.event_sequence"] = "it numbers the changes"
    if author is not None:
        author.feeds["ticket_events.actor"] = "it names who made the change"
    role, public = _named(history, r"(^|_)author_role$"), _named(history, r"(^|_)(is_)?public$")
    if role is not None and public is not None and public.logical_type == "boolean":
        for value in [each for each in role.text.drop_nulls().unique(maintain_order=True) if "agent" in each.lower()]:
            feed = f"ticket_events.is_public_agent_reply when {role.name}={value}"
            public.feeds[feed] = f"when {role.name} is {value}"
    if field is None or after is None:
        return
    fields = Counter(field.text.drop_nulls().to_list())
    for target, words in (
        ("status", r"^status$"),
        ("priority", r"^priority$"),
        ("vendor", r"^vendor$"),
        ("team", r"^(group_id|group|team|assignment_group)$"),
    ):
        for value in [each for each in fields if re.search(words, each, re.IGNORECASE)][:1]:
            reason = f"when {field.name} is {value} ({count_of(fields[value], 'change')})"
            after.feeds[f"ticket_events.{target} when {field.name}={value}"] = reason
            if before is not None and target != "vendor":
                before.feeds[f"ticket_events.{target}_before when {field.name}={value}"] = reason


def _named(finding: TableFinding, pattern: str) -> ColumnFinding | None:
    return next((column for column in finding.columns if re.search(pattern, column.name)), None)
