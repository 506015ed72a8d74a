# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: missing_cost_months {
  sql_table_name: mart.missing_cost_months ;;

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
    description: "week or quarter; month or day where nothing was posted in the month"
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

  dimension: missing_months {
    type: string
    description: "The months in order, as 2026-01, 2026-02"
    sql: ${TABLE}.missing_months ;;
  }

  dimension: missing_month_count {
    type: number
    description: "How many they are"
    sql: ${TABLE}.missing_month_count ;;
  }

  measure: missing_cost_months_row_count {
    type: count
    label: "Months of cost that are missing: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [metric, period_grain, period_start_date, missing_months, missing_month_count]
  }
}
