# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: service_credit_records {
  sql_table_name: mart.service_credit_records ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.service_credit_id AS VARCHAR), '') ;;
  }

  dimension_group: period {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.period_date ;;
  }

  dimension: service_credit_id {
    type: string
    description: "Contract, promise and first day of the period"
    sql: ${TABLE}.service_credit_id ;;
  }

  dimension: vendor {
    type: string
    description: "Vendor; empty if rows of the contract contradict each other; (none) where there is none"
    sql: ${TABLE}.vendor ;;
  }

  dimension: promise {
    type: string
    description: "Name of the promise in policies/vendors.yaml"
    sql: ${TABLE}.promise ;;
  }

  dimension: credit_state {
    type: string
    description: "due, none, not_measured or period_open; see vocabulary.CreditState"
    sql: ${TABLE}.credit_state ;;
  }

  measure: vendor_promise_kept_ratio {
    type: number
    label: "Contract promises kept"
    description: "Share of the contracts' promises of the period whose attainment reached what the contract asks for. Promises with credit_ratio = 0 / promises with cases, of fct_service_credits, by covered_end_date. Owner: Vendor management."
    value_format: "#,##0.0%"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(${TABLE}.promise_kept_count) > 0 THEN CAST(SUM(${TABLE}.promise_kept_count) AS DOUBLE PRECISION) / CAST(COUNT(${TABLE}.promise_kept_count) AS DOUBLE PRECISION) END ;;
  }

  measure: vendor_service_credit_due_reporting {
    type: number
    label: "Service credits due"
    description: "What vendors owe for promises of the period that they did not keep, under their contracts' bands and caps. Sum of credit_due_reporting of fct_service_credits, by covered_end_date. Only periods that are over count. Owner: Vendor management."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: SUM(${TABLE}.credit_due_reporting) ;;
  }

  measure: vendor_service_credit_given_reporting {
    type: number
    label: "Service credits given"
    description: "What vendors gave by credit notes for promises of the period. Sum of given_reporting of fct_service_credits, by covered_end_date, at the rates of the credit notes' dates. Owner: Vendor management."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: SUM(${TABLE}.given_reporting) ;;
  }

  set: detail {
    fields: [period_date, service_credit_id, vendor, promise, credit_state]
  }
}
