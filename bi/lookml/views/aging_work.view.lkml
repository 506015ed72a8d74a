# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: aging_work {
  sql_table_name: mart.aging_work ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.ticket_id AS VARCHAR), '') ;;
  }

  dimension: ticket_id {
    type: string
    description: "Ticket, qualified by its source"
    sql: ${TABLE}.ticket_id ;;
  }

  dimension: source {
    type: string
    description: "System that exported the ticket"
    sql: ${TABLE}.source ;;
  }

  dimension: ticket_type {
    type: string
    description: "Type in the source's words"
    sql: ${TABLE}.ticket_type ;;
  }

  dimension: status {
    type: string
    description: "Status in the source's words"
    sql: ${TABLE}.status ;;
  }

  dimension: status_category {
    type: string
    description: "queued, active or waiting"
    sql: ${TABLE}.status_category ;;
  }

  dimension: waiting_reason {
    type: string
    description: "Whom a waiting ticket waits for"
    sql: ${TABLE}.waiting_reason ;;
  }

  dimension: team {
    type: string
    description: "Team that has the ticket"
    sql: ${TABLE}.team ;;
  }

  dimension: priority {
    type: string
    description: "Priority"
    sql: ${TABLE}.priority ;;
  }

  dimension: service {
    type: string
    description: "Service that the ticket is about"
    sql: ${TABLE}.service ;;
  }

  dimension: vendor {
    type: string
    description: "Vendor that has the ticket"
    sql: ${TABLE}.vendor ;;
  }

  dimension_group: created {
    type: time
    timeframes: [time, date, week, month, quarter, year]
    description: "Creation"
    sql: ${TABLE}.created_at ;;
  }

  dimension: age_calendar_days {
    type: number
    description: "Creation to the data's clock, in days of 24 hours by the clock on the wall"
    sql: ${TABLE}.age_calendar_days ;;
  }

  dimension: age_calendar_hours {
    type: number
    description: "The same in hours"
    sql: ${TABLE}.age_calendar_hours ;;
  }

  dimension: age_business_hours {
    type: number
    description: "Creation to the data's clock, in open hours of the teams that had the ticket"
    sql: ${TABLE}.age_business_hours ;;
  }

  dimension_group: in_status_since {
    type: time
    timeframes: [time, date, week, month, quarter, year]
    description: "When the ticket entered its status for the last time; empty without a history"
    sql: ${TABLE}.in_status_since_at ;;
  }

  dimension: in_status_calendar_hours {
    type: number
    description: "Since then, by the clock on the wall"
    sql: ${TABLE}.in_status_calendar_hours ;;
  }

  dimension: in_status_business_hours {
    type: number
    description: "Since then, in open hours of the teams that had the ticket"
    sql: ${TABLE}.in_status_business_hours ;;
  }

  dimension: reopen_count {
    type: number
    description: "Moves from done back to work; empty where the export has no history"
    sql: ${TABLE}.reopen_count ;;
  }

  dimension: handoff_count {
    type: number
    description: "Changes of team; empty where the export has no history"
    sql: ${TABLE}.handoff_count ;;
  }

  dimension: touch_count {
    type: number
    description: "Public replies by an agent; where the source tells none, entries into active; empty where it cannot tell"
    sql: ${TABLE}.touch_count ;;
  }

  dimension_group: next_due {
    type: time
    timeframes: [time, date, week, month, quarter, year]
    description: "Earliest instant at which a running SLA clock will breach if nothing pauses it; empty if none runs"
    sql: ${TABLE}.next_due_at ;;
  }

  dimension: next_due_target {
    type: string
    description: "Target of that clock"
    sql: ${TABLE}.next_due_target ;;
  }

  dimension: least_remaining_hours {
    type: number
    description: "Open time left on the clock with the least of it, running or paused, as little as it can be; empty if all are decided"
    sql: ${TABLE}.least_remaining_hours ;;
  }

  dimension: has_open_breach {
    type: yesno
    description: "Whether a clock has breached and was not stopped since: the promise is broken and still open"
    sql: ${TABLE}.has_open_breach ;;
  }

  dimension: is_quarantined {
    type: yesno
    description: "Whether a contract rule set the ticket aside: do not trust its times"
    sql: ${TABLE}.is_quarantined ;;
  }

  dimension: has_history {
    type: yesno
    description: "Whether the export tells the ticket's status changes (false: snapshot only)"
    sql: ${TABLE}.has_history ;;
  }

  measure: aging_work_row_count {
    type: count
    label: "Aging work: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [ticket_id, source, ticket_type, status, status_category, waiting_reason, team, priority, service, vendor, created_time, age_calendar_days, age_calendar_hours, age_business_hours, in_status_since_time, in_status_calendar_hours, in_status_business_hours, reopen_count, handoff_count, touch_count, next_due_time, next_due_target, least_remaining_hours, has_open_breach, is_quarantined, has_history]
  }
}
