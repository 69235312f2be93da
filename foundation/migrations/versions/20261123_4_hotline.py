"""hotline

Revision: 0004, after: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('hotline_line',
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('position', sa.SmallInteger(), nullable=False),
    sa.Column('synthetic', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_hotline_line')),
    sa.UniqueConstraint('position', name=op.f('uq_hotline_line_position'))
    )


def downgrade() -> None:
    op.drop_table('hotline_line')
