"""CPF and CNPJ numbers: valid ones for invented people, and the check of those that are typed in."""

from __future__ import annotations

from afluente.connectors.scripted.seeding import digits

_CNPJ_WEIGHTS = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)


def _check_digit(total: int) -> int:
    return (11 - total % 11) % 11 % 10


def cpf(*parts: object) -> str:
    """Return the formatted CPF of what the parts name."""
    body = [int(digit) for digit in digits(9, "cpf", *parts)]
    for _ in range(2):
        length = len(body)
        body.append(_check_digit(sum((length + 1 - place) * digit for place, digit in enumerate(body))))
    text = "".join(map(str, body))
    return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}"


def cnpj(*parts: object) -> str:
    """Return the formatted CNPJ, of a head office, of what the parts name."""
    body = [int(digit) for digit in digits(8, "cnpj", *parts) + "0001"]
    for _ in range(2):
        weights = _CNPJ_WEIGHTS[-len(body) :]
        body.append(_check_digit(sum(weight * digit for weight, digit in zip(weights, body, strict=True))))
    text = "".join(map(str, body))
    return f"{text[:2]}.{text[2:5]}.{text[5:8]}/{text[8:12]}-{text[12:]}"


def read_cpf(text: str) -> str | None:
    """Return a typed CPF formatted, or None where its check digits are wrong."""
    from stdnum.br import cpf as numbers  # what a server that never sees an Open Finance login need not load

    return str(numbers.format(text)) if numbers.is_valid(text) and _varied(text) else None


def read_cnpj(text: str) -> str | None:
    """Return a typed CNPJ formatted, or None where its check digits are wrong."""
    from stdnum.br import cnpj as numbers

    return str(numbers.format(text)) if numbers.is_valid(text) and _varied(text) else None


def _varied(text: str) -> bool:
    """Whether it is more than one digit repeated: such numbers pass the arithmetic, and are given to nobody."""
    return len({character for character in text if character.isdigit()}) > 1
