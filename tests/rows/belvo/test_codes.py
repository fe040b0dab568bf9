"""Every code, provoked while a link is made and while one is read: status, code, message, and the widget's words."""

from __future__ import annotations

import pytest

from tests.belvo import ASKING_BANK, Belvo, newcomer

SOMETHING_WRONG = "Ocorreu um erro"
TRY_AGAIN = "Por favor, tente novamente e se o problema persistir, vamos corrigi-lo o mais rápido possível."
NO_WAY_IN = "Parece que a instituição não está autorizando o acesso a esta conta."
LINKING = f"Ocorreu um erro ao vincular sua conta. {TRY_AGAIN}"
LINKING_SEEMS = f"Parece que ocorreu um erro ao vincular sua conta. {TRY_AGAIN}"
REQUEST = f"Ocorreu um erro com sua solicitação. {TRY_AGAIN}"
DOWN = (
    "Esta instituição está temporariamente inacessível."
    " Tente novamente mais tarde e poderemos processar sua solicitação."
)
AWAY = (
    "Esta instituição está temporariamente inacessível. Tente novamente mais tarde e iremos processar sua solicitação."
)
SESSIONS = (
    "Parece que já existe uma sessão aberta nesta instituição com o seu nome de usuário."
    " Esta instituição só permite uma sessão aberta de cada vez."
)
MISSING = (
    "Por favor, insira todas as informações para poder acessar sua conta,"
    " parece que algumas das informações necessárias estavam faltando"
)
LATE = "O tempo de resposta foi muito longo e a conexão não pôde ser estabelecida. Tente novamente em alguns minutos."

Case = tuple[str, str, str, int, str, str, tuple[str, str] | None]

CASES: tuple[Case, ...] = (
    (
        "unexpected_error",
        "act_unexpected",
        "unexpected",
        500,
        "unexpected_error",
        "Belvo is unable to process the request due to an internal system issue"
        " or to an unsupported response from an institution",
        (SOMETHING_WRONG, LINKING),
    ),
    (
        "activation_failed",
        "act_act_failed",
        "login.needs-action.activation.failed",
        400,
        "activation_failed",
        "The credentials provided were not accepted by the institution. Please verify CVV and PIN are correct.",
        None,
    ),
    (
        "institution_down",
        "act_down",
        "institution.unavailable.down",
        400,
        "institution_down",
        "The financial institution is down, try again later",
        (SOMETHING_WRONG, DOWN),
    ),
    (
        "institution_inactive",
        "act_inactive",
        "request.institution.inactive",
        400,
        "institution_inactive",
        "The institution has been temporarily deactivated",
        None,
    ),
    (
        "institution_unavailable",
        "act_unavailable",
        "institution.unavailable",
        400,
        "institution_unavailable",
        "The financial institution is unavailable",
        (SOMETHING_WRONG, AWAY),
    ),
    (
        "too_many_sessions",
        "act_sessions",
        "login.other-session",
        400,
        "too_many_sessions",
        "Impossible to login, a session is already opened with the institution for these credentials",
        ("Muitas sessões abertas", SESSIONS),
    ),
    (
        "activation_required",
        "act_act_needed",
        "login.needs-action.activation",
        428,
        "activation_required",
        "This user doesn't have web access activated yet.",
        None,
    ),
    (
        "token_required",
        "act_wrong_token",
        "mfa.wrong",
        428,
        "token_required",
        "A MFA token is required by the institution to login",
        ("Token inválido", "O token pode ter expirado, gere um novo e tente novamente."),
    ),
    (
        "request_timeout",
        "act_timeout",
        "institution.connection.timeout",
        408,
        "request_timeout",
        "The request timed out, you can retry asking for less data by changing your query parameters.",
        ("Sessão expirada", LATE),
    ),
    (
        "login_error.mfa-not-supported",
        "act_mfa_unsup",
        "login.unsupported.mfa",
        400,
        "login_error",
        "A MFA token is required by the institution, but it’s not supported yet by Belvo.",
        None,
    ),
    (
        "login_error.unexpected",
        "act_rejected",
        "institution.connection.rejected",
        400,
        "login_error",
        "Impossible to login, something unexpected happened while logging into the institution. Try again later.",
        (SOMETHING_WRONG, LINKING_SEEMS),
    ),
    (
        "login_error.missing-credentials",
        "act_missing",
        "login.credentials.missing",
        400,
        "login_error",
        "Missing credentials to login to the institution",
        ("Faltam informações", MISSING),
    ),
    (
        "login_error.forbidden.institution",
        "act_forbidden1",
        "institution.connection.rejected.access",
        400,
        "login_error",
        "The user account access was forbidden by the institution",
        ("Erro da instituição", f"{NO_WAY_IN} Entre em contato com sua entidade para que eles possam ajudá-lo."),
    ),
    (
        "login_error.forbidden.account",
        "act_forbidden2",
        "institution.connection.rejected.account",
        400,
        "login_error",
        "The user account access was forbidden by the institution",
        (
            "Acesso não permitido",
            "A instituição com a qual você está tentando se conectar não está permitindo ou acessando esta conta.",
        ),
    ),
    (
        "login_error.locked",
        "act_locked",
        "login.locked",
        400,
        "login_error",
        "The user account is locked, user needs to contact the institution to unlock it",
        ("Erro da instituição", f"{NO_WAY_IN} Por favor, contacte a sua entidade para que o possam ajudar."),
    ),
)
"""Row, user name that provokes it, meaning, status, code, message, what the widget shows in Portuguese."""


@pytest.mark.parametrize(
    ("username", "meaning", "status", "code", "message", "texts"),
    [pytest.param(*case[1:], id=case[0], marks=pytest.mark.row(f"belvo.{case[0]}")) for case in CASES],
)
def test_a_login_that_fails_makes_no_link_and_says_why(
    belvo: Belvo, username: str, meaning: str, status: int, code: str, message: str, texts: tuple[str, str] | None
) -> None:
    """Status, code and message are the documented ones, the log knows the id, and no link is left behind."""
    count = belvo.get("/api/links/")["count"]
    answer = belvo.try_link(username=username)
    assert belvo.in_widget(answer) == texts
    assert belvo.meaning(answer) == meaning
    assert belvo.refusal(answer, status) == {"code": code, "message": message}
    assert belvo.get("/api/links/")["count"] == count


@pytest.mark.parametrize(
    ("username", "meaning", "status", "code", "message", "texts"),
    [pytest.param(*case[1:], id=case[0], marks=pytest.mark.row(f"belvo.{case[0]}")) for case in CASES],
)
def test_a_link_whose_login_fails_says_the_same_and_reads_again_afterwards(
    belvo: Belvo, username: str, meaning: str, status: int, code: str, message: str, texts: tuple[str, str] | None
) -> None:
    """What happens to one who connects happens to a link too, when data is asked for; the link is still there."""
    link = belvo.link()
    belvo.sandbox.arm(meaning, operation="login")
    answer = belvo.ask(link["id"])
    assert belvo.in_widget(answer) == texts
    assert belvo.refusal(answer, status) == {"code": code, "message": message}
    assert belvo.status(link["id"]) == "valid"


@pytest.mark.row("belvo.validation_error")
@pytest.mark.parametrize("username", ["1234567890abcdefg", "not-a-name", "ação"])
def test_credentials_that_do_not_fit_the_form_are_a_bad_request(belvo: Belvo, username: str) -> None:
    """They are not sent: nothing strikes at the institution, and no link is made."""
    count = belvo.get("/api/links/")["count"]
    belvo.sandbox.arm("unexpected", operation="login")
    answer = belvo.try_link(username=username, password=username)
    assert belvo.in_widget(answer) is None
    assert belvo.refusal(answer, 400) == {"code": "validation_error", "message": "Bad request"}
    assert len(belvo.sandbox.own("GET", "/sandbox/faults")["faults"]) == 1
    assert belvo.get("/api/links/")["count"] == count


@pytest.mark.row("belvo.validation_error")
def test_a_span_of_more_than_a_year_is_a_bad_request(belvo: Belvo) -> None:
    """Movements are asked for a year at most; a shorter span of the same link is answered."""
    link = belvo.link()
    answer = belvo.ask(link["id"], "transactions", date_from="2020-01-01", date_to="2021-06-01")
    assert belvo.refusal(answer, 400) == {"code": "validation_error", "message": "Bad request"}
    assert belvo.ask(link["id"], "transactions", date_from="2020-01-01", date_to="2020-06-01").status_code == 201


@pytest.mark.row("belvo.unsupported_operation")
@pytest.mark.parametrize(
    ("institution", "resource", "body"),
    [
        ("erebor_mx_retail", "invoices", {"date_from": "2026-01-01", "date_to": "2026-02-01", "type": "INFLOW"}),
        ("erebor_mx_retail", "tax-status", {}),
        ("erebor_br_retail", "employment-records", {}),
        ("tatooine_mx_fiscal", "accounts", {}),
        ("tatooine_mx_fiscal", "transactions", {"date_from": "2026-01-01", "date_to": "2026-02-01"}),
        ("planet_mx_employment", "tax-returns", {"type": "yearly", "year_from": "2024", "year_to": "2025"}),
    ],
)
def test_what_a_type_of_institution_does_not_have_is_unsupported(
    belvo: Belvo, institution: str, resource: str, body: dict[str, str]
) -> None:
    """Invoices are a matter of fiscal links, accounts of banks; the wrong question does not harm the link."""
    link = belvo.link(institution)
    answer = belvo.ask(link["id"], resource, **body)
    assert belvo.in_widget(answer) == (SOMETHING_WRONG, REQUEST)
    assert belvo.refusal(answer, 400) == {
        "code": "unsupported_operation",
        "message": "The resource you are trying to access is not supported by this institution",
    }
    assert belvo.status(link["id"]) == "valid"


@pytest.mark.row("belvo.unsupported_operation")
def test_what_is_unsupported_at_a_bank_works_at_its_own_kind_of_institution(belvo: Belvo) -> None:
    """Invoices of a fiscal link are answered."""
    belvo.clear("tatooine_mx_fiscal")
    link = belvo.link("tatooine_mx_fiscal", "PFIS010101000", password="individual")
    today = belvo.sandbox.advance("PT0S")[:10]
    answer = belvo.ask(link["id"], "invoices", date_from=f"{today[:4]}-01-01", date_to=today, type="OUTFLOW")
    assert answer.status_code == 201, answer.text
    assert all(invoice["type"] == "OUTFLOW" for invoice in answer.json())


@pytest.mark.row("belvo.unconfirmed_link")
def test_no_data_is_had_of_a_link_whose_token_was_never_right(belvo: Belvo) -> None:
    """The link is there after the question, and after a wrong token, but it is not confirmed."""
    answer = belvo.try_link(ASKING_BANK, newcomer())
    (asked,) = answer.json()
    for _ in range(2):
        refused = belvo.ask(asked["link"])
        assert belvo.in_widget(refused) is None
        told = {"code": "unconfirmed_link", "message": "The link creation has not been completed yet"}
        assert belvo.refusal(refused, 400) == told
        assert belvo.status(asked["link"]) == "unconfirmed"
        (asked,) = belvo.resume(asked, "999999").json()
        assert asked["code"] == "token_required"


@pytest.mark.parametrize(
    ("meaning", "code"),
    [
        pytest.param(meaning, code, id=code, marks=pytest.mark.row(f"belvo.{code}"))
        for meaning, code in (
            ("request.institution.inactive", "institution_inactive"),
            ("institution.unavailable.down", "institution_down"),
            ("institution.unavailable", "institution_unavailable"),
        )
    ],
)
def test_an_institution_that_is_off_lets_no_link_be_made_and_none_be_read(
    belvo: Belvo, meaning: str, code: str
) -> None:
    """Both are refused as long as it lasts; afterwards both go well, and nothing is held against the user."""
    link, user = belvo.link("gringotts_mx_retail"), newcomer()
    belvo.sandbox.arm(meaning, institution="gringotts-mx-retail", times=2)
    given = {"username": user, "password": "secret"}
    assert belvo.refusal(belvo.try_link("gringotts_mx_retail", **given), 400)["code"] == code
    assert belvo.refusal(belvo.ask(link["id"]), 400)["code"] == code
    assert belvo.try_link("gringotts_mx_retail", **given).status_code == 201
    assert belvo.ask(link["id"]).status_code == 201
