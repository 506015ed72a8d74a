# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: recoverable_records {
  sql_table_name: mart.recoverable_records ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.vendor_recoverable_id AS VARCHAR), '') ;;
  }

  dimension_group: period {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.period_date ;;
  }

  dimension: vendor_recoverable_id {
    type: string
    description: "Kind and record"
    sql: ${TABLE}.vendor_recoverable_id ;;
  }

  dimension: vendor {
    type: string
    description: "Vendor; (none) where there is none"
    sql: ${TABLE}.vendor ;;
  }

  dimension: recoverable_kind {
    type: string
    description: "over_billing, duplicate_invoice or service_credit"
    sql: ${TABLE}.recoverable_kind ;;
  }

  measure: vendor_recoverable_reporting {
    type: number
    label: "Money to recover"
    description: "What is to come back from vendors: billed above contract, billed twice, and owed for broken promises. Sum of amount_reporting of fct_vendor_recoverables, by recovery_date. A record that is not measured adds what is sure of it. The bounds add what each record may be at the least and at the most: of a suspected duplicate nothing at the least. Owner: Vendor management."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: SUM(${TABLE}.amount_reporting) ;;
  }

  measure: vendor_recoverable_over_billing_reporting {
    type: number
    label: "To recover: billed above contract"
    description: "What vendors billed above the prices of their contracts, less what they credited of it. Sum of amount_reporting of fct_vendor_recoverables of kind over_billing, by invoice_date. A line without a contracted price is not measured; one that may be billed twice counts there. Owner: Vendor management."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: SUM(${TABLE}.over_billing_reporting) ;;
  }

  measure: vendor_recoverable_duplicate_reporting {
    type: number
    label: "To recover: billed twice"
    description: "What vendors billed on invoices that are suspected to be sent twice and were not credited. Sum of amount_reporting of fct_vendor_recoverables of kind duplicate_invoice, by invoice_date. Owner: Vendor management."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: SUM(${TABLE}.duplicate_invoice_reporting) ;;
  }

  measure: vendor_recoverable_service_credit_reporting {
    type: number
    label: "To recover: service credits"
    description: "Service credits of the period that are due and not given yet. Sum of to_claim_reporting of fct_service_credits, by covered_end_date: due less given, never below 0. The bounds are those of all unmeasured cases kept, and all broken. Owner: Vendor management."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: SUM(${TABLE}.service_credit_reporting) ;;
  }

  set: detail {
    fields: [period_date, vendor_recoverable_id, vendor, recoverable_kind]
  }
}
