"""The pipeline's own memory: runs, loads, audits, quarantine, verdicts and publications.

Kept in the build database and never rewritten by analysts; what readers may see of it is copied to `meta_` tables.
"""

from __future__ import annotations

from typing import Final

from models.schema import day, flag, instant, integer, money, real, table, text
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

ops_source_drift = table(
    Layer.OPS,
    "ops_source_drift",
    "Days, weeks and months that are unusual for a source by its own past. One row per finding.",
    text("domain", "tickets, finance or vendors", required=True),
    text("source", "System that exports", required=True),
    text(
        "measure",
        "tickets a day, lines or amount in a month, or a share: of a team or status in a week, without a value in a "
        "week, of an account or vendor in a month; or a month of which only a part is there",
        required=True,
    ),
    text(
        "member",
        "Team, status, column, currency, account or vendor; 'latest' for a part of the latest whole month, 'nothing "
        "posted' for one of which nothing is there; empty text for all",
    ),
    day("first_date", "First day, in the reporting time zone", required=True),
    day("last_date", "Last day, inclusive", required=True),
    real("observed", "What came: tickets, lines, an amount in its own currency, or a share from 0 to 1", required=True),
    real("expected", "Median of the source's own past: of the same weekday, of weeks, or of months", required=True),
    real("tolerance", "How far from it is usual", required=True),
)

ops_source_arrivals = table(
    Layer.OPS,
    "ops_source_arrivals",
    "What contracts promise under slaProperties of when data come: one row per latency, and one per period that a "
    "frequency expects between an export's first event and its last.",
    text("domain", "tickets, finance or vendors", required=True),
    text("export", "Contract", required=True),
    text("element", "What is looked at: object and column, or the object whose files are counted", required=True),
    text("service_level", "latency or frequency", required=True),
    text("period", "Day of the newest event; or the period: 2026-03-14, 2026-W11, 2026-03 or 2026-Q1", required=True),
    day("first_date", "Day of the first event, or first day of the period", required=True),
    day("last_date", "Day of the newest event, or last day of the period", required=True),
    day("as_of_date", "Day at which it was looked at: that of --as-of, or how far the data of all exports reach"),
    integer("event_count", "Events, or files, on these days", required=True),
    integer("age_days", "Of a latency: days, or working days, from the newest event to as_of_date"),
    integer("limit_days", "Of a latency: how many of them the contract allows"),
    flag("is_met", "Whether the promise is kept", required=True),
)

ops_control_totals = table(
    Layer.OPS,
    "ops_control_totals",
    "What the lines of each file come to, and what the export itself says they should. One row per file and total, "
    "and one for each group of lines that does not come to its own.",
    text("domain", "tickets, finance or vendors", required=True),
    text("export", "Contract", required=True),
    text("object_name", "Schema object of the contract", required=True),
    text("load_id", "Load", required=True),
    text("file_name", "Name of the file in its landing folder", required=True),
    text("control", "What is added up or counted, and per what", required=True),
    text("group_key", "Currency of the lines, or the group that differs; empty text for all lines", required=True),
    integer("line_count", "Lines", required=True),
    integer("group_count", "Groups with a total each, where there are groups"),
    integer("differing_count", "Groups whose lines do not come to their total"),
    money("found_original", "What the lines come to, in their own currency; lines where lines are counted"),
    money("told_original", "What the export says; empty if it says nothing"),
    money("difference_original", "What was found, less what was told"),
    flag("is_reconciled", "Whether they agree; empty where nothing is told or an amount cannot be read"),
    text("reason", "Why they do not agree or cannot be compared"),
)

ops_shared_tickets = table(
    Layer.OPS,
    "ops_shared_tickets",
    "Pairs of contracts with one source that tell of the same tickets, which are read as one. One row per pair.",
    text("source", "Source of both contracts", key=True),
    text("export", "One of the contracts", key=True),
    text("other_export", "The other one", key=True),
    integer("ticket_count", "Tickets of which both tell", required=True),
    integer("differing_count", "Those of them whose creations lie more than a day apart", required=True),
    text("example_ticket_id", "One of them; of those that differ, if any do", required=True),
)

ops_swapped_dates = table(
    Layer.OPS,
    "ops_swapped_dates",
    "Files of event logs in which day and month are probably swapped. Nearly all events lie on one day of several "
    "months of a year, while other files of the export tell of late days of months too; or they lie on a single day, "
    "and something else gives it away. One row per file.",
    text("load_id", "Load", key=True),
    text("export", "Contract", required=True),
    text("object_name", "Schema object of the contract", required=True),
    text("column_name", "Column that dates the events", required=True),
    integer("event_count", "Events that the file dates", required=True),
    integer("on_day_count", "Those of them on that day of a month", required=True),
    integer("day_of_month", "That day, as it is read: probably the month, 1 to 12", required=True),
    integer("month_count", "Months in which they lie, as it is read: probably the days", required=True),
    day("first_date", "First day, as it is read", required=True),
    day("last_date", "Last day, as it is read", required=True),
    text(
        "sign",
        "What gives it away: several months; or of a file of a single day file name, unreadable dates or other files",
    ),
    integer("unreadable_count", "Where that is unreadable dates: those that can only be read the other way round"),
    day("known_until_date", "Where that is other files: the last day that the files before it tell of"),
)

ops_swapped_lines = table(
    Layer.OPS,
    "ops_swapped_lines",
    "Files of ledgers and invoices in which day and month are probably swapped: nearly all lines lie on one day of "
    "several months, while other files of the export keep to a month or so; or on a single day that the file's name "
    "tells the other way round. One row per file.",
    text("domain", "finance or vendors", key=True),
    text("load_id", "Load", key=True),
    text("export", "Contract", required=True),
    text("object_name", "Schema object of the contract", required=True),
    text("column_name", "The contract's column that dates the lines", required=True),
    text("sign", "What gives it away: file name or several months", required=True),
    integer("line_count", "Lines of the file that have a date", required=True),
    integer("on_day_count", "Those on that day of the month", required=True),
    integer("day_of_month", "The day, as it is read: probably the month", required=True),
    integer("month_count", "Months in which they lie, as it is read: probably the days", required=True),
    day("first_date", "First day, as it is read", required=True),
    day("last_date", "Last day, as it is read", required=True),
)

ops_repeated_rows = table(
    Layer.OPS,
    "ops_repeated_rows",
    "Pairs of files of one export that hold the same rows, so that money would count twice. One row per pair and "
    "currency.",
    text("domain", "finance or vendors", required=True),
    text("table_name", "Canonical table that the rows feed", required=True),
    text("export", "Contract", required=True),
    text("object_name", "Schema object of the contract", required=True),
    text("earlier_load_id", "Load that comes first in order of the files' names", required=True),
    text("load_id", "Load that holds its rows again", required=True),
    text("currency_code", "ISO 4217 code of the rows; empty where they say none"),
    integer("line_count", "Rows of this currency that both hold", required=True),
    integer("shared_count", "Rows of all currencies that both hold", required=True),
    integer(
        "compared_count",
        "Rows that were compared: of the days that both cover, in the file that has fewer; or of the stretch, in the "
        "file that has more; or of the documents",
        required=True,
    ),
    money("amount_original", "What the rows of this currency come to"),
    text(
        "basis",
        "How it is known: days (nearly all rows of the days that both cover), stretch (rows in the same order where "
        "one ends or begins) or documents (nearly all documents that both name)",
    ),
    integer("first_row", "First row of the stretch, the header being row 1"),
    integer("last_row", "Last row of the stretch"),
    integer("earlier_first_row", "First row of the stretch in the earlier load"),
    integer("earlier_last_row", "Last row of the stretch in the earlier load"),
    integer("document_count", "Documents that both hold"),
    text("document_id", "One of these documents"),
)

ops_repeated_lines = table(
    Layer.OPS,
    "ops_repeated_lines",
    "One row per line of money that an earlier file of its export holds too; see ops_repeated_rows. Of equal lines of "
    "a file it has as many as both hold.",
    text("domain", "finance or vendors", required=True),
    text("table_name", "Canonical table of the line", required=True),
    text("load_id", "Load", required=True),
    integer("row_number", "Record number in the file, the header being row 1", required=True),
    text("earlier_load_id", "Load that holds the line too", required=True),
)

ops_planned_twice = table(
    Layer.OPS,
    "ops_planned_twice",
    "One row per budget or forecast line without a key whose figure another file of its export plans too: the same "
    "month, kind, cost centre, account and team. Both count.",
    text("load_id", "Load", required=True),
    integer("row_number", "Record number in the file, the header being row 1", required=True),
    text("earlier_load_id", "Load that plans the figure too, and that was read first", required=True),
    integer("earlier_row_number", "Record number of the first such line there", required=True),
)

ops_total_lines = table(
    Layer.OPS,
    "ops_total_lines",
    "One row per line of money that is a total of others, by what it says or by what it comes to.",
    text("domain", "finance or vendors", required=True),
    text("table_name", "Canonical table of the line", required=True),
    text("record_id", "Key of the line", required=True),
    text("load_id", "Load", required=True),
    integer("row_number", "Record number in the file, the header being row 1", required=True),
    text("column_name", "Canonical column that says it; empty where only the amount does"),
    text("text", "What it says"),
    integer("other_count", "Other lines of the file, where the amount is their sum"),
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
    text("file_name", "File that the record comes from: of several, the latest"),
    integer("row_number", "Record number in that file, the header being row 1"),
)

ops_missing_rates = table(
    Layer.OPS,
    "ops_missing_rates",
    "One row per currency and day of staged lines for which no exchange rate is known under policies/costs.yaml.",
    text("table_name", "Canonical table whose lines need the rate", key=True),
    text("currency_code", "ISO 4217 code of the lines", key=True),
    text("reporting_currency_code", "ISO 4217 code that they should be converted to", required=True),
    day("needed_date", "Day whose rate is needed, or whose month's", key=True),
    integer("line_count", "Lines", required=True),
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
    ops_runs,
    ops_steps,
    ops_ticket_measurements,
    ops_ticket_stagings,
    ops_ticket_changes,
    ops_loads,
    ops_known_files,
    ops_refusals,
    ops_value_problems,
    ops_source_drift,
    ops_source_arrivals,
    ops_control_totals,
    ops_shared_tickets,
    ops_swapped_dates,
    ops_swapped_lines,
    ops_repeated_rows,
    ops_repeated_lines,
    ops_planned_twice,
    ops_total_lines,
    ops_quarantined_records,
    ops_missing_rates,
    ops_rule_results,
    ops_rule_outcomes,
    ops_metric_states,
    ops_verdicts,
    ops_publications,
)
