# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: vendor_scorecard_parts {
  sql_table_name: mart.vendor_scorecard_parts ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.vendor AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.period_grain AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.period_start_date AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.part AS VARCHAR), '') ;;
  }

  dimension: vendor {
    type: string
    description: "Vendor"
    sql: ${TABLE}.vendor ;;
  }

  dimension: period_grain {
    type: string
    description: "month or quarter"
    sql: ${TABLE}.period_grain ;;
  }

  dimension_group: period_start {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.period_start_date ;;
    description: "First day of the period"
  }

  dimension_group: period_end {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.period_end_date ;;
    description: "Last day of the period"
  }

  dimension: is_period_closed {
    type: yesno
    description: "Whether the data of every part have passed the end of the period"
    sql: ${TABLE}.is_period_closed ;;
  }

  dimension: part {
    type: string
    description: "Name of the part in policies/vendors.yaml"
    sql: ${TABLE}.part ;;
  }

  dimension: metric {
    type: string
    description: "Metric that it scores"
    sql: ${TABLE}.metric ;;
  }

  dimension: weight_ratio {
    type: number
    description: "Share of the whole"
    sql: ${TABLE}.weight_ratio ;;
  }

  dimension: value {
    type: number
    description: "Value of the metric; empty where it is not known"
    sql: ${TABLE}.value ;;
  }

  dimension: unit {
    type: string
    description: "Unit of the value"
    sql: ${TABLE}.unit ;;
  }

  dimension: metric_coverage_ratio {
    type: number
    description: "Share of the metric's records that could be measured"
    sql: ${TABLE}.metric_coverage_ratio ;;
  }

  dimension: score_ratio {
    type: number
    description: "Score of the value on the part's scale, 0 to 1; empty without a value"
    sql: ${TABLE}.score_ratio ;;
  }

  dimension: at_least_ratio {
    type: number
    description: "Least score that the bounds of the metric allow; 0 without a value"
    sql: ${TABLE}.at_least_ratio ;;
  }

  dimension: at_most_ratio {
    type: number
    description: "Greatest score that they allow; 1 without a value"
    sql: ${TABLE}.at_most_ratio ;;
  }

  dimension: is_measured {
    type: yesno
    description: "Whether there is a value"
    sql: ${TABLE}.is_measured ;;
  }

  dimension: is_held {
    type: yesno
    description: "Whether a contract holds the metric back: the value is of the last good batch"
    sql: ${TABLE}.is_held ;;
  }

  measure: vendor_scorecard_parts_row_count {
    type: count
    label: "Parts of vendor scorecards: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [vendor, period_grain, period_start_date, period_end_date, is_period_closed, part, metric, weight_ratio, value, unit, metric_coverage_ratio, score_ratio, at_least_ratio, at_most_ratio, is_measured, is_held]
  }
}
