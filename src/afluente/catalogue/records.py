"""What the catalogue is made of: meanings, the words systems have for them, the sentences for people.

All records are frozen. A meaning's behavioural fields take values from the closed lists below, and programs may
act on nothing else; names and sentences are for reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, get_args

import msgspec

Blame = Literal["user", "institution", "upstream", "us", "client", "nobody"]
RetryKind = Literal["never", "after-user", "automatic", "after", "at"]
RetryRule = Literal["next-day", "next-month"]
Action = Literal[
    "none",
    "wait",
    "fix-credentials",
    "answer-mfa",
    "close-other-session",
    "unlock-at-institution",
    "activate-at-institution",
    "act-at-institution",
    "authorize-device",
    "grant-consent",
    "use-other-account",
    "use-other-institution",
    "fix-request",
    "ask-operator",
]
FixAt = Literal["nowhere", "widget", "institution", "client", "operator"]
Data = Literal["none", "stale", "partial", "full"]

BLAMES: frozenset[str] = frozenset(get_args(Blame))
RULES: frozenset[str] = frozenset(get_args(RetryRule))
ACTIONS: frozenset[str] = frozenset(get_args(Action))
FIX_AT: frozenset[str] = frozenset(get_args(FixAt))
DATA: frozenset[str] = frozenset(get_args(Data))

UNEXPECTED = "unexpected"
"""The root every name falls back to: something happened that the catalogue has no better name for."""


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """When the same thing may be tried again.

    `kind` is `never`, `after-user` (only once the user did something), `automatic` (by the ordinary schedule),
    `after` (`span` has passed) or `at` (`rule` names a calendar moment). `times` bounds automatic attempts;
    when they are used up, a person looks at it.
    """

    kind: RetryKind
    span: timedelta | None = None
    rule: RetryRule | None = None
    times: int | None = None

    def __str__(self) -> str:
        """The value in a few words, as the reference page prints it: `after 24 h`, `at next-day`, `never`."""
        words: str = self.kind
        if self.span is not None:
            minutes = int(self.span.total_seconds()) // 60
            words += f" {minutes // 60} h" if minutes % 60 == 0 else f" {minutes} min"
        if self.rule is not None:
            words += f" {self.rule}"
        if self.times is not None:
            words += f", {self.times} times"
        return words


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can happen to a connection, a product or a request, named without any system's word.

    `name` is dotted; each prefix is a broader meaning. `blame`: whose doing it is. `retry`: when to try again.
    `action`: what has to be done, `fix_at`: where. `data`: what data is still good afterwards.
    """

    name: str
    blame: Blame
    retry: Retry
    action: Action
    fix_at: FixAt
    data: Data


class Text(msgspec.Struct, frozen=True):
    """The two sentences of one meaning in one language: one for the end user, one for the engineer."""

    user: str
    engineer: str


class Surface(msgspec.Struct, frozen=True, kw_only=True):
    """One place where a system says words: an error body, a status field, a warning list.

    `discriminators` are the fields that tell apart rows sharing a code, in their declared order. `fields` are the
    further wire fields its rows may carry. A `narrow` surface has no word for `unexpected`: only the meanings its
    rows name can be said on it.
    """

    name: str
    about: str
    discriminators: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    narrow: bool = False


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """One word of one system, exactly as it stands on that system's wire.

    `message` may hold `{placeholders}`; `filled` puts values in. `discriminator` has one entry per discriminator of
    the surface, `None` where the row does not care. `extra` holds the surface's further wire fields. `source` names
    where the wording comes from. `writes` is false for a word that is understood but never said. `exact` is false
    when the word was asked for another meaning than its own: a narrower one, or one of those in `also`, broader
    meanings for which the system has no better word.
    """

    system: str
    surface: str
    code: str
    meaning: str
    message: str = ""
    http: int | None = None
    discriminator: tuple[str | None, ...] = ()
    extra: Mapping[str, object] = msgspec.field(default_factory=dict)
    source: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    writes: bool = True
    exact: bool = True

    def filled(self, **values: object) -> str:
        """The message with its placeholders replaced; a placeholder without a value stays as it is written."""
        return fill(self.message, values)


def message_key(message: str | None) -> str | None:
    """A wire text in the one spelling discriminators use: straight apostrophes, no closing full stop."""
    if message is None:
        return None
    return message.replace("’", "'").strip().rstrip(".")


class _Kept(dict[str, object]):
    """A mapping that gives an unknown placeholder back unchanged."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def fill(template: str, values: Mapping[str, object]) -> str:
    """Replace `{name}` placeholders of a sentence. Templates come from our own files, values from anywhere."""
    if "{" not in template:
        return template
    return template.format_map(_Kept(values))


def ancestry(name: str) -> tuple[str, ...]:
    """The dotted name and everything it falls back to: `a.b.c` gives `a.b.c`, `a.b`, `a`, `unexpected`."""
    names = [name]
    while "." in name:
        name = name.rpartition(".")[0]
        names.append(name)
    if name != UNEXPECTED:
        names.append(UNEXPECTED)
    return tuple(names)
