# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: unit_cost_bridges {
  sql_table_name: mart.unit_cost_bridges ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.period_grain AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.period_start_date AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.dimension AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.dimension_value AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.part AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.cost_pool AS VARCHAR), '') ;;
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

  dimension: dimension {
    type: string
    description: "team or service: by what the whole is taken apart"
    sql: ${TABLE}.dimension ;;
  }

  dimension: dimension_value {
    type: string
    description: "Team or service"
    sql: ${TABLE}.dimension_value ;;
  }

  dimension: part {
    type: string
    description: "mix: more or less of the transactions fell to it; volume: more or fewer transactions bear its cost; cost: its cost itself; volume and cost together are its rate in kpi_change_drivers, which has the same mix"
    sql: ${TABLE}.part ;;
  }

  dimension: cost_pool {
    type: string
    description: "Pool whose cost moved, for cost; else empty text"
    sql: ${TABLE}.cost_pool ;;
  }

  dimension_group: previous_period_start {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.previous_period_start_date ;;
    description: "First day of the period before, which it is compared with"
  }

  dimension: change_reporting {
    type: number
    description: "Its part of the change of the overall cost per transaction"
    sql: ${TABLE}.change_reporting ;;
  }

  dimension: unit_cost_before_reporting {
    type: number
    description: "Overall cost per transaction of the period before"
    sql: ${TABLE}.unit_cost_before_reporting ;;
  }

  dimension: unit_cost_after_reporting {
    type: number
    description: "Overall cost per transaction of the period"
    sql: ${TABLE}.unit_cost_after_reporting ;;
  }

  measure: unit_cost_bridges_row_count {
    type: count
    label: "Bridge of cost per transaction: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [period_grain, period_start_date, dimension, dimension_value, part, cost_pool, previous_period_start_date, change_reporting, unit_cost_before_reporting, unit_cost_after_reporting]
  }
}
