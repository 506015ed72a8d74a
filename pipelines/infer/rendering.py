"""Writing a draft as contract YAML, with what speaks for each line as comments.

The text is composed by hand because comments are half of it; every value goes through one quoting function. Nothing is
found out here.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Final

from models.vocabulary import Domain, ExportShape
from pipelines.infer.findings import ColumnFinding, Inference, OpenedFile, TableFinding
from pipelines.infer.snapshot_rules import snapshot_rules
from pipelines.infer.status_words import suggest_statuses
from pipelines.words.numbers import count_of

_WIDTH: Final = 118
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_. ]*[A-Za-z0-9_]|[A-Za-z]")
_RESERVED: Final = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))
_PURPOSES: Final = {
    Domain.TICKETS: "Cycle times, waiting times and SLA attainment of tickets.",
    Domain.FINANCE: "Costs, for cost per transaction.",
    Domain.VENDORS: "What vendors promised, delivered and billed.",
}


def render_contract(inference: Inference) -> str:
    """The draft as YAML text in the Open Data Contract Standard, ready to be corrected by a person.

    It validates as it stands. What is uncertain is marked `# CHECK:`.
    """
    body = ["schema:"]
    for finding in inference.tables:
        body += _object(finding)
    body += _custom_properties(inference)
    body += suggest_statuses(inference)
    question_count = sum("# CHECK:" in line for line in body)
    return "\n".join([*_header(inference, question_count), *body]) + "\n"


def _header(inference: Inference, question_count: int) -> Iterator[str]:
    opened = inference.opened
    rows = " and ".join(count_of(finding.table.frame.height, "row") for finding in inference.tables)
    yield from _comment(
        f"Draft of a contract for {' and '.join(opened.file_names) or opened.name} ({rows}), made from "
        f"{'its' if len(opened.file_names) < 2 else 'their'} content. Every finding stands above the line "
        "that follows from it. Decide the lines marked CHECK, delete these comments as you like, and run "
        "'kpi contract check'.",
        "",
    )
    yield "apiVersion: v3.2.0"
    yield "kind: DataContract"
    yield f"id: {inference.contract_id}"
    yield f"name: {quote(inference.contract_id.replace('_', ' ').capitalize())}"
    yield "version: 1.0.0"
    yield "status: draft"
    yield from _comment("The domain follows from the canonical tables that the headers speak for.", "")
    yield f"domain: {inference.domain.value}"
    yield "description:"
    yield f"  purpose: {quote(_PURPOSES[inference.domain])}"
    yield f"  usage: {quote(f'Put the files into landing/{inference.contract_id}, as they are exported.')}"
    yield f"  limitations: {quote(f'Drafted from {_files(opened)}; lines still to be checked: {question_count}.')}"
    yield from _notes(inference)
    encoding = f", encoding: {opened.encoding}" if opened.encoding and opened.format != "xes" else ""
    yield "servers:"
    yield f"  - {{server: landing, type: local, path: {quote(opened.suffix)}, format: {opened.format}{encoding}}}"


def _files(opened: OpenedFile) -> str:
    return "one file" if len(opened.file_names) < 2 else f"{len(opened.file_names)} files"


def _notes(inference: Inference) -> Iterator[str]:
    for remark in inference.remarks:
        yield from _comment(remark, "")
    shown = [note for finding in inference.tables for note in finding.table.notes if "landed empty" not in note]
    for note in shown[:6]:
        yield from _comment(f"{'CHECK: ' if 'guessed' in note else ''}{note}", "")


def _object(finding: TableFinding) -> Iterator[str]:
    table, grain = finding.table, finding.grain
    yield f"  - name: {re.sub(r'[^a-z0-9_]', '', table.name) or 'rows'}"
    yield "    logicalType: object"
    yield "    physicalType: file"
    for sentence in grain.evidence:
        yield from _comment(sentence, "    ")
    if grain.keys and grain.shape != "lines":
        yield from _comment("Unique on every row: " + "; ".join(" with ".join(key) for key in grain.keys) + ".", "    ")
    for doubt in (*grain.doubts, *finding.remarks):
        yield from _comment(f"CHECK: {doubt}", "    ")
    yield f"    dataGranularityDescription: {quote(grain.description)}"
    yield "    customProperties:"
    yield f"      - {{property: shape, value: {grain.shape.value}}}"
    if finding.snapshots is not None:
        yield from _comment(finding.snapshots.reason, "      ")
        yield f"      - {finding.snapshots.as_property()}"
    if table.record_path:
        yield f"      - {{property: recordPath, value: {quote(table.record_path)}}}"
    if table.sheet is not None:
        yield f"      - {{property: sheet, value: {quote(table.sheet)}}}"
    if table.header_row != 1:
        yield from _comment(f"The column names stand in row {table.header_row}.", "      ")
        yield f"      - {{property: headerRow, value: {table.header_row}}}"
    yield from _constants(finding)
    yield from _ignored(finding)
    yield from _cases(finding)
    yield from _totals(finding)
    yield "    properties:"
    is_repeated = grain.shape is ExportShape.REPEATED_SNAPSHOTS
    unique = {key[0] for key in grain.keys if len(key) == 1 and not is_repeated}
    for column in finding.columns:
        yield from _property(column, is_key=column.name in unique and column.name == grain.entity)
    if is_repeated:
        yield from snapshot_rules(re.sub(r"[^a-z0-9_]", "", table.name) or "rows", str(grain.entity))


def _constants(finding: TableFinding) -> Iterator[str]:
    if not finding.constants:
        return
    for target, (value, reason) in finding.constants.items():
        yield from _comment(f"CHECK: {target} is {value} on every row? {reason[0].upper()}{reason[1:]}.", "      ")
    pairs = ", ".join(f"{target}: {quote(value)}" for target, (value, _) in finding.constants.items())
    yield f"      - {{property: constants, value: {{{pairs}}}}}"


def _ignored(finding: TableFinding) -> Iterator[str]:
    for column, pattern, reason in finding.ignored:
        yield from _comment(f"CHECK: are these totals, and no records? {reason}.", "      ")
        yield f"      - {{property: ignoreRows, value: [{{column: {column}, matches: {quote(pattern)}}}]}}"


def _cases(finding: TableFinding) -> Iterator[str]:
    if finding.cases is None:
        return
    yield from _comment("All rows of one case are one line: amounts that each of them repeats count once.", "      ")
    yield from _comment(finding.cases.evidence, "      ")
    yield f"      - {{property: oneRowPer, value: [{', '.join(finding.cases.columns)}]}}"


def _totals(finding: TableFinding) -> Iterator[str]:
    if not finding.totals:
        return
    for total in finding.totals:
        yield from _comment(total.reason, "      ")
    yield "      - property: controlTotals"
    yield "        value:"
    yield from (f"          - {total.setting}" for total in finding.totals)


def _property(column: ColumnFinding, *, is_key: bool) -> Iterator[str]:
    inner = "        "
    empty = column.row_count - column.present_count
    facts = " ".join(column.evidence)
    if 0 < empty < column.row_count:
        facts += f" Empty on {empty:,} of {count_of(column.row_count, 'row')}."
    nulls = ", ".join(f"{_shown(text)} ({count:,})" for text, count in column.null_texts.items())
    if nulls and not any("null token" in doubt for doubt in column.doubts):
        facts += f" Null tokens: {nulls}."
    yield f"      - name: {column.name}"
    yield from _comment(facts, inner)
    for doubt in column.doubts:
        yield from _comment(f"CHECK: {doubt}.", inner)
    if column.header != column.name:
        yield f"{inner}physicalName: {quote(column.header)}"
    if column.synonyms:
        listed = ", ".join(f"{{synonym: {quote(text)}}}" for text in column.synonyms)
        yield f"{inner}synonyms: [{listed}]"
    yield f"{inner}logicalType: {column.logical_type}"
    if is_key or "ticket_events.occurred_at" in column.feeds or "tickets.ticket_id" in column.feeds:
        yield f"{inner}required: true"
    if is_key:
        yield f"{inner}unique: true"
    if not column.formats and not column.feeds:
        return
    yield f"{inner}customProperties:"
    if column.formats:
        yield f"{inner}  - {{property: formats, value: {_list(column.formats)}}}"
    if column.feeds:
        yield from _feeds(column, f"{inner}  ")


def _feeds(column: ColumnFinding, indent: str) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for target, reason in column.feeds.items():
        reasons.setdefault(reason, []).append(target.partition(" when ")[0])
    told = "; ".join(f"{' and '.join(targets)}: {reason}" for reason, targets in reasons.items())
    yield from _comment(f"Feeds {told}.", indent)
    entries = [_feed(target, column.settings.get(target)) for target in column.feeds]
    value = entries[0] if len(entries) == 1 else f"[{', '.join(entries)}]"
    line = f"{indent}- {{property: feeds, value: {value}}}"
    if len(line) <= _WIDTH:
        yield line
        yield from _key_offer(column, indent)
        return
    yield f"{indent}- property: feeds"
    yield f"{indent}  value:"
    yield from (f"{indent}    - {entry}" for entry in entries)


def _key_offer(column: ColumnFinding, indent: str) -> Iterator[str]:
    if column.key_offer is not None:
        target, reason = column.key_offer
        yield from _comment(reason, indent)
        yield f"{indent}# - {{property: feeds, value: [{', '.join((target, *column.feeds))}]}}"


def _feed(target: str, setting: str | None) -> str:
    canonical, _, condition = target.partition(" when ")
    if not condition and setting is None:
        return canonical
    column, _, value = condition.partition("=")
    parts = [f"to: {canonical}"]
    parts += [f"when: {{{column}: {quote(value)}}}"] if condition else []
    parts += [setting] if setting is not None else []
    return f"{{{', '.join(parts)}}}"


def _custom_properties(inference: Inference) -> Iterator[str]:
    yield "customProperties:"
    yield from _comment("The system that exports; it stands before every key, so choose it well.", "  ")
    yield f"  - {{property: source, value: {inference.source}}}"
    opened = inference.opened
    if opened.delimiter is not None:
        yield f"  - {{property: delimiter, value: {quote(opened.delimiter, always=True)}}}"
    if inference.null_tokens:
        listed = ", ".join(f"{_shown(text)} {count_of(count, 'time')}" for text, count in inference.null_tokens.items())
        yield from _comment(f"Texts that mean 'no value', in every column: {listed}.", "  ")
        yield f"  - {{property: nullTokens, value: {_list(inference.null_tokens)}}}"
    if inference.needs_zone:
        yield from _comment(
            f"CHECK: {inference.zone_reason}. Name the zone in which the export was made, such as Europe/Amsterdam; "
            "UTC is only a placeholder.",
            "  ",
        )
        yield "  - {property: timeZone, value: UTC}"
    notation = inference.notation
    has_numbers = any(
        column.logical_type in ("number", "integer") for finding in inference.tables for column in finding.columns
    )
    if has_numbers:
        prefix = "" if notation.is_certain or notation.evidence.startswith("No number") else "CHECK: "
        yield from _comment(prefix + notation.evidence, "  ")
        yield f"  - {{property: decimalSeparator, value: {quote(notation.decimal_separator, always=True)}}}"
        if notation.thousands_separator is not None:
            yield f"  - {{property: thousandsSeparator, value: {quote(notation.thousands_separator, always=True)}}}"


def quote(text: str, *, always: bool = False) -> str:
    """A text as YAML scalar: plain where that is safe, else in double quotes."""
    if not always and _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return json.dumps(text, ensure_ascii=False)


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(quote(text, always=True) for text in texts)}]"


def _shown(text: str) -> str:
    return f'"{text}"' if len(text) <= 60 else f'"{text[:60]}..."'


def _comment(text: str, indent: str) -> Iterable[str]:
    flat = re.sub(r"\s+", " ", text).strip()
    prefix = f"{indent}# "
    if not flat:
        return []
    return textwrap.wrap(
        flat,
        _WIDTH,
        initial_indent=prefix,
        subsequent_indent=f"{indent}#   ",
        break_long_words=False,
        break_on_hyphens=False,
    )
