# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: vendor_money_to_recover {
  sql_table_name: mart.vendor_money_to_recover ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.vendor AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.month_date AS VARCHAR), '') ;;
  }

  dimension: vendor {
    type: string
    description: "Vendor"
    sql: ${TABLE}.vendor ;;
  }

  dimension_group: month {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.month_date ;;
    description: "First day of the month of the invoice; for a service credit, of the last covered day of its period"
  }

  dimension: recoverable_reporting {
    type: number
    description: "What is to be recovered, in the reporting currency: the sum of the three parts; 0 if nothing was found, empty if nothing could be measured"
    sql: ${TABLE}.recoverable_reporting ;;
  }

  dimension: over_billing_reporting {
    type: number
    description: "Billed above the prices of the contract, less what was credited of it; empty if no billed line could be measured"
    sql: ${TABLE}.over_billing_reporting ;;
  }

  dimension: duplicate_invoice_reporting {
    type: number
    description: "Billed on invoices that are suspected to be sent twice and were not credited; empty if of none of those that may be it can be told"
    sql: ${TABLE}.duplicate_invoice_reporting ;;
  }

  dimension: service_credit_reporting {
    type: number
    description: "Service credits that are due and not given yet; empty if none could be computed"
    sql: ${TABLE}.service_credit_reporting ;;
  }

  dimension: at_least_reporting {
    type: number
    description: "What it is at the least, whatever the unmeasured records are; empty if nothing limits it"
    sql: ${TABLE}.at_least_reporting ;;
  }

  dimension: at_most_reporting {
    type: number
    description: "What it is at the most; empty if nothing limits it"
    sql: ${TABLE}.at_most_reporting ;;
  }

  dimension: unmeasured_count {
    type: number
    description: "Lines and credits that could not be computed or were set aside"
    sql: ${TABLE}.unmeasured_count ;;
  }

  dimension: unmeasured_reasons {
    type: string
    description: "Why they were not measured, each reason once"
    sql: ${TABLE}.unmeasured_reasons ;;
  }

  dimension: over_billed_lines {
    type: string
    description: "Lines of vendor_invoice_line_facts that were billed above contract"
    sql: ${TABLE}.over_billed_lines ;;
  }

  dimension: duplicate_lines {
    type: string
    description: "Lines of vendor_invoice_line_facts that may be billed twice; see invoice_duplicate_suspects"
    sql: ${TABLE}.duplicate_lines ;;
  }

  dimension: service_credits {
    type: string
    description: "Rows of service_credits; service_credit_clocks has the broken promises of each"
    sql: ${TABLE}.service_credits ;;
  }

  measure: vendor_money_to_recover_row_count {
    type: count
    label: "Money to recover by vendor and month: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [vendor, month_date, recoverable_reporting, over_billing_reporting, duplicate_invoice_reporting, service_credit_reporting, at_least_reporting, at_most_reporting, unmeasured_count, unmeasured_reasons, over_billed_lines, duplicate_lines, service_credits]
  }
}
