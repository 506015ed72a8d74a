# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: invoice_line_records {
  sql_table_name: mart.invoice_line_records ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.vendor_invoice_line_id AS VARCHAR), '') ;;
  }

  dimension_group: period {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.period_date ;;
  }

  dimension: vendor_invoice_line_id {
    type: string
    description: "Line, qualified by its source"
    sql: ${TABLE}.vendor_invoice_line_id ;;
  }

  dimension: vendor {
    type: string
    description: "Vendor; (none) where there is none"
    sql: ${TABLE}.vendor ;;
  }

  dimension: source {
    type: string
    description: "System that exported the invoice"
    sql: ${TABLE}.source ;;
  }

  dimension: invoice_id {
    type: string
    description: "Invoice number"
    sql: ${TABLE}.invoice_id ;;
  }

  dimension: item {
    type: string
    description: "Billed item"
    sql: ${TABLE}.item ;;
  }

  dimension: match_state {
    type: string
    description: "What came of holding the line against contracts; see vocabulary.InvoiceMatch"
    sql: ${TABLE}.match_state ;;
  }

  measure: vendor_billed_reporting {
    type: number
    label: "Billed by vendors"
    description: "What vendors invoiced in the period, credit notes taken off. Sum of amount_reporting of fct_vendor_invoice_lines, by invoice_date. Owner: Vendor management."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: SUM(${TABLE}.amount_reporting) ;;
  }

  measure: vendor_rate_card_variance_reporting {
    type: number
    label: "Rate-card variance"
    description: "What vendors billed above (or, below 0, under) the prices of their contracts, credit notes taken off. Lines without a contracted price are not measured; credit notes for missed promises do not count. Sum of amount_reporting - contracted_reporting of fct_vendor_invoice_lines, by invoice_date; contracted is quantity times the price in force, rounded as invoices are. Of a credit that corrects a price it is 0, and of one that takes back what was billed at a price, the one agreed then. Owner: Vendor management."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: SUM(${TABLE}.rate_card_variance_reporting) ;;
  }

  measure: vendor_billed_off_contract_reporting {
    type: number
    label: "Billed off contract"
    description: "What vendors billed for days on which no contract with them was in force. Sum of amount_reporting of the lines of fct_vendor_invoice_lines whose match_state is no_contract, before_term, between_terms or after_term, by invoice_date. Owner: Vendor management."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: SUM(${TABLE}.off_contract_reporting) ;;
  }

  measure: vendor_off_contract_ratio {
    type: number
    label: "Share billed off contract"
    description: "Share of what vendors billed that no contract covers. Billed off contract / billed, of the lines of which both are known. Owner: Vendor management."
    value_format: "#,##0.0%"
    drill_fields: [detail*]
    sql: CASE WHEN SUM(${TABLE}.judged_amount_reporting) > 0 THEN CAST(SUM(${TABLE}.judged_off_contract_reporting) AS DOUBLE PRECISION) / CAST(SUM(${TABLE}.judged_amount_reporting) AS DOUBLE PRECISION) END ;;
  }

  measure: vendor_duplicate_at_stake_reporting {
    type: number
    label: "Suspected duplicates"
    description: "Amounts of invoices that may have been sent before and that no credit note took back. A suspicion: the sum of what was billed contains them. Sum of amount_reporting of the later invoices of fct_invoice_duplicate_suspects that are open, by their invoice_date. Owner: Vendor management."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: SUM(${TABLE}.duplicate_at_stake_reporting) ;;
  }

  set: detail {
    fields: [period_date, vendor_invoice_line_id, vendor, source, invoice_id, item, match_state]
  }
}
