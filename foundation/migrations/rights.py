"""What the application's role may do: work with rows, own nothing, and never rewrite the audit."""

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import dialect

READ_AND_APPEND = ("audit_event", "audit_seal", "audit_head")
"""Tables of which the application may insert and read rows, and nothing else."""
PRESENT = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename = ANY(:tables)"


def grant_rights(connection: Connection, role: str) -> None:
    """Give `role` its rights on all tables there are; harmless when repeated, and when the role is the owner."""
    owner = connection.scalar(text("SELECT current_user"))
    if role == owner:
        return
    name = dialect().identifier_preparer.quote(role)  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
    statements = [
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
    ]
    for table in connection.scalars(text(PRESENT), {"tables": list(READ_AND_APPEND)}):
        statements.append(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {name}")
    for statement in statements:
        connection.execute(text(statement))
