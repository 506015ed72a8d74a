# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: sla_at_risk {
  sql_table_name: mart.sla_at_risk ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.ticket_id AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.sla_policy AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.cycle_number AS VARCHAR), '') ;;
  }

  dimension: ticket_id {
    type: string
    description: "Ticket, qualified by its source"
    sql: ${TABLE}.ticket_id ;;
  }

  dimension: target {
    type: string
    description: "first_response, resolution, periodic_update, vendor_response or vendor_resolution"
    sql: ${TABLE}.target ;;
  }

  dimension: sla_policy {
    type: string
    description: "Policy in policies/sla.yaml that set the clock"
    sql: ${TABLE}.sla_policy ;;
  }

  dimension: cycle_number {
    type: number
    description: "1, and one more for every reopening that started a new cycle"
    sql: ${TABLE}.cycle_number ;;
  }

  dimension: state {
    type: string
    description: "running, or paused: then it breaches only after it goes on"
    sql: ${TABLE}.state ;;
  }

  dimension: team {
    type: string
    description: "Team that has the ticket; for vendor_response and vendor_resolution the one that had it last under the policy"
    sql: ${TABLE}.team ;;
  }

  dimension: priority {
    type: string
    description: "Priority now"
    sql: ${TABLE}.priority ;;
  }

  dimension: service {
    type: string
    description: "Service that the ticket is about"
    sql: ${TABLE}.service ;;
  }

  dimension: vendor {
    type: string
    description: "Vendor that has the ticket; for vendor_response and vendor_resolution the one that had it last under the policy"
    sql: ${TABLE}.vendor ;;
  }

  dimension_group: due {
    type: time
    timeframes: [time, date, week, month, quarter, year]
    description: "Instant at which it will breach if nothing pauses it; empty while it is paused"
    sql: ${TABLE}.due_at ;;
  }

  dimension: remaining_hours {
    type: number
    description: "Open time left of the target; for periodic_update until the present silence is too long"
    sql: ${TABLE}.remaining_hours ;;
  }

  dimension: remaining_lower_hours {
    type: number
    description: "The least that can be left, where repeated snapshots leave open how much has counted; empty where nothing is open"
    sql: ${TABLE}.remaining_lower_hours ;;
  }

  dimension: remaining_upper_hours {
    type: number
    description: "The most that can be left, where repeated snapshots leave open how much has counted; empty where nothing is open"
    sql: ${TABLE}.remaining_upper_hours ;;
  }

  dimension: used_ratio {
    type: number
    description: "Share of the target that is used"
    sql: ${TABLE}.used_ratio ;;
  }

  dimension: target_hours {
    type: number
    description: "Open time that the policy allows"
    sql: ${TABLE}.target_hours ;;
  }

  dimension_group: started {
    type: time
    timeframes: [time, date, week, month, quarter, year]
    description: "Start of the clock"
    sql: ${TABLE}.started_at ;;
  }

  dimension: calendar {
    type: string
    description: "Calendar whose open hours the clock counts"
    sql: ${TABLE}.calendar ;;
  }

  dimension: source {
    type: string
    description: "System that exported the ticket"
    sql: ${TABLE}.source ;;
  }

  dimension: is_quarantined {
    type: yesno
    description: "Whether a contract rule set the ticket aside: what is said of it may be wrong"
    sql: ${TABLE}.is_quarantined ;;
  }

  measure: sla_at_risk_row_count {
    type: count
    label: "SLA at risk: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [ticket_id, target, sla_policy, cycle_number, state, team, priority, service, vendor, due_time, remaining_hours, remaining_lower_hours, remaining_upper_hours, used_ratio, target_hours, started_time, calendar, source, is_quarantined]
  }
}
