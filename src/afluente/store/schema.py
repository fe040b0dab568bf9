"""The tables, once, for both databases.

Ids are 36 characters of lower-case text, instants whole milliseconds (UTC), amounts whole numbers of a scale that
stands beside them, and `body` is a record of `core` as JSON. Columns beside a body are there to be searched by.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.schema import CreateIndex, CreateTable

from afluente.store.statement import dialect_named

metadata = MetaData()

REVISION = "0016"
"""The migration that makes exactly this schema."""


def _id(name: str = "id", **options: object) -> Column[str]:
    return Column(name, String(36), **options)  # type: ignore[arg-type]


def _belongs(name: str, table: str) -> Column[str]:
    return Column(name, String(36), ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=False)


def _only(condition: str) -> dict[str, Any]:
    """Return the options of an index that has only the rows for which this holds."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


applications = Table(
    "applications",
    metadata,
    _id(primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("clock", BigInteger),
    Column("body", Text, nullable=False),
    Column("sealed_key", LargeBinary),
    Column("created_at", BigInteger, nullable=False),
    Column("former_hash", Text),
    Column("former_until", BigInteger),
    Column("moved_by", Text),
    Column("moved_until", BigInteger),
    Column("log_due_at", BigInteger),
    Index("applications_by_clock", "clock", **_only("clock IS NOT NULL")),
    Index("applications_by_log", "log_due_at"),
)

connections = Table(
    "connections",
    metadata,
    _id(primary_key=True),
    _belongs("application_id", "applications"),
    Column("institution", Text, nullable=False),
    Column("external_user_id", Text),
    Column("fingerprint", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("outcome", Text),
    Index("connections_of_application", "application_id", "created_at", "id"),
    Index(
        "connections_of_user",
        "application_id",
        "external_user_id",
        "created_at",
        "id",
        **_only("external_user_id IS NOT NULL"),
    ),
    Index("connections_by_institution", "application_id", "institution", "created_at", "id"),
    Index("connections_by_state", "application_id", "state", "created_at", "id"),
    # one that is running has no outcome, and nothing of it is due
    Index("connections_by_outcome", "application_id", "outcome", "created_at", "id", **_only("outcome IS NOT NULL")),
    Index("connections_of_credentials", "application_id", "fingerprint"),
    Index("connections_due", "due_at", **_only("due_at IS NOT NULL")),
)

# What connections are found by beside their user's name.
connection_marks = Table(
    "connection_marks",
    metadata,
    Column("connection_id", String(36), ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True),
    Column("mark", Text, primary_key=True),
    Column("application_id", String(36), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("connection_marks_of_application", "application_id", "mark", "created_at", "connection_id"),
)

credentials = Table(
    "credentials",
    metadata,
    Column("connection_id", String(36), ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

executions = Table(
    "executions",
    metadata,
    _id(primary_key=True),
    _belongs("connection_id", "connections"),
    Column("application_id", String(36), nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("body", Text, nullable=False),
    Column("sealed", LargeBinary),
    Index("executions_of_connection", "connection_id", "started_at"),
    Index("executions_ready", "started_at", **_only("state = 'ready'")),
    Index("executions_of_application", "application_id", "ended_at", **_only("ended_at IS NOT NULL")),
)

records = Table(
    "records",
    metadata,
    _id(primary_key=True),
    _belongs("connection_id", "connections"),
    Column("kind", Text, nullable=False),
    Column("parent_id", String(36)),
    Column("position", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("records_of_connection", "connection_id", "kind", "position"),
    Index("records_of_parent", "parent_id", "kind", "position"),
)

# The one table that grows to many millions: no foreign key and one index beside the primary key.
transactions = Table(
    "transactions",
    metadata,
    _id(primary_key=True),
    Column("account_id", String(36), nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("scale", SmallInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("description", Text, nullable=False),
    Column("pending", SmallInteger, nullable=False),
    Column("category", Text),
    Column("bill_id", String(36)),
    Column("key", Text, nullable=False),
    Column("details", Text),
    Column("chosen_category", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("transactions_of_account", "account_id", "occurred_at", "id"),
)

category_rules = Table(
    "category_rules",
    metadata,
    _id(primary_key=True),
    _belongs("application_id", "applications"),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("category_rules_of_application", "application_id", "created_at"),
)

webhooks = Table(
    "webhooks",
    metadata,
    _id(primary_key=True),
    _belongs("application_id", "applications"),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("failing_since", BigInteger),
    Column("slow_until", BigInteger),
    Column("probe_at", BigInteger),
    Column("due_at", BigInteger),
    Column("void_until", BigInteger, nullable=False, server_default="0"),
    Index("webhooks_of_application", "application_id", "created_at"),
    Index("webhooks_due", "due_at"),
)

faults = Table(
    "faults",
    metadata,
    _id(primary_key=True),
    _belongs("application_id", "applications"),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("faults_of_application", "application_id", "created_at"),
)

# What an institution keeps in mind between logins: it has no other place of its own.
institution_memory = Table(
    "institution_memory",
    metadata,
    Column("application_id", String(36), ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True),
    Column("institution", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Index("institution_memory_by_key", "institution", "key"),
)

# A client's conversation about one connection, and every call in it: what dashboards list. No foreign key to the
# connection, because the log outlives it.
sessions = Table(
    "sessions",
    metadata,
    _id(primary_key=True),
    _belongs("application_id", "applications"),
    _id("connection_id"),
    Column("system", Text, nullable=False),
    Column("institution", Text),
    Column("meaning", Text, nullable=False),
    Column("tag", Text),
    Column("opened_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("body", Text, nullable=False),
    Index("sessions_of_application", "application_id", "opened_at", "id"),
    Index("sessions_by_institution", "application_id", "institution", "opened_at", "id"),
    Index("sessions_by_meaning", "application_id", "meaning", "opened_at", "id"),
    Index("sessions_by_tag", "application_id", "tag", "opened_at", "id"),
    Index("sessions_of_connection", "connection_id", "opened_at"),
    Index("sessions_due", "due_at"),
)

requests = Table(
    "requests",
    metadata,
    _id(primary_key=True),
    _belongs("application_id", "applications"),
    _id("session_id"),
    Column("system", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("meaning", Text, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    _id("connection_id"),
    # on a clock that stands still one instant has many calls: what tells which of them came first
    Column("number", BigInteger, nullable=False, server_default="0"),
    Index("requests_of_application", "application_id", "at", "number", "id"),
    Index("requests_by_meaning", "application_id", "meaning", "at", "number", "id"),
    Index("requests_by_system", "application_id", "system", "at", "number", "id"),
    Index("requests_of_session", "session_id", "at"),
    Index("requests_of_connection", "connection_id", "at"),
)

# What the checks found on a connection's data when it was last stored.
findings = Table(
    "findings",
    metadata,
    Column("connection_id", String(36), ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True),
    Column("checked_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)

# How one visit to an institution went, numbered in the order of writing; it outlives the connection, and tells of
# nobody.
visits = Table(
    "visits",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    _belongs("application_id", "applications"),
    Column("institution", Text, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("visits_of_application", "application_id", "ended_at"),
)

# When an application did what it may do only so often.
allowances = Table(
    "allowances",
    metadata,
    Column("application_id", String(36), ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True),
    Column("what", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

# What happened, one row for each fact. `number` is the order of writing, `position` the place in the application's
# own order, given when the fact is read or told to somebody. No foreign key to the connection: its end is a fact too.
events = Table(
    "events",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    _belongs("application_id", "applications"),
    Column("position", BigInteger),
    _id("connection_id"),
    Column("sequence", Integer, nullable=False),
    _id(nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("events_in_order", "application_id", "position", "number"),
    Index("events_of_connection", "connection_id", "sequence"),
    Index("events_of_none", "application_id", "number", **_only("connection_id IS NULL")),
)

# How far an application's events are placed and its deliveries numbered; its lock is the turn of whoever does it.
cursors = Table(
    "cursors",
    metadata,
    Column("application_id", String(36), ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True),
    Column("placed", BigInteger, nullable=False),
    Column("delivered", BigInteger, nullable=False),
)

# What is to be sent where. Of an endpoint's deliveries of one connection only the first that is open has a due time;
# those that were tried are apart from those that were not, for these wait until the endpoint answers again.
deliveries = Table(
    "deliveries",
    metadata,
    _id(primary_key=True),
    _belongs("application_id", "applications"),
    _belongs("endpoint_id", "webhooks"),
    _id("connection_id", nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    _id("message_id", nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("body", Text, nullable=False),
    Index("deliveries_tried", "endpoint_id", "due_at", "number", **_only("attempts > 0 AND due_at IS NOT NULL")),
    Index("deliveries_untried", "endpoint_id", "due_at", "number", **_only("attempts = 0 AND due_at IS NOT NULL")),
    Index("deliveries_in_order", "application_id", "number"),
    Index("deliveries_by_state", "application_id", "state", "number"),
    Index("deliveries_of_connection", "connection_id", "number"),
    Index("deliveries_of_none", "application_id", "position", **_only("connection_id = ''")),
    Index("deliveries_of_lane", "endpoint_id", "connection_id", "state", "number"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("delivery_id", String(36), ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("status", SmallInteger),
    Column("body", Text, nullable=False),
)

# What is still to be erased of a connection outside its own rows: facts up to a sequence number, messages up to the
# number `delivered` (all that there are where it has none). No foreign key to the connection, which may be gone.
clearings = Table(
    "clearings",
    metadata,
    Column("connection_id", String(36), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("application_id", String(36), ForeignKey("applications.id", ondelete="CASCADE"), nullable=False),
    Column("extent", Text, nullable=False),
    Column("delivered", BigInteger),
    Column("due_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("clearings_due", "due_at"),
)

# Instants of a connection's life that become facts when they come.
notices = Table(
    "notices",
    metadata,
    Column("connection_id", String(36), ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True),
    Column("due_at", BigInteger, primary_key=True, autoincrement=False),
    Column("application_id", String(36), nullable=False),
    Column("kind", Text, nullable=False),
    Index("notices_due", "due_at"),
)

# Edits of the catalogue's sentences, each with its author and reason. The last one of a language stands.
wordings = Table(
    "wordings",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    _belongs("application_id", "applications"),
    Column("meaning", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("wordings_of_meaning", "application_id", "meaning", "locale", "number"),
)

schema_version = Table("alembic_version", metadata, Column("version_num", String(32), primary_key=True))


def ddl(database: str) -> list[str]:
    """Return the statements that make the whole schema on `sqlite` or `postgresql`, in order."""
    dialect = dialect_named(database)
    made = []
    for table in metadata.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        made.extend(
            str(CreateIndex(index).compile(dialect=dialect))
            for index in sorted(table.indexes, key=lambda i: i.name or "")
        )
    return made
