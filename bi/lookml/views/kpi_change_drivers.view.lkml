# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: kpi_change_drivers {
  sql_table_name: mart.kpi_change_drivers ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.metric AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.period_grain AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.period_start_date AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.dimension AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.dimension_value AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.part AS VARCHAR), '') ;;
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

  dimension: dimension {
    type: string
    description: "team, priority, service or vendor"
    sql: ${TABLE}.dimension ;;
  }

  dimension: dimension_value {
    type: string
    description: "Value of the breakdown; (none) where records have none"
    sql: ${TABLE}.dimension_value ;;
  }

  dimension: part {
    type: string
    description: "mix: more or less of the whole fell to it; rate: its own ratio changed; amount: its own amount changed"
    sql: ${TABLE}.part ;;
  }

  dimension_group: previous_period_start {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.previous_period_start_date ;;
    description: "First day of the period before, which it is compared with"
  }

  dimension: change_value {
    type: number
    description: "Its part of the change, in the metric's unit"
    sql: ${TABLE}.change_value ;;
  }

  dimension: value_before {
    type: number
    description: "The metric over everything in the period before"
    sql: ${TABLE}.value_before ;;
  }

  dimension: value_after {
    type: number
    description: "The metric over everything in the period"
    sql: ${TABLE}.value_after ;;
  }

  dimension: unit {
    type: string
    description: "Unit of the values"
    sql: ${TABLE}.unit ;;
  }

  measure: kpi_change_drivers_row_count {
    type: count
    label: "What drove each change: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [metric, period_grain, period_start_date, dimension, dimension_value, part, previous_period_start_date, change_value, value_before, value_after, unit]
  }
}
