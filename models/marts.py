"""What is published: metric values, and the `meta` tables that let a reader audit them.

The `kpi_<metric>` views over `metric_values` are generated from the metric registry, not declared here.
"""

from __future__ import annotations

from typing import Final

from models.schema import day, flag, instant, integer, money, quantity, real, table, text
from models.vocabulary import Layer

metric_values = table(
    Layer.MART,
    "metric_values",
    "One row per metric, period and breakdown value: the number, its parts and how sure it is.",
    text("metric", "Name of the metric; see meta_metrics", key=True, has_few_values=True),
    integer("metric_version", "Version of the metric's definition", required=True),
    text("period_grain", "day, week, month or quarter", key=True, has_few_values=True),
    day("period_start_date", "First day of the period in the reporting time zone", key=True),
    day("period_end_date", "Last day of the period, inclusive", required=True),
    flag("is_period_closed", "Whether the data's clock has passed the end of the period", required=True),
    text("dimension", "overall, team, priority, service or vendor", key=True, has_few_values=True),
    text(
        "dimension_value",
        "Value of the breakdown; empty text for overall, (none) where records have none",
        key=True,
        has_few_values=True,
    ),
    real("value", "The number, in the metric's unit; empty where it is undefined"),
    real("numerator", "Upper part of a ratio or unit cost, so that readers can re-aggregate"),
    real("denominator", "Lower part of a ratio or unit cost"),
    real("lower_bound", "Least value that what is not known allows; empty if unbounded"),
    real("upper_bound", "Greatest value that what is not known allows; empty if unbounded"),
    integer("eligible_count", "Records that should count", required=True),
    integer("measured_count", "Records that could be measured", required=True),
    real("coverage_ratio", "measured_count / eligible_count; empty if none is eligible"),
    text("unit", "Unit of the value", required=True, has_few_values=True),
)

missing_cost_months = table(
    Layer.MART,
    "missing_cost_months",
    "One row per KPI of the ledger's cost and week or quarter that reaches into months of which the ledger has no line "
    "at all, or lacks all postings; a month that lacks them has a row itself, as have its days. Its sums lack them, so "
    "they are compared with no other period: they are no signal, and no change from or to them is explained.",
    text("metric", "Name of the metric; see meta_metrics", key=True),
    text("period_grain", "week or quarter; month or day where nothing was posted in the month", key=True),
    day("period_start_date", "First day of the period in the reporting time zone", key=True),
    text("missing_months", "The months in order, as 2026-01, 2026-02", required=True),
    integer("missing_month_count", "How many they are", required=True),
)

partial_periods = table(
    Layer.MART,
    "partial_periods",
    "One row per KPI and period of which its data do not tell from its first day on, because they begin later: a log "
    "that begins on 29 February tells of one day of that month; or not to its last, because somebody chose to measure "
    "as of a later day than they end on. Its values are true of what is there, but they are compared with no other "
    "period: they are no signal, and no change from or to them is explained.",
    text("metric", "Name of the metric; see meta_metrics", key=True),
    text("period_grain", "day, week, month or quarter", key=True),
    day("period_start_date", "First day of the period in the reporting time zone", key=True),
    day(
        "told_from_date",
        "First day of which all data tell that the KPI needs; after the end of the period where they begin later "
        "still; empty where they tell from its beginning on",
    ),
    text("last_begun_data", "Data that begin so late: tickets, finance, deliveries or invoices"),
    text("last_begun_sources", "Systems whose data they are, separated by commas"),
    day(
        "told_until_date",
        "Last day of which all data tell that the KPI needs, where only a chosen as-of closed the period; before the "
        "period where they end earlier still; empty where they tell to its end",
    ),
    text("ended_data", "Data that end so early: tickets, finance, deliveries or invoices"),
)

kpi_signals = table(
    Layer.MART,
    "kpi_signals",
    "One row per metric and closed week, month or quarter with a value: whether it is a signal or usual variation, by "
    "the XmR chart of the metric. Periods that data tell only in part, and weeks and quarters that lack whole months "
    "of cost, have no row.",
    text("metric", "Name of the metric; see meta_metrics", key=True),
    text("period_grain", "week, month or quarter", key=True),
    day("period_start_date", "First day of the period in the reporting time zone", key=True),
    day("period_end_date", "Last day of the period, inclusive", required=True),
    real("value", "The published value over everything", required=True),
    text("unit", "Unit of the value and of the limits", required=True),
    text("signal_state", "signal, noise or not_judged: there are too few points for a baseline", required=True),
    text(
        "broken_rules",
        "Why it is a signal: outside_limits, run_of_eight (on one side of the centre), trend_of_six, two_of_three "
        "(beyond two thirds of the way to a limit); empty if it is none",
    ),
    flag(
        "is_certain",
        "Whether it is a signal by these limits whatever the unmeasured records are; empty if it is none",
    ),
    real("centre_value", "Mean of the baseline"),
    real("lower_limit_value", "Centre less 2.66 times the mean moving range of the baseline"),
    real("upper_limit_value", "Centre plus 2.66 times the mean moving range of the baseline"),
    day("baseline_start_date", "First day of the first period of the baseline"),
    day("baseline_end_date", "First day of its last period: the twelfth with a value"),
    integer("point_count", "Points since the baseline began", required=True),
    text("baseline_reason", "Why the baseline was begun, from policies/targets.yaml; empty for a KPI's first"),
)

kpi_targets = table(
    Layer.MART,
    "kpi_targets",
    "One row per metric and breakdown value with a target in policies/targets.yaml and closed week, month or quarter "
    "that it is for: whether the target was met. Targets of the whole have the dimension overall.",
    text("metric", "Name of the metric; see meta_metrics", key=True),
    text("period_grain", "week, month or quarter", key=True),
    day("period_start_date", "First day of the period in the reporting time zone", key=True),
    day("period_end_date", "Last day of the period, inclusive", required=True),
    text("dimension", "overall, team, priority, service or vendor", key=True),
    text("dimension_value", "Value of the breakdown whose target it is; empty text for overall", key=True),
    real("value", "The published value over everything, or of the breakdown value; empty where it is undefined"),
    quantity("target_value", "What it is to be at least, or at most where down_is_good", required=True),
    quantity("distance_value", "value less target_value; empty without a value"),
    text("unit", "Unit of the three", required=True),
    text("target_state", "met, missed or not_measured: there is no value", required=True),
    flag(
        "is_certain",
        "Whether the truth is on that side of the target whatever the unmeasured records are; empty without a value",
    ),
)

kpi_change_drivers = table(
    Layer.MART,
    "kpi_change_drivers",
    "What drove the change of a metric from one closed period to the next, by breakdown: parts of one breakdown add up "
    "to the change exactly. Percentiles cannot be taken apart and have no rows, nor have changes from or to periods "
    "that data tell only in part, or weeks and quarters that lack whole months of cost.",
    text("metric", "Name of the metric; see meta_metrics", key=True),
    text("period_grain", "week, month or quarter", key=True),
    day("period_start_date", "First day of the period in the reporting time zone", key=True),
    text("dimension", "team, priority, service or vendor", key=True),
    text("dimension_value", "Value of the breakdown; (none) where records have none", key=True),
    text(
        "part",
        "mix: more or less of the whole fell to it; rate: its own ratio changed; amount: its own amount changed",
        key=True,
    ),
    day("previous_period_start_date", "First day of the period before, which it is compared with", required=True),
    quantity("change_value", "Its part of the change, in the metric's unit", required=True),
    quantity("value_before", "The metric over everything in the period before", required=True),
    quantity("value_after", "The metric over everything in the period", required=True),
    text("unit", "Unit of the values", required=True),
)

instrumentation_gaps = table(
    Layer.MART,
    "instrumentation_gaps",
    "What each gap in instrumentation does to each KPI, by month: records that are not measured, by source and reason, "
    "and the part of the distance between the bounds that they make. The parts of a KPI and month add up to the whole.",
    text("metric", "Name of the metric; see meta_metrics", key=True),
    day("period_start_date", "First day of the month in the reporting time zone", key=True),
    text("source", "System that the records come from; empty text where they come from none or several", key=True),
    text("table_name", "Canonical table whose records they are; empty text where that is not known", key=True),
    text(
        "rule_id",
        "Contract rule that set them aside; <table>.<what is missing>.measured where the export does not tell it; "
        "tickets.exact_instants.measured for tickets that are measured, but known only to between two exports; "
        "cost_lines.pool.allocated for cost that no driver took; set_aside or unknown where no more is known",
        key=True,
    ),
    text("gap_kind", "quarantined, not_instrumented, unallocated or not_attributed", required=True),
    flag("is_period_closed", "Whether the data's clock has passed the end of the month", required=True),
    integer("record_count", "Records of the KPI with this reason, alone or beside others", required=True),
    integer("sole_record_count", "Those of them that have no other reason: they are measured once it is put right"),
    real(
        "attributed_record_count",
        "The same with each record divided equally among its reasons, so that those of a KPI and month add up to its "
        "unmeasured records",
        required=True,
    ),
    integer(
        "source_eligible_count",
        "Records of the same source that the KPI should count in the month; empty where records lie in many months",
    ),
    integer("eligible_count", "Records that the KPI should count in the month", required=True),
    integer("unmeasured_count", "Those of them that are not measured, whatever the reason", required=True),
    real("lost_coverage_ratio", "attributed_record_count / eligible_count: the coverage that the gap takes"),
    real(
        "width_value",
        "Part of the distance between the KPI's bounds that the gap makes, in the KPI's unit; empty where the gap "
        "leaves the KPI without a bound",
    ),
    real("bounds_width_value", "Upper bound less lower bound of the KPI; empty where one of them is missing"),
    flag("is_unbounded", "Whether the KPI lacks a bound in that month", required=True),
    text("unit", "Unit of the widths", required=True),
)

instrumentation_scorecard = table(
    Layer.MART,
    "instrumentation_scorecard",
    "What to put right first: one row per source, table and rule, or thing that the export does not tell, with how "
    "much of it is captured, how that changed, the KPIs that it touches and how wide it makes the bounds of one.",
    text("source", "System whose records they are; empty text for all sources together", key=True),
    text("table_name", "Canonical table whose records are counted", key=True),
    text("rule_id", "Contract rule; <table>.<what is missing>.measured where the export does not tell it", key=True),
    integer("fix_rank", "1 is to be put right first; empty where there is nothing to put right"),
    text(
        "gap_kind",
        "holding (KPIs are held), quarantined, not_instrumented, unallocated, warned, or none: nothing is wrong",
        required=True,
    ),
    text("action", "block, quarantine or warn; empty where no rule is broken but nothing is told"),
    text("what_to_do", "What to do, in one line; empty where there is nothing to put right"),
    integer(
        "record_count",
        "Records that were judged; of what is not told, those of the source that the KPI counts in its latest closed "
        "month",
    ),
    integer("failed_record_count", "Those of them that broke the rule, or of which it is not told"),
    real("captured_ratio", "Share of the records that are as they should be; empty where rows have no key"),
    real("previous_captured_ratio", "The same at the judgement before, or in the month before"),
    day("previous_date", "Day of that judgement, or first day of that month"),
    real("four_weeks_ago_captured_ratio", "The same at the last judgement of at least 28 days ago"),
    real("captured_change_ratio", "captured_ratio less previous_captured_ratio"),
    integer("protected_metric_count", "KPIs that require the rule or count its records", required=True),
    integer("affected_metric_count", "KPIs that it holds, or of which it leaves records unmeasured", required=True),
    integer("held_metric_count", "KPIs that it holds now", required=True),
    text("affected_metrics", "Their names, separated by commas"),
    flag(
        "is_recent",
        "Whether it still happens: it lies in one of the last three closed months of a KPI, or in the open one. Empty "
        "where no KPI of the last months lacks records for it",
    ),
    day("last_seen_date", "First day of the latest month in which a KPI lacks records for it"),
    text("metric", "One of them: a headline KPI if one is touched, else the one that loses most coverage"),
    text("metric_label", "Its short name for people"),
    day("metric_period_start_date", "Month of that KPI: the latest closed one that is touched, else the open one"),
    day(
        "metric_last_closed_date",
        "Last closed month of that KPI, from which months are counted; empty if none is closed",
    ),
    integer("metric_record_count", "Records that the KPI lacks in that month for this reason"),
    integer("metric_eligible_count", "Records that the KPI should count in that month"),
    real("metric_lost_coverage_ratio", "Coverage that it takes from the KPI in that month"),
    real(
        "metric_width_value",
        "Part of the distance between the KPI's bounds that it makes in that month, in the KPI's unit; empty where it "
        "leaves the KPI without a bound",
    ),
    real("metric_bounds_width_value", "The whole distance; empty where a bound is missing"),
    text("metric_unit", "Unit of the widths"),
)

meta_rule_outcomes = table(
    Layer.MART,
    "meta_rule_outcomes",
    "How much each rule found captured over time: one row per rule and day on which its domain was judged, the last "
    "judgement of the day; for a broken rule also one per source.",
    text("domain", "tickets, finance or vendors; cost_facts for the reconciliation of cost facts", key=True),
    text("rule_id", "Rule: <table>.<column or set>.<assertion>", key=True),
    text("source", "System whose records are counted; empty text for all sources together", key=True),
    day("decided_date", "Day of the judgement, in UTC", key=True),
    instant("decided_at", "When the verdict was stored", required=True),
    text("run_id", "Run that judged", required=True),
    text("batch_hash", "Batch that was judged", required=True),
    text("verdict", "pass or hold: the verdict on the whole domain", required=True),
    text("contract_id", "Contract that states the rule", required=True),
    text("contract_version", "Version of the contract by which it was judged", required=True),
    text("action", "block, quarantine or warn", required=True),
    text("state", "passed, failed, errored or skipped", required=True),
    text("holds", "What it held back: load (no facts of its table) or metrics; empty if nothing"),
    integer("evaluated_count", "Rows looked at; empty for a single source"),
    integer("failed_count", "Rows that broke the rule; empty for a single source"),
    integer("record_count", "Records there were; empty where rows have no key"),
    integer("failed_record_count", "Distinct records that broke the rule; empty where rows have no key"),
    real("captured_ratio", "Share of the records that did not break it; empty where rows have no key"),
)

meta_run = table(
    Layer.MART,
    "meta_run",
    "One row: the run that published this file.",
    text("publication_id", "Publication", key=True),
    text("run_id", "Run that built it", required=True),
    instant("published_at", "When it was built", required=True),
    instant("as_of_at", "The data's own clock: latest instant that the exports cover"),
    text(
        "content_hash",
        "Hash of everything published; equal content has an equal hash in one version of the program",
        required=True,
    ),
    text("code_hash", "Hash of the code that computed it", required=True),
    text("reporting_currency_code", "ISO 4217 code of all *_reporting amounts", required=True),
    text("reporting_time_zone", "Time zone in which periods are cut", required=True),
    text("home_name", "Name of the home, from kpi.toml", required=True),
    text("home_id", "Id of the home, which tells it apart from another one of that name"),
)

meta_data_clocks = table(
    Layer.MART,
    "meta_data_clocks",
    "One row per kind of data: how far it reaches. What closes the periods of a KPI is in meta_metrics.closed_by.",
    text(
        "data",
        "tickets, finance, deliveries or invoices; whole months of cost, where finance reaches into a month whose cost "
        "is not complete",
        key=True,
    ),
    text("domain", "tickets, finance or vendors", required=True),
    instant("as_of_at", "The instant that the data reach; empty where there are none"),
    day("last_date", "Last day in the reporting time zone of which they tell; empty where there are none"),
    text("unread_folders", "Landing folders that would feed it and of which no file was ever read; empty if none"),
    day(
        "data_end_date",
        "Last day of which the data themselves tell, where somebody chose to measure as of a later one; else empty",
    ),
)

meta_metrics = table(
    Layer.MART,
    "meta_metrics",
    "One row per metric: what it means, and whether it is fresh or held.",
    text("metric", "Name of the metric", key=True),
    integer("metric_version", "Version of the definition", required=True),
    text("label", "Short name for people", required=True),
    text("meaning", "What the number says", required=True),
    text("formula", "How it is computed", required=True),
    text("unit", "Unit of the value", required=True),
    text(
        "aggregation",
        "How values of several cells combine: sum (over periods and over one breakdown); breakdown_sum (over one "
        "breakdown, never over periods); stock (over one breakdown; of several periods the last); parts, "
        "breakdown_parts and stock_parts (the same of numerators and denominators, then divide); none",
        required=True,
    ),
    text("direction", "up_is_good, down_is_good or neutral", required=True),
    text("owner", "Who answers for the definition", required=True),
    text("counted_records", "What its counts and its coverage count, such as tickets or SLA clocks", required=True),
    text("period_date", "Which date decides the period", required=True),
    text("requires", "Domains whose data it needs", required=True),
    text(
        "closed_by",
        "Domains whose data must have passed the end of a period before it is closed for the whole; its breakdowns "
        "wait for all domains that the metric requires",
        required=True,
    ),
    text("rules", "Patterns of the contract rules that it requires", required=True),
    text("publication_state", "published, held or empty", required=True),
    text("held_reason", "Why it is held, in one line, and what to do"),
    instant("held_since_at", "When it was held first; it has been held since without a break"),
    instant("fresh_as_of_at", "The data's clock when the published values were computed"),
)

meta_targets = table(
    Layer.MART,
    "meta_targets",
    "One row per target in policies/targets.yaml, also of KPIs without a value. Whether it is met is in kpi_targets.",
    integer("target_number", "Place in the file, from 1 on", key=True),
    text("metric", "Name of the metric; see meta_metrics", required=True),
    text("period_grain", "week, month or quarter that it is for; empty for all of them"),
    day("effective_from_date", "Periods that begin on or after this day have it; empty for all before the next one"),
    day("effective_to_date", "Periods that begin after this day have it no longer; empty if the next one ends it"),
    text("dimension", "Breakdown of whose value it is; overall for the whole", required=True),
    text("dimension_value", "Which value of the breakdown, such as a team; empty text for overall", required=True),
    quantity("target_value", "What the metric is to be at least, or at most where down_is_good", required=True),
)

#: What a verdict and a rule's result are of.
_JUDGED: Final = (
    "tickets, finance or vendors; cost_facts for the reconciliation of cost facts, arrivals for when exports came"
)

meta_verdicts = table(
    Layer.MART,
    "meta_verdicts",
    "One row per domain: may its metrics be published from this batch.",
    text("domain", _JUDGED, key=True),
    text("batch_hash", "Hash of the loads, contracts and policies that were judged", required=True),
    text("verdict", "pass or hold", required=True),
    instant("decided_at", "When the verdict was stored", required=True),
    text("summary", "One line for a person", required=True),
)

meta_rule_results = table(
    Layer.MART,
    "meta_rule_results",
    "One row per contract rule of the latest audit.",
    text("domain", _JUDGED, key=True),
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
    text("holds", "What it holds back: load (no facts of its table) or metrics; empty if nothing"),
    text("held_reason", "Why, in one line, and what to do"),
)

meta_quarantined_records = table(
    Layer.MART,
    "meta_quarantined_records",
    "One row per record set aside and rule: eligible for its metrics, but not measured until it is corrected.",
    text("domain", "tickets, finance or vendors", key=True),
    text("table_name", "Canonical table whose record it is", key=True),
    text("record_id", "Key of the record", key=True),
    text("rule_id", "Rule that set it aside", key=True),
    text("reason", "What is wrong, in plain language", required=True),
    instant("first_seen_at", "When the rule set it aside first; it has been aside since without a break"),
    text("export", "Contract of the export that the record comes from"),
    text("file_name", "File that the record comes from: that with a value which could not be used, else the latest"),
    integer("row_number", "Record number in that file, the header being row 1"),
)

meta_loads = table(
    Layer.MART,
    "meta_loads",
    "One row per file that was ingested or refused.",
    text("load_id", "Load", key=True),
    text("export", "Contract that the file was read by", required=True),
    text("file_name", "Name of the file in its landing folder", required=True),
    text("state", "loaded or refused", required=True),
    text("content_hash", "SHA-256 of the uncompressed content"),
    integer("row_count", "Records in the file", required=True),
    instant("loaded_at", "When it was ingested or refused", required=True),
    text("message", "Why it was refused, or notes on reading it"),
)

meta_control_totals = table(
    Layer.MART,
    "meta_control_totals",
    "What the lines of each file come to, and what the export itself says they should. One row per file and total, "
    "and one for each group of lines that does not come to its own.",
    text("export", "Contract that the file was read by", key=True),
    text("object_name", "Schema object of the contract", key=True),
    text("file_name", "Name of the file in its landing folder", key=True),
    text("control", "What is added up or counted, and per what", key=True),
    text("group_key", "Currency of the lines, or the group that differs; empty text for all lines", key=True),
    integer("line_count", "Lines", required=True),
    integer("group_count", "Groups with a total each, where there are groups"),
    integer("differing_count", "Groups whose lines do not come to their total"),
    money("found_original", "What the lines come to, in their own currency; lines where lines are counted"),
    money("told_original", "What the export says; empty if it says nothing"),
    money("difference_original", "What was found, less what was told"),
    flag("is_reconciled", "Whether they agree; empty where nothing is told or an amount cannot be read"),
    text("reason", "Why they do not agree or cannot be compared"),
)

TABLES = (
    metric_values,
    missing_cost_months,
    partial_periods,
    kpi_signals,
    kpi_targets,
    kpi_change_drivers,
    instrumentation_gaps,
    instrumentation_scorecard,
    meta_run,
    meta_data_clocks,
    meta_metrics,
    meta_targets,
    meta_verdicts,
    meta_rule_results,
    meta_rule_outcomes,
    meta_quarantined_records,
    meta_loads,
    meta_control_totals,
)
