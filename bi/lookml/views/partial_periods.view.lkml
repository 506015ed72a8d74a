# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: partial_periods {
  sql_table_name: mart.partial_periods ;;

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
    description: "day, week, month or quarter"
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

  dimension_group: told_from {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.told_from_date ;;
    description: "First day of which all data tell that the KPI needs; after the end of the period where they begin later still; empty where they tell from its beginning on"
  }

  dimension: last_begun_data {
    type: string
    description: "Data that begin so late: tickets, finance, deliveries or invoices"
    sql: ${TABLE}.last_begun_data ;;
  }

  dimension: last_begun_sources {
    type: string
    description: "Systems whose data they are, separated by commas"
    sql: ${TABLE}.last_begun_sources ;;
  }

  dimension_group: told_until {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.told_until_date ;;
    description: "Last day of which all data tell that the KPI needs, where only a chosen as-of closed the period; before the period where they end earlier still; empty where they tell to its end"
  }

  dimension: ended_data {
    type: string
    description: "Data that end so early: tickets, finance, deliveries or invoices"
    sql: ${TABLE}.ended_data ;;
  }

  measure: partial_periods_row_count {
    type: count
    label: "Periods that data tell in part: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [metric, period_grain, period_start_date, told_from_date, last_begun_data, last_begun_sources, told_until_date, ended_data]
  }
}
