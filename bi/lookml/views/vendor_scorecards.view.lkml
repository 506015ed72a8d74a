# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: vendor_scorecards {
  sql_table_name: mart.vendor_scorecards ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.vendor AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.period_grain AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.period_start_date AS VARCHAR), '') ;;
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

  dimension: score_ratio {
    type: number
    description: "Weighted mean of the measured parts' scores, 0 to 1; empty if too little is measured"
    sql: ${TABLE}.score_ratio ;;
  }

  dimension: score_state {
    type: string
    description: "good, watch or act, by the policy's thresholds; empty without a score"
    sql: ${TABLE}.score_state ;;
  }

  dimension: coverage_ratio {
    type: number
    description: "Weight of the parts that are measured"
    sql: ${TABLE}.coverage_ratio ;;
  }

  dimension: lower_bound {
    type: number
    description: "Total with every part at its least, and missing ones at 0"
    sql: ${TABLE}.lower_bound ;;
  }

  dimension: upper_bound {
    type: number
    description: "Total with every part at its greatest, and missing ones at 1"
    sql: ${TABLE}.upper_bound ;;
  }

  dimension: part_count {
    type: number
    description: "Parts of the scorecard"
    sql: ${TABLE}.part_count ;;
  }

  dimension: measured_part_count {
    type: number
    description: "Parts that are measured"
    sql: ${TABLE}.measured_part_count ;;
  }

  dimension: is_held {
    type: yesno
    description: "Whether a contract holds back a metric of a part"
    sql: ${TABLE}.is_held ;;
  }

  measure: vendor_scorecards_row_count {
    type: count
    label: "Vendor scorecards: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [vendor, period_grain, period_start_date, period_end_date, is_period_closed, score_ratio, score_state, coverage_ratio, lower_bound, upper_bound, part_count, measured_part_count, is_held]
  }
}
