"""Cards that are kept: refreshed at night or not, and forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.flinks import ZERO, Flinks, newcomer


def test_a_card_is_refreshed_at_night_if_its_first_login_says_so(flinks: Flinks) -> None:
    """A later login changes nothing; the setting does, in each of its forms."""
    username = newcomer()
    told = flinks.authorize(username, ScheduleRefresh=True)
    card = told["Login"]["Id"]
    assert told["Login"]["IsScheduledRefresh"] is True
    assert flinks.authorize(username, ScheduleRefresh=False)["Login"]["IsScheduledRefresh"] is True

    def switched(path: str, expected: bool, **options: object) -> None:
        word = "activated" if expected else "deactivated"
        answer = flinks.told(flinks.call("PATCH", path, **options))
        assert answer == f"LoginId {card} has now been {word} for automatic refresh"
        assert flinks.cached(card)["Login"]["IsScheduledRefresh"] is expected

    switched("SetScheduledRefresh", False, json={"loginId": card, "isActivated": "False"})
    switched(f"ActivateScheduledRefresh/{card}", True)
    switched(f"DeactivateScheduledRefresh/{card}", False)
    switched("SetScheduledRefresh", True, params={"login_id": card, "is_activated": "true"})


def test_a_setting_without_its_value_is_refused(flinks: Flinks) -> None:
    """And so is one for a card that nobody has."""
    body = {"LoginId": ZERO}
    refused = flinks.told(flinks.call("PATCH", "SetScheduledRefresh", json=body), 401)
    assert list(flinks.refusal(refused, "INVALID_REQUEST")["ValidationDetails"]) == ["IsActivated"]
    refused = flinks.told(flinks.call("PATCH", "SetScheduledRefresh", json={**body, "IsActivated": True}), 401)
    flinks.refusal(refused, "INVALID_LOGIN")


def test_a_card_that_waits_for_an_answer_is_not_refreshed_at_night(flinks: Flinks) -> None:
    """One that is asked anew each night has no good refresh for a week, and then no part in it; one that wants none is
    not in the list."""
    fresh, resting = newcomer(), newcomer()
    good = flinks.authorize(fresh, ScheduleRefresh=True)["Login"]["Id"]
    flinks.authorize(resting)
    asked = flinks.authorize("Greatday", 203, ScheduleRefresh=True)

    def listed() -> dict[str, tuple[str, object]]:
        told = flinks.get("GetNightlyRefreshStatus")["IneligibleCards"]
        return {one["LoginId"]: (one["LastRefreshState"], one["LastRefreshErrorCode"]) for one in told}

    waiting = flinks.session(asked["RequestId"])["connection_id"]
    assert listed() == {waiting: ("AnsweringSecurityChallenge", None)}
    flinks.answer(asked)
    assert listed() == {}
    flinks.sandbox.advance("P6D")
    assert listed() == {}
    flinks.sandbox.advance("P2D")
    assert set(listed()) == {waiting}
    # nobody has asked for either in a week, so neither is refreshed any more
    flinks.sandbox.advance("P7D")
    assert (set(listed()), listed()[good]) == ({waiting, good}, ("Completed", None))


@pytest.mark.parametrize("verb", ["DELETE", "GET"])
def test_a_card_that_is_deleted_is_forgotten(flinks: Flinks, verb: str) -> None:
    """The same credentials make it anew, under the same id, with nothing stored."""
    username = newcomer()
    card = flinks.card(username)
    told = flinks.told(flinks.call(verb, f"DeleteCard/{card.upper()}"))
    assert told == {"StatusCode": 200, "Message": f"All of the information about LoginId {card} has been removed"}
    refused = flinks.told(flinks.call(verb, f"DeleteCard/{card}"), 401)
    assert "Invalid LoginId" in str(flinks.refusal(refused, "INVALID_LOGIN"))
    flinks.refusal(flinks.cached(card, 401), "INVALID_LOGIN")
    again = flinks.authorize(username)["Login"]
    assert (again["Id"], again["LastRefresh"]) == (card, "0001-01-01T00:00:00")


def test_a_card_that_is_being_read_is_not_deleted(flinks: Flinks) -> None:
    """It can be once that is over."""
    told = flinks.authorize("test_pending")
    flinks.post("GetAccountsDetail", 202, RequestId=told["RequestId"])
    path = f"DeleteCard/{told['Login']['Id']}"
    flinks.refusal(flinks.told(flinks.call("DELETE", path), 400), "CARD_IN_USE")
    flinks.sandbox.advance("PT2M")
    flinks.told(flinks.call("DELETE", path))


def test_a_card_is_refreshed_every_night_as_long_as_somebody_asks_for_it(flinks: Flinks) -> None:
    """A week after the last session about it no more."""
    opened = flinks.connected(ScheduleRefresh=True)
    card = flinks.post("GetAccountsDetail", RequestId=opened)["Login"]["Id"]

    def refreshed() -> datetime:
        return datetime.fromisoformat(flinks.cached(card)["Login"]["LastRefresh"])

    first = refreshed()
    flinks.sandbox.advance("P2D")
    second = refreshed()
    assert timedelta(days=1) <= second - first <= timedelta(days=2)
    flinks.sandbox.advance("P20D")
    assert timedelta(days=6) <= refreshed() - second <= timedelta(days=8)


def test_one_card_is_asked_for_by_its_login(flinks: Flinks) -> None:
    """Whether it is refreshed or not; a login that nobody has is told by its id."""
    told = flinks.authorize("Greatday", 203, ScheduleRefresh=True)
    card = flinks.session(told["RequestId"])["connection_id"]
    (one,) = flinks.get(f"GetNightlyRefreshStatus?loginId={card}")["IneligibleCards"]
    assert (one["LoginId"], one["LastRefreshState"]) == (card, "AnsweringSecurityChallenge")
    assert one["LastRefreshDate"] == "0001-01-01T00:00:00" and one["LastRefreshErrorCode"] is None
    good = flinks.authorize(newcomer(), ScheduleRefresh=True)["Login"]["Id"]
    assert flinks.get(f"GetNightlyRefreshStatus?loginId={good}")["IneligibleCards"] == []
    refused = flinks.refusal(flinks.get(f"GetNightlyRefreshStatus?loginId={ZERO}", 401), "INVALID_REQUEST")
    assert refused["Message"] == f"The login '{ZERO}' is invalid."
