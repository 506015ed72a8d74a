"""Drafts of contracts for nested files: histories within JSON records, and event logs in XML."""

from __future__ import annotations

import json

from drafts import Draft, column_of, feeds_of, unwrap

from models.vocabulary import Domain, ExportShape


class TestNested:
    def test_history_becomes_an_object_of_its_own(self, draft: Draft) -> None:
        issues = []
        steps = (("status", "In Progress"), ("priority", "High"), ("status", "Done"))
        for n in range(30):
            changes = [
                {"id": str(100 * n + step), "created": f"2024-02-{n % 28 + 1:02d}T1{step}:00:00.000+0000",
                 "author": {"displayName": "Ann"},
                 "items": [{"field": field, "fromString": "Open", "toString": to}]}
                for step, (field, to) in enumerate(steps)
            ]  # fmt: skip
            fields = {
                "created": "2024-01-01T00:00:00.000+0000",
                "status": {"name": "Done"},
                "priority": {"name": f"P{n % 3}"},
                "issuetype": {"name": "Bug"},
            }
            issues.append(
                {"key": f"AB-{n}", "self": "https://x", "fields": fields, "changelog": {"histories": changes}}
            )
        _, contract, text = draft("issues.jsonl", "\n".join(json.dumps(issue) for issue in issues) + "\n")
        records, history = contract.objects
        assert (contract.format, contract.source) == ("jsonl", "jira")
        assert history.record_path == "changelog.histories[].items[]"
        assert feeds_of(contract)["tickets.ticket_id"] == "key"
        assert column_of(contract, "priority").physical_name == "fields.priority.name"
        targets = {(feed.target, tuple(feed.when.items())) for column in history.columns for feed in column.feeds}
        assert ("ticket_events.ticket_id", ()) in targets
        assert ("ticket_events.occurred_at", ()) in targets
        assert ("ticket_events.status", (("items_field", ("status",)),)) in targets
        assert ("ticket_events.status_before", (("items_field", ("status",)),)) in targets
        assert "self" not in {column.name for column in records.columns}
        assert '"In Progress": active  # 30 rows' in text

    def test_wrapped_document(self, draft: Draft) -> None:
        tickets = [
            {
                "id": n,
                "created_at": f"2024-02-01T10:{n:02d}:00Z",
                "status": "open" if n % 2 else "closed",
                "priority": "low",
            }
            for n in range(30)
        ]
        _, contract, _ = draft("page.json", json.dumps({"tickets": tickets, "count": 30}))
        assert contract.format == "json"
        assert contract.objects[0].record_path == "tickets[]"
        assert column_of(contract, "created_at").physical_name == "tickets[].created_at"

    def test_event_log_xml_warns_of_repeated_amounts(self, draft: Draft) -> None:
        traces = "".join(
            f'<trace><string key="concept:name" value="case {n}"/><float key="amount" value="{n}.5"/>'
            + "".join(
                f'<event><string key="concept:name" value="{name}"/>'
                f'<date key="time:timestamp" value="2020-01-{n % 28 + 1:02d}T0{step}:00:00.000+01:00"/></event>'
                for step, name in enumerate(("Submitted", "Approved", "Payment Handled"))
            )
            + "</trace>"
            for n in range(30)
        )
        _, contract, text = draft("log.xes", f'<?xml version="1.0"?><log xes.version="1.0">{traces}</log>')
        assert contract.objects[0].shape is ExportShape.EVENT_LOG
        assert feeds_of(contract)["tickets.ticket_id"] == "case_concept_name"
        assert "adding it up over rows multiplies money" in unwrap(text)

    def test_event_log_of_money_is_one_line_a_case(self, draft: Draft) -> None:
        traces = "".join(
            f'<trace><string key="concept:name" value="declaration {n}"/>'
            + "".join(
                f'<event><string key="concept:name" value="{name}"/><string key="(case)_Amount" value="{n}.5"/>'
                f'<date key="time:timestamp" value="2020-01-{n % 28 + 1:02d}T0{step}:00:00.000+01:00"/></event>'
                for step, name in enumerate(("Submitted", "Approved", "Payment Handled")[: 3 if n else 2])
            )
            + "</trace>"
            for n in range(30)
        )
        log = f'<?xml version="1.0"?><log xes.version="1.0">{traces}</log>'
        _, contract, text = draft("expenses.xes", log)
        (item,) = contract.objects
        assert (contract.domain, item.shape) == (Domain.FINANCE, ExportShape.LINES)
        assert item.cases is not None
        assert item.cases.columns == ("case_concept_name",)
        feeds = {feed.target: feed for column in item.columns for feed in column.feeds}
        assert feeds_of(contract)["cost_lines.amount_original"] == "case_amount"
        dated = feeds["cost_lines.posting_date"]
        assert (dict(dated.when), dated.take) == ({"concept_name": ("Payment Handled",)}, "last")
        assert '1 of 30 cases have no "Payment Handled" and so no posting date' in unwrap(text)
        assert "CHECK: the day of an instant is another one in another zone" in unwrap(text)
        _, tickets, _ = draft("expenses.xes", log, domain=Domain.TICKETS)
        assert tickets.domain is Domain.TICKETS
