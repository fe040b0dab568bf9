"""Millions of transactions, made by the database itself in the order that syncs would store them."""

from __future__ import annotations

from pathlib import Path

from bench import ground

CHUNK = 9_000
"""Movements of the one great account between two small accounts of a tenth as many."""

STEP = 60_000
"""Milliseconds between two movements of an account."""

_COLUMNS = (
    "id, account_id, occurred_at, units, scale, currency, description, pending, category, key, details, "
    "created_at, updated_at"
)
_DETAILS = (
    '[null,null,null,0,null,null,{"method":"pix","receiver":{"name":"Padaria do Bairro","document":"529.982.247-25"}}]'
)


def instant(position: int) -> int:
    """Return when the great account's movement at this position, counted from the oldest, happened."""
    return ground.FIRST + position * STEP


def sizes(rows: int) -> list[tuple[int, int]]:
    """Return (movements of the great account, movements of one small account) for each pass: ten to one."""
    passes, rest = divmod(rows, CHUNK + CHUNK // 9)
    return [(CHUNK, CHUNK // 9)] * passes + ([(rest, 0)] if rest else [])


def sqlite(path: Path, account_id: str, rows: int) -> int:
    """Fill a SQLite database; return how many movements the account has then."""
    connection = ground.sqlite(path)
    # for the filling alone: the server sets its own when it opens the file
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -3000000")
    connection.execute("BEGIN IMMEDIATE")
    digits = "hex(randomblob(2))"
    id = (
        f"lower({digits} || {digits} || '-' || {digits} || '-4' || substr({digits}, 2) || '-a' || substr({digits}, 2)"
        f" || '-' || {digits} || {digits} || {digits})"
    )
    text = (
        f"INSERT INTO transactions ({_COLUMNS}) WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n "
        f"WHERE i + 1 < :behind) SELECT {id}, :account, :start + i * {STEP}, (i * 7919) % 100000 - 50000, 2, 'BRL', "
        "'PIX enviado ' || (i % 1000), 0, 'transfers.pix', 'movement-' || i, "
        "CASE WHEN i % 2 THEN :details END, :start, :start FROM n"
    )
    given = {"start": ground.FIRST, "details": _DETAILS}
    done = 0
    for turn, (great, small) in enumerate(sizes(rows)):
        connection.execute(text, given | {"first": done, "behind": done + great, "account": account_id})
        done += great
        if small:
            connection.execute(text, given | {"first": 0, "behind": small, "account": f"small-{turn}"})
    connection.execute("COMMIT")
    (count,) = connection.execute("SELECT count(*) FROM transactions").fetchone()
    connection.close()
    if count != rows:
        raise RuntimeError(f"{count} rows, not {rows}")
    return done


def postgres(url: str, account_id: str, rows: int) -> int:
    """Fill a PostgreSQL database; return how many movements the account has then."""
    text = (
        f"INSERT INTO transactions ({_COLUMNS}) SELECT gen_random_uuid()::text, %(account)s, "
        f"%(start)s + i * {STEP}, (i * 7919) %% 100000 - 50000, 2, 'BRL', 'PIX enviado ' || (i %% 1000), 0, "
        "'transfers.pix', 'movement-' || i, CASE WHEN i %% 2 = 1 THEN %(details)s END, %(start)s, %(start)s "
        "FROM generate_series(%(first)s::bigint, %(behind)s::bigint - 1) AS i"
    )
    given = {"start": ground.FIRST, "details": _DETAILS}
    done = 0
    with ground.postgres(url) as connection:
        with connection.transaction():
            # indexes are made anew behind the rows: the same ones, and minutes sooner
            made = connection.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'transactions' "
                "AND indexname <> 'transactions_pkey'"
            ).fetchall()
            for name, _ in made:
                connection.execute(f"DROP INDEX {name}")
            connection.execute("ALTER TABLE transactions DROP CONSTRAINT transactions_pkey")
            for turn, (great, small) in enumerate(sizes(rows)):
                connection.execute(text, given | {"first": done, "behind": done + great, "account": account_id})
                done += great
                if small:
                    connection.execute(text, given | {"first": 0, "behind": small, "account": f"small-{turn}"})
            connection.execute("ALTER TABLE transactions ADD PRIMARY KEY (id)")
            for _, definition in made:
                connection.execute(str(definition))
        connection.execute("VACUUM ANALYZE transactions")
        found = connection.execute("SELECT count(*) FROM transactions").fetchone()
    if found is None or found[0] != rows:
        raise RuntimeError(f"{found} rows, not {rows}")
    return done
