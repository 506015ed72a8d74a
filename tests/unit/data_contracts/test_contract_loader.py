"""Export contracts: what is read of them, and what each mistake is told."""

from __future__ import annotations

import pytest

from data_contracts.documents import DocumentError
from data_contracts.loader import (
    load_export_contract,
    load_fact_contract,
    load_warehouse_contract,
    load_warehouse_contracts,
    packaged_fact_contracts,
    packaged_templates,
    packaged_warehouse_contracts,
)
from data_contracts.spec import ExportContract, Feed, IgnoreRule, Measure
from models.vocabulary import Domain, ExportShape, RuleAction, RuleTier

INCIDENTS = """\
apiVersion: v3.2.0
kind: DataContract
id: incidents
name: Incident audit log
version: 1.0.0
status: active
domain: tickets
servers:
  - {server: landing, type: local, path: "*.csv*", format: csv, encoding: utf-8}
schema:
  - name: audit
    logicalType: object
    dataGranularityDescription: one row per update
    customProperties:
      - {property: shape, value: event_log}
      - {property: ignoreRows, value: [{column: number, matches: "(?i)^total"}]}
      - {property: constants, value: {tickets.ticket_type: incident}}
    properties:
      - name: number
        physicalName: Number
        synonyms: [{synonym: No.}]
        logicalType: string
        required: true
        customProperties:
          - {property: feeds, value: [ticket_events.ticket_id, tickets.ticket_id]}
        quality:
          - name: audit.number.pattern
            description: The number does not look like one.
            dimension: conformity
            metric: invalidValues
            arguments: {pattern: "INC[0-9]+"}
            mustBe: 0
            customProperties:
              - {property: action, value: warn}
      - name: item
        logicalType: string
      - name: new_value
        logicalType: string
        customProperties:
          - {property: feeds, value: {to: ticket_events.status, when: {item: [status, state]}}}
      - name: updated_at
        logicalType: timestamp
        logicalTypeOptions: {defaultTimezone: America/New_York}
        customProperties:
          - {property: formats, value: ["%d/%m/%Y %H:%M"]}
          - {property: feeds, value: ticket_events.occurred_at}
customProperties:
  - {property: source, value: servicenow}
  - {property: nullTokens, value: ["?", 0]}
  - {property: delimiter, value: ";"}
"""


def load(text: str = INCIDENTS) -> ExportContract:
    return load_export_contract(text, "contracts/incidents.yaml", packaged_templates())


def problems_after(old: str, new: str) -> str:
    assert old in INCIDENTS
    with pytest.raises(DocumentError) as raised:
        load(INCIDENTS.replace(old, new, 1))
    return str(raised.value)


def test_everything_that_a_contract_says_is_read() -> None:
    contract = load()
    assert (contract.id, contract.version, contract.source) == ("incidents", "1.0.0", "servicenow")
    assert contract.domain is Domain.TICKETS
    assert (contract.format, contract.file_pattern, contract.encoding) == ("csv", "*.csv*", "utf-8")
    assert (contract.null_tokens, contract.delimiter) == (("?", "0"), ";")
    (item,) = contract.objects
    assert item.raw_table == "raw_servicenow__audit"
    assert item.shape is ExportShape.EVENT_LOG
    assert item.ignore_rows == (IgnoreRule("number", "(?i)^total"),)
    assert item.constants == {"tickets.ticket_type": "incident"}
    number, _, new_value, updated_at = item.columns
    assert (number.physical_name, number.synonyms, number.required) == ("Number", ("No.",), True)
    assert number.feeds == (Feed("ticket_events", "ticket_id"), Feed("tickets", "ticket_id"))
    assert new_value.physical_name == "new_value"
    assert new_value.feeds == (Feed("ticket_events", "status", {"item": ("status", "state")}),)
    assert (updated_at.formats, updated_at.time_zone) == (("%d/%m/%Y %H:%M",), "America/New_York")
    (rule,) = contract.rules
    assert (rule.id, rule.table_name) == ("raw_servicenow__audit.number.pattern", "raw.raw_servicenow__audit")
    assert (rule.measure, rule.action, rule.tier) == (Measure.INVALID_VALUES, RuleAction.WARN, RuleTier.ROW)
    assert (rule.key_column, rule.line) == ("_row_number", 27)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("nullTokens", "nulTokens", ":49: custom property 'nulTokens': is not known here."),
        ("nullTokens", "nulTokens", "Did you mean 'nullTokens'?"),
        ("        required: true", "        requird: true", ":23: key 'requird': the standard does not know it"),
        ("        required: true", "        requird: true", "Did you mean 'required'?"),
        ("encoding: utf-8", 'delimiter: ";"', 'customProperties: [{property: delimiter, value: ";"}]'),
        ("encoding: utf-8", "encoding: utf-99", ":9: key 'encoding': 'utf-99' is not known"),
        ("event_log}", "eventlog}", "'eventlog' is not accepted. Write event_log, snapshot, repeated"),
        ("ticket_events.occurred_at", "ticket_events.ocurred_at", "Did you mean 'ticket_events.occurred_at'?"),
        ("ticket_events.occurred_at", "ticket_event.occurred_at", "Did you mean 'ticket_events.occurred_at'?"),
        ("ticket_events.occurred_at", "ticket_events.source", "is filled by the pipeline itself"),
        ("ticket_events.occurred_at", "tickets.created_at", "no column feeds ticket_events.occurred_at"),
        ("logicalTypeOptions: {defaultTimezone: America/New_York}", "required: true", "no time zone is named"),
        ("America/New_York", "America/NewYork", "'America/NewYork' is no time zone"),
        ("%d/%m/%Y %H:%M", "dd/MM/yyyy HH:mm", "Formats are written like %Y-%m-%d %H:%M:%S"),
        ("%d/%m/%Y %H:%M", "%d/%m/%Q", "%Q is not understood in a date format"),
        ("[ticket_events.ticket_id,", "[tickets.due_at, ticket_events.ticket_id,", "type string cannot feed tickets"),
        ("when: {item:", "when: {itm:", "'when' asks 'itm', which is no column. Name a column. Did you mean 'item'?"),
        ("domain: tickets", "domain: ticket", ":7: key 'domain': 'ticket' is not accepted"),
        ("id: incidents", "id: Incidents 2026", ":3: 'Incidents 2026' is not a name for files and tables"),
        ('path: "*.csv*"', 'path: "../*.csv"', "leads out of the landing folder"),
        ("format: csv", "format: cvs", "Did you mean 'csv'?"),
        ("version: 1.0.0\n", "", "key 'version': is missing. Add 'version'."),
        ("- {property: source, value: servicenow}\n  ", "", "Name the exporting system."),
        ("column: number,", "column: nmber,", "Did you mean 'number'?"),
        ("tickets.ticket_type:", "tickets.tiket_type:", "Did you mean 'tickets.ticket_type'?"),
        ("metric: invalidValues", "metric: invalidValue", "Did you mean 'invalidValues'?"),
        ("            mustBe: 0\n", "", "the rule has no comparison"),
        ('pattern: "INC[0-9]+"', 'patern: "INC[0-9]+"', "Did you mean 'pattern'?"),
        ('pattern: "INC[0-9]+"', 'pattern: "INC[0-9"', "the pattern is not a regular expression"),
        ("value: warn", "value: warning", "Write block, quarantine or warn. Did you mean 'warn'?"),
        ("name: audit.number.pattern", "name: number_pattern", "Write <table>.<column or set>.<assertion>"),
        ("            description: The number does not look like one.\n", "", "has no description"),
        ("      - name: item\n", "      - name: number\n", "column 'number': stands twice"),
        ("apiVersion: v3.2.0", "apiVersion: v3.2.0\nextends: x", "key 'extends': the standard does not know it"),
        ("property: delimiter, value", "property: extends, value: jira_isue, description", "mean 'jira_issues'?"),
        ('delimiter, value: ";"', 'thousandsSeparator, value: "."', "equals the decimal separator"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_with_its_place_and_remedy(old: str, new: str, message: str) -> None:
    told = problems_after(old, new)
    assert message in told
    assert told.startswith("contracts/incidents.yaml:")


@pytest.mark.parametrize(
    ("needed", "is_fed"),
    [("tickets.resolved_at", False), ("tickets.ticket_type", True), ("ticket_events.status", True)],
    ids=["nothing feeds it", "a constant does", "a column does"],
)
def test_a_rule_may_need_something_that_the_export_feeds(needed: str, is_fed: bool) -> None:
    told = f"{{property: action, value: warn}}\n              - {{property: onlyWithFed, value: {needed}}}"
    (rule,) = load(INCIDENTS.replace("{property: action, value: warn}", told)).rules
    assert (rule.needed_feed, rule.has_needed_feed) == (needed, is_fed)


def test_what_a_rule_needs_is_checked() -> None:
    needs = "{property: action, value: warn}\n              - {property: onlyWithFed, value: tickets.resolved}"
    told = problems_after("{property: action, value: warn}", needs)
    assert "custom property 'onlyWithFed': 'tickets.resolved' names no column of tickets" in told
    assert "Did you mean 'tickets.resolved_at'?" in told
    warehouse = packaged_warehouse_contracts()[Domain.VENDORS]
    with pytest.raises(DocumentError, match="onlyWithFed is about rules of exports only"):
        load_warehouse_contract(warehouse.replace("onlyWithKnown, value: vendor", "onlyWithFed, value: x.y", 1), "v")


def test_the_reading_hash_changes_only_with_the_reading() -> None:
    base = load()
    meaning = load(INCIDENTS.replace("ticket_events.status,", "ticket_events.priority,"))
    assert meaning.reading_hash == base.reading_hash
    assert meaning.content_hash != base.content_hash
    for old, new in [
        ("encoding: utf-8", "encoding: cp1252"),
        ("physicalName: Number", "physicalName: Nr"),
        ('";"', '","'),
    ]:
        assert load(INCIDENTS.replace(old, new)).reading_hash != base.reading_hash
    assert load(INCIDENTS.replace("name: Incident audit log", "name: Log")).reading_hash == base.reading_hash


def test_a_template_is_extended_by_name() -> None:
    text = """\
apiVersion: v3.2.0
kind: DataContract
id: our_incidents
version: 2.0.0
schema:
  - name: audit
    properties:
      - name: updated_at
        customProperties:
          - {property: formats, value: ["%Y-%m-%d %H:%M"]}
      - name: our_field
        logicalType: string
        customProperties:
          - {property: feeds, value: ticket_events.team}
customProperties:
  - {property: extends, value: incidents}
  - {property: timeZone, value: Europe/Amsterdam}
"""
    contract = load_export_contract(text, "ours.yaml", {"incidents": INCIDENTS})
    assert (contract.id, contract.version, contract.source) == ("our_incidents", "2.0.0", "servicenow")
    assert contract.time_zone == "Europe/Amsterdam"
    columns = {column.name: column for column in contract.objects[0].columns}
    assert list(columns) == ["number", "item", "new_value", "updated_at", "our_field"]
    assert columns["updated_at"].formats == ("%Y-%m-%d %H:%M",)
    assert columns["updated_at"].feeds == (Feed("ticket_events", "occurred_at"),)
    with pytest.raises(DocumentError, match=r"ours\.yaml:14: .*ticket_events\.teem"):
        load_export_contract(text.replace("events.team", "events.teem"), "ours.yaml", {"incidents": INCIDENTS})
    with pytest.raises(DocumentError, match=r"template incidents\.yaml:25"):
        broken = INCIDENTS.replace("[ticket_events.ticket_id,", "[ticket_events.tcket_id,")
        load_export_contract(text, "ours.yaml", {"incidents": broken})


def test_a_template_that_extends_itself_is_refused() -> None:
    text = INCIDENTS + "  - {property: extends, value: incidents}\n"
    with pytest.raises(DocumentError, match="extends itself"):
        load_export_contract(text, "ours.yaml", {"incidents": text})


@pytest.mark.parametrize("name", sorted(packaged_templates()))
def test_every_packaged_template_loads(name: str) -> None:
    templates = packaged_templates()
    assert load_export_contract(templates[name], f"{name}.yaml", templates).id == name


def test_the_warehouse_contracts_load() -> None:
    contracts = load_warehouse_contracts()
    assert [contract.domain for contract in contracts] == list(Domain)
    rules = [rule for contract in contracts for rule in contract.rules]
    assert len({rule.id for rule in rules}) == len(rules) > 60
    for rule in rules:
        assert rule.message and rule.owner, rule.id


def test_what_ships_is_what_the_standard_and_the_parser_of_queries_accept() -> None:
    """They are not asked again when a command begins, so here they are, and must come to the same contract."""
    shipped = {contract.domain: contract for contract in load_warehouse_contracts()}
    for domain, text in packaged_warehouse_contracts().items():
        assert load_warehouse_contract(text, f"data_contracts/warehouse/{domain.value}.yaml") == shipped[domain]
    for name, text in packaged_fact_contracts().items():
        assert load_warehouse_contract(text, f"data_contracts/warehouse/{name}.yaml") == load_fact_contract(name)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("SELECT", "SELECTT"), "the query cannot be used"),
        (("dimension: completeness", "dimension: completenes"), "completenes"),
    ],
)
def test_what_a_home_says_of_canonical_tables_is_checked(change: tuple[str, str], fault: str) -> None:
    text = packaged_warehouse_contracts()[Domain.VENDORS]
    assert change[0] in text
    with pytest.raises(DocumentError, match=fault):
        load_warehouse_contract(text.replace(*change), "vendors.yaml")


def test_a_warehouse_contract_can_be_overridden_by_rule_name() -> None:
    override = """\
schema:
  - name: deliveries
    properties:
      - name: promised_date
        quality:
          - name: deliveries.promised_date.present
            customProperties:
              - {property: action, value: warn}
"""
    vendors = load_warehouse_contracts({"vendors": override})[-1]
    changed = {rule.id: rule for rule in vendors.rules}["deliveries.promised_date.present"]
    assert changed.action is RuleAction.WARN
    assert changed.message == "The delivery has no promised date, so it is neither on time nor late."
    with pytest.raises(DocumentError, match="Did you mean 'promised_date'"):
        load_warehouse_contracts(
            {"vendors": override.replace("name: promised_date", "name: promissed_date\n        logicalType: date")}
        )
