# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: created_ticket_records {
  sql_table_name: mart.created_ticket_records ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.ticket_id AS VARCHAR), '') ;;
  }

  dimension_group: period {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.period_date ;;
  }

  dimension: ticket_id {
    type: string
    description: "Ticket, qualified by its source"
    sql: ${TABLE}.ticket_id ;;
  }

  dimension: team {
    type: string
    description: "Team at the last resolution; for a ticket not done, the latest; (none) where there is none"
    sql: ${TABLE}.team ;;
  }

  dimension: priority {
    type: string
    description: "Priority at the last resolution; for a ticket not done, the latest; (none) where there is none"
    sql: ${TABLE}.priority ;;
  }

  dimension: service {
    type: string
    description: "Service that the ticket is about; (none) where there is none"
    sql: ${TABLE}.service ;;
  }

  dimension: vendor {
    type: string
    description: "Vendor at the last resolution; for a ticket not done, the latest; (none) where there is none"
    sql: ${TABLE}.vendor ;;
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

  measure: ticket_created_count {
    type: number
    label: "Tickets created"
    description: "Arrivals: tickets that came in during the period. Cancelled ones are counted apart. Number of tickets by created_at, without cancelled ones, under their team as of the data's clock. Owner: Service management."
    value_format: "#,##0.##"
    drill_fields: [detail*]
    sql: SUM(${TABLE}.measured_count) ;;
  }

  set: detail {
    fields: [period_date, ticket_id, team, priority, service, vendor, source, ticket_type]
  }
}
