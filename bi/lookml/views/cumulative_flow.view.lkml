# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: cumulative_flow {
  sql_table_name: mart.cumulative_flow ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.day_date AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.service AS VARCHAR), '') ;;
  }

  dimension_group: day {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.day_date ;;
    description: "Day in the reporting time zone, from the first ticket to the data's clock"
  }

  dimension: service {
    type: string
    description: "Service that the tickets are about; (none) where they have none"
    sql: ${TABLE}.service ;;
  }

  dimension: arrived_count {
    type: number
    description: "Tickets created by the day's end, those that were cancelled later included; less when one leaves the exports while it is open"
    sql: ${TABLE}.arrived_count ;;
  }

  dimension: queued_count {
    type: number
    description: "Of those, tickets that were queued at the day's end"
    sql: ${TABLE}.queued_count ;;
  }

  dimension: active_count {
    type: number
    description: "Of those, tickets that were active"
    sql: ${TABLE}.active_count ;;
  }

  dimension: waiting_count {
    type: number
    description: "Of those, tickets that were waiting"
    sql: ${TABLE}.waiting_count ;;
  }

  dimension: done_count {
    type: number
    description: "Of those, tickets that were done; less when a ticket reopens"
    sql: ${TABLE}.done_count ;;
  }

  dimension: cancelled_count {
    type: number
    description: "Of those, tickets that were cancelled"
    sql: ${TABLE}.cancelled_count ;;
  }

  dimension: unfollowed_count {
    type: number
    description: "Tickets created by the day's end that are in no other column, because only a snapshot is known of them, they left the exports while they were open, or a contract rule set them aside"
    sql: ${TABLE}.unfollowed_count ;;
  }

  measure: cumulative_flow_row_count {
    type: count
    label: "Cumulative flow by day: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [day_date, service, arrived_count, queued_count, active_count, waiting_count, done_count, cancelled_count, unfollowed_count]
  }
}
