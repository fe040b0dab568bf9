"""Numbers that people and accounts outside Brazil go by, with the check digits that their authorities verify."""

from __future__ import annotations

import unicodedata
from datetime import date

from afluente.connectors.scripted.seeding import chance, digits

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VOWELS = "AEIOU"
_STATES = ("DF", "JC", "NL", "MC", "PL", "GT", "VZ", "YN", "BC", "QT")
"""Mexico's states as CURP abbreviates them."""


def plain(text: str) -> str:
    """Return a name's letters in capitals, without accents."""
    folded = unicodedata.normalize("NFKD", text.upper()).encode("ascii", "ignore").decode()
    return "".join(letter for letter in folded if letter in _LETTERS)


def _initials(family: str, second: str, given: str) -> str:
    """Return the four letters that a Mexican's numbers begin with."""
    first = plain(family)
    vowel = next((letter for letter in first[1:] if letter in _VOWELS), "X")
    return first[0] + vowel + plain(second)[0] + plain(given)[0]


def rfc(given: str, family: str, second: str, born: date) -> str:
    """Return the RFC of a person."""
    from stdnum.mx import rfc as numbers  # what a server that never sees Mexico need not load

    initials, rest = _initials(family, second, given), _homoclave(born, given, family, second)

    def whole(body: str) -> str:
        return body + str(numbers.calc_check_digit(body))

    usual = whole(initials + rest)
    # the authority takes initials apart that make an unseemly word
    return usual if numbers.is_valid(usual) else whole(f"{initials[:3]}X{rest}")


def company_rfc(name: str, founded: date) -> str:
    """Return the RFC of a company."""
    from stdnum.mx import rfc as numbers

    initials = "".join(plain(word)[0] for word in name.split() if plain(word))[:3].ljust(3, "X")
    body = initials + _homoclave(founded, name)
    return body + str(numbers.calc_check_digit(body))


def _homoclave(day: date, *names: str) -> str:
    """Return the day and the two characters that tell namesakes of one day apart."""
    draw = chance("homoclave", *names, day)
    return f"{day:%y%m%d}{draw.choice(_LETTERS[:22])}{draw.randrange(1, 10)}"


def curp(given: str, family: str, second: str, born: date, woman: bool) -> str:
    """Return the CURP of a person."""
    from stdnum.mx import curp as numbers

    inner = "".join(
        next((letter for letter in plain(word)[1:] if letter not in _VOWELS), "X") for word in (family, second, given)
    )
    state = chance("born-in", given, family, second, born).choice(_STATES)
    century = "A" if born.year >= 2000 else "0"
    initials = _initials(family, second, given)

    def whole(letters: str) -> str:
        body = f"{letters}{born:%y%m%d}{'M' if woman else 'H'}{state}{inner}{century}"
        return body + str(numbers.calc_check_digit(body))

    usual = whole(initials)
    return usual if numbers.is_valid(usual) else whole(f"{initials[0]}X{initials[2:]}")


def nss(*parts: object) -> str:
    """Return a Mexican social security number: ten digits and Luhn's."""
    return with_luhn(digits(10, "nss", *parts))


def with_luhn(body: str) -> str:
    """Return digits and the check digit that Luhn's sum wants behind them."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        product = int(digit) * (2 - place % 2)
        total += product // 10 + product % 10
    return body + str(-total % 10)


def social_insurance(*parts: object) -> str:
    """Return a Canadian social insurance number, formatted. It begins with a 9, as those do that are not for life."""
    number = with_luhn("9" + digits(7, "sin", *parts))
    return f"{number[:3]}-{number[3:6]}-{number[6:]}"


def business_number(*parts: object) -> str:
    """Return the number of a Canadian company's tax account."""
    return with_luhn("7" + digits(7, "bn", *parts)) + "RC0001"


def taxpayer_number(*parts: object) -> str:
    """Return the number that somebody without a social security number pays taxes under in the United States."""
    draw = chance("itin", *parts)
    return f"9{draw.randrange(100):02d}-{draw.randrange(70, 89)}-{draw.randrange(1, 10_000):04d}"


def employer_number(*parts: object) -> str:
    """Return the number of a company in the United States."""
    return f"88-{digits(7, 'ein', *parts)}"


def routing_number(body: str) -> str:
    """Return the eight digits of a routing number and the ninth that its weighted sum wants."""
    total = sum(int(digit) * (3, 7, 1)[place % 3] for place, digit in enumerate(body))
    return body + str(-total % 10)


def postal_code(beginning: str, *parts: object) -> str:
    """Return a Canadian postal code of a delivery area."""
    draw = chance("postal", *parts)
    return f"{beginning} {draw.randrange(10)}{draw.choice('ABCEGHJKLMNPRSTVWXYZ')}{draw.randrange(10)}"


def clabe(bank: str, *parts: object) -> str:
    """Return the CLABE of an account: bank, place, eleven digits and the check digit."""
    body = bank + "180" + digits(11, "clabe", *parts)
    total = sum(int(digit) * (3, 7, 1)[place % 3] % 10 for place, digit in enumerate(body))
    return body + str(-total % 10)


def nit(*parts: object) -> str:
    """Return the NIT of a Colombian company, formatted."""
    from stdnum.co import nit as numbers

    body = "9" + digits(8, "nit", *parts)
    return f"{body}-{numbers.calc_check_digit(body)}"


def cedula(*parts: object) -> str:
    """Return the ten digits of a Colombian's identity card: it has no check digit."""
    return "1" + digits(9, "cedula", *parts)


def cedula_nit(number: str) -> str:
    """Return the NIT under which a person pays taxes: the card's digits and a check digit."""
    from stdnum.co import nit as numbers

    return f"{number}-{numbers.calc_check_digit(number)}"


def rut(*parts: object, company: bool = False) -> str:
    """Return a Chilean RUT, formatted: companies have the high numbers."""
    from stdnum.cl import rut as numbers

    body = f"76{digits(6, 'rut', *parts)}" if company else f"1{chance('rut', *parts).randrange(10**6, 9 * 10**6):07d}"
    return str(numbers.format(body + str(numbers.calc_check_digit(body))))


def read_rut(text: str) -> str | None:
    """Return a typed RUT formatted, or None where it is none."""
    from stdnum.cl import rut as numbers

    return str(numbers.format(text)) if numbers.is_valid(text) else None
