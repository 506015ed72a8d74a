"""What a run finds out about landed files and the rows they feed, for rules to judge: tables of the `ops` layer.

What a run did, which verdict it came to and what it published is in `models.ops`.
"""

from __future__ import annotations

from models.schema import day, flag, instant, integer, money, real, table, text
from models.vocabulary import Layer

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

ops_ticket_histories = table(
    Layer.OPS,
    "ops_ticket_histories",
    "What the staged events of each ticket come to, which rules ask instead of all events. One row per ticket that is "
    "staged or that an event names.",
    text("ticket_id", "Ticket", key=True),
    text("source", "System that tells the events; empty where there are none"),
    instant("created_at", "When the ticket was created, as its staged row says"),
    integer("event_count", "Its events", required=True),
    instant("first_event_at", "The first of them"),
    instant("first_numbered_at", "The first of them that has a number of the source's own"),
    integer("lowest_sequence", "Lowest of these numbers"),
    integer("highest_sequence", "Highest of these numbers"),
    integer("sequence_count", "How many different ones there are", required=True),
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

TABLES = (
    ops_source_drift,
    ops_source_arrivals,
    ops_control_totals,
    ops_shared_tickets,
    ops_ticket_histories,
    ops_swapped_dates,
    ops_swapped_lines,
    ops_repeated_rows,
    ops_repeated_lines,
    ops_planned_twice,
    ops_total_lines,
    ops_missing_rates,
)
