"""checkpoints

Revision: 0003, after: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


ENSURE = """
CREATE FUNCTION ensure_month_partitions(months_ahead integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    parent text;
    part text;
    month timestamp;
    first timestamptz;
    after timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('ensure_month_partitions', 0));
    FOREACH parent IN ARRAY ARRAY['scan', 'action'] LOOP
        EXECUTE format('CREATE TABLE IF NOT EXISTS public.%I PARTITION OF public.%I DEFAULT', parent || '_default', parent);
        FOR ahead IN 0..months_ahead LOOP
            month := date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => ahead);
            first := month AT TIME ZONE 'UTC';
            after := (month + interval '1 month') AT TIME ZONE 'UTC';
            part := parent || '_' || to_char(month, 'YYYYMM');
            CONTINUE WHEN to_regclass('public.' || part) IS NOT NULL;
            EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING ALL)', part, parent);
            EXECUTE format('LOCK TABLE public.%I IN ACCESS EXCLUSIVE MODE', parent || '_default');
            EXECUTE format(
                'WITH moved AS (DELETE FROM public.%I WHERE received_at >= %L AND received_at < %L RETURNING *) '
                'INSERT INTO public.%I SELECT * FROM moved', parent || '_default', first, after, part);
            EXECUTE format(
                'ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                parent, part, first, after);
        END LOOP;
    END LOOP;
END
$$
"""
"""The application owns nothing, so the owner's function makes the partitions of the server's months (UTC) for it.

Rows that came while the month was missing lie in the default partition, which forbids a partition for them:
they are moved into the new table before it is attached.
"""


def upgrade() -> None:
    op.create_table('action',
    sa.Column('plate', sa.Text(), nullable=False),
    sa.Column('received_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('scan_id', sa.Uuid(), nullable=False),
    sa.Column('checkpoint', sa.Text(), nullable=False),
    sa.Column('device_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('acted_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('undoes', sa.Uuid(), nullable=True),
    sa.Column('sequence', sa.Integer(), nullable=True),
    sa.Column('flags', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint("action IN ('passed', 'turned_back', 'held', 'undone')", name=op.f('ck_action_action')),
    sa.CheckConstraint("(action = 'undone') = (undoes IS NOT NULL)", name=op.f('ck_action_undone_names_what')),
    sa.CheckConstraint("plate <> ''", name=op.f('ck_action_plate_given')),
    sa.PrimaryKeyConstraint('plate', 'received_at', 'event_id', name=op.f('pk_action')),
    postgresql_partition_by='RANGE (received_at)'
    )
    op.create_index('ix_action_refusal', 'action', ['received_at'], unique=False, postgresql_where=sa.text("action IN ('turned_back', 'held')"))
    op.create_index('ix_action_scan', 'action', ['scan_id'], unique=False)
    op.create_table('roadside_fact',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('unique_key', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('subject', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('handled_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roadside_fact')),
    sa.UniqueConstraint('unique_key', name=op.f('uq_roadside_fact_unique_key'))
    )
    op.create_index('ix_roadside_fact_open', 'roadside_fact', ['id'], unique=False, postgresql_where=sa.text('handled_at IS NULL'))
    op.create_table('scan',
    sa.Column('plate', sa.Text(), nullable=False),
    sa.Column('received_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Text(), nullable=True),
    sa.Column('checkpoint', sa.Text(), nullable=False),
    sa.Column('device_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('scanned_at', sa.TIMESTAMP(timezone=True), nullable=False, comment="by the device's own clock"),
    sa.Column('time_low', sa.TIMESTAMP(timezone=True), nullable=False, comment='trusted time lies in [time_low, time_high]'),
    sa.Column('time_high', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('verdict', sa.Text(), nullable=False),
    sa.Column('reasons', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('server_verdict', sa.Text(), nullable=True),
    sa.Column('plate_seen', sa.Text(), nullable=False),
    sa.Column('offline', sa.Boolean(), nullable=False),
    sa.Column('list_seq', sa.Integer(), nullable=True),
    sa.Column('sequence', sa.Integer(), nullable=True, comment='counts the events of one device'),
    sa.Column('flags', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint("level IN ('green', 'amber', 'red', 'blue')", name=op.f('ck_scan_level')),
    sa.CheckConstraint("plate <> ''", name=op.f('ck_scan_plate_given')),
    sa.PrimaryKeyConstraint('plate', 'received_at', 'event_id', name=op.f('pk_scan')),
    postgresql_partition_by='RANGE (received_at)'
    )
    op.create_index('ix_scan_checkpoint', 'scan', ['checkpoint', 'received_at'], unique=False)
    op.create_index('ix_scan_number', 'scan', ['number', 'received_at'], unique=False)
    op.create_table('scan_receipt',
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('plate', sa.Text(), nullable=False),
    sa.Column('content_hash', sa.LargeBinary(), nullable=False),
    sa.Column('received_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('scan', 'action')", name=op.f('ck_scan_receipt_kind')),
    sa.CheckConstraint('octet_length(content_hash) = 32', name=op.f('ck_scan_receipt_content_hash_length')),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_scan_receipt'))
    )
    op.create_table('checkpoint',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('county', sa.CHAR(length=6), nullable=False),
    sa.Column('road', sa.Text(), nullable=False),
    sa.Column('direction', sa.Text(), nullable=False),
    sa.Column('stake', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('may_issue', sa.Boolean(), nullable=False),
    sa.Column('latitude', sa.Double(), nullable=True),
    sa.Column('longitude', sa.Double(), nullable=True),
    sa.Column('synthetic', sa.Boolean(), nullable=False),
    sa.CheckConstraint('latitude IS NULL OR latitude BETWEEN -90 AND 90', name=op.f('ck_checkpoint_latitude')),
    sa.CheckConstraint('longitude IS NULL OR longitude BETWEEN -180 AND 180', name=op.f('ck_checkpoint_longitude')),
    sa.ForeignKeyConstraint(['county'], ['area.code'], name=op.f('fk_checkpoint_county')),
    sa.ForeignKeyConstraint(['road'], ['road.code'], name=op.f('fk_checkpoint_road')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_checkpoint')),
    sa.UniqueConstraint('code', name=op.f('uq_checkpoint_code'))
    )
    op.create_table('service_area',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('county', sa.CHAR(length=6), nullable=True),
    sa.Column('road', sa.Text(), nullable=True),
    sa.Column('open', sa.Boolean(), nullable=False),
    sa.Column('testing', sa.Boolean(), nullable=False),
    sa.Column('testing_hours', sa.Text(), nullable=True),
    sa.Column('position', sa.SmallInteger(), nullable=False),
    sa.Column('synthetic', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['county'], ['area.code'], name=op.f('fk_service_area_county')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_service_area'))
    )
    op.get_bind().exec_driver_sql(ENSURE.replace("%", "%%"))
    op.execute('SELECT ensure_month_partitions(3)')


def downgrade() -> None:
    op.execute('DROP FUNCTION ensure_month_partitions(integer)')
    op.drop_table('service_area')
    op.drop_table('checkpoint')
    op.drop_table('scan_receipt')
    op.drop_index('ix_scan_number', table_name='scan')
    op.drop_index('ix_scan_checkpoint', table_name='scan')
    op.drop_table('scan')
    op.drop_index('ix_roadside_fact_open', table_name='roadside_fact', postgresql_where=sa.text('handled_at IS NULL'))
    op.drop_table('roadside_fact')
    op.drop_index('ix_action_scan', table_name='action')
    op.drop_index('ix_action_refusal', table_name='action', postgresql_where=sa.text("action IN ('turned_back', 'held')"))
    op.drop_table('action')
