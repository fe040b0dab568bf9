import re
import subprocess
import sys

import pytest

from afluente.core.institutions import Kind
from afluente.core.products import Product
from tests.connectors.scripted.teller import INSTITUTIONS, ListBank, consented, enter, fetch, session

WITH_WARNINGS = (
    "itau-pf", "bradesco-pf", "clear", "orama", "banco-do-brasil-pj", "bradesco-pj", "caixa-pj", "itau-pj",
    "santander-pj", "xp", "sicoob-pj",
)  # fmt: skip


AUTHORITIES = {
    Product.INVOICES, Product.TAX_STATUS, Product.TAX_COMPLIANCE, Product.TAX_RETURNS, Product.TAX_RETENTIONS,
    Product.TAX_DECLARATIONS, Product.FINANCIAL_STATEMENTS, Product.DEBT_REPORTS, Product.EMPLOYMENT_RECORDS,
}  # fmt: skip
"""What no bank has: it is asked of a tax authority or of the social security."""


@pytest.mark.parametrize("slug", WITH_WARNINGS)
def test_institutions_with_warnings_of_their_own_take_any_user_name(slug):
    """A user name that provokes a meaning must get past the form of every institution with warnings."""
    institution = INSTITUTIONS[slug]
    assert [field.name for field in institution.fields] == ["username", "password"]
    assert all(field.pattern is None for field in institution.fields)
    assert institution.sandbox


def test_every_slug_is_there_once_and_is_spoken_for_by_this_connector():
    """The list has no doubles, and each entry names the connector."""
    assert len(INSTITUTIONS) >= 39
    assert {institution.connector for institution in INSTITUTIONS.values()} == {"scripted"}


def test_the_ruled_bank_states_its_two_rules():
    """The ordinary sandbox bank refuses short passwords and other user names before the login."""
    user, password = INSTITUTIONS["sandbox-bank"].fields
    assert user.pattern is not None and re.fullmatch(user.pattern, "user-ok")
    assert not re.fullmatch(user.pattern, "somebody")
    assert user.message == 'O user deve começar com "user-"'
    assert password.pattern is not None and not re.fullmatch(password.pattern, "short")
    assert password.message == "A senha deve ter entre 6 e 20 caracteres"


@pytest.mark.parametrize(
    ("slug", "mfa", "open_finance", "unattended"),
    [
        ("sandbox-bank", False, False, True),
        ("sandbox-bank-one-step", True, False, False),
        ("sandbox-bank-two-step", True, False, False),
        ("sandbox-bank-qr", True, False, False),
        ("sandbox-bank-approval", True, False, False),
        ("sandbox-open-finance", False, True, True),
        ("xp", False, False, False),
    ],
)
def test_flags_follow_from_the_login_script(slug, mfa, open_finance, unattended):
    """Whether a login asks, is a consent, and can go on alone is derived from how it goes."""
    institution = INSTITUTIONS[slug]
    assert (institution.mfa, institution.open_finance, institution.unattended) == (mfa, open_finance, unattended)


def test_a_token_in_the_form_has_to_be_renewed():
    """The one-step token serves once, so it is marked as such."""
    assert [field.renewed for field in INSTITUTIONS["sandbox-bank-one-step"].fields] == [False, False, True]


def test_kinds_and_products_follow_the_institution():
    """Brokers offer no loans or cards, banks offer everything, companies have banks of their own."""
    assert set(INSTITUTIONS["sandbox-bank"].products) == set(Product) - AUTHORITIES
    assert Product.LOANS not in INSTITUTIONS["xp"].products
    assert INSTITUTIONS["xp"].kind is Kind.INVESTMENT
    assert INSTITUTIONS["caixa-pj"].kind is Kind.BUSINESS_BANK
    assert INSTITUTIONS["sandbox-acquirer"].kind is Kind.PAYMENT_ACCOUNT
    assert [field.name for field in INSTITUTIONS["sandbox-open-finance-business"].fields] == ["cpf", "cnpj"]


@pytest.mark.parametrize("slug", sorted(INSTITUTIONS))
def test_every_institution_can_be_read_whole(slug):
    """A login that goes well is followed by every product the institution says it has."""
    institution = INSTITUTIONS[slug]
    if institution.open_finance:
        left = consented(slug, "approved:maria", cnpj="11.222.333/0001-81")
    elif institution.script.startswith("north"):
        left = enter(slug, {"username": "greatday_nomfa", "password": "Everyday"}, ListBank())
    elif institution.script.startswith("guest"):
        # a company: it has the statements that people do not have
        credentials = {"username": "PMO010101000", "password": "business"}
        left = enter(slug, credentials, ListBank("111111"))
    else:
        choice = "1" if institution.script == "cooperative" else "123456"
        left = session(slug, "user-ok", choice)
    for product in institution.products:
        assert fetch(slug, left, product).records or product is Product.PAYMENT_DETAILS


def test_importing_the_bank_loads_nothing_heavy():
    """A server's start must not wait for libraries that only some logins need."""
    code = "import sys, afluente.connectors.scripted; print({'faker', 'stdnum', 'sqlalchemy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_environment())
    assert done.stdout.strip() == "set()"


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(sys.path)}
