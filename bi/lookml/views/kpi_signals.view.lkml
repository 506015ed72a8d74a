# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: kpi_signals {
  sql_table_name: mart.kpi_signals ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.metric AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.period_grain AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.period_start_date AS VARCHAR), '') ;;
  }

  dimension: metric {
    type: string
    description: "Name of the metric; see meta_metrics"
    sql: ${TABLE}.metric ;;
  }

  dimension: period_grain {
    type: string
    description: "week, month or quarter"
    sql: ${TABLE}.period_grain ;;
  }

  dimension_group: period_start {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.period_start_date ;;
    description: "First day of the period in the reporting time zone"
  }

  dimension_group: period_end {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.period_end_date ;;
    description: "Last day of the period, inclusive"
  }

  dimension: value {
    type: number
    description: "The published value over everything"
    sql: ${TABLE}.value ;;
  }

  dimension: unit {
    type: string
    description: "Unit of the value and of the limits"
    sql: ${TABLE}.unit ;;
  }

  dimension: signal_state {
    type: string
    description: "signal, noise or not_judged: there are too few points for a baseline"
    sql: ${TABLE}.signal_state ;;
  }

  dimension: broken_rules {
    type: string
    description: "Why it is a signal: outside_limits, run_of_eight (on one side of the centre), trend_of_six, two_of_three (beyond two thirds of the way to a limit); empty if it is none"
    sql: ${TABLE}.broken_rules ;;
  }

  dimension: is_certain {
    type: yesno
    description: "Whether it is a signal by these limits whatever the unmeasured records are; empty if it is none"
    sql: ${TABLE}.is_certain ;;
  }

  dimension: centre_value {
    type: number
    description: "Mean of the baseline"
    sql: ${TABLE}.centre_value ;;
  }

  dimension: lower_limit_value {
    type: number
    description: "Centre less 2.66 times the mean moving range of the baseline"
    sql: ${TABLE}.lower_limit_value ;;
  }

  dimension: upper_limit_value {
    type: number
    description: "Centre plus 2.66 times the mean moving range of the baseline"
    sql: ${TABLE}.upper_limit_value ;;
  }

  dimension_group: baseline_start {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.baseline_start_date ;;
    description: "First day of the first period of the baseline"
  }

  dimension_group: baseline_end {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.baseline_end_date ;;
    description: "First day of its last period: the twelfth with a value"
  }

  dimension: point_count {
    type: number
    description: "Points since the baseline began"
    sql: ${TABLE}.point_count ;;
  }

  dimension: baseline_reason {
    type: string
    description: "Why the baseline was begun, from policies/targets.yaml; empty for a KPI's first"
    sql: ${TABLE}.baseline_reason ;;
  }

  measure: kpi_signals_row_count {
    type: count
    label: "Signals and usual variation: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [metric, period_grain, period_start_date, period_end_date, value, unit, signal_state, broken_rules, is_certain, centre_value, lower_limit_value, upper_limit_value, baseline_start_date, baseline_end_date, point_count, baseline_reason]
  }
}
