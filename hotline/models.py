"""Tables of the hotline."""

from sqlalchemy import SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from foundation.base import Base


class HotlineLine(Base):
    """One of the telephone lines 线路."""

    __tablename__ = "hotline_line"

    number: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, unique=True)
    synthetic: Mapped[bool] = mapped_column(default=False)
