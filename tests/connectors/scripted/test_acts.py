import pytest

from afluente.connectors.scripted.acts import cast
from afluente.core.outcome import Refused
from afluente.core.products import Product
from tests.connectors.scripted.teller import INSTITUTIONS, MEANINGS, ListBank, balance, enter, fetch, refusal

ANY = "whatever"


def _befalls(left, product):
    """Return what meaning a product fails with, or the finding beside its records."""
    try:
        got = fetch("itau-pj", left, product)
    except Refused as refused:
        return ("refused", refused.meaning)
    assert got.records
    return ("finding", *(finding.meaning for finding in got.findings))


def test_every_meaning_can_end_a_login():
    """The user name alone decides, whatever the password; a fault of the data ends one where the login is named."""
    names = {meaning: f"{meaning}@login" if meaning in cast().quirks else meaning for meaning in MEANINGS}
    ended = {
        meaning: refusal("sandbox-bank-legacy", {"username": f"act+{name}", "password": ANY}).meaning
        for meaning, name in names.items()
    }
    assert ended == {meaning: meaning for meaning in MEANINGS}


def test_every_meaning_can_befall_one_product_alone():
    """Where the meaning leaves no new data the product fails, else a finding lies beside it; others are well."""
    for meaning, row in MEANINGS.items():
        left = enter("itau-pj", {"username": f"act+{meaning}@holder", "password": ANY}, ListBank())
        way = "refused" if row.data in ("none", "stale") else "finding"
        assert _befalls(left, Product.HOLDER) == (way, meaning)
        assert _befalls(left, Product.LOANS) == ("finding",)


@pytest.mark.parametrize(
    "product", [product for product in INSTITUTIONS["itau-pj"].products if product is not Product.PAYMENT_DETAILS]
)
def test_every_product_can_be_the_one(product):
    """Each product can fail alone, and be well beside a finding."""
    failing = enter("itau-pj", {"username": f"act+product.quota-spent@{product}", "password": ANY}, ListBank())
    noted = enter("itau-pj", {"username": f"act+product.rates-missing@{product}", "password": ANY}, ListBank())
    assert _befalls(failing, product) == ("refused", "product.quota-spent")
    assert _befalls(noted, product) == ("finding", "product.rates-missing")


def test_payment_details_can_fail_although_they_have_no_records():
    """The details of payments lie in the transactions; the product still has its findings."""
    noted = enter(
        "bradesco-pj",
        {"username": "act+product.permission-missing.transfers@payment-details", "password": ANY},
        ListBank(),
    )
    got = fetch("bradesco-pj", noted, Product.PAYMENT_DETAILS)
    assert got.records == ()
    assert [finding.meaning for finding in got.findings] == ["product.permission-missing.transfers"]


def test_several_acts_are_joined_by_commas():
    """Each product gets its own, and one product may get several findings."""
    name = (
        "act+product.quota-spent@accounts,product.rates-missing@investments,"
        "product.outside-hours.fixed-income@investments"
    )
    left = enter("orama", {"username": name, "password": ANY}, ListBank())
    with pytest.raises(Refused):
        fetch("orama", left, Product.ACCOUNTS)
    found = fetch("orama", left, Product.INVESTMENTS).findings
    assert [finding.meaning for finding in found] == ["product.rates-missing", "product.outside-hours.fixed-income"]


def test_an_act_at_the_login_is_the_same_as_one_without_a_place():
    """The place may be said."""
    assert refusal("xp", {"username": "act+login.locked@login", "password": ANY}).meaning == "login.locked"


@pytest.mark.parametrize(
    "name",
    ["act+", "act+no.such-meaning", "act+login.locked@somewhere", "act+login.locked,no.such-meaning", "ACT+login"],
)
def test_a_misspelt_act_is_a_refused_login(name):
    """What nobody knows must not look like success, nor like something else."""
    assert refusal("sandbox-bank-legacy", {"username": name, "password": "password-ok"}).meaning == "login.credentials"


def test_acts_pass_the_rule_of_the_ordinary_bank_with_its_prefix():
    """The ordinary bank wants user names that begin with user-."""
    assert refusal("sandbox-bank", {"username": "user-act+login.locked", "password": ANY}).meaning == "login.locked"


def test_an_act_that_wants_a_device_names_it():
    """The device is told however the meaning was provoked."""
    assert refusal("xp", {"username": "act+login.device-authorization", "password": ANY}).data["device"]


def test_a_balance_can_be_made_to_fail():
    """Asking for the balance fails alone."""
    name = "act+request.balance.unavailable@balance"
    left = enter("sandbox-bank-legacy", {"username": name, "password": ANY}, ListBank())
    key = fetch("sandbox-bank-legacy", left, Product.ACCOUNTS).records[0].key
    with pytest.raises(Refused) as caught:
        balance("sandbox-bank-legacy", left, key)
    assert caught.value.meaning == "request.balance.unavailable"
