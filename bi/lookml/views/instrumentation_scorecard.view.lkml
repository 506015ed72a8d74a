# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: instrumentation_scorecard {
  sql_table_name: mart.instrumentation_scorecard ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.source AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.table_name AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.rule_id AS VARCHAR), '') ;;
  }

  dimension: source {
    type: string
    description: "System whose records they are; empty text for all sources together"
    sql: ${TABLE}.source ;;
  }

  dimension: table_name {
    type: string
    description: "Canonical table whose records are counted"
    sql: ${TABLE}.table_name ;;
  }

  dimension: rule_id {
    type: string
    description: "Contract rule; <table>.<what is missing>.measured where the export does not tell it"
    sql: ${TABLE}.rule_id ;;
  }

  dimension: fix_rank {
    type: number
    description: "1 is to be put right first; empty where there is nothing to put right"
    sql: ${TABLE}.fix_rank ;;
  }

  dimension: gap_kind {
    type: string
    description: "holding (KPIs are held), quarantined, not_instrumented, unallocated, warned, or none: nothing is wrong"
    sql: ${TABLE}.gap_kind ;;
  }

  dimension: action {
    type: string
    description: "block, quarantine or warn; empty where no rule is broken but nothing is told"
    sql: ${TABLE}.action ;;
  }

  dimension: what_to_do {
    type: string
    description: "What to do, in one line; empty where there is nothing to put right"
    sql: ${TABLE}.what_to_do ;;
  }

  dimension: record_count {
    type: number
    description: "Records that were judged; of what is not told, those of the source that the KPI counts in its latest closed month"
    sql: ${TABLE}.record_count ;;
  }

  dimension: failed_record_count {
    type: number
    description: "Those of them that broke the rule, or of which it is not told"
    sql: ${TABLE}.failed_record_count ;;
  }

  dimension: captured_ratio {
    type: number
    description: "Share of the records that are as they should be; empty where rows have no key"
    sql: ${TABLE}.captured_ratio ;;
  }

  dimension: previous_captured_ratio {
    type: number
    description: "The same at the judgement before, or in the month before"
    sql: ${TABLE}.previous_captured_ratio ;;
  }

  dimension_group: previous {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.previous_date ;;
    description: "Day of that judgement, or first day of that month"
  }

  dimension: four_weeks_ago_captured_ratio {
    type: number
    description: "The same at the last judgement of at least 28 days ago"
    sql: ${TABLE}.four_weeks_ago_captured_ratio ;;
  }

  dimension: captured_change_ratio {
    type: number
    description: "captured_ratio less previous_captured_ratio"
    sql: ${TABLE}.captured_change_ratio ;;
  }

  dimension: protected_metric_count {
    type: number
    description: "KPIs that require the rule or count its records"
    sql: ${TABLE}.protected_metric_count ;;
  }

  dimension: affected_metric_count {
    type: number
    description: "KPIs that it holds, or of which it leaves records unmeasured"
    sql: ${TABLE}.affected_metric_count ;;
  }

  dimension: held_metric_count {
    type: number
    description: "KPIs that it holds now"
    sql: ${TABLE}.held_metric_count ;;
  }

  dimension: affected_metrics {
    type: string
    description: "Their names, separated by commas"
    sql: ${TABLE}.affected_metrics ;;
  }

  dimension: is_recent {
    type: yesno
    description: "Whether it still happens: it lies in one of the last three closed months of a KPI, or in the open one. Empty where no KPI of the last months lacks records for it"
    sql: ${TABLE}.is_recent ;;
  }

  dimension_group: last_seen {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.last_seen_date ;;
    description: "First day of the latest month in which a KPI lacks records for it"
  }

  dimension: metric {
    type: string
    description: "One of them: a headline KPI if one is touched, else the one that loses most coverage"
    sql: ${TABLE}.metric ;;
  }

  dimension: metric_label {
    type: string
    description: "Its short name for people"
    sql: ${TABLE}.metric_label ;;
  }

  dimension_group: metric_period_start {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.metric_period_start_date ;;
    description: "Month of that KPI: the latest closed one that is touched, else the open one"
  }

  dimension_group: metric_last_closed {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.metric_last_closed_date ;;
    description: "Last closed month of that KPI, from which months are counted; empty if none is closed"
  }

  dimension: metric_record_count {
    type: number
    description: "Records that the KPI lacks in that month for this reason"
    sql: ${TABLE}.metric_record_count ;;
  }

  dimension: metric_eligible_count {
    type: number
    description: "Records that the KPI should count in that month"
    sql: ${TABLE}.metric_eligible_count ;;
  }

  dimension: metric_lost_coverage_ratio {
    type: number
    description: "Coverage that it takes from the KPI in that month"
    sql: ${TABLE}.metric_lost_coverage_ratio ;;
  }

  dimension: metric_width_value {
    type: number
    description: "Part of the distance between the KPI's bounds that it makes in that month, in the KPI's unit; empty where it leaves the KPI without a bound"
    sql: ${TABLE}.metric_width_value ;;
  }

  dimension: metric_bounds_width_value {
    type: number
    description: "The whole distance; empty where a bound is missing"
    sql: ${TABLE}.metric_bounds_width_value ;;
  }

  dimension: metric_unit {
    type: string
    description: "Unit of the widths"
    sql: ${TABLE}.metric_unit ;;
  }

  measure: instrumentation_scorecard_row_count {
    type: count
    label: "What to put right first: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [source, table_name, rule_id, fix_rank, gap_kind, action, what_to_do, record_count, failed_record_count, captured_ratio, previous_captured_ratio, previous_date, four_weeks_ago_captured_ratio, captured_change_ratio, protected_metric_count, affected_metric_count, held_metric_count, affected_metrics, is_recent, last_seen_date, metric, metric_label, metric_period_start_date, metric_last_closed_date, metric_record_count, metric_eligible_count, metric_lost_coverage_ratio, metric_width_value, metric_bounds_width_value, metric_unit]
  }
}
