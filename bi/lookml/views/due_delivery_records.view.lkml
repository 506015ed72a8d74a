# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: due_delivery_records {
  sql_table_name: mart.due_delivery_records ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.delivery_id AS VARCHAR), '') ;;
  }

  dimension_group: period {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.period_date ;;
  }

  dimension: delivery_id {
    type: string
    description: "Delivery line, qualified by its source"
    sql: ${TABLE}.delivery_id ;;
  }

  dimension: team {
    type: string
    description: "Team or site that ordered; (none) where there is none"
    sql: ${TABLE}.team ;;
  }

  dimension: service {
    type: string
    description: "Service or product group; (none) where there is none"
    sql: ${TABLE}.service ;;
  }

  dimension: vendor {
    type: string
    description: "Vendor; (none) where there is none"
    sql: ${TABLE}.vendor ;;
  }

  dimension: source {
    type: string
    description: "System that exported the delivery"
    sql: ${TABLE}.source ;;
  }

  dimension: item {
    type: string
    description: "What was ordered"
    sql: ${TABLE}.item ;;
  }

  measure: vendor_on_time_delivery_ratio {
    type: number
    label: "On-time delivery"
    description: "Share of the deliveries promised for the period that came on or before the promised date. Deliveries with delivered_date <= promised_date / deliveries due, by promised_date. One that is still missing when its promised day is over is late. Owner: Vendor management."
    value_format: "#,##0.0%"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(${TABLE}.on_time_count) > 0 THEN CAST(SUM(${TABLE}.on_time_count) AS DOUBLE PRECISION) / CAST(COUNT(${TABLE}.on_time_count) AS DOUBLE PRECISION) END ;;
  }

  measure: vendor_delivery_delay_p50_days {
    type: number
    label: "Delivery delay, p50"
    description: "50 of 100 deliveries promised for the period came by so many days after the promise in force; negative is early. Percentile 50 of delivered_date - promised_date, by promised_date. A delivery that is due and has not come, or whose date is unknown, is not measured. Owner: Vendor management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ${TABLE}.delay_days) AS DOUBLE PRECISION) * 2) / 2 ;;
  }

  measure: vendor_delivery_delay_p85_days {
    type: number
    label: "Delivery delay, p85"
    description: "85 of 100 deliveries promised for the period came by so many days after the promise in force; negative is early. Percentile 85 of delivered_date - promised_date, by promised_date. A delivery that is due and has not come, or whose date is unknown, is not measured. Owner: Vendor management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.85) WITHIN GROUP (ORDER BY ${TABLE}.delay_days) AS DOUBLE PRECISION) * 20) / 20 ;;
  }

  measure: vendor_delivery_delay_p95_days {
    type: number
    label: "Delivery delay, p95"
    description: "95 of 100 deliveries promised for the period came by so many days after the promise in force; negative is early. Percentile 95 of delivered_date - promised_date, by promised_date. A delivery that is due and has not come, or whose date is unknown, is not measured. Owner: Vendor management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.delay_days) AS DOUBLE PRECISION) * 20) / 20 ;;
  }

  set: detail {
    fields: [period_date, delivery_id, team, service, vendor, source, item]
  }
}
