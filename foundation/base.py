"""The base of every model: naming of constraints, column types and identifiers."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import uuid_utils
from sqlalchemy import CHAR, TIMESTAMP, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column, registry

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name, because problems and tests speak of constraints by name."""


def new_id() -> UUID:
    """A UUIDv7: made by the application, ordered by time, so that inserts stay at the end of the index."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


Id = Annotated[UUID, mapped_column(primary_key=True, default=new_id)]
Moment = Annotated[datetime, mapped_column(TIMESTAMP(timezone=True))]
"""A point in time, aware, stored in UTC."""
AreaCode = Annotated[str, mapped_column(CHAR(6))]
"""A county, prefecture or province by its GB/T 2260 code."""
PassNumber = Annotated[str, mapped_column(CHAR(12))]
"""Six digits of area and six of serial."""


class Base(DeclarativeBase):
    """What all models inherit: plain SQLAlchemy, so that types hold and no legacy query attribute appears."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            str: Text(),
            datetime: TIMESTAMP(timezone=True),
            dict[str, Any]: JSONB(),
            list[dict[str, Any]]: JSONB(),
            list[str]: ARRAY(Text()),
        },
    )


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements on the hot path: built once and run without the object machinery."""
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} has no table of its own")
    return table
