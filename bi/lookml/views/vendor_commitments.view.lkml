# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: vendor_commitments {
  sql_table_name: mart.vendor_commitments ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.vendor_contract_id AS VARCHAR), '') ;;
  }

  dimension: vendor_contract_id {
    type: string
    description: "Contract"
    sql: ${TABLE}.vendor_contract_id ;;
  }

  dimension: vendor {
    type: string
    description: "Vendor"
    sql: ${TABLE}.vendor ;;
  }

  dimension_group: start {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.start_date ;;
    description: "First day of the contract"
  }

  dimension_group: end {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.end_date ;;
    description: "Last day of the contract"
  }

  dimension: currency_code {
    type: string
    description: "ISO 4217 code of the contract"
    sql: ${TABLE}.currency_code ;;
  }

  dimension: committed_spend_original {
    type: number
    description: "Committed spend"
    sql: ${TABLE}.committed_spend_original ;;
  }

  dimension: spend_original {
    type: number
    description: "Billed under the contract by the data's clock, credit notes taken off"
    sql: ${TABLE}.spend_original ;;
  }

  dimension: remaining_original {
    type: number
    description: "Committed minus billed; below 0 is more than was committed"
    sql: ${TABLE}.remaining_original ;;
  }

  dimension: billed_line_count {
    type: number
    description: "Lines in that spend"
    sql: ${TABLE}.billed_line_count ;;
  }

  dimension: unmeasured_line_count {
    type: number
    description: "Lines that are or may be the contract's and cannot be added up"
    sql: ${TABLE}.unmeasured_line_count ;;
  }

  dimension_group: known_since {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.known_since_date ;;
    description: "First invoice date of the exports that have invoices of the vendor, or of all if none has: what was billed before is not known"
  }

  dimension_group: run_rate_start {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.run_rate_start_date ;;
    description: "First day of the complete months whose spend makes the run-rate"
  }

  dimension_group: run_rate_end {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.run_rate_end_date ;;
    description: "Last day of them"
  }

  dimension: run_rate_spend_original {
    type: number
    description: "Spend of those months"
    sql: ${TABLE}.run_rate_spend_original ;;
  }

  dimension: run_out_state {
    type: string
    description: "What is known of the day on which it is used up; see vocabulary.RunOut"
    sql: ${TABLE}.run_out_state ;;
  }

  dimension_group: run_out {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.run_out_date ;;
    description: "Day on which it was or, at the run-rate, will be used up; empty if not within the term"
  }

  dimension: projected_spend_original {
    type: number
    description: "Spend at the end of the term at the run-rate; of an ended contract, its spend"
    sql: ${TABLE}.projected_spend_original ;;
  }

  dimension: shortfall_original {
    type: number
    description: "Committed minus projected spend, if above 0: to be paid for nothing"
    sql: ${TABLE}.shortfall_original ;;
  }

  dimension: fx_rate {
    type: number
    description: "Units of reporting currency for one unit of the contract's"
    sql: ${TABLE}.fx_rate ;;
  }

  dimension: committed_spend_reporting {
    type: number
    description: "Committed spend at that rate"
    sql: ${TABLE}.committed_spend_reporting ;;
  }

  dimension: spend_reporting {
    type: number
    description: "Spend at that same rate, whatever day it was billed on"
    sql: ${TABLE}.spend_reporting ;;
  }

  dimension: shortfall_reporting {
    type: number
    description: "Shortfall at that rate"
    sql: ${TABLE}.shortfall_reporting ;;
  }

  dimension_group: as_of {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.as_of_date ;;
    description: "Day of the data's clock of invoices"
  }

  measure: vendor_commitments_row_count {
    type: count
    label: "Committed spend of contracts: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [vendor_contract_id, vendor, start_date, end_date, currency_code, committed_spend_original, spend_original, remaining_original, billed_line_count, unmeasured_line_count, known_since_date, run_rate_start_date, run_rate_end_date, run_rate_spend_original, run_out_state, run_out_date, projected_spend_original, shortfall_original, fx_rate, committed_spend_reporting, spend_reporting, shortfall_reporting, as_of_date]
  }
}
