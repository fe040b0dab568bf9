"""The questions a login asks, and which answers are right."""

from __future__ import annotations

from collections.abc import Callable

from afluente.connectors.scripted.acts import TOKEN, is_token
from afluente.connectors.scripted.names import COMPANY_HEADS
from afluente.connectors.scripted.picture import picture_of
from afluente.core.challenge import Ask, Challenge, Option
from afluente.core.clock import MINUTE, Instant

TOKEN_LASTS: Instant = 5 * MINUTE
CHOICE_LASTS: Instant = 5 * MINUTE
QR_LASTS: Instant = 5 * MINUTE
APPROVAL_LASTS: Instant = 10 * MINUTE
CONSENT_LASTS: Instant = 15 * MINUTE

GUEST_TOKEN = "111111"
GUEST_TOKEN_LASTS: Instant = 10 * MINUTE

CONSENT_PAGE = "/sandbox-bank/authorize"
"""Where the bank's own page lies: it sends back `approved:<who logged in there>` or `rejected`."""

COMPANIES = tuple(f"{head} Participações Ltda" for head in COMPANY_HEADS[:3])


def _token() -> Challenge:
    return Challenge(
        kind=Ask.NUMBER,
        name="token",
        label="Chave de segurança",
        lasts=TOKEN_LASTS,
        instructions="Informe o código de 6 dígitos enviado pelo banco.",
        placeholder=f"Exemplo: {TOKEN}",
        pattern=r"^\d{6}$",
    )


def _image() -> Challenge:
    return Challenge(
        kind=Ask.IMAGE,
        name="answer",
        label="Código da imagem",
        lasts=TOKEN_LASTS,
        instructions="Digite os números que aparecem na imagem.",
        image=picture_of(TOKEN),
    )


def _choice(name: str, label: str, instructions: str, *labels: str) -> Challenge:
    return Challenge(
        kind=Ask.SELECT,
        name=name,
        label=label,
        lasts=CHOICE_LASTS,
        instructions=instructions,
        options=tuple(Option(str(number), text) for number, text in enumerate(labels, 1)),
    )


def _qr() -> Challenge:
    return Challenge(
        kind=Ask.QR,
        name="qr",
        label="QR Code",
        lasts=QR_LASTS,
        instructions="Abra o aplicativo do banco e leia o QR Code.",
        payload="afluente-sandbox://login/7b1d0c5e",
    )


def _approval() -> Challenge:
    return Challenge(
        kind=Ask.APPROVAL,
        name="approval",
        label="Autorização no aplicativo",
        lasts=APPROVAL_LASTS,
        instructions="Abra o aplicativo do banco e autorize o acesso.",
    )


def consent() -> Challenge:
    """The question that sends the user to the institution's own page."""
    return Challenge(
        kind=Ask.REDIRECT,
        name="consent",
        label="Autorização Open Finance",
        lasts=CONSENT_LASTS,
        instructions="Autorize o compartilhamento dos seus dados na página da instituição.",
        url=CONSENT_PAGE,
    )


def outbound() -> Challenge:
    """The question that sends the user to the page of a bank of Canada."""
    return Challenge(
        kind=Ask.REDIRECT,
        name="consent",
        label="Log in at the bank",
        lasts=CONSENT_LASTS,
        instructions="Log in on the page of the bank and let your data be read.",
        url=CONSENT_PAGE,
    )


def _guest_token(kind: Ask, instructions: str, payload: str | None = None) -> Challenge:
    return Challenge(
        kind=kind,
        name="token",
        label="Token",
        lasts=GUEST_TOKEN_LASTS,
        instructions=instructions,
        placeholder=None if kind is Ask.QR else GUEST_TOKEN,
        pattern=None if kind is Ask.QR else r"^\d{6}$",
        payload=payload,
    )


def _of_the_card(name: str, instructions: str, length: int) -> Challenge:
    return Challenge(
        kind=Ask.PASSWORD,
        name=name,
        label=name.upper(),
        lasts=GUEST_TOKEN_LASTS,
        instructions=instructions,
        pattern=rf"^\d{{{length}}}$",
    )


_BRAZIL = "BR"
_OF_GUESTS = {
    "text-token": ("Escribe el código que te dimos por mensaje de texto.", "Digite o código que foi enviado por SMS."),
    "number-token": ("Usa este número para generar el token.", "Use este número para gerar o token."),
    "qr-token": ("Escanea el código QR con la aplicación del banco.", "Leia o QR Code com o aplicativo do banco."),
    "cvv": ("Escribe los 3 dígitos del reverso de tu tarjeta.", "Digite os 3 números do verso do seu cartão."),
    "pin": ("Escribe los 4 dígitos del PIN de tu tarjeta.", "Digite os 4 números da senha do seu cartão."),
}
"""What the doors that let everybody in say of a question, in Spanish and, in Brazil, in Portuguese."""


_QUESTIONS: dict[str, Callable[[], Challenge]] = {
    "token": _token,
    "image": _image,
    "qr": _qr,
    "approval": _approval,
    "select": lambda: _choice(
        "answer", "Conta", "Escolha a conta que deseja acessar.", "Conta individual", "Conta conjunta", "Conta salário"
    ),
    "phone": lambda: _choice(
        "phone",
        "Telefone",
        "Escolha o telefone que receberá o código.",
        "(11) 9****-4321",
        "(11) 9****-8765",
        "(21) 9****-0198",
    ),
    "company": lambda: _choice("company", "Empresa", "Escolha a empresa que deseja acessar.", *COMPANIES),
    "cooperative": lambda: _choice(
        "cooperative",
        "Cooperativa",
        "Escolha a sua cooperativa.",
        "Cooperativa Vale do Itajaí",
        "Cooperativa Serra Gaúcha",
        "Cooperativa Cerrado Central",
    ),
}
"""What the other questions are, by the name that scripts and users ask for them."""


def question(name: str, country: str) -> Challenge:
    """Return the question of a name, as it is asked in a country."""
    if name not in _OF_GUESTS:
        return _QUESTIONS[name]()
    instructions = _OF_GUESTS[name][country == _BRAZIL]
    match name:
        case "number-token":
            return _guest_token(Ask.NUMBER, instructions, "12345")
        case "qr-token":
            return _guest_token(Ask.QR, instructions, "afluente-sandbox://token/5c1e")
        case "cvv" | "pin":
            return _of_the_card(name, instructions, 3 if name == "cvv" else 4)
        case _:
            return _guest_token(Ask.TEXT, instructions)


CVV, PIN = "123", "1234"
"""What activates an account that is not active yet."""


def is_right(challenge: Challenge, answer: str, token: str) -> bool:
    """Whether the answer opens the door: a token that matches the pattern or what the picture shows, one of the
    options, or any done deed (with a wrong token for it, if one is told, it is none)."""
    match challenge.kind:
        case Ask.NUMBER | Ask.IMAGE | Ask.TEXT:
            return is_token(answer, token)
        case Ask.SELECT:
            return answer in {option.value for option in challenge.options}
        case Ask.QR:
            return not answer.strip().isdigit() or is_token(answer, token)
        case _:
            return True
