"""What a Mexican taxpayer filed: yearly and monthly returns, and a company's financial statements.

All figures follow from the deals of the span, so that the return of a year is the sum of its months' deals.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from afluente.connectors.scripted.customers import Customer
from afluente.connectors.scripted.days import day_of, month_of, nth_day, on
from afluente.connectors.scripted.dealings import YEARS, Figures, figures, vat_of
from afluente.connectors.scripted.moves import money
from afluente.connectors.scripted.seeding import digits
from afluente.core.clock import Instant
from afluente.core.fiscal import FinancialStatement, Section, TaxReturn

MONTHLY = 12
_SHORT_FORM = 2022
"""From this year on a company's form has no statements any more, but its income."""


def returns(customer: Customer, now: Instant) -> Iterator[TaxReturn]:
    """Yield the yearly returns of five years and the monthly ones of twelve months, latest first."""
    if customer.holds == "none":
        return
    today = on(day_of(now))
    years, months = (1, 3) if customer.holds == "low" else (YEARS, MONTHLY)
    for year in _closed_years(customer, today, years):
        yield _yearly(customer, year)
    current = month_of(day_of(now))
    filed = [month for month in range(current - months - 1, current) if on(nth_day(month + 1, 17)) <= today]
    for month in reversed(filed[-months:]):
        yield _monthly(customer, month)


def _closed_years(customer: Customer, today: date, most: int) -> list[int]:
    filed = [year for year in range(today.year - most - 1, today.year) if _filed_on(customer, year) <= today]
    return filed[::-1][:most]


def _filed_on(customer: Customer, year: int) -> date:
    return date(year + 1, 3, 28) if customer.holder.company else date(year + 1, 4, 24)


def _amounts(**cents: int) -> Section:
    return Section(amounts={name: money(value) for name, value in cents.items()})


def _general(customer: Customer, year: int, filed: date, month: int | None) -> Section:
    return Section(
        texts={
            "rfc": customer.holder.document,
            "nombre": customer.holder.name,
            "ejercicio": str(year),
            "periodo": "Del Ejercicio" if month is None else f"{month:02d}",
            "tipo_declaracion": "Normal",
            "fecha_presentacion": filed.isoformat(),
            "numero_operacion": digits(12, "filed", customer.holder.key, year, month),
        }
    )


def _profit(sums: Figures) -> int:
    return max(0, sums.sold - sums.refunded - sums.bought - sums.wages)


def _yearly(customer: Customer, year: int) -> TaxReturn:
    sums, filed = figures(customer, year * 12, year * 12 + 11), _filed_on(customer, year)
    sections = {"general": _general(customer, year, filed, None)}
    sections |= _company_year(sums, year) if customer.holder.company else _person_year(sums)
    return TaxReturn(
        key=f"return-{customer.key}-{year}",
        tax_id=customer.holder.document,
        company=customer.holder.company,
        year=year,
        filed_on=filed,
        sections=sections,
    )


def _person_year(sums: Figures) -> dict[str, Section]:
    deductions = sums.bought * 15 // 100
    base = max(0, sums.earned + sums.sold - deductions)
    tax, kept = base * 21 // 100, sums.earned * 14 // 100 + sums.sold // 10
    return {
        "wages": _amounts(
            ingresos_anuales=sums.earned,
            ingresos_exentos=sums.earned // 20,
            ingresos_acumulables=sums.earned - sums.earned // 20,
            isr_retenido=sums.earned * 14 // 100,
        ),
        "professional-services": _amounts(
            ingresos_gravados=sums.sold, deducciones_autorizadas=sums.bought, isr_retenido=sums.sold // 10
        ),
        "personal-deductions": _amounts(
            honorarios_medicos=deductions // 2, intereses_reales_hipotecarios=deductions - deductions // 2
        ),
        "determination": _amounts(
            ingresos_acumulables=sums.earned + sums.sold,
            deducciones_personales=deductions,
            base_gravable=base,
            isr_tarifa_anual=tax,
            impuesto_retenido=kept,
            impuesto_a_cargo=max(0, tax - kept),
            impuesto_a_favor=max(0, kept - tax),
        ),
        "withholdings": _amounts(sueldos=sums.earned * 14 // 100, servicios_profesionales=sums.sold // 10),
        "dividends": _amounts(dividendos_percibidos=0, isr_pagado_sociedad=0),
        "information": _amounts(prestamos=0, premios=0, donativos=0),
    }


def _company_year(sums: Figures, year: int) -> dict[str, Section]:
    net, profit = sums.sold - sums.refunded, _profit(sums)
    tax = profit * 30 // 100
    advance = tax * 8 // 10
    sections = {
        "additional": Section(texts={"estados_financieros_dictaminados": "No", "tipo_ciclo": "Normal"}),
        "deductions": _amounts(compras_netas=sums.bought, sueldos_y_salarios=sums.wages),
        "closing": _amounts(utilidad_fiscal=profit, perdida_fiscal=0, coeficiente_utilidad=profit * 100 // max(1, net)),
        "dividends": _amounts(dividendos_distribuidos=profit // 5, isr_retenido=profit // 50),
        "payment": _amounts(isr_a_cargo=tax - advance, recargos=0, cantidad_pagada=tax - advance),
    }
    determined = _amounts(
        ingresos_acumulables=net,
        deducciones_autorizadas=sums.bought + sums.wages,
        resultado_fiscal=profit,
        isr_del_ejercicio=tax,
        pagos_provisionales=advance,
        isr_a_cargo=tax - advance,
    )
    if year >= _SHORT_FORM:
        income = _amounts(ventas_nacionales=sums.sold, devoluciones=sums.refunded, ingresos_totales=net)
        return sections | {"income": income, "determination": determined}
    return sections | {
        "determination": determined,
        "income-statement": _amounts(
            ventas_netas=net, costo_ventas=sums.bought, gastos_operacion=sums.wages, utilidad_neta=profit - tax
        ),
        "balance-sheet": _amounts(activo=net // 2, pasivo=net // 5, capital_contable=net // 2 - net // 5),
        "reconciliation": _amounts(utilidad_contable=profit, ajuste_inflacion=0, utilidad_fiscal=profit),
    }


def _monthly(customer: Customer, month: int) -> TaxReturn:
    sums, filed = figures(customer, month, month), on(nth_day(month + 1, 17))
    year, number = divmod(month, 12)
    charged, paid = vat_of(customer, sums.sold - sums.refunded), vat_of(customer, sums.bought)
    vat = _amounts(
        iva_a_cargo=charged,
        iva_acreditable=paid,
        cantidad_a_cargo=max(0, charged - paid),
        saldo_a_favor=max(0, paid - charged),
    )
    profit = _profit(sums)
    tax = profit * 30 // 100 * 8 // 10 if customer.holder.company else profit // 5
    income = _amounts(ingresos_nominales=sums.sold, utilidad_fiscal=profit, isr_causado=tax, isr_a_cargo=tax)
    sections = {"general": _general(customer, year, filed, number + 1), "income-tax": income, "vat": vat}
    if customer.holder.company:
        sections["income-tax-payment"] = _amounts(a_cargo=tax, cantidad_pagada=tax)
        sections["vat-payment"] = _amounts(a_cargo=max(0, charged - paid), cantidad_pagada=max(0, charged - paid))
    return TaxReturn(
        key=f"return-{customer.key}-{year}-{number + 1:02d}",
        tax_id=customer.holder.document,
        company=customer.holder.company,
        year=year,
        month=number + 1,
        filed_on=filed,
        sections=sections,
    )


def financial_statements(customer: Customer, now: Instant) -> Iterator[FinancialStatement]:
    """Yield a company's statements of five closed years, latest first. People have none."""
    if customer.holds == "none" or not customer.holder.company:
        return
    for year in _closed_years(customer, on(day_of(now)), 1 if customer.holds == "low" else YEARS):
        yield FinancialStatement(
            key=f"statement-{customer.key}-{year}",
            year=year,
            currency=customer.land.currency,
            sections=_statement(figures(customer, year * 12, year * 12 + 11)),
        )


def _statement(sums: Figures) -> dict[str, Section]:
    """Return balance sheet and income statement; what is owned is what is owed and what belongs to the owners."""
    net, profit = sums.sold - sums.refunded, _profit(sums)
    tax = profit * 30 // 100
    cash, owed_to_us, stock = net // 12, net // 8, sums.bought // 6
    plant, worn = net // 4, net // 20
    loans, owing, taxes = net // 15, sums.bought // 8, tax // 5
    long_term = net // 10
    assets = cash + owed_to_us + stock + plant - worn
    debts = loans + owing + taxes + long_term
    capital = net // 25
    return {
        "current-assets": _amounts(
            cash_and_equivalents=cash, accounts_receivable=owed_to_us, inventory=stock, total=cash + owed_to_us + stock
        ),
        "non-current-assets": _amounts(
            property_plant_and_equipment=plant, accumulated_depreciation_and_amortization=-worn, total=plant - worn
        ),
        "current-liabilities": _amounts(
            bank_loans=loans, accounts_payable=owing, taxes_payable=taxes, total=loans + owing + taxes
        ),
        "non-current-liabilities": _amounts(long_term_accounts_payable=long_term, total=long_term),
        "equity": _amounts(
            stockholders_equity=capital, retained_earnings=assets - debts - capital, total=assets - debts
        ),
        "income-statement": _amounts(
            net_revenue=net,
            domestic_sales=net,
            foreign_sales=0,
            cost_of_goods_sold=sums.bought,
            gross_profit=net - sums.bought,
            operating_expenses=sums.wages,
            operating_income=profit,
            income_before_taxes=profit,
            income_taxes=tax,
            net_income=profit - tax,
        ),
    }
