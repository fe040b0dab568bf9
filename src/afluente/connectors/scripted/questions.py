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


QUESTIONS: dict[str, Callable[[], Challenge]] = {
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
"""Each question by the name that scripts and users ask for it."""


def is_right(challenge: Challenge, answer: str) -> bool:
    """Whether the answer opens the door: the token or what the picture shows, one of the options, or any done deed."""
    match challenge.kind:
        case Ask.NUMBER | Ask.IMAGE:
            return is_token(answer)
        case Ask.SELECT:
            return answer in {option.value for option in challenge.options}
        case _:
            return True
