"""How long it takes to say what a code means, in a process that has the catalogue and in one that starts."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Hashable

from afluente.catalogue import Explanation, Translation, explain, load, translate
from afluente.catalogue.explain import forget
from bench import machine
from bench.report import Figure, Section, spread

Question = tuple[str, str, str | None]
CALLS = 200
"""Calls of one question that are timed together, so that reading the timer counts for nothing."""

FRESH = """
import time
began = time.perf_counter()
from afluente import explain
explain("belvo", code="login_error", message="The user account is locked…", locale="pt-BR")
print(time.perf_counter() - began)
"""


def section(rounds: int) -> Section:
    """Ask every question the four vocabularies can be asked, again and for the first time."""
    made = Section("explaining", "Explaining and translating a code", "python -m bench explaining")
    book = load()
    words = [word for system in book.systems for word in book.vocabulary(system).rows]
    questions = list(dict.fromkeys((word.system, word.code, word.message or None) for word in words))
    explained = {question: _explain(question) for question in questions}
    translated = {question: _translate(question) for question in questions}

    def plain(question: Question) -> Explanation:
        found = explained[question]
        return Explanation(
            found.system, found.code, found.message, found.known, found.word,
            found.meaning, found.user, found.engineer, found.locale,
        )  # fmt: skip

    def plain_translation(question: Question) -> Translation:
        found = translated[question]
        return Translation(found.source, found.to, found.word, found.exact, found.reached)

    for what, ask, bare in (("explain", _explain, plain), ("translate", _translate, plain_translation)):
        ours = [_again(ask, questions) for _ in range(rounds)]
        theirs = [_again(bare, questions) for _ in range(rounds)]
        first = [_first(ask, questions) for _ in range(rounds)]
        ratio = statistics.median(ours) / statistics.median(theirs)
        made.figures += [
            Figure(
                f"`{what}`, a question that was asked before",
                spread(ours, "{:.2f}", " µs"),
                "a dict look-up that builds the same record: " + spread(theirs, "{:.2f}", " µs"),
                f"{ratio:.1f}",
                "≤ 3 times, < 5 µs",
                ratio <= 3 and statistics.median(ours) < 5,
            ),
            Figure(
                f"`{what}`, asked for the first time",
                spread(first, "{:.2f}", " µs"),
                "the same",
                f"{statistics.median(first) / statistics.median(theirs):.1f}",
                "< 5 µs",
                statistics.median(first) < 5,
            ),
        ]
    fresh, nothing = _fresh(4 * rounds)
    loading = [_timed(load) for _ in range(4 * rounds)]
    made.figures += [
        Figure(
            "import and the first `explain` in a new process",
            spread([1_000 * seconds for seconds in fresh], "{:.1f}", " ms"),
            "a Python that does nothing, from exec to exit: "
            + spread([1_000 * seconds for seconds in nothing], "{:.1f}", " ms"),
            "",
            "< 60 ms",
            statistics.median(fresh) < 0.06,
        ),
        Figure(
            "`load()`: every file read and checked, as at a server's start",
            spread([1_000 * seconds for seconds in loading], "{:.1f}", " ms"),
        ),
    ]
    made.notes.append(
        f"{len(questions)} different questions, one for each code and text of the vocabularies; each figure is the "
        f"median over the questions, and the median, least and greatest of {rounds} rounds of it. A question that was "
        f"asked before is answered from memory, which holds 2,048 of them; the first time, the tables are looked "
        "through. The new process is timed inside, from before the import to after the answer, with bytecode compiled."
    )
    return made


def _explain(question: Question) -> Explanation:
    system, code, message = question
    return explain(system, code=code, message=message)


def _translate(question: Question) -> Translation:
    system, code, message = question
    return translate(system, code=code, message=message, to="pluggy")


def _again(ask: Callable[[Question], Hashable], questions: list[Question]) -> float:
    """Return the median over the questions, in µs for one call."""
    took = []
    for question in questions:
        ask(question)
        began = time.perf_counter_ns()
        for _ in range(CALLS):
            ask(question)
        took.append((time.perf_counter_ns() - began) / CALLS / 1_000)
    return statistics.median(took)


def _first(ask: Callable[[Question], Hashable], questions: list[Question]) -> float:
    """The same where nobody has asked before; what the timer takes is taken off."""
    idle = []
    for _ in questions:
        began = time.perf_counter_ns()
        idle.append(time.perf_counter_ns() - began)
    took = []
    forget()
    for question in questions:
        began = time.perf_counter_ns()
        ask(question)
        took.append(time.perf_counter_ns() - began)
    return (statistics.median(took) - statistics.median(idle)) / 1_000


def _fresh(times: int) -> tuple[list[float], list[float]]:
    """Return the seconds of the first answer in new processes, and of processes that do nothing, in turns."""
    environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(machine.ROOT / "src")}

    def run(code: str) -> str:
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    run(FRESH)  # leaves bytecode where there was none
    fresh, nothing = [], []
    for _ in range(times):
        fresh.append(float(run(FRESH)))
        nothing.append(_timed(lambda: run("")))
    return fresh, nothing


def _timed(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began
