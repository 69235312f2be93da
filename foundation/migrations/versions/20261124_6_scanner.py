"""The scanner: enrolment, pass books, slips, shifts, what a read was like, passes seen where they cannot be

Revision: 0006, after: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

MEANS = "('camera', 'picture', 'typed', 'book', 'address', 'plate')"
CHECKS = {
    ("scan_receipt", "kind"): ("kind IN ('scan', 'action', 'shift', 'slip')", "kind IN ('scan', 'action')"),
    ("scan", "means"): (f"means IN {MEANS}", None),
    ("scan", "uec"): ("uec BETWEEN 0 AND 1", None),
    ("api_token", "device_code_crockford"): ("device_code ~ '^[0-9A-HJKMNP-TV-Z]{4}$'", None),
    ("api_token", "reported_together"): ("(report IS NULL) = (reported_at IS NULL)", None),
}
"""What a table checks from this revision on, and what it checked before."""


def replace_checks(*, upwards: bool) -> None:
    for (table, name), (after, before) in CHECKS.items():
        was, becomes = (before, after) if upwards else (after, before)
        named = op.f(f'ck_{table}_{name}')
        if was:
            op.drop_constraint(named, table, type_='check')
        if becomes:
            op.create_check_constraint(named, table, becomes)


def upgrade() -> None:
    op.create_table('shift_change',
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('checkpoint', sa.Text(), nullable=False),
    sa.Column('device_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('changed_at', sa.TIMESTAMP(timezone=True), nullable=False, comment="by the device's own clock"),
    sa.Column('time_low', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('time_high', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('officer', sa.Text(), nullable=False, comment='who takes over, as the officers call each other'),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('counts', postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment='events of the shift that ends, by the device'),
    sa.Column('sequence', sa.Integer(), nullable=True),
    sa.Column('received_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('flags', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_shift_change'))
    )
    op.create_index('ix_shift_change_checkpoint', 'shift_change', ['checkpoint', 'received_at'], unique=False)
    op.create_table('pass_watch',
    sa.Column('number', sa.CHAR(length=12), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('since', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('until', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('until > since', name=op.f('ck_pass_watch_ends_later')),
    sa.ForeignKeyConstraint(['number'], ['pass_number.number'], name=op.f('fk_pass_watch_number')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_pass_watch'))
    )
    op.create_index('ix_pass_watch_until', 'pass_watch', ['until'], unique=False)
    op.create_table('slip',
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False, comment='device code, counter, check digit'),
    sa.Column('checkpoint', sa.Text(), nullable=False),
    sa.Column('device_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('plate', sa.Text(), nullable=False),
    sa.Column('plate_colour', sa.SmallInteger(), nullable=False),
    sa.Column('goods', sa.SmallInteger(), nullable=False),
    sa.Column('goods_words', sa.Text(), nullable=True),
    sa.Column('destination', sa.CHAR(length=6), nullable=False),
    sa.Column('driver_last4', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('made_at', sa.TIMESTAMP(timezone=True), nullable=False, comment="by the device's own clock"),
    sa.Column('offline', sa.Boolean(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('number', sa.CHAR(length=12), nullable=True),
    sa.Column('problem', sa.Text(), nullable=True, comment='code of the problem, when it failed'),
    sa.Column('problem_facts', postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment='what its words are filled with'),
    sa.Column('received_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('flags', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint("(state = 'failed') = (problem IS NOT NULL)", name=op.f('ck_slip_failed_has_problem')),
    sa.CheckConstraint("(state = 'issued') = (number IS NOT NULL)", name=op.f('ck_slip_issued_has_number')),
    sa.CheckConstraint('(problem IS NULL) = (problem_facts IS NULL)', name=op.f('ck_slip_problem_with_facts')),
    sa.CheckConstraint("code !~ '^[0-9]{12}$'", name=op.f('ck_slip_code_is_no_pass_number')),
    sa.CheckConstraint("driver_last4 ~ '^[0-9]{3}[0-9X]$'", name=op.f('ck_slip_last4')),
    sa.CheckConstraint("state IN ('issued', 'failed')", name=op.f('ck_slip_state')),
    sa.CheckConstraint('driver_last4 IS NOT NULL OR phone IS NOT NULL', name=op.f('ck_slip_someone_to_reach')),
    sa.ForeignKeyConstraint(['destination'], ['area.code'], name=op.f('fk_slip_destination')),
    sa.ForeignKeyConstraint(['number'], ['pass_number.number'], name=op.f('fk_slip_number')),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_slip')),
    sa.UniqueConstraint('code', name=op.f('uq_slip_code'))
    )
    op.create_index('ix_slip_checkpoint', 'slip', ['checkpoint', 'received_at'], unique=False)
    op.create_index('ix_slip_number', 'slip', ['number'], unique=False)
    op.create_table('pass_book',
    sa.Column('checkpoint', sa.Text(), nullable=False),
    sa.Column('etag', sa.Text(), nullable=False),
    sa.Column('passes', sa.Integer(), nullable=False),
    sa.Column('built_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False, comment='gzip of JSON columns'),
    sa.CheckConstraint('passes >= 0', name=op.f('ck_pass_book_passes')),
    sa.ForeignKeyConstraint(['checkpoint'], ['checkpoint.code'], name=op.f('fk_pass_book_checkpoint')),
    sa.PrimaryKeyConstraint('checkpoint', name=op.f('pk_pass_book'))
    )
    op.create_table('print_quality',
    sa.Column('body_id', sa.Uuid(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('reads', sa.Integer(), nullable=False),
    sa.Column('weak', sa.Integer(), nullable=False, comment='reads with hardly any error correction left'),
    sa.Column('uec_sum', sa.Double(), nullable=False),
    sa.CheckConstraint('reads > 0 AND weak BETWEEN 0 AND reads', name=op.f('ck_print_quality_counts')),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_print_quality_body_id')),
    sa.PrimaryKeyConstraint('body_id', 'day', name=op.f('pk_print_quality'))
    )
    op.create_table('sighting',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('unique_key', sa.Text(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('plate', sa.Text(), nullable=False),
    sa.Column('scan_id', sa.Uuid(), nullable=False),
    sa.Column('other_scan_id', sa.Uuid(), nullable=True),
    sa.Column('checkpoint', sa.Text(), nullable=False),
    sa.Column('other_checkpoint', sa.Text(), nullable=True),
    sa.Column('km', sa.Double(), nullable=True),
    sa.Column('minutes', sa.Double(), nullable=True),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('found_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('settled_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('settled_by', sa.Uuid(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.CheckConstraint("rule IN ('too_fast', 'two_plates', 'after_surrender')", name=op.f('ck_sighting_rule')),
    sa.CheckConstraint('(settled_at IS NULL) = (settled_by IS NULL)', name=op.f('ck_sighting_settled_together')),
    sa.CheckConstraint('settled_at IS NULL OR note IS NOT NULL', name=op.f('ck_sighting_settled_with_reason')),
    sa.ForeignKeyConstraint(['settled_by'], ['person.id'], name=op.f('fk_sighting_settled_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sighting')),
    sa.UniqueConstraint('unique_key', name=op.f('uq_sighting_unique_key'))
    )
    op.create_index('ix_sighting_number', 'sighting', ['number'], unique=False)
    op.create_index('ix_sighting_open', 'sighting', ['id'], unique=False, postgresql_where=sa.text('settled_at IS NULL'))
    op.create_table('enrolment',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code_hash', sa.LargeBinary(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('checkpoint_code', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('used_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('token_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint('(used_at IS NULL) = (token_id IS NULL)', name=op.f('ck_enrolment_used_together')),
    sa.CheckConstraint('expires_at > created_at', name=op.f('ck_enrolment_expires_later')),
    sa.CheckConstraint('octet_length(code_hash) = 32', name=op.f('ck_enrolment_code_hash_length')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_enrolment_person_id')),
    sa.ForeignKeyConstraint(['token_id'], ['api_token.id'], name=op.f('fk_enrolment_token_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_enrolment')),
    sa.UniqueConstraint('code_hash', name=op.f('uq_enrolment_code_hash'))
    )
    op.add_column('api_token', sa.Column('device_code', sa.Text(), nullable=True, comment='begins every slip of the device'))
    op.add_column('api_token', sa.Column('report', postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment='what a device last said of itself'))
    op.add_column('api_token', sa.Column('reported_at', sa.TIMESTAMP(timezone=True), nullable=True))
    op.create_unique_constraint(op.f('uq_api_token_device_code'), 'api_token', ['device_code'])
    op.add_column('scan', sa.Column('means', sa.Text(), nullable=True, comment='how the officer came by it'))
    op.add_column('scan', sa.Column('seen_plate', sa.Text(), nullable=True, comment='the plate on the truck, when it differs'))
    op.add_column('scan', sa.Column('uec', sa.Double(), nullable=True, comment='unused error correction of the symbol, 0 to 1'))
    op.add_column('scan', sa.Column('symbol_version', sa.SmallInteger(), nullable=True))
    op.add_column('scan', sa.Column('frames', sa.Integer(), nullable=True, comment='camera frames until it was read'))
    op.add_column('scan', sa.Column('read_ms', sa.Integer(), nullable=True, comment='milliseconds of the frame that was read'))
    op.create_index('ix_scan_received', 'scan', ['received_at'], unique=False, postgresql_using='brin')
    op.create_index('ix_pass_live_ends', 'pass', [sa.literal_column('upper(validity)')], unique=False, postgresql_where=sa.text("state = 'live'"))
    replace_checks(upwards=True)


def downgrade() -> None:
    op.execute("DELETE FROM scan_receipt WHERE kind IN ('shift', 'slip')")
    replace_checks(upwards=False)
    op.drop_index('ix_pass_live_ends', table_name='pass', postgresql_where=sa.text("state = 'live'"))
    op.drop_index('ix_scan_received', table_name='scan', postgresql_using='brin')
    op.drop_column('scan', 'read_ms')
    op.drop_column('scan', 'frames')
    op.drop_column('scan', 'symbol_version')
    op.drop_column('scan', 'uec')
    op.drop_column('scan', 'seen_plate')
    op.drop_column('scan', 'means')
    op.drop_constraint(op.f('uq_api_token_device_code'), 'api_token', type_='unique')
    op.drop_column('api_token', 'reported_at')
    op.drop_column('api_token', 'report')
    op.drop_column('api_token', 'device_code')
    op.drop_table('enrolment')
    op.drop_index('ix_sighting_open', table_name='sighting', postgresql_where=sa.text('settled_at IS NULL'))
    op.drop_index('ix_sighting_number', table_name='sighting')
    op.drop_table('sighting')
    op.drop_table('print_quality')
    op.drop_table('pass_book')
    op.drop_index('ix_slip_number', table_name='slip')
    op.drop_index('ix_slip_checkpoint', table_name='slip')
    op.drop_table('slip')
    op.drop_index('ix_pass_watch_until', table_name='pass_watch')
    op.drop_table('pass_watch')
    op.drop_index('ix_shift_change_checkpoint', table_name='shift_change')
    op.drop_table('shift_change')
