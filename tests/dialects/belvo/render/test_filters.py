from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.core.outcome import Refused
from afluente.dialects.belvo.bounds import Bounds, bounds
from afluente.dialects.belvo.filters import Filters, read, tables
from afluente.dialects.belvo.projections import projection
from afluente.dialects.belvo.refusals import FieldsRefused
from afluente.dialects.belvo.render import ENCODER
from afluente.web.instants import instant
from tests.dialects.belvo.render.records import LINK, MORNING
from tests.dialects.belvo.render.samples import SAMPLES
from tests.dialects.belvo.render.schemas import FILES, GENERATIONS

MOVEMENTS = "/api/transactions/"
ALSO = {"page", "page_size", "fields", "omit"}
OURS = {"/api/statements/"}
"""Lists that no published schema has."""

DIFFERENT: dict[str, set[str]] = {
    # The older generation misspells this one; every other list has it with two underscores.
    "/api/recurring-expenses/": {"account_in"},
}


def _movements(*query: tuple[str, str]) -> Filters:
    return read(MOVEMENTS, [("link", LINK), *query])


def _wire(name: str = "transaction-pix-legacy") -> dict[str, Any]:
    wire: dict[str, Any] = SAMPLES[name].make()
    return wire


def _published(generation: str) -> dict[str, tuple[set[str], set[str]]]:
    """Names of every list's query, and those that are required, as the vendor publishes them."""
    spec = json.loads((FILES / GENERATIONS[generation]).read_text("utf-8"))
    found = {}
    for path, operations in spec["paths"].items():
        if "{" in path or "get" not in operations:
            continue
        told = [_resolved(spec, parameter) for parameter in operations["get"].get("parameters", [])]
        asked = [parameter for parameter in told if parameter["in"] == "query"]
        found[path] = (
            {parameter["name"] for parameter in asked},
            {parameter["name"] for parameter in asked if parameter.get("required")},
        )
    return found


def _resolved(spec: dict[str, Any], parameter: dict[str, Any]) -> dict[str, Any]:
    reference = parameter.get("$ref")
    return spec["components"]["parameters"][reference.rpartition("/")[2]] if reference else parameter


def _known(path: str) -> set[str]:
    forms = {
        "same": [""],
        "either": ["", "__in"],
        "ordered": ["", "__gt", "__gte", "__lt", "__lte", "__range"],
        "behind": ["__gt", "__gte", "__lt", "__lte", "__range"],
        "within": ["__in"],
        "outside": ["__not_in"],
        "all": ["__allin"],
        "part": ["__icontains"],
        "text": ["", "__icontains"],
    }
    return {name + suffix for name, rule in tables()[path].filters.items() for suffix in forms[rule.form]}


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_published_filter_of_every_list_is_known(generation: str) -> None:
    """A filter that a client was promised never goes unheard."""
    for path, (names, _) in _published(generation).items():
        missing = names - ALSO - _known(path) - DIFFERENT.get(path, set())
        assert missing == set(), path


def test_no_list_and_no_filter_is_made_up() -> None:
    """What is not published is not in the table."""
    current, legacy = _published("current"), _published("legacy")
    assert set(tables()) - OURS == set(current) | set(legacy)
    for path in set(tables()) - OURS:
        names = current.get(path, (set(), set()))[0] | legacy.get(path, (set(), set()))[0]
        # The current generation alone has the plain form of an instant.
        assert _known(path) - names <= {"created_at"}, path


def test_what_a_list_requires_is_required_of_it() -> None:
    """Without the link the list is not answered; several links are links."""
    for path, (_, required) in _published("current").items():
        assert set(tables()[path].required) == required
    with pytest.raises(FieldsRefused) as refused:
        read(MOVEMENTS, [])
    assert refused.value.faults == [("link", "request.invalid.required", {})]
    assert read(MOVEMENTS, [("link__in", f"{LINK},{LINK}")]).of("link") == {LINK}


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("value_date", "2024-09-27", True),
        ("value_date", "2024-09-28", False),
        ("value_date__gt", "2024-09-27", False),
        ("value_date__gte", "2024-09-27", True),
        ("value_date__lt", "2024-09-28", True),
        ("value_date__lte", "2024-09-26", False),
        ("value_date__range", "2024-09-01,2024-09-27", True),
        ("value_date__range", "2024-09-28,2024-09-30", False),
        ("accounting_date", "2024-09-28", True),
        ("created_at__gte", "2024-09-27", True),
        ("created_at", "2024-09-27", True),
        ("created_at", "2024-09-26", False),
        ("created_at__lt", "2024-09-27T14:51:46.217Z", True),
        ("created_at__lt", "2024-09-27T11:51:46.216-03:00", False),
        ("created_at__gte", "2024-09-27T11:51:46.216 03:00", True),
        ("amount", "150", True),
        ("amount__gt", "150.00", False),
        ("amount__range", "100,150", True),
        ("currency__in", "USD,BRL", True),
        ("currency", "USD", False),
        ("type", "outflow", True),
        ("status__in", "PENDING,PROCESSED", True),
        ("reference", "REF1", True),
        ("account", "a658c848-e475-457b-8565-d1fffba127c4", True),
        ("account", "a658c848e475457b8565d1fffba127c4", True),
        ("account__balance__current__gte", "1209.50", True),
        ("account__balance__available__lt", "0", False),
        ("account_type", "GOLD Conta Corrente", True),
        ("credit_card_data__bill_name__in", "sep-2024", False),
        ("nobody_knows", "x", True),
        ("currency", "", True),
    ],
)
def test_a_movement_is_listed_or_not(name: str, value: str, found: bool) -> None:
    """Of a movement of the 27th of September 2024 over 150.00."""
    assert _movements((name, value)).matches(_wire()) is found


def test_an_account_that_is_encoded_already_is_looked_into_all_the_same() -> None:
    """Movements of one account share its encoding."""
    wire = _wire()
    wire["account"] = msgspec.Raw(ENCODER.encode(wire["account"]))
    assert _movements(("account__balance__current", "1209.50")).matches(wire)
    assert not _movements(("account__balance__current__gt", "1209.50")).matches(wire)


def test_conditions_add_up() -> None:
    """All of them must be met."""
    asked = _movements(("currency", "BRL"), ("amount__gte", "1000"))
    assert not asked.matches(_wire())
    assert len(asked.conditions) == 3


def test_lists_in_objects_are_looked_into() -> None:
    """One of the countries, all of the resources, the accounts of an income."""
    wire = SAMPLES["institution"].make()
    assert read("/api/institutions/", [("country_code__in", "BR,MX")]).matches(wire)
    assert not read("/api/institutions/", [("country_code", "BR")]).matches(wire)
    assert read("/api/institutions/", [("resources__allin", "ACCOUNTS,OWNERS")]).matches(wire)
    assert not read("/api/institutions/", [("resources__allin", "ACCOUNTS,BILLS")]).matches(wire)


def test_parts_of_names_are_found_whatever_their_case() -> None:
    """As people search."""
    wire = SAMPLES["account-checking"].make()
    assert read("/api/accounts/", [("name__icontains", "CORRENTE")]).matches(wire)
    assert not read("/api/accounts/", [("name__icontains", "poupança")]).matches(wire)


def test_what_is_not_told_matches_only_what_excludes() -> None:
    """A link without a creator is not among those that are left out."""
    nobody = {"created_by": None, "external_id": None}
    assert read("/api/links/", [("created_by__not_in", LINK)]).matches(nobody)
    assert not read("/api/links/", [("created_by__not_in", LINK)]).matches({"created_by": LINK})
    assert not read("/api/links/", [("external_id", "abc")]).matches(nobody)


@pytest.mark.parametrize(
    ("name", "value", "meaning"),
    [
        ("account", "not-a-uuid", "request.invalid.not-a-uuid"),
        ("account__in", f"{LINK},x", "request.invalid.not-a-uuid"),
        ("value_date", "27/09/2024", "request.invalid.value"),
        ("value_date__gte", "2024-02-30", "request.invalid.value"),
        ("value_date__range", "2024-01-01", "request.invalid.value"),
        ("created_at__gt", "yesterday", "request.invalid.value"),
        ("created_at__gt", "0001-01-01T00:00:00+14:00", "request.invalid.value"),
        ("amount", "much", "request.invalid.value"),
        ("amount__lt", "NaN", "request.invalid.value"),
        ("amount__lt", "1e999999", "request.invalid.value"),
        ("status", "POSTED", "request.invalid.choice"),
        ("type__in", "INFLOW,DEBIT", "request.invalid.choice"),
    ],
)
def test_a_value_that_cannot_be_read_is_named(name: str, value: str, meaning: str) -> None:
    """The client is told which filter it was."""
    with pytest.raises(FieldsRefused) as refused:
        _movements((name, value))
    assert [(field, said) for field, said, _ in refused.value.faults] == [(name, meaning)]
    assert isinstance(refused.value, Refused)


def test_all_faults_are_told_at_once() -> None:
    """One answer names them all."""
    with pytest.raises(FieldsRefused) as refused:
        read(MOVEMENTS, [("amount", "x"), ("status", "x")])
    assert [field for field, _, _ in refused.value.faults] == ["link", "amount", "status"]


def test_conditions_on_an_account_can_be_asked_of_the_account_itself() -> None:
    """So that movements of other accounts are not read at all."""
    asked = _movements(("account__balance__current__gt", "0"), ("currency", "BRL"))
    on_account = asked.below("account")
    assert on_account.matches(SAMPLES["account-checking"].make())
    assert [condition.name for condition in asked.without(key="account").conditions] == ["currency"]
    assert [c.name for c in asked.without(["currency"], key="account").conditions] == []


def test_storage_is_told_bounds_that_say_what_the_filters_do() -> None:
    """Days and amounts are inclusive, instants half-open; what they cannot say exactly lies beyond."""
    asked = _movements(
        ("value_date__gt", "2023-12-31"),
        ("value_date__lt", "2024-07-01"),
        ("value_date__range", "2023-01-01,2024-12-31"),
        ("amount__gt", "10"),
        ("amount__lte", "99.99"),
        ("created_at__lte", "2024-09-27T00:00:00Z"),
        ("collected_at__gt", "2024-09-27T00:00:00Z"),
        ("status", "PENDING"),
        ("type__in", "INFLOW,OUTFLOW"),
        ("currency__in", "BRL,USD"),
        ("reference", "REF1"),
        ("account__balance__current__gt", "0"),
    )
    found = bounds(asked)
    assert found == Bounds(
        first_day=date(2024, 1, 1),
        last_day=date(2024, 6, 30),
        created_before=1_727_395_200_001,
        collected_from=1_727_395_200_001,
        least=Decimal("10"),
        most=Decimal("99.99"),
        pending=True,
        currencies=frozenset({"BRL", "USD"}),
        beyond=found.beyond,
    )
    assert [(c.name, c.test) for c in found.beyond.conditions] == [("amount", "gt"), ("reference", "is")]
    assert bounds(_movements()) == Bounds()


def test_a_status_that_no_movement_has_lies_beyond() -> None:
    """So nothing is listed; with another beside it, the other alone counts."""
    none = bounds(_movements(("status", "UNCATEGORIZED")))
    assert (none.pending, [c.name for c in none.beyond.conditions]) == (None, ["status"])
    some = bounds(_movements(("status__in", "UNCATEGORIZED,PROCESSED")))
    assert (some.pending, some.beyond) == (False, Filters())
    never = bounds(_movements(("type", "INFLOW"), ("type__in", "OUTFLOW")))
    assert (never.inflow, len(never.beyond.conditions)) == (None, 2)


def test_the_ends_of_the_calendar_have_no_day_beside_them() -> None:
    """A filter there is no fault."""
    assert bounds(_movements(("value_date__gt", "9999-12-31"))).first_day == date.max


DAYS = st.dates(min_value=date(2024, 9, 20), max_value=date(2024, 10, 4)).map(date.isoformat)
INSTANTS = st.integers(-3, 3).map(lambda ms: instant(MORNING + ms))
SUMS = st.sampled_from(["149.99", "150", "150.00", "150.01"])
QUERIES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([f"value_date{end}" for end in ("", "__gt", "__gte", "__lt", "__lte")]), DAYS),
        st.tuples(st.sampled_from([f"created_at{end}" for end in ("__gt", "__gte", "__lt", "__lte")]), INSTANTS),
        st.tuples(st.sampled_from([f"amount{end}" for end in ("", "__gt", "__gte", "__lt", "__lte")]), SUMS),
        st.tuples(st.sampled_from(["status", "status__in"]), st.sampled_from(["PENDING", "PROCESSED"])),
        st.tuples(st.sampled_from(["type", "type__in"]), st.sampled_from(["INFLOW", "OUTFLOW"])),
        st.tuples(st.just("currency"), st.sampled_from(["BRL", "USD"])),
        st.tuples(st.just("reference"), st.sampled_from(["REF1", "REF2"])),
    ),
    max_size=4,
)


@given(QUERIES)
def test_bounds_and_what_lies_beyond_them_choose_what_the_filters_choose(query: list[tuple[str, str]]) -> None:
    """Of one movement, for all questions near to it."""
    asked = _movements(*query)
    found, wire = bounds(asked), _wire()
    within = (
        (found.first_day is None or found.first_day <= date(2024, 9, 27))
        and (found.last_day is None or date(2024, 9, 27) <= found.last_day)
        and (found.created_from is None or found.created_from <= MORNING)
        and (found.created_before is None or found.created_before > MORNING)
        and (found.least is None or found.least <= Decimal(150))
        and (found.most is None or Decimal(150) <= found.most)
        and found.pending in (None, False)
        and found.inflow in (None, False)
        and (found.currencies is None or "BRL" in found.currencies)
    )
    assert (within and found.beyond.matches(wire)) is asked.matches(wire)


def test_a_client_gets_the_keys_it_wants_in_their_order() -> None:
    """`fields` keeps, `omit` drops, names nobody has do nothing, and institutions know neither."""
    wire = {"id": 1, "name": 2, "type": 3}

    def keys(path: str, **query: str) -> list[str]:
        return list(projection(path, query.items()).of(wire))

    assert keys("/api/accounts/", fields="type, id,nobody") == ["id", "type"]
    assert keys("/api/accounts/", omit="name") == ["id", "type"]
    assert keys("/api/accounts/", fields="id,name", omit="name") == ["id"]
    assert keys("/api/accounts/") == ["id", "name", "type"]
    assert keys("/api/accounts/", fields="nobody") == []
    assert keys("/api/institutions/", fields="id") == ["id", "name", "type"]
    assert projection("/api/accounts/", []).of(wire) is wire
