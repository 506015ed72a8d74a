# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: kpi_targets {
  sql_table_name: mart.kpi_targets ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.metric AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.period_grain AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.period_start_date AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.dimension AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.dimension_value AS VARCHAR), '') ;;
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

  dimension: dimension {
    type: string
    description: "overall, team, priority, service or vendor"
    sql: ${TABLE}.dimension ;;
  }

  dimension: dimension_value {
    type: string
    description: "Value of the breakdown whose target it is; empty text for overall"
    sql: ${TABLE}.dimension_value ;;
  }

  dimension: value {
    type: number
    description: "The published value over everything, or of the breakdown value; empty where it is undefined"
    sql: ${TABLE}.value ;;
  }

  dimension: target_value {
    type: number
    description: "What it is to be at least, or at most where down_is_good"
    sql: ${TABLE}.target_value ;;
  }

  dimension: distance_value {
    type: number
    description: "value less target_value; empty without a value"
    sql: ${TABLE}.distance_value ;;
  }

  dimension: unit {
    type: string
    description: "Unit of the three"
    sql: ${TABLE}.unit ;;
  }

  dimension: target_state {
    type: string
    description: "met, missed or not_measured: there is no value"
    sql: ${TABLE}.target_state ;;
  }

  dimension: is_certain {
    type: yesno
    description: "Whether the truth is on that side of the target whatever the unmeasured records are; empty without a value"
    sql: ${TABLE}.is_certain ;;
  }

  measure: kpi_targets_row_count {
    type: count
    label: "KPIs against targets: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [metric, period_grain, period_start_date, period_end_date, dimension, dimension_value, value, target_value, distance_value, unit, target_state, is_certain]
  }
}
