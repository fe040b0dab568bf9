"""`afluente explain`: what a code means, whose turn it is, what to tell the user, and what the other systems say."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from afluente.catalogue import Catalogue, Explanation, Translation, Word


def register(cli: click.Group) -> None:
    """Add the catalogue's commands."""
    cli.add_command(explain)


@click.command()
@click.argument("system", required=False)
@click.argument("code", required=False)
@click.argument("message", required=False)
@click.option("--list", "listed", help="List every word of a system.")
@click.option("--to", help="Say it in this system's words.")
@click.option("--locale", default="en", show_default=True, help="The language: en, es, fr, pt-BR.")
@click.option("--surface", help="Where the code was seen, where it is used twice.")
@click.option("--institution", help="The institution, where codes differ by it.")
@click.option("--product", help="The product, where codes differ by it.")
@click.option("--phase", help="The phase of the run, where codes differ by it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(
    system: str | None,
    code: str | None,
    message: str | None,
    listed: str | None,
    to: str | None,
    locale: str,
    surface: str | None,
    institution: str | None,
    product: str | None,
    phase: str | None,
    as_json: bool,
) -> None:
    """Say what a code of one of the systems means, and what to do about it.

    SYSTEM is belvo, flinks, klavi or pluggy; CODE the code, status or warning, as it came; MESSAGE the text that came
    with it, of which the beginning and … do.

    Ends with 0 for a code that is known, 1 for one that is not, 2 for a question that cannot be asked.
    """
    from afluente.catalogue import UnknownName

    given = {"institution": institution, "product": product, "phase": phase}
    told = {name: value for name, value in given.items() if value is not None}
    try:
        if listed is not None:
            _list(listed, as_json)
        elif system is None or code is None:
            raise click.BadParameter("a system and a code are needed, such as belvo login_error; or --list SYSTEM")
        else:
            raise click.exceptions.Exit(_answer(system, code, message, to, locale, surface, told, as_json))
    except UnknownName as unknown:
        raise click.BadParameter(f"{unknown}.") from None


def _answer(
    system: str,
    code: str,
    message: str | None,
    to: str | None,
    locale: str,
    surface: str | None,
    told: dict[str, str],
    as_json: bool,
) -> int:
    """Print one answer and return the exit code."""
    from afluente import catalogue

    book = catalogue.Catalogue()
    question: dict[str, Any] = {"code": code, "message": message, "locale": locale, "surface": surface, **told}
    said = catalogue.explain(system, catalogue=book, **question)
    translation = catalogue.translate(system, to=to, catalogue=book, **question) if to is not None else None
    if as_json:
        from afluente.catalogue.overview import told as flat

        _json(flat(book, said, translation))
    else:
        _show(book, said, translation)
    if not said.known:
        _not_known(book, said)
    return 0 if said.known else 1


def _json(value: Any) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def _console(stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, soft_wrap=False)


def _show(book: Catalogue, said: Explanation, translation: Translation | None) -> None:
    from rich.padding import Padding
    from rich.text import Text

    console = _console()
    head = Text.assemble((said.meaning.name, "bold cyan"), "  ", (_source(said), "dim"))
    console.print(head)
    console.print(Padding(Text(said.user), (1, 2, 0, 2)))
    console.print(Padding(Text(said.engineer, "dim"), (0, 2, 1, 2)))
    phrases = book.phrases(said.locale)
    fields = _grid()
    for field, words in phrases.of(said.meaning).items():
        fields.add_row(Text(phrases.label(field), "dim"), words)
    console.print(Padding(fields, (0, 2)))
    console.print()
    console.print(Padding(_elsewhere(book, said, translation), (0, 2)))
    _tell_variants(console, book, said)


def _source(said: Explanation) -> str:
    word = said.word
    if word is None:
        return f"{said.system} {said.code}"
    return " ".join(part for part in (said.system, word.surface, str(word.http or ""), word.code) if part)


def _grid() -> Table:
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    return grid


def _elsewhere(book: Catalogue, said: Explanation, translation: Translation | None) -> Table:
    """What the other systems say, or only the one that was asked for."""
    from rich.text import Text

    others = [translation.to] if translation else [name for name in book.systems if name != said.system]
    grid = _grid()
    for other in others:
        word = book.vocabulary(other).write_anywhere(said.meaning.name)
        text = Text(_named(word), "bold" if word.exact else "")
        if not word.exact:
            text.append(f"  says {word.meaning}", "yellow")
        if word.message and not word.message.startswith("{"):
            text.append(f"\n{word.message}", "dim")
        grid.add_row(Text(other, "green"), text)
    return grid


def _named(word: Word) -> str:
    """A word with its HTTP status, and where it is said when it is no code."""
    return " ".join(part for part in (str(word.http or ""), word.code) if part) or word.surface


def _tell_variants(console: Console, book: Catalogue, said: Explanation) -> None:
    """Where one code has several meanings and the question did not choose, say what would have chosen."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    if said.word is None:
        return
    surface = said.word.surface
    rows = [word for word in book.vocabulary(said.system).rows if (word.surface, word.code) == (surface, said.code)]
    names = book.vocabulary(said.system).surface(surface).discriminators
    if any(said.word.discriminator) or len({word.meaning for word in rows}) < 2:
        return
    console.print()
    console.print(Text(f"{said.code} has other meanings where one of these came with it:", "yellow"))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for word in rows:
        apart = [f"{name}: {value}" for name, value in zip(names, word.discriminator, strict=True) if value]
        if apart:
            table.add_row(Text(word.meaning, "cyan"), Text("\n".join(apart)))
    console.print(Padding(table, (0, 2)))


def _not_known(book: Catalogue, said: Explanation) -> None:
    """Say on standard error that the code is not known, which are near it, and which there are."""
    known = list(dict.fromkeys(word.code for word in book.vocabulary(said.system).rows if word.code))
    near = difflib.get_close_matches(said.code, known, n=3)
    console = _console(stderr=True)
    console.print()
    console.print(f"{said.system} has no word {said.code!r} that fits; it is taken as unexpected.", style="red")
    if near:
        console.print(f"Near it: {', '.join(near)}.")
    console.print(f"Known: {', '.join(known)}.", style="dim")


def _list(system: str, as_json: bool) -> None:
    """Print every word of a system, by the place where it is said."""
    from rich.padding import Padding
    from rich.text import Text

    from afluente.catalogue import Catalogue

    vocabulary = Catalogue().vocabulary(system)
    if as_json:
        _json(vocabulary.rows)
        return
    console = _console()
    for surface in vocabulary.surfaces.values():
        console.print(Text.assemble((f"{system} {surface.name}", "bold cyan"), f"  {surface.about}"))
        grid = _grid()
        for word in vocabulary.rows:
            if word.surface == surface.name:
                grid.add_row(Text(_named(word), "bold" if word.writes else "dim"), _entry(word, surface.discriminators))
        console.print(Padding(grid, (0, 2, 1, 2)))


def _entry(word: Word, names: Sequence[str]) -> Text:
    """One row of a list: the meaning, what has to come with the code, and the text."""
    from rich.text import Text

    entry = Text(word.meaning, "cyan")
    apart = [f"{name} {value}" for name, value in zip(names, word.discriminator, strict=True) if value]
    if word.discriminator and "message" in names and word.discriminator[names.index("message")] is not None:
        apart = [one for one in apart if not one.startswith("message ")] + ["told by its text"]
    entry.append("".join(f", {one}" for one in apart), "dim")
    if word.message:
        entry.append(f"\n{word.message}", "not bold default")
    return entry
