"""What is printed on documents, in each language, and how each country writes days and amounts."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from decimal import Decimal

import msgspec

from afluente.core.accounts import AccountKind
from afluente.core.money import exponent


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """The printed words of one language. `day` is a pattern of `date.strftime`, `between` what parts month and year."""

    title: str
    card_title: str
    holder: str
    account: str
    kinds: dict[AccountKind, str]
    branch: str
    period: str
    until: str
    currency: str
    opening: str
    credits: str
    debits: str
    closing: str
    date: str
    description: str
    debit: str
    credit: str
    balance: str
    page: str
    none: str
    made: str
    day: str
    months: tuple[str, ...]
    between: str = " "


_CHECKING, _SAVINGS, _CARD = AccountKind.CHECKING, AccountKind.SAVINGS, AccountKind.CREDIT_CARD

WORDS = {
    "en": Words(
        title="Account statement", card_title="Credit card statement", holder="Account holder", account="Account",
        kinds={_CHECKING: "Chequing account", _SAVINGS: "Savings account", _CARD: "Credit card"},
        branch="Transfer number", period="Statement period", until="to", currency="Currency",
        opening="Opening balance", credits="Total credits", debits="Total debits", closing="Closing balance",
        date="Date", description="Description", debit="Debits", credit="Credits", balance="Balance",
        page="Page {number} of {count}", none="There were no transactions in this period.",
        made="Please check this statement and report any error to your institution within 30 days.",
        day="%Y-%m-%d",
        months=("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                "November", "December"),
    ),
    "fr": Words(
        title="Relevé de compte", card_title="Relevé de carte de crédit", holder="Titulaire", account="Compte",
        kinds={_CHECKING: "Compte chèques", _SAVINGS: "Compte d'épargne", _CARD: "Carte de crédit"},
        branch="Numéro de virement", period="Période du relevé", until="au", currency="Devise",
        opening="Solde d'ouverture", credits="Total des crédits", debits="Total des débits",
        closing="Solde de clôture",
        date="Date", description="Description", debit="Débits", credit="Crédits", balance="Solde",
        page="Page {number} de {count}", none="Aucune opération pendant cette période.",
        made="Veuillez vérifier ce relevé et signaler toute erreur à votre institution dans les 30 jours.",
        day="%Y-%m-%d",
        months=("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
                "novembre", "décembre"),
    ),
    "pt-BR": Words(
        title="Extrato de conta", card_title="Fatura do cartão de crédito", holder="Titular", account="Conta",
        kinds={_CHECKING: "Conta corrente", _SAVINGS: "Conta poupança", _CARD: "Cartão de crédito"},
        branch="Banco/agência/conta", period="Período", until="a", currency="Moeda",
        opening="Saldo inicial", credits="Total de créditos", debits="Total de débitos", closing="Saldo final",
        date="Data", description="Descrição", debit="Débitos", credit="Créditos", balance="Saldo",
        page="Página {number} de {count}", none="Não houve lançamentos neste período.",
        made="Confira este extrato e avise a sua instituição de qualquer divergência em até 30 dias.",
        day="%d/%m/%Y",
        months=("janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro",
                "novembro", "dezembro"),
        between=" de ",
    ),
    "es": Words(
        title="Estado de cuenta", card_title="Estado de cuenta de la tarjeta", holder="Titular", account="Cuenta",
        kinds={_CHECKING: "Cuenta corriente", _SAVINGS: "Cuenta de ahorros", _CARD: "Tarjeta de crédito"},
        branch="Número de transferencia", period="Periodo", until="al", currency="Moneda",
        opening="Saldo inicial", credits="Total de abonos", debits="Total de cargos", closing="Saldo final",
        date="Fecha", description="Descripción", debit="Cargos", credit="Abonos", balance="Saldo",
        page="Página {number} de {count}", none="No hubo movimientos en este periodo.",
        made="Revise este estado de cuenta e informe a su institución de cualquier error en un plazo de 30 días.",
        day="%d/%m/%Y",
        months=("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
                "noviembre", "diciembre"),
        between=" de ",
    ),
}  # fmt: skip
"""The four languages; any other is written in English."""

_MARKS = {"pt-BR": (".", ","), "fr": ("\u00a0", ","), "es": (".", ","), "en": (",", ".")}
_LIKE_ENGLISH = frozenset({"MXN", "USD"})
"""Currencies whose countries group by commas though they speak Spanish."""


def amount(value: Decimal, currency: str, language: str) -> str:
    """Return an amount with its decimals, grouped as the language and the currency's country do."""
    thousands, decimal = _MARKS["en"] if language == "es" and currency in _LIKE_ENGLISH else _MARKS[language]
    text = f"{value:,.{exponent(currency)}f}"
    return text.replace(",", "\0").replace(".", decimal).replace("\0", thousands)


def first_and_last(month: str) -> tuple[date, date]:
    """Return the days between which a month written `YYYY-MM` lies. Raises ValueError."""
    year, number = (int(part) for part in month.split("-"))
    return date(year, number, 1), date(year, number, monthrange(year, number)[1])


def month_name(words: Words, day: date) -> str:
    """Return the month and year that a day is in."""
    return f"{words.months[day.month - 1]}{words.between}{day.year}"
