# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: priced_delay_records {
  sql_table_name: mart.priced_delay_records ;;

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
    description: "Team at the last resolution; (none) where there is none"
    sql: ${TABLE}.team ;;
  }

  dimension: priority {
    type: string
    description: "Priority at the last resolution; (none) where there is none"
    sql: ${TABLE}.priority ;;
  }

  dimension: service {
    type: string
    description: "Service that the ticket is about; (none) where there is none"
    sql: ${TABLE}.service ;;
  }

  dimension: vendor {
    type: string
    description: "Vendor at the last resolution; (none) where there is none"
    sql: ${TABLE}.vendor ;;
  }

  dimension: delay_rule {
    type: string
    description: "Rule of policies/costs.yaml that prices it: the first whose scope the ticket is in"
    sql: ${TABLE}.delay_rule ;;
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

  measure: cost_of_delay_reporting {
    type: number
    label: "Cost of delay"
    description: "What the waiting or lateness of resolved tickets cost, where a policy prices it. No part of any cost. Sum of amount_reporting of fct_ticket_delays: time on the rule's clock times its price per hour, at most its cap, rounded once per ticket. Tickets that no rule prices do not count. Owner: Service management."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: SUM(${TABLE}.amount_reporting) ;;
  }

  set: detail {
    fields: [period_date, ticket_id, team, priority, service, vendor, delay_rule, source, ticket_type]
  }
}
