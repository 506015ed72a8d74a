# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: contract_expiries {
  sql_table_name: mart.contract_expiries ;;

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

  dimension_group: notice {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.notice_date ;;
    description: "Last day on which notice can be given; empty if the register says no days of notice"
  }

  dimension: until_notice_days {
    type: number
    description: "Days from the data's clock to it; negative once it has passed"
    sql: ${TABLE}.until_notice_days ;;
  }

  dimension: until_end_days {
    type: number
    description: "Days from the data's clock to the last day"
    sql: ${TABLE}.until_end_days ;;
  }

  dimension: is_notice_over {
    type: yesno
    description: "Whether the day for notice has passed: what the contract says of renewal holds now"
    sql: ${TABLE}.is_notice_over ;;
  }

  dimension_group: next_deadline {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.next_deadline_date ;;
    description: "The day for notice, or the last day once that has passed"
  }

  dimension: notice_within_days {
    type: number
    description: "30, 60 or 90 if the day for notice lies within so many days; else empty"
    sql: ${TABLE}.notice_within_days ;;
  }

  dimension: ends_within_days {
    type: number
    description: "30, 60 or 90 if the last day lies within so many days; else empty"
    sql: ${TABLE}.ends_within_days ;;
  }

  dimension: committed_spend_reporting {
    type: number
    description: "Committed spend of the whole term, in the reporting currency"
    sql: ${TABLE}.committed_spend_reporting ;;
  }

  dimension: billed_last_year_reporting {
    type: number
    description: "Billed under the contract in the twelve months before the data's clock"
    sql: ${TABLE}.billed_last_year_reporting ;;
  }

  dimension_group: as_of {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.as_of_date ;;
    description: "Day of the data's clock"
  }

  measure: contract_expiries_row_count {
    type: count
    label: "Contracts that end: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [vendor_contract_id, vendor, start_date, end_date, notice_date, until_notice_days, until_end_days, is_notice_over, next_deadline_date, notice_within_days, ends_within_days, committed_spend_reporting, billed_last_year_reporting, as_of_date]
  }
}
