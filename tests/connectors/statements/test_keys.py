"""Importing the same or an overlapping file twice adds nothing twice: the keys stay."""

from afluente.connectors.statements import read_statement
from tests.connectors.statements.making import movement, ofx


def keys(*movements: str) -> list[str]:
    """Return the keys of a file with these movements."""
    return [found.key for found in read_statement(ofx(*movements)).transactions]


def test_a_movement_has_the_same_key_in_an_overlapping_file() -> None:
    """Whatever else is in the file."""
    a, b, c = movement(fitid="a"), movement(fitid="b"), movement(fitid="c")
    assert keys(a, b)[1] == keys(b, c)[0]


def test_the_same_id_with_the_same_content_is_one_movement() -> None:
    """A bank that repeats itself in one file is believed, and the repetition is a warning."""
    read = read_statement(ofx(movement(), movement()))
    assert len(read.transactions) == 1
    assert any("repetitions" in warning for warning in read.warnings)


def test_equal_movements_without_an_id_are_two_and_stay_two() -> None:
    """Two coffees on one day: an occurrence number tells them apart, the same in each file."""
    coffee, other = movement(fitid="", memo="Café"), movement(fitid="", memo="Outro")
    assert len(set(keys(coffee, coffee))) == 2
    assert set(keys(coffee, coffee)) <= set(keys(other, coffee, coffee))
    assert keys(coffee, coffee)[0] == keys(coffee)[0]


def test_an_id_that_is_nothing_counts_as_none() -> None:
    """Zeros for every movement are no ids."""
    assert keys(movement(fitid="0")) == keys(movement(fitid="")) == keys(movement(fitid="000000"))
    assert len(set(keys(movement(fitid="0"), movement(fitid="0")))) == 2


def test_one_id_for_different_movements_loses_none_of_them() -> None:
    """Within a file, and across files: an id that counts from 1 in every file overwrites nothing."""
    january, february = movement(fitid="1", day="20240115"), movement(fitid="1", day="20240215")
    assert len(set(keys(january, february))) == 2
    assert keys(january)[0] == keys(january, february)[0]
    assert keys(february)[0] == keys(january, february)[1]


def test_a_constant_id_is_told_apart_by_amount_and_description() -> None:
    """All of one day under one id: amounts tell apart, then descriptions, then the count."""
    same = [
        movement("-1.00", fitid="77", memo="A"),
        movement("-2.00", fitid="77", memo="A"),
        movement("-2.00", fitid="77", memo="B"),
        movement("-2.00", fitid="77", memo="B"),
    ]
    assert len(set(keys(*same))) == 4
    assert keys(*same) == keys(*same)


def test_a_date_written_with_a_time_keeps_the_key() -> None:
    """Exports of one bank differ in how they write a day and an amount."""
    assert keys(movement("-10", day="20240115")) == keys(movement("-10,00", day="20240115120000[-3:BRT]"))


def test_rows_of_a_csv_file_keep_their_keys_in_an_overlapping_one() -> None:
    """With ids and without, and in whichever order the bank lists them."""
    head = "Data;Descrição;Valor\n"
    a, b, c = "01/02/2024;Café;-8,50\n", "01/02/2024;Café;-8,50\n", "02/02/2024;Pão;-3,00\n"
    first = {found.key for found in read_statement((head + a + b).encode()).transactions}
    second = {found.key for found in read_statement((head + c + b + a).encode()).transactions}
    assert len(first) == 2
    assert first < second
