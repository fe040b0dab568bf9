"""The parts and lines of the tax authorities' forms: the wire's names, and the neutral part that each is made of."""

from __future__ import annotations

Lines = tuple[str, ...]

RETURNS: dict[tuple[bool, bool], dict[str, str]] = {
    (False, False): {
        "informacion_general": "general",
        "sueldos_salarios": "wages",
        "servicios_profesionales": "professional-services",
        "deducciones_personales": "personal-deductions",
        "determinacion_impuesto": "determination",
        "retenciones": "withholdings",
        "dividendos": "dividends",
        "datos_informativos": "information",
    },
    (False, True): {"informacion_general": "general", "isr": "income-tax", "iva": "vat"},
    (True, False): {
        "informacion_general": "general",
        "datos_adicionales": "additional",
        "estado_resultados": "income-statement",
        "estado_posicion_financiera_balance": "balance-sheet",
        "conciliacion_entre_resultado_contable_fiscal": "reconciliation",
        "deducciones_autorizadas": "deductions",
        "cifras_cierre_ejercicio": "closing",
        "determinacion_del_impuesto_sobre_la_renta": "income-tax",
        "dividendos_o_utilidades_distribuidos": "dividends",
        "detalle_pago_r1_isr_personas_morales": "payment",
        "ingressos": "income",
        "determinacion": "determination",
    },
    (True, True): {
        "informacion_general": "general",
        "determinacion_isr": "income-tax",
        "detalle_pago_isr": "income-tax-payment",
        "determinacion_iva": "vat",
        "detalle_pago_iva": "vat-payment",
    },
}
"""Mexico's returns, by whether a company's and whether a month's: the parts of each form and what they are made of."""

COMPANY_DECLARATION: dict[str, tuple[str, Lines]] = {
    "equity_statement": (
        "equity",
        (
            "cash_and_cash_equivalents",
            "investments_and_derivative_financial_instruments",
            "accounts_documents_and_finance_leases_receivable",
            "inventory",
            "property_plant_and_equipment_investment_properties",
            "total_gross_equity",
            "debts",
            "total_net_equity",
        ),
    ),
    "annual_income_statement": (
        "income",
        (
            "gross_income_from_ordinary_activities",
            "dividends",
            "other_income",
            "total_gross_income",
            "returns_rebates_and_discounts_on_sales",
            "total_net_income",
        ),
    ),
    "annual_costs_and_deductions_statement": (
        "costs",
        (
            "costs",
            "administration_expenses",
            "distribution_and_sales_expenses",
            "financial_expenses",
            "total_costs_and_deductible_expenses",
        ),
    ),
    "tax_assessment": (
        "tax",
        (
            "net_income_taxable",
            "fortuitous_profit_tax",
            "total_tax_on_taxable_net_income",
            "net_income_tax",
            "total_tax_due",
            "total_withholdings_for_the_taxable_year_to_be_declared",
            "total_balance_payable",
            "total_balance_in_favor",
            "total_payment",
        ),
    ),
}
"""Colombia's yearly declaration of a company."""

_EARNED: Lines = (
    "earned_income",
    "fee_based_income",
    "capital_income",
    "non_labor_income",
)

PERSON_DECLARATION: dict[str, tuple[str, Lines] | dict[str, tuple[str, Lines]]] = {
    "equity_statement": (
        "equity",
        (
            "total_gross_equity",
            "total_debts",
            "total_net_equity",
        ),
    ),
    "annual_income_statement": {
        "gross_income": ("gross-income", _EARNED),
        "non_taxable_income": ("non-taxable-income", _EARNED),
        "net_income": ("net-income", _EARNED),
        "annual_totals": (
            "totals",
            (
                "total_exempt_income",
                "total_applicable_deductions",
                "total_exemptions_and_deductions",
                "total_ordinary_net_income",
            ),
        ),
    },
    "pension_income_statement": (
        "pensions",
        (
            "net_pension_income",
            "net_taxable_pension_income",
        ),
    ),
    "tax_assessment": (
        "tax",
        (
            "fortuitous_profit_tax",
            "total_tax_on_taxable_net_income",
            "net_income_tax",
            "total_tax_due",
            "previous_year_balance",
            "total_withheld_tax",
            "balance_payable",
            "balance_refundable",
            "total_payment",
        ),
    ),
}
"""And that of a person; its income has four parts."""

BALANCE_SHEET: dict[str, tuple[str, Lines]] = {
    "current_assets": (
        "current-assets",
        (
            "cash_and_equivalents",
            "short_term_investments",
            "accounts_receivable",
            "notes_receivable",
            "other_debtors",
            "bad_debt_provision",
            "tax_recoverable",
            "inventory",
            "prepaid_expenses",
            "assets_available_for_sale",
            "total",
        ),
    ),
    "non_current_assets": (
        "non-current-assets",
        (
            "property_plant_and_equipment",
            "accumulated_depreciation_and_amortization",
            "long_term_accounts_receivable",
            "prepayment_to_suppliers",
            "goodwill",
            "intangible_assets",
            "investments_in_associates",
            "long_term_financial_instruments",
            "total",
        ),
    ),
    "current_liabilities": (
        "current-liabilities",
        (
            "bank_loans",
            "accounts_payable",
            "notes_payable",
            "financial_instruments",
            "other_creditors",
            "income_tax_payable",
            "customer_advances",
            "provisions",
            "taxes_payable",
            "total",
        ),
    ),
    "non_current_liabilities": (
        "non-current-liabilities",
        (
            "long_term_accounts_payable",
            "long_term_financial_instruments",
            "deferred_revenue",
            "contributions_for_future_capital_increases",
            "deferred_income_tax",
            "employee_benefits",
            "long_term_provisions",
            "total",
        ),
    ),
    "equity": (
        "equity",
        (
            "stockholders_equity",
            "future_capital_contributions",
            "legal_reserve",
            "capital_update_excess",
            "capital_update_insufficiency",
            "capital_reserve",
            "share_premium_on_stock_sales",
            "retained_earnings",
            "other_comprehensive_income",
            "controlling_interest",
            "non_controlling_interest",
            "total",
        ),
    ),
}
"""A Mexican company's balance sheet."""

INCOME_STATEMENT: Lines = (
    "net_revenue",
    "domestic_sales",
    "foreign_sales",
    "materials_used",
    "cost_of_goods_sold",
    "cost_of_services_sold",
    "gross_profit",
    "gross_loss",
    "operating_expenses",
    "operating_income",
    "operating_loss",
    "financial_result",
    "income_statement_financial_gains",
    "income_statement_financial_costs",
    "equity_in_earnings_of_affiliates",
    "income_before_taxes",
    "loss_before_taxes",
    "income_taxes",
    "income_from_continuing_operations",
    "loss_from_continuing_operations",
    "discontinued_operations",
    "net_income",
    "net_loss",
)
"""And its income statement."""

PURCHASE_DETAILS: Lines = (
    "vat_refundable_amount",
    "vat_non_refundable_amount",
    "vat_non_refundable_code",
    "net_amount_fixed_assets",
    "vat_fixed_assets",
    "vat_common_use",
    "tax_non_credit_amount",
    "vat_non_withheld",
    "tax_exempt_amount",
    "credit_or_debit_note_on_purchase",
    "tax_cigarettes_amount",
    "tax_cigar_amount",
    "tax_processed_tobacco_amount",
    "additional_tax_amount",
    "additional_tax_rate",
    "additional_tax_code",
)
"""Further figures of an invoice that was received in Chile."""

SALES_DETAILS: Lines = (
    "construction_sector_tax_credit",
    "tax_free_trade_zone_amount",
    "container_deposit_guarantee",
    "is_free_of_charge",
    "periodic_billing_type",
    "non_billable_amount",
    "total_amount_for_period",
    "domestic_transportation_amount",
    "international_transportation_amount",
    "branch_code",
    "tax_exempt_amount",
    "credit_or_debit_note_on_purchase",
    "additional_tax_code",
    "additional_tax_rate",
    "additional_tax_amount",
    "vat_total_withheld",
    "vat_partially_withheld",
    "vat_non_withheld",
    "vat_sales",
    "vat_third_party",
    "vat_past_due",
    "invoice_settlement_sender_id",
    "invoice_settlement_net_commission",
    "invoice_settlement_exempt_commission",
    "invoice_settlement_vat_commission",
    "reference_document_type",
    "reference_document_folio",
    "foreign_recipient_id",
    "foreign_recipient_nationality",
)
"""And of one that was issued."""
