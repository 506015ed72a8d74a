"""Repeated snapshots compared one ticket and one export at a time, as one would by hand.

Shares no code with `metrics.tickets.repeated_snapshots`. A row is a dictionary with the columns of its `rows`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

Row = Mapping[str, Any]
ATTRIBUTES = ("status", "team", "priority", "vendor")
SETTLED = ("done", "cancelled")


def compare(rows: Sequence[Row], exports: Sequence[Row]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Events and tickets, each in order of ticket and time."""
    instants: dict[str, list[datetime]] = {}
    is_full: dict[str, bool] = {}
    for export in exports:
        instants.setdefault(export["export"], []).append(export["snapshot_at"])
        is_full[export["export"]] = export["is_full"]
    tells_creation = {row["export"] for row in rows if row["created_at"]}
    events, tickets = [], []
    for ticket_id in sorted({row["ticket_id"] for row in rows}):
        own = [row for row in rows if row["ticket_id"] == ticket_id]
        own.sort(key=lambda row: (row["snapshot_at"], row["load"], row["row_number"]))
        shown = [row for row, later in zip(own, [*own[1:], None], strict=True) if later is None or
                 later["snapshot_at"] != row["snapshot_at"]]  # fmt: skip
        first, last = shown[0], shown[-1]
        before = [at for at in instants[first["export"]] if at < first["snapshot_at"]]
        states = list(_states(shown))
        begins_settled = states[0]["category"] in SETTLED
        is_gone_before = bool(before) and is_full[first["export"]]

        ended = [told for name in ("resolved_at", "closed_at") if begins_settled and (told := _possible(first, name))]
        if ended and before and min(ended) <= max(before):
            is_gone_before = False
        is_found_new = is_gone_before and first["export"] not in tells_creation
        created_at = next((row["created_at"] for row in reversed(shown) if row["created_at"]), None)
        if is_found_new:
            created_at = min([first["snapshot_at"], *ended])
        is_covered = is_gone_before if created_at is None else bool(before) and created_at >= max(before)
        if created_at is not None:
            created_at = min(created_at, first["snapshot_at"])
        reopened_at = _reopened_unseen(shown, states)
        if is_covered or any(state["category"] not in SETTLED for state in states):
            events += _events(shown, states, created_at, max(before) if is_found_new else None)
        tickets.append(
            {
                "ticket_id": ticket_id,
                "created_at": created_at,
                "first_response_at": next(
                    (
                        row["first_response_at"]
                        for row in reversed(shown)
                        if row["first_response_at"] and row["first_response_at"] <= row["snapshot_at"]
                    ),
                    None,
                ),
                **{name: _possible(last, name) for name in ("resolved_at", "closed_at")},
                "first_seen_at": first["snapshot_at"],
                "last_seen_at": last["snapshot_at"],
                "queued_until_at": max(
                    (
                        row["snapshot_at"]
                        for row, _ in takewhile(
                            lambda pair: pair[1]["category"] == "queued", zip(shown, states, strict=True)
                        )
                    ),
                    default=None,
                ),
                "has_disappeared": (last["snapshot_at"] < max(instants[last["export"]]))
                if is_full[last["export"]]
                else None,
                "reopened_unseen_at": reopened_at,
            }
        )
    return events, tickets


def _reopened_unseen(shown: Sequence[Row], states: Sequence[Mapping[str, Any]]) -> datetime | None:
    """The first resolution that lies between two exports of which both show the ticket done, the first otherwise."""
    found = (position for position in range(1, len(shown)) if _returns(shown, states, position))
    return next((shown[position]["resolved_at"] for position in found), None)


def _returns(shown: Sequence[Row], states: Sequence[Mapping[str, Any]], position: int) -> bool:
    """Whether only a resolution that moved tells that the ticket was open since the export before."""
    before, row = shown[position - 1], shown[position]
    if {states[position - 1]["category"], states[position]["category"]} != {"done"}:
        return False
    was, told = before["resolved_at"], row["resolved_at"]
    if was is None or told is None or was == told:
        return False
    return bool(before["snapshot_at"] < told <= row["snapshot_at"])


def _possible(row: Row, name: str) -> datetime | None:
    return row[name] if row[name] is not None and row[name] <= row["snapshot_at"] else None


def _states(shown: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """What is known of the ticket after each export: what an export leaves empty, the ones before said."""
    known: dict[str, Any] = {**dict.fromkeys(ATTRIBUTES), "category": None, "reason": None}
    for row in shown:
        known = {**known, **{name: row[name] for name in ATTRIBUTES if row[name] is not None}}
        if row["status"] is not None:
            known |= {"category": row["status_category"], "reason": row["waiting_reason"]}
        yield known


def _events(
    shown: Sequence[Row],
    states: Sequence[Mapping[str, Any]],
    created_at: datetime | None,
    created_after: datetime | None,
) -> Iterator[dict[str, Any]]:
    number = 0
    for position, (row, state) in enumerate(zip(shown, states, strict=True)):
        is_first = position == 0
        before = dict.fromkeys(state) if is_first else states[position - 1]
        changed = [name for name in ATTRIBUTES if is_first or state[name] != before[name]]
        returns = not is_first and _returns(shown, states, position)
        if not changed and not returns:
            continue
        provenance = {name: row[name] for name in ("load_id", "row_number", "row_hash")}
        if returns:
            number += 1
            yield {
                **dict.fromkeys([*ATTRIBUTES, "waiting_reason", "team_before", "priority_before"]),
                "ticket_id": row["ticket_id"],
                "occurred_at": row["resolved_at"],
                "event_sequence": number,
                "earliest_at": shown[position - 1]["snapshot_at"],
                "status_category": "queued",
                "status_before": before["status"],
                "status_category_before": "done",
                **provenance,
            }
            changed = ["status", *(name for name in changed if name != "status")]
            before = {**before, "status": None, "category": "queued"}
        lower = created_at if is_first else shown[position - 1]["snapshot_at"]
        exact = _exact(row, state, before, lower, is_first=is_first)
        if is_first and state["category"] not in ("waiting", *SETTLED) and created_at is not None:
            exact = created_at
        if returns:
            exact = row["resolved_at"]
        number += 1
        yield {
            "ticket_id": row["ticket_id"],
            "occurred_at": exact or row["snapshot_at"],
            "event_sequence": number,
            "earliest_at": (created_after if is_first else None) or (None if exact else lower),
            **{name: state[name] if name in changed else None for name in ATTRIBUTES},
            "status_category": state["category"] if "status" in changed else None,
            "waiting_reason": state["reason"] if "status" in changed else None,
            **{f"{name}_before": before[name] if name in changed else None for name in ("status", "team", "priority")},
            "status_category_before": before["category"] if "status" in changed else None,
            **provenance,
        }


def _exact(
    row: Row, state: Mapping[str, Any], before: Mapping[str, Any], lower: datetime | None, *, is_first: bool
) -> datetime | None:
    """The instant that a field gives, if it lies after the last export with the state before, and not too late."""
    fields: tuple[str, ...] = ()
    if is_first or state["category"] != before["category"]:
        if state["category"] == "done":
            fields = ("resolved_at", "closed_at")
        elif state["category"] == "cancelled":
            fields = ("closed_at", "resolved_at")
    elif state["category"] == "done" and state["status"] != before["status"]:
        fields = ("closed_at",)
    for name in fields:
        told = row[name]
        if told is not None and (lower is None or lower <= told) and told <= row["snapshot_at"]:
            return told
    return None
