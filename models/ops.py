"""The pipeline's own memory: runs, loads, audits, quarantine, verdicts and publications.

Kept in the build database and never rewritten by analysts; what readers may see of it is copied to `meta_` tables.
What a run finds out about files, for rules to judge, is in `models.findings`.
"""

from __future__ import annotations

from typing import Final

from models.schema import flag, instant, integer, real, table, text
from models.vocabulary import Layer

#: What a verdict and a rule's result are of.
_JUDGED: Final = (
    "tickets, finance or vendors; cost_facts for the reconciliation of cost facts, arrivals for when exports came"
)

ops_runs = table(
    Layer.OPS,
    "ops_runs",
    "One row per run of the pipeline.",
    text("run_id", "Run", key=True),
    instant("started_at", "Start", required=True),
    instant("ended_at", "End; empty while it runs or if it was killed"),
    text("state", "running, succeeded, held, failed or interrupted", required=True),
    instant("as_of_at", "As of when somebody let it measure; empty where it was how far the data reach"),
    text("code_hash", "Hash of the code", required=True),
    text("message", "What went wrong, or what was held, in one line"),
    text("rules_hash", "Hash of the contracts, policies and settings by which it judged and measured"),
    text("reporting_currency_code", "ISO 4217 code of the currency that it reported in"),
    text("rules_files", "The files of them, each with a hash of what it says, as a JSON object"),
)

ops_steps = table(
    Layer.OPS,
    "ops_steps",
    "Latest state of every asset: by its input hash a rerun knows that there is nothing to do.",
    text("asset", "Asset, which is also the table or step", key=True),
    text("input_hash", "Hash of everything that the asset was built from", required=True),
    text("run_id", "Run that built it", required=True),
    instant("built_at", "When it was built", required=True),
    real("duration_seconds", "How long it took", required=True),
    integer("row_count", "Rows in the asset"),
)

ops_ticket_stagings = table(
    Layer.OPS,
    "ops_ticket_stagings",
    "From what the tickets and their events were staged last: one row.",
    text("rules_hash", "Hash of code, contracts, policies and settings that decide what is staged", required=True),
    text(
        "load_ids", "Loads that they were staged from, as a JSON list, the later file of an export last", required=True
    ),
    text("creation_sources", "Sources that tell when tickets were created, as a JSON list", required=True),
    instant("staged_at", "When they were staged", required=True),
    text("run_id", "Run that staged them", required=True),
)

ops_ticket_measurements = table(
    Layer.OPS,
    "ops_ticket_measurements",
    "With what the ticket facts were measured last: one row.",
    text("rules_hash", "Hash of code, policies and settings that decide what is measured of a ticket", required=True),
    text("load_ids", "Loads that they were measured from, as a JSON list", required=True),
    instant("as_of_at", "The data's clock of the facts; empty where there was nothing to measure"),
    instant("measured_at", "When they were measured", required=True),
    text("run_id", "Run that measured them", required=True),
)

ops_ticket_changes = table(
    Layer.OPS,
    "ops_ticket_changes",
    "Tickets of which loads tell that came after the ticket facts were measured last.",
    text("ticket_id", "Ticket, qualified by its source", key=True),
    text("load_id", "Load that tells of it", key=True),
)

ops_loads = table(
    Layer.OPS,
    "ops_loads",
    "One row per ingested file: the load manifest.",
    text("load_id", "Load", key=True),
    text("export", "Contract that the file was read by", required=True),
    text("object_name", "Schema object of the contract; one file can hold several", required=True),
    text("raw_table", "Raw table that holds the rows", required=True),
    text("file_name", "Name of the file in its landing folder", required=True),
    text("content_hash", "SHA-256 of the uncompressed content", required=True),
    text("reading_hash", "Hash of how the contract says the file is read", required=True),
    integer("size_bytes", "Size of the file as it lies", required=True),
    integer("row_count", "Records landed", required=True),
    text("encoding", "Encoding that was used"),
    text("notes", "Notes on reading, as a JSON list"),
    text("superseded_by", "Later load of the same file name that replaced this one; its rows stay in the raw table"),
    instant("loaded_at", "When it was ingested", required=True),
    text("run_id", "Run that ingested it", required=True),
    instant("modified_at", "When the file was written last, as it lay when it was ingested"),
)

ops_known_files = table(
    Layer.OPS,
    "ops_known_files",
    "One row per file of a landing folder that was read whole: while nothing was written to it, no run reads it again.",
    text("export", "Contract that the file is read by", key=True),
    text("file_name", "Name of the file in its landing folder", key=True),
    text("stamp", "Size, instants of writing and number that the file system gives the file", required=True),
    text("limits", "Limits of size that it was found to be within", required=True),
    integer("size_bytes", "Size of the file as it lies", required=True),
    text("compression", "gzip or zip, if it is compressed"),
    text("member", "The data file in a zip archive"),
    text("content_hash", "SHA-256 of the uncompressed content", required=True),
    instant("modified_at", "When the file was written last", required=True),
)

ops_refusals = table(
    Layer.OPS,
    "ops_refusals",
    "One row per file that cannot be ingested as it is. The file stays in place.",
    text("export", "Contract that the file was to be read by", key=True),
    text("file_name", "Name of the file in its landing folder", key=True),
    text("code", "Reason: empty, growing, truncated, html, header, ...", required=True),
    text("message", "What is wrong, and what to do", required=True),
    instant("refused_at", "When it was refused last", required=True),
    text("run_id", "Run that refused it last", required=True),
)

ops_value_problems = table(
    Layer.OPS,
    "ops_value_problems",
    "One row per value that could not be used as the contract says, or only by a documented rule.",
    text("domain", "tickets, finance or vendors", required=True),
    text("export", "Contract", required=True),
    text("raw_table", "Raw table that holds the value", required=True),
    text("load_id", "Load", required=True),
    integer("row_number", "Record number in the file, the header being row 1", required=True),
    text("column_name", "Column of the raw table", required=True),
    text("canonical_column", "Canonical column that the value was to feed", required=True),
    text(
        "problem",
        "unparsable, missing, unmapped_status, ambiguous_time, nonexistent_time or rounded; of lines also "
        "unknown_sign, differs_within_case or control_total; of tickets also differs_between_files or "
        "differs_between_contracts; "
        "of repeated snapshots also in_future, after_snapshot, outside_snapshots, unseen_reopening or "
        "repeated_in_snapshot",
        required=True,
    ),
    text("record_id", "Ticket, cost line, ... that the row belongs to, if its key is known"),
)

ops_quarantined_records = table(
    Layer.OPS,
    "ops_quarantined_records",
    "One row per record set aside and rule: eligible for its metrics, but not measured until it is corrected.",
    text("domain", "tickets, finance or vendors", key=True),
    text("table_name", "Canonical table whose record it is", key=True),
    text("record_id", "Key of the record", key=True),
    text("rule_id", "Rule that set it aside", key=True),
    text("reason", "What is wrong, in plain language", required=True),
    text("batch_hash", "Batch in which it was found", required=True),
    instant("first_seen_at", "When the rule set it aside first; it has been aside since without a break"),
    text("export", "Contract of the export that the record comes from"),
    text("file_name", "File that the record comes from: that with a value which could not be used, else the latest"),
    integer("row_number", "Record number in that file, the header being row 1"),
)

ops_rule_results = table(
    Layer.OPS,
    "ops_rule_results",
    "One row per rule of each domain's latest audit.",
    text("domain", _JUDGED, key=True),
    text("batch_hash", "Batch that was audited", required=True),
    text("rule_id", "Rule: <table>.<column or set>.<assertion>", key=True),
    text("contract_id", "Contract that states the rule", required=True),
    text("contract_version", "Version of the contract", required=True),
    text("tier", "file, schema, row, set or drift", required=True),
    text("quality_dimension", "Dimension of the Open Data Contract Standard", required=True),
    text("action", "block, quarantine or warn", required=True),
    text("state", "passed, failed, errored or skipped", required=True),
    integer("evaluated_count", "Rows looked at", required=True),
    integer("failed_count", "Rows that broke the rule", required=True),
    text("message", "What it means, in plain language", required=True),
    text("sample_keys", "Keys of some rows that broke it, as a JSON list"),
    text("failing_rows_query", "Query that lists all rows that broke it"),
    text("protects", "Metrics that the rule itself names, as a JSON list; metrics name the rules that they require"),
    text("holds", "What it holds back: load (no facts of its table) or metrics; empty if nothing"),
    text("held_reason", "Why, in one line, and what to do"),
    text("record_table", "Staged table whose records the rule's key names"),
    text("table_name", "Table that the rule is about"),
    integer("failed_record_count", "Distinct records that broke the rule; empty where rows have no key"),
    integer("record_count", "Records of the kind that the rule's key names; empty where rows have no key"),
    text(
        "failed_months",
        "Month -> records of it that broke the rule, as a JSON object; empty where records have no date",
    ),
    text("counted", "What the counts are of: row, or day, week, month or quarter; promise where one is kept or not"),
    real(
        "quarantine_limit_ratio",
        "Share of the records that it may set aside before it holds; empty if it sets none aside",
    ),
)

ops_rule_outcomes = table(
    Layer.OPS,
    "ops_rule_outcomes",
    "What each rule found each time its domain was judged: one row per rule and judgement, and for a broken rule also "
    "one per source. Of the last 31 days all are kept, of 400 days the last of each day, before that the last of "
    "each month.",
    text("domain", _JUDGED, key=True),
    text("rule_id", "Rule: <table>.<column or set>.<assertion>", key=True),
    text("source", "System whose records are counted; empty text for all sources together", key=True),
    text("run_id", "Run that judged", key=True),
    instant("decided_at", "When the verdict was stored", required=True),
    text("batch_hash", "Batch that was judged", required=True),
    text("verdict", "pass or hold: the verdict on the whole domain", required=True),
    text("contract_id", "Contract that states the rule", required=True),
    text("contract_version", "Version of the contract by which it was judged", required=True),
    text("table_name", "Table that the rule is about"),
    text("record_table", "Staged table whose records the rule's key names"),
    text("action", "block, quarantine or warn", required=True),
    text("state", "passed, failed, errored or skipped", required=True),
    text("holds", "What it held back: load (no facts of its table) or metrics; empty if nothing"),
    integer("evaluated_count", "Rows looked at; empty for a single source"),
    integer("failed_count", "Rows that broke the rule; empty for a single source"),
    integer("record_count", "Records there were; empty where rows have no key"),
    integer("failed_record_count", "Distinct records that broke the rule; empty where rows have no key"),
)

ops_metric_states = table(
    Layer.OPS,
    "ops_metric_states",
    "One row per metric: whether its values are of the latest data, or kept, since when and why.",
    text("metric", "Name of the metric", key=True),
    flag("is_held", "Whether it keeps the values of its last good batch", required=True),
    text("held_reason", "Why, in one line, and what to do"),
    text("held_by", "Rules that hold it, as a JSON list"),
    instant("held_since_at", "When it was held first; it has been held since without a break"),
    instant("fresh_as_of_at", "The data's clock when its values were computed; empty if it has none"),
    text("measured_run_id", "Run that measured its values; empty where a version measured them that did not keep it"),
)

ops_verdicts = table(
    Layer.OPS,
    "ops_verdicts",
    "One row per domain and judged batch.",
    text("domain", _JUDGED, key=True),
    text("batch_hash", "Hash of loads, contracts, policies and code", key=True),
    text("verdict", "pass or hold", required=True),
    flag("is_current", "Whether this batch is what the staging tables hold now", required=True),
    text("contract_versions", "Contracts and versions judged, as a JSON object", required=True),
    text("summary", "One line for a person", required=True),
    instant("decided_at", "When it was stored", required=True),
    text("run_id", "Run that decided it", required=True),
)

ops_home = table(
    Layer.OPS,
    "ops_home",
    "One row: which home this is. Its id is told with all that it publishes, and another home has another one.",
    text("home_id", "Id of the home", key=True),
    instant("known_since_at", "When it was given", required=True),
)

ops_publications = table(
    Layer.OPS,
    "ops_publications",
    "One row per publication.",
    text("publication_id", "Publication", key=True),
    text("run_id", "Run that published it", required=True),
    text("target", "Target in kpi.toml: duckdb, parquet, postgresql, ...", key=True),
    text("content_hash", "Hash of everything published", required=True),
    instant("as_of_at", "The data's clock"),
    text("location", "Where it lies; paths are relative to the home", required=True),
    instant("published_at", "When it was swapped in", required=True),
)

TABLES = (
    ops_home,
    ops_runs,
    ops_steps,
    ops_ticket_measurements,
    ops_ticket_stagings,
    ops_ticket_changes,
    ops_loads,
    ops_known_files,
    ops_refusals,
    ops_value_problems,
    ops_quarantined_records,
    ops_rule_results,
    ops_rule_outcomes,
    ops_metric_states,
    ops_verdicts,
    ops_publications,
)
