"""A server killed with SIGKILL while a task runs, waits, or has its reports sent: none is lost, none has another id."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.klavi import BANK, Delivery, Klavi, Receiver, someone
from tests.server import Server, running

pytestmark = pytest.mark.slow

PACE = 40
LOOKS = 3_000
"""How often to look for the moment to kill at, a few milliseconds apart."""

ALL = {"category_checking", "category_creditcard", "income", "liabilities", "financial_insight", "balance", "identity",
       "score_k1", "k_label", "bank_loan", "investment"}  # fmt: skip


class Story:
    """A server to be killed, and a partner whose reports arrive at a receiver that lives on."""

    def __init__(self, server: Server, receiver: Receiver) -> None:
        self.server = server
        self.receiver = receiver
        self.klavi = Klavi(server.client())
        self.klavi.listen(receiver, "reports")

    def begin(self, bank: str = BANK, user: str = "user-ok") -> str:
        """Begin a task with every report and return its trace id, while it runs."""
        body = self.klavi.order(user, bank, person=someone(), products=["all"])
        answer = self.klavi.call("POST", "/data/v1/tasks", json=body).json()
        assert answer["code"] == 200, answer
        return str(answer["traceId"])

    def until(self, reached: Callable[[], bool]) -> None:
        """Look until it is so."""
        for _ in range(LOOKS):
            if reached():
                return
            self.server.process_wait(0.004)
        raise AssertionError("it did not come to that")

    def killed(self) -> None:
        """End it as a crash would, and start it again on the same data."""
        self.klavi.sandbox.close()
        self.server.kill()
        self.server.start()
        self.klavi = Klavi(self.server.client())

    def reports(self, trace: str, names: set[str]) -> dict[str, set[str]]:
        """Return the ids under which each report of a task arrived, once all have."""

        def wanted(one: Delivery) -> bool:
            return isinstance(one.body, dict) and one.body["data"]["connection_id"] == trace

        def there() -> bool:
            return names <= {one.body["data"]["report_type"] for one in self.receiver.arrived if wanted(one)}

        self.klavi.sandbox.settle()
        self.until(there)
        found = defaultdict(set)
        for one in self.receiver.arrived:
            if wanted(one):
                assert one.body["code"] == 200, one.raw
                found[one.body["data"]["report_type"]].add(one.body["data"]["report_id"])
        return found


@pytest.fixture
def story(tmp_path: Path, database_url: str, receiver: Receiver) -> Iterator[Story]:
    """A server of the test's own, on SQLite and on PostgreSQL in turn."""
    with running(tmp_path, database_url, private_webhooks="1", pace=str(PACE)) as server:
        story = Story(server, receiver)
        yield story
        story.klavi.sandbox.close()


def is_whole(story: Story, trace: str) -> None:
    """Every report has arrived, each under one id, and the task is told to be over."""
    found = story.reports(trace, ALL)
    assert set(found) == ALL
    assert all(len(ids) == 1 for ids in found.values()), found
    told = story.klavi.task(trace)
    assert (told["code"], told["status"]) == (200, "finished")


@pytest.mark.parametrize("steps", [0, 1, 3, 6])
def test_killed_while_it_logs_in_or_fetches_it_goes_on(story: Story, steps: int) -> None:
    """At the login, and between one product and another; the bank takes its time, so there is a middle."""
    trace = story.begin()
    story.server.process_wait(steps * PACE / 1000)
    story.killed()
    is_whole(story, trace)


def test_killed_while_it_waits_for_a_token_it_still_takes_it(story: Story) -> None:
    """The question stands, under the same trace id, and is answered after the start."""
    trace = story.begin("033")
    story.until(lambda: story.klavi.task(trace)["status"] == "waiting")
    story.killed()
    assert story.klavi.task(trace)["status"] == "waiting"
    assert story.klavi.code("POST", f"/data/v1/tasks/{trace}/mfa", json={"token": "123456"}) == 200
    story.killed()
    found = story.reports(trace, {"category_checking", "identity", "score_k1"})
    assert all(len(ids) == 1 for ids in found.values()), found


@pytest.mark.parametrize("seen", [1, 4])
def test_killed_while_reports_are_sent_each_arrives(story: Story, seen: int) -> None:
    """Some have arrived and were perhaps not noted: those may come again, under the id they had.

    What was on its way is tried again when it must be thought lost: a minute later.
    """
    story.receiver.answers = [200] * seen + [500] * 3
    trace = story.begin()
    story.until(lambda: len(story.receiver.arrived) > seen)
    story.killed()
    story.klavi.sandbox.advance("PT2M")
    is_whole(story, trace)
    again = Counter(one.body["data"]["report_type"] for one in story.receiver.arrived)
    assert max(again.values()) > 1, "nothing was sent again, so nothing was tried"
