from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from pluggy_sdk import models

from afluente.catalogue import Catalogue, Word
from afluente.core.challenge import Ask, Challenge, Option, Posed
from afluente.core.connections import Connection, Phase
from afluente.core.lifecycle import State
from afluente.core.outcome import Finding
from afluente.core.products import Product, ProductState
from afluente.dialects.pluggy.render import ENCODER, LIVE_REDIRECT, Words, item
from afluente.dialects.pluggy.render.products import BY_TYPE, NAMES
from tests.dialects.pluggy.render.samples import ID, MORNING

CATALOGUE = Catalogue()
WORDS = Words(CATALOGUE)
CONNECTOR = msgspec.Raw(b'{"id":2,"name":"Pluggy Bank"}')
KEYS = [
    "id",
    "connector",
    "createdAt",
    "updatedAt",
    "status",
    "executionStatus",
    "lastUpdatedAt",
    "webhookUrl",
    "error",
    "clientUserId",
    "consecutiveFailedLoginAttempts",
    "statusDetail",
    "parameter",
    "userAction",
    "nextAutoSyncAt",
    "autoSyncDisabledAt",
    "consentExpiresAt",
    "products",
    "oauthRedirectUri",
    "resourcesCollectedAt",
    "hasResourcesPendingAuthorization",
]
DETAIL = [
    "accounts",
    "creditCards",
    "transactions",
    "investments",
    "investmentsTransactions",
    "identity",
    "paymentData",
    "loans",
    "accountStatements",
]
ROWS = [word for word in CATALOGUE.vocabulary("pluggy").rows if word.writes]
WARNINGS = [word for word in ROWS if word.surface == "warning" and "LOGIN" not in word.discriminator]
ENDINGS = [word for word in ROWS if word.surface == "execution"]


def connection(state: State, phase: Phase = Phase.ENDED, **more: Any) -> Connection:
    """A connection of all products, fresh unless it is told otherwise."""
    fresh = tuple(ProductState(product, True, MORNING) for product in Product)
    given: dict[str, Any] = {"institution": "sandbox-bank", "products": fresh, **more}
    return Connection(
        id=ID,
        application_id="application",
        state=state,
        phase=phase,
        created_at=MORNING,
        updated_at=MORNING + 5,
        **given,
    )


def wire(of: Connection, **more: Any) -> dict[str, Any]:
    """The item as a client receives it, after the official Python client has read it without complaint."""
    given: dict[str, Any] = json.loads(ENCODER.encode(item(of, CONNECTOR, WORDS, "https://bank.example", **more)))
    if more.get("redirect_type") != LIVE_REDIRECT:
        models.Item.from_dict(given)
    return given


def statuses(of: Connection) -> tuple[str, str]:
    """Status and execution status of the item."""
    given = wire(of)
    return given["status"], given["executionStatus"]


def posed(kind: Ask, name: str = "token", **more: Any) -> Posed:
    """A question that stands open until a minute after the morning."""
    challenge = Challenge(kind=kind, name=name, label="Chave de segurança", lasts=60_000, **more)
    return Posed("3f1c", challenge, 0, MORNING + 60_000)


def test_a_fresh_item_says_success_with_every_key_in_the_order_of_the_live_service() -> None:
    """Everything arrived: error and detail are null, and no key is left out."""
    of = connection(State.FRESH, last_success_at=MORNING, next_sync_at=MORNING + 86_400_000, external_user_id="u1")
    given = wire(of)
    assert list(given) == KEYS
    assert (given["status"], given["executionStatus"]) == ("UPDATED", "SUCCESS")
    assert given["connector"] == {"id": 2, "name": "Pluggy Bank"}
    assert given["lastUpdatedAt"] == "2024-09-27T14:51:46.216Z"
    assert given["nextAutoSyncAt"] == "2024-09-28T14:51:46.216Z"
    assert given["updatedAt"] == "2024-09-27T14:51:46.221Z"
    assert given["clientUserId"] == "u1"
    assert given["error"] is given["statusDetail"] is given["parameter"] is given["userAction"] is None


def test_products_are_listed_without_the_one_that_clients_refuse() -> None:
    """ACCOUNT_STATEMENTS makes the Python client raise, so it is not among the products."""
    assert wire(connection(State.FRESH))["products"] == [
        "ACCOUNTS",
        "CREDIT_CARDS",
        "TRANSACTIONS",
        "INVESTMENTS",
        "INVESTMENTS_TRANSACTIONS",
        "PAYMENT_DATA",
        "IDENTITY",
        "LOANS",
    ]


@pytest.mark.parametrize(
    ("phase", "fetching", "said"),
    [
        (Phase.CREATED, None, "CREATED"),
        (Phase.LOGIN, None, "LOGIN_IN_PROGRESS"),
        (Phase.LOGIN_ANSWERED, None, "LOGIN_MFA_IN_PROGRESS"),
        (Phase.FETCHING, Product.ACCOUNTS, "ACCOUNTS_IN_PROGRESS"),
        (Phase.FETCHING, Product.CARDS, "CREDITCARDS_IN_PROGRESS"),
        (Phase.FETCHING, Product.TRANSACTIONS, "TRANSACTIONS_IN_PROGRESS"),
        (Phase.FETCHING, Product.INVESTMENTS, "INVESTMENTS_IN_PROGRESS"),
        (Phase.FETCHING, Product.INVESTMENT_MOVEMENTS, "INVESTMENTS_TRANSACTIONS_IN_PROGRESS"),
        (Phase.FETCHING, Product.PAYMENT_DETAILS, "PAYMENT_DATA_IN_PROGRESS"),
        (Phase.FETCHING, Product.HOLDER, "IDENTITY_IN_PROGRESS"),
        (Phase.FETCHING, Product.LOANS, "LOANS_IN_PROGRESS"),
        (Phase.FETCHING, Product.STATEMENTS, "ACCOUNT_STATEMENTS_IN_PROGRESS"),
    ],
)
def test_a_running_item_is_updating_and_says_what_it_does(phase: Phase, fetching: Product | None, said: str) -> None:
    """The execution status follows the phase, and the product while data is fetched; an old error is gone."""
    of = connection(State.SYNCING, phase, fetching=fetching, outcome="login.credentials")
    assert statuses(of) == ("UPDATING", said)
    assert wire(of)["error"] is None


def test_an_item_whose_data_is_being_stored_is_merging() -> None:
    """Collected, and not readable yet."""
    assert statuses(connection(State.STORING, Phase.STORING)) == ("MERGING", "MERGING")


def test_a_typed_question_is_shown_as_the_parameter() -> None:
    """The value's name, caption and rule, and when it expires."""
    asked = posed(Ask.NUMBER, placeholder="Exemplo: 123456", pattern=r"^\d{6}$", instructions="Veja o app.")
    given = wire(connection(State.ASKING, Phase.LOGIN, posed=asked))
    assert (given["status"], given["executionStatus"]) == ("WAITING_USER_INPUT", "WAITING_USER_INPUT")
    assert given["userAction"] is None
    assert given["parameter"] == {
        "name": "token",
        "label": "Chave de segurança",
        "type": "number",
        "placeholder": "Exemplo: 123456",
        "optional": False,
        "validation": r"^\d{6}$",
        "instructions": "Veja o app.",
        "expiresAt": "2024-09-27T14:52:46.216Z",
    }


def test_a_picture_and_a_choice_bring_their_data() -> None:
    """An image is base64 in `data`, a select lists its options."""
    image = wire(connection(State.ASKING, posed=posed(Ask.IMAGE, image="aGk=")))["parameter"]
    choice = wire(connection(State.ASKING, posed=posed(Ask.SELECT, options=(Option("1", "Um"),))))["parameter"]
    assert (image["type"], image["data"]) == ("image", "aGk=")
    assert (choice["type"], choice["options"]) == ("select", [{"value": "1", "label": "Um"}])


@pytest.mark.parametrize("redirect_type", ["text", "oauth"])
def test_a_redirect_waits_for_input_and_names_the_address(redirect_type: str) -> None:
    """The address is absolute and carries the question's id; its type is the caller's choice."""
    asked = posed(Ask.REDIRECT, "consent", instructions="Autorize.", url="/bank/authorize")
    given = wire(connection(State.AWAITING, Phase.LOGIN, posed=asked), redirect_type=redirect_type)
    assert (given["status"], given["executionStatus"]) == ("WAITING_USER_INPUT", "WAITING_USER_INPUT")
    assert given["parameter"] == {
        "name": "oauthCode",
        "label": "Oauth Code",
        "type": redirect_type,
        "optional": False,
        "instructions": "Autorize.",
        "data": "https://bank.example/bank/authorize?state=3f1c",
        "expiresAt": "2024-09-27T14:52:46.216Z",
    }


def test_a_redirect_to_another_origin_keeps_its_address() -> None:
    """Only an address that begins with a slash is ours; a query that is there already goes on."""
    asked = posed(Ask.REDIRECT, url="https://other.example/a?b=1")
    given = wire(connection(State.AWAITING, posed=asked))
    assert given["parameter"]["data"] == "https://other.example/a?b=1&state=3f1c"


def test_a_redirect_is_readable_by_the_python_client_unless_told_otherwise() -> None:
    """With the live service's own type the client refuses the item; by default it does not."""
    of = connection(State.AWAITING, posed=posed(Ask.REDIRECT, url="/a"))
    assert models.Item.from_dict(wire(of)).parameter.name == "oauthCode"
    with pytest.raises(ValueError, match="enum values"):
        models.Item.from_dict(wire(of, redirect_type=LIVE_REDIRECT))


@pytest.mark.parametrize(
    ("kind", "type_", "payload", "attributes"),
    [(Ask.QR, "qr", "bank://login", {"data": "bank://login"}), (Ask.APPROVAL, "authorize-access", None, None)],
)
def test_what_is_done_elsewhere_is_a_user_action(
    kind: Ask, type_: str, payload: str | None, attributes: dict[str, str] | None
) -> None:
    """A QR code brings its content; an approval only says what to do."""
    given = wire(connection(State.AWAITING, posed=posed(kind, payload=payload, instructions="Abra o app.")))
    assert (given["status"], given["executionStatus"]) == ("WAITING_USER_ACTION", "WAITING_USER_ACTION")
    assert given["parameter"] is None
    action = given["userAction"]
    assert (action["type"], action["instructions"]) == (type_, "Abra o app.")
    assert action.get("attributes") == attributes
    assert action["expiresAt"] == "2024-09-27T14:52:46.216Z"


def test_a_question_of_an_execution_that_ended_is_not_shown() -> None:
    """Parameter and user action belong to the waiting states alone."""
    given = wire(connection(State.STALE, posed=posed(Ask.TEXT), outcome="mfa.timeout"))
    assert given["parameter"] is given["userAction"] is None


@pytest.mark.parametrize("word", ENDINGS, ids=lambda word: f"{word.code}-{word.meaning}")
def test_every_way_to_end_has_its_status_code_and_message(word: Word) -> None:
    """The item says the word's status and code; a failure repeats the code in `error`, a success has none."""
    states = {"success": State.FRESH, "success.partial": State.PARTLY_FRESH}
    state = states.get(word.meaning) or (State.REFUSED if word.extra["status"] == "LOGIN_ERROR" else State.STALE)
    given = wire(connection(state, outcome=word.meaning))
    assert (given["status"], given["executionStatus"]) == (word.extra["status"], word.code)
    if word.meaning in states:
        assert given["error"] is None
    else:
        assert given["error"] == {"code": word.code, "message": word.message}


def test_an_error_carries_what_the_institution_said_and_the_name_of_the_device() -> None:
    """providerMessage is the institution's sentence; the neutral key of the device gets Pluggy's name."""
    of = connection(
        State.STALE,
        outcome="login.device-authorization",
        said="Autorize o dispositivo.",
        attributes={"device": "123456789", "branch": "1"},
    )
    assert wire(of)["error"] == {
        "code": "USER_AUTHORIZATION_PENDING",
        "message": "The user needs to grant necessary permissions for their account.",
        "providerMessage": "Autorize o dispositivo.",
        "attributes": {"deviceNickname": "123456789", "branch": "1"},
    }


def test_a_failure_with_a_narrower_meaning_says_its_ancestors_word() -> None:
    """The dots are the fallback; a failure of unknown reason is unexpected."""
    assert statuses(connection(State.STALE, outcome="institution.unavailable.maintenance"))[1] == "SITE_NOT_AVAILABLE"
    assert statuses(connection(State.STALE))[1] == "UNEXPECTED_ERROR"


def test_partial_success_details_every_product_with_null_for_those_outside_the_item() -> None:
    """The failed product keeps the date of its last success and says why it is not newer."""
    of = connection(
        State.PARTLY_FRESH,
        institution="sandbox-open-finance",
        products=(
            ProductState(Product.ACCOUNTS, True, MORNING),
            ProductState(Product.TRANSACTIONS, False, MORNING - 86_400_000, outcome="product.quota-spent"),
            ProductState(Product.LOANS),
        ),
    )
    detail = wire(of)["statusDetail"]
    assert list(detail) == DETAIL
    assert detail["accounts"] == {"isUpdated": True, "lastUpdatedAt": "2024-09-27T14:51:46.216Z", "warnings": []}
    assert detail["transactions"] == {
        "isUpdated": False,
        "lastUpdatedAt": "2024-09-26T14:51:46.216Z",
        "warnings": [
            {
                "code": "423",
                "message": "Open Finance monthly rate limit reached on product 'transactions' for this CPF/CNPJ "
                "and institution. The product could not be updated.",
            }
        ],
    }
    assert detail["loans"] == {"isUpdated": False, "lastUpdatedAt": None, "warnings": []}
    assert all(detail[key] is None for key in set(DETAIL) - {"accounts", "transactions", "loans"})


@pytest.mark.parametrize("word", WARNINGS, ids=lambda word: f"{'-'.join(filter(None, word.discriminator))}-{word.code}")
def test_every_warning_renders_on_its_product(word: Word) -> None:
    """Code, message and the institution's sentence are those of the row; on success the item is still SUCCESS."""
    institution, product = word.discriminator
    concerned = BY_TYPE[product or "IDENTITY"]
    finding = Finding(word.meaning, data={"limit": "1"})
    of = connection(
        State.FRESH,
        institution=institution or "nobody-in-particular",
        products=(ProductState(concerned, True, MORNING, findings=(finding,)),),
    )
    given = wire(of)
    detail = NAMES[concerned].detail
    (warning,) = given["statusDetail"][detail]["warnings"]
    assert given["executionStatus"] == "SUCCESS"
    assert (warning["code"], warning["message"]) == (word.code, word.filled(product=detail, limit="1"))
    assert warning.get("providerMessage") == word.extra.get("providerMessage")
    assert "{" not in warning["message"]


def test_a_login_that_an_institution_is_known_to_refuse_warns_on_every_product() -> None:
    """Nothing could be read: each product says so, and the error repeats the institution's sentence."""
    stale = tuple(ProductState(product, False, MORNING) for product in (Product.ACCOUNTS, Product.CARDS))
    of = connection(State.STALE, institution="bradesco-pf", outcome="login.needs-action.captcha", products=stale)
    given = wire(of)
    sentence = "O usuário deve acessar a conta manualmente para resolver o captcha."
    warnings = [{"code": "001", "message": sentence, "providerMessage": sentence}]
    for key in ("accounts", "creditCards"):
        assert given["statusDetail"][key]["isUpdated"] is False
        assert given["statusDetail"][key]["warnings"] == warnings
    assert given["statusDetail"]["loans"] is None
    assert given["error"]["providerMessage"] == sentence
    assert given["status"] == "OUTDATED"


def test_another_institution_without_such_a_warning_has_no_detail() -> None:
    """The same ending elsewhere is an error of the item and nothing more."""
    assert wire(connection(State.STALE, outcome="login.needs-action.captcha"))["statusDetail"] is None


def test_what_an_institution_said_replaces_the_known_sentence() -> None:
    """The finding's own words win over the table's."""
    finding = Finding("product.permission-missing.treasury", said="Procure o gerente.")
    of = connection(
        State.FRESH,
        institution="xp",
        products=(ProductState(Product.INVESTMENTS, True, MORNING, findings=(finding,)),),
    )
    (warning,) = wire(of)["statusDetail"]["investments"]["warnings"]
    assert warning["providerMessage"] == "Procure o gerente."


def test_a_reason_that_a_finding_gives_already_is_not_said_twice() -> None:
    """A failed product has one warning for one reason."""
    state = ProductState(
        Product.ACCOUNTS,
        outcome="product.temporarily-unavailable",
        findings=(Finding("product.temporarily-unavailable", said="Volte mais tarde."),),
    )
    of = connection(State.PARTLY_FRESH, products=(state,))
    (warning,) = wire(of)["statusDetail"]["accounts"]["warnings"]
    assert warning["providerMessage"] == "Volte mais tarde."


def test_a_running_item_has_no_detail_whatever_it_knows_of_the_last_run() -> None:
    """What the last execution warned of is no news of this one."""
    products = (ProductState(Product.ACCOUNTS, True, MORNING, findings=(Finding("product.no-data"),)),)
    assert wire(connection(State.SYNCING, Phase.LOGIN, products=products))["statusDetail"] is None
