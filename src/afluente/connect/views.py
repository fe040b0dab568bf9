"""What each view shows, made of what the engine knows."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from afluente.connect.stage import Stage, View, colour
from afluente.core.accounts import Account
from afluente.core.challenge import TYPED, Ask, Challenge, Posed
from afluente.core.connections import Connection, Phase, Stored
from afluente.core.institutions import Field, Institution
from afluente.core.lifecycle import State
from afluente.core.products import ProductState
from afluente.engine.institutions.credentials import FieldFault
from afluente.engine.institutions.health import Status
from afluente.engine.records import reads

MOST_SHOWN = 60
"""Institutions that are listed at once; a search finds the others."""

_COMPLETE = {
    "username": "username",
    "password": "current-password",
    "token": "one-time-code",
    "email": "email",
    "phone": "tel",
}

_MARKS = {"pt": (".", ","), "es": (",", "."), "fr": ("\N{NO-BREAK SPACE}", ",")}
"""What stands between thousands and before the cents; in Spanish as in Mexico."""

NEXT = {
    "fix-credentials": ("again_login", "login"),
    "answer-mfa": ("again", "again"),
    "close-other-session": ("again_done", "again"),
    "unlock-at-institution": ("again_done", "again"),
    "activate-at-institution": ("again_done", "again"),
    "act-at-institution": ("again_done", "again"),
    "authorize-device": ("again_done", "again"),
    "grant-consent": ("again", "again"),
    "use-other-account": ("other_account", "login"),
    "use-other-institution": ("other_institution", "list"),
    "none": ("again", "again"),
    "wait": ("close_for_now", "close"),
    "fix-request": ("close", "close"),
    "ask-operator": ("close", "close"),
}
"""The one next action of a failure, by what the catalogue says has to be done: its caption and its step."""


async def consent(stage: Stage, wrong: str = "") -> View:
    """What the page is for, and for whom."""
    wanted = stage.widget.wanted(stage.visit)
    names = stage.t["products"]
    application = await stage.application()
    values = {
        "application": application,
        "products": [names[product] for product in wanted],
        "terms": stage.visit.option("terms"),
        "ticks": stage.widget.wants_terms(stage.visit),
        "wrong": wrong,
        "benefit": stage.widget.benefit(stage.visit),
        "purpose": stage.widget.purpose(stage.visit),
        "version": stage.widget.terms_version(stage.visit),
        "pictures": [path and f"{stage.call.base_url}{path}" for path in stage.widget.pictures(stage.visit)],
        "added": stage.widget.consent_title(stage.visit),
        "lead": "files_consent" if stage.widget.takes_files(stage.visit) else "consent_lead",
    }
    return View("consent", values, wrong or stage.say("consent_title", name=application))


async def institutions(stage: Stage, query: str = "", country: str = "") -> View:
    """The institutions to choose from, those first that begin with what was typed."""
    health = await stage.widget.health(stage.visit)
    sought = plain(query)
    offered = stage.widget.offered(stage.visit)
    countries = sorted({one.country for one in offered}) if stage.widget.filters(stage.visit) else []
    # a bank that can be reached in two ways is there twice, and each says which way it is; so is one of two countries
    consenting = {stage.named(one) for one in offered if one.open_finance}
    lands = defaultdict[str, set[str]](set)
    for one in offered:
        lands[stage.named(one)].add(one.country)
    found = []
    for institution in offered:
        name = stage.named(institution)
        if (sought and sought not in plain(name)) or (country in countries and institution.country != country):
            continue
        found.append((not plain(name).startswith(sought), name, institution))
    if sought:
        found.sort(key=lambda one: one[:2])
    shown = [
        {
            "slug": institution.slug,
            "name": name,
            "letter": name[:1].upper(),
            "colour": colour(institution),
            "note": _note(stage, institution, name in consenting, len(lands[name]) > 1),
            "state": _state(institution, health.get(institution.slug)),
        }
        for _, name, institution in found[:MOST_SHOWN]
    ]
    count = len(found)
    told = stage.t["found_none"] if not count else stage.t["found_one"] if count == 1 else ""
    told = told or stage.say("found_many", count=count)
    values = {
        "shown": shown,
        "count": count,
        "told": told,
        "more": count > len(shown),
        "query": query,
        "countries": countries if len(countries) > 1 else [],
        "country": country if country in countries else "",
    }
    return View("institutions", values, told)


def _note(stage: Stage, institution: Institution, consenting: bool, abroad: bool) -> str:
    """Return what tells an institution from another of its name: the way to it, or its country."""
    if institution.open_finance:
        return "Open Finance"
    if consenting:
        return str(stage.t["with_password"])
    return str(stage.t["countries"].get(institution.country, institution.country)) if abroad else ""


def _state(institution: Institution, status: Status | None) -> str:
    """Return the word for how an institution is doing; empty where it is well."""
    if not institution.online:
        return "offline"
    return {Status.DOWN: "down", Status.DEGRADED: "degraded"}.get(status, "") if status is not None else ""


def plain(text: str) -> str:
    """Fold case and accents away, so that `itau` finds Itaú."""
    folded = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def login(
    stage: Stage,
    institution: Institution,
    given: Mapping[str, str],
    faults: Sequence[FieldFault] = (),
    refused: str = "",
) -> View:
    """The form of a login. Secrets that were typed are not sent back to the page."""
    wrong = {fault.field.name: fault for fault in faults}
    known = stage.widget.prefilled(stage.visit, institution)
    fields = []
    for field in stage.widget.fields(stage.visit, institution):
        fault = wrong.get(field.name)
        secret = field.kind == "password" or field.renewed
        fields.append(
            {
                "name": field.name,
                "id": f"field-{field.name}",
                "label": label(stage, institution, field),
                "kind": field.kind,
                "options": field.options,
                "placeholder": field.placeholder,
                "optional": field.optional,
                "complete": _COMPLETE.get(field.name, "off"),
                "value": "" if secret else given.get(field.name) or known.get(field.name, ""),
                "locked": field.name in known and not fault and not field.options,
                "fault": "" if fault is None else _fault(stage, fault),
            }
        )
    title = stage.say("login_title_again" if stage.visit.updating else "login_title", name=stage.named(institution))
    send = stage.say("consent_send", name=stage.named(institution)) if institution.open_finance else ""
    values = {
        "title": title,
        "fields": fields,
        "refused": refused,
        "send": send or stage.t["login_send"],
    }
    first = next((field["fault"] for field in fields if field["fault"]), refused or title)
    return View("login", values, str(first))


def label(stage: Stage, institution: Institution, field: Field) -> str:
    """What a field is called: in the page's language where it has a word for it, else as the institution says."""
    own = stage.widget.label(institution, field, stage.visit.locale)
    return own or str(stage.t["fields"].get(field.name, field.label))


def _fault(stage: Stage, fault: FieldFault) -> str:
    if fault.missing:
        return str(stage.t["missing"])
    return fault.field.message or str(stage.t["wrong"])


_TITLES = {Ask.QR: "qr_title", Ask.APPROVAL: "approval_title", Ask.REDIRECT: "redirect_title"}


def challenge(stage: Stage, connection: Connection, posed: Posed, wrong: str = "") -> View:
    """What the institution asks: typed in here, or done elsewhere."""
    asked = posed.challenge
    left = max(0, posed.expires_at - stage.world.now(connection.application_id)) // 1_000
    place = "asked" if asked.kind in TYPED else "elsewhere"
    values: dict[str, Any] = {
        "left": left,
        "seen": digest(connection),
        "wrong": wrong,
        "kind": str(asked.kind),
        "kept": stage.widget.keeps_answers(stage.visit, connection),
        "instructions": asked.instructions or asked.label,
        "questions": [_question(stage, number, one) for number, one in enumerate((asked, *asked.beside))],
    }
    name = stage.named(stage.institution)
    key = _TITLES.get(asked.kind) or ("activate_title" if asked.name in stage.t["activates"] else None)
    title = stage.say(key or "asked_title", name=name)
    if asked.kind is Ask.QR and asked.payload is not None:
        values["picture"] = _qr(asked.payload)
    if asked.kind is Ask.REDIRECT:
        values["address"] = stage.widget.leaving(stage.call, posed)
        values["same_window"] = stage.widget.takes_window(stage.visit)
    return View(place, {**values, "title": title}, f"{title}. {values['instructions']}")


def _question(stage: Stage, number: int, asked: Challenge) -> dict[str, Any]:
    text = asked.kind is not Ask.SELECT
    # what activates an account is the same at each institution, so the page says it in the visitor's language
    own = stage.t["activates"].get(asked.name)
    return {
        "name": f"answer-{number}",
        "label": asked.label,
        "instructions": own or asked.instructions or "",
        "kind": str(asked.kind),
        "typed": text,
        "secret": asked.kind is Ask.PASSWORD,
        "digits": asked.kind is Ask.NUMBER or asked.name in ("cvv", "pin", "token"),
        "placeholder": asked.placeholder or "",
        "image": asked.image,
        "payload": asked.payload,
        "options": asked.options,
        "pictures": any(option.image for option in asked.options),
        "several": asked.several,
        "ways": asked.ways,
        "complete": "one-time-code" if asked.name == "token" else "off",
    }


def _qr(payload: str) -> str:
    """Return a QR code as the path of an SVG drawing, with the width of the drawing in front: `29 M0 0h7v1…`."""
    import segno

    code = segno.make(payload, micro=False)
    rows = [bytes(row) for row in code.matrix]
    runs = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end]:
                end += 1
            if end > x:
                runs.append(f"M{x + 4} {y + 4}h{end - x}v1h-{end - x}z")
            x = end + 1
    return f"{len(rows) + 8} {''.join(runs)}"


async def progress(stage: Stage, connection: Connection) -> View:
    """What has been read so far, product by product."""
    asked, fetched = await reads.progress(stage.world, connection)
    done = {state.product: state for state in fetched}
    logged_in = connection.phase in (Phase.FETCHING, Phase.STORING, Phase.ENDED)
    steps = [{"name": stage.t["login_step"], "state": "done" if logged_in else "doing"}]
    for product in asked:
        state = done.get(product)
        if state is not None:
            told = "done" if state.updated else "failed"
        else:
            told = "doing" if logged_in and connection.fetching is product else "waiting"
        steps.append({"name": stage.t["products"][product], "state": told})
    live = next((step["name"] for step in steps if step["state"] == "doing"), "")
    values = {
        "steps": steps,
        "seen": digest(connection, fetched),
        "finished": sum(step["state"] in ("done", "failed") for step in steps),
        "lead": stage.t["progress_lead"],
    }
    title = stage.say("progress_title", name=stage.named(stage.institution))
    return View("progress", {**values, "title": title}, doing(stage, live) if live else title)


def doing(stage: Stage, what: str) -> str:
    """Return what is read aloud while something is going on."""
    return f"{what}{stage.t['colon']} {stage.t['state_doing']}"


def digest(connection: Connection, fetched: Sequence[ProductState] = ()) -> str:
    """Return what changes when a page that looks has something new to see."""
    posed = connection.posed
    told = (
        connection.execution_id,
        str(connection.state),
        "" if connection.state is State.STORING else str(connection.phase in (Phase.CREATED, Phase.LOGIN)),
        str(connection.fetching),
        "" if posed is None else f"{posed.id}{posed.answered}",
        str(len(fetched)),
        str(connection.waiting is not None),
    )
    return hashlib.sha256("|".join(told).encode()).hexdigest()[:16]


def accounts(stage: Stage, found: Sequence[Stored[Account]], wrong: str = "") -> View:
    """The accounts to choose from."""
    several = stage.widget.selects_several(stage.visit)
    shown = [
        {
            "id": stored.id,
            "name": stored.record.name,
            "number": _masked(stored.record.number),
            "balance": f"{_amount(stored.record.balance, stage.visit.locale)} {stored.record.currency}",
        }
        for stored in found
    ]
    title = stage.t["accounts_title_many" if several else "accounts_title"]
    values = {"shown": shown, "several": several, "wrong": wrong, "title": title}
    return View("accounts", values, wrong or title)


def _amount(amount: Decimal, locale: str) -> str:
    """Return an amount as a language writes it."""
    grouped, point = _MARKS.get(locale.partition("-")[0], (",", "."))
    return f"{amount:,.2f}".translate({ord(","): grouped, ord("."): point})


def _masked(number: str | None) -> str:
    return f"•••• {number[-4:]}" if number else ""


def result(stage: Stage, connection: Connection) -> View:
    """What was read, what is missing, and what would improve it."""
    catalogue, locale = stage.world.catalogue, stage.visit.locale
    phrases = catalogue.phrases(locale)
    read, missing = [], []
    for state in connection.products:
        name = stage.t["products"][state.product]
        if state.updated:
            read.append(name)
        lacks = [] if state.updated or state.outcome is None else [stage.world.meaning(state.outcome)]
        # findings beside data that arrived say what of it is missing; some say that all of it is there
        found = [stage.world.meaning(finding.meaning) for finding in state.findings if state.updated]
        lacks += [known for known in found if known.data != "full"]
        told: dict[str, str] = {}
        for known in lacks:
            # what its user can do about it, and not what others should
            helps = known.action == "wait" or known.fix_at in ("widget", "institution")
            improves = stage.say("result_improve", action=phrases.of(known)["action"]) if helps else ""
            sentence = catalogue.text(known.name, locale, "user")
            told[sentence] = told.get(sentence) or improves
        missing += [{"name": name, "sentence": one, "improve": improves} for one, improves in told.items()]
    title = stage.t["result_partial" if missing else "result_title"]
    more = stage.widget.connects_more(stage.visit)
    return View("result", {"title": title, "read": read, "missing": missing, "more": more}, title)


def failure(stage: Stage, meaning: str, said: str | None, reference: str = "") -> View:
    """A failure with its title, its sentence and the one next action."""
    told = stage.told(meaning, said)
    known = stage.world.meaning(meaning)
    caption, step = NEXT[known.action]
    if known.action == "wait" and known.retry.kind not in ("after", "at"):
        caption, step = "again", "again"
    institution = stage.institution
    if step in ("login", "again") and (institution is None or not stage.widget.retries(stage.visit)):
        caption, step = "close", "close"
    if step == "login" and institution is not None and not stage.widget.wants_login(stage.visit, institution):
        caption, step = "again", "again"
    values = {
        "title": told.title,
        "sentence": told.sentence,
        "said": said if said and said != told.sentence else "",
        "caption": stage.t[caption],
        "step": step,
        "reference": reference,
    }
    return View("failure", values, f"{told.title}. {told.sentence}")


def leaving(stage: Stage) -> View:
    """Who closes the page before its end is asked whether they mean it, and why."""
    values = {
        "title": stage.t["leave_title"],
        "loss": stage.widget.loss(stage.visit),
        "reasons": stage.t["reasons"] if stage.widget.surveys(stage.visit) else {},
    }
    return View("leaving", values, stage.t["leave_title"])


def over(stage: Stage) -> View:
    """The end: nothing else happens on this page."""
    return View("over", {"title": stage.t["over_title"]}, stage.t["over_title"])
