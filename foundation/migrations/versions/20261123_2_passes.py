"""passes

Revision: 0002, after: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('check_code_attempt',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.CHAR(length=12), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_check_code_attempt'))
    )
    op.create_index('ix_check_code_attempt_number', 'check_code_attempt', ['number', 'at'], unique=False)
    op.create_table('goods_category',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('position', sa.SmallInteger(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_goods_category'))
    )
    op.create_table('imported_trust',
    sa.Column('root_kid', sa.Text(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('imported_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('root_kid', name=op.f('pk_imported_trust'))
    )
    op.create_table('list_key',
    sa.Column('kid', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('jwk', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('announced_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('retired_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("purpose IN ('root', 'spare_root', 'status')", name=op.f('ck_list_key_purpose')),
    sa.PrimaryKeyConstraint('kid', name=op.f('pk_list_key'))
    )
    op.create_index('uq_list_key_purpose', 'list_key', ['purpose'], unique=True, postgresql_where=sa.text('retired_at IS NULL'))
    op.create_table('pass_kind',
    sa.Column('number', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('max_hours', sa.SmallInteger(), nullable=False),
    sa.Column('issued_by', sa.Text(), nullable=False),
    sa.Column('on_the_spot', sa.Boolean(), nullable=False),
    sa.Column('cross_province', sa.Boolean(), nullable=False),
    sa.Column('supervised_by', sa.Text(), nullable=False),
    sa.CheckConstraint("issued_by IN ('issuing', 'control_group')", name=op.f('ck_pass_kind_issued_by')),
    sa.CheckConstraint('max_hours > 0', name=op.f('ck_pass_kind_max_hours')),
    sa.CheckConstraint('number BETWEEN 0 AND 7', name=op.f('ck_pass_kind_number_fits_credential')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_pass_kind')),
    sa.UniqueConstraint('code', name=op.f('uq_pass_kind_code'))
    )
    op.create_table('pass_number',
    sa.Column('number', sa.CHAR(length=12), nullable=False),
    sa.Column('plate', sa.Text(), nullable=False),
    sa.CheckConstraint("number ~ '^[0-9]{12}$'", name=op.f('ck_pass_number_number_digits')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_pass_number'))
    )
    op.create_table('road',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.CheckConstraint("code ~ '^[GSXYC][0-9]{1,4}$'", name=op.f('ck_road_code')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_road'))
    )
    op.create_table('sector',
    sa.Column('number', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.CheckConstraint('number BETWEEN 0 AND 31', name=op.f('ck_sector_number_fits_credential')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_sector')),
    sa.UniqueConstraint('code', name=op.f('uq_sector_code'))
    )
    op.create_table('signing_key',
    sa.Column('area', sa.CHAR(length=6), nullable=False),
    sa.Column('key', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('jwk', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('announced_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('signs_from', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('retired_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('next', 'signing', 'old', 'bad')", name=op.f('ck_signing_key_state')),
    sa.CheckConstraint('key BETWEEN 0 AND 255', name=op.f('ck_signing_key_key_fits_credential')),
    sa.PrimaryKeyConstraint('area', 'key', name=op.f('pk_signing_key'))
    )
    op.create_index('uq_signing_key_next', 'signing_key', ['area'], unique=True, postgresql_where=sa.text("state = 'next'"))
    op.create_index('uq_signing_key_signing', 'signing_key', ['area'], unique=True, postgresql_where=sa.text("state = 'signing'"))
    op.create_table('status_change',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.CHAR(length=12), nullable=False),
    sa.Column('code', sa.SmallInteger(), nullable=False),
    sa.Column('revision', sa.SmallInteger(), nullable=False),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('ends_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('changed_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('code BETWEEN 0 AND 5', name=op.f('ck_status_change_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_status_change'))
    )
    op.create_index('ix_status_change_unnumbered', 'status_change', ['id'], unique=False, postgresql_where=sa.text('seq IS NULL'))
    op.create_index('uq_status_change_seq', 'status_change', ['seq'], unique=True)
    op.create_table('status_entry',
    sa.Column('area', sa.CHAR(length=6), nullable=False),
    sa.Column('serial', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('code', sa.SmallInteger(), nullable=False),
    sa.Column('revision', sa.SmallInteger(), nullable=False),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('ends_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('area', 'serial', name=op.f('pk_status_entry'))
    )
    op.create_table('status_head',
    sa.Column('id', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('published_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_status_head_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_status_head'))
    )
    op.create_table('trust_list',
    sa.Column('seq', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('issued_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('content_hash', sa.Text(), nullable=False),
    sa.Column('jws', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_trust_list'))
    )
    op.create_table('goods_item',
    sa.Column('number', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('category', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('plain', sa.Text(), nullable=False),
    sa.CheckConstraint('number BETWEEN 0 AND 63', name=op.f('ck_goods_item_number_fits_credential')),
    sa.ForeignKeyConstraint(['category'], ['goods_category.code'], name=op.f('fk_goods_item_category')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_goods_item')),
    sa.UniqueConstraint('code', name=op.f('uq_goods_item_code'))
    )
    op.create_table('regime',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('area', sa.CHAR(length=6), nullable=False),
    sa.Column('kind', sa.SmallInteger(), nullable=False),
    sa.Column('period', postgresql.TSTZRANGE(), nullable=False),
    postgresql.ExcludeConstraint((sa.column('area'), '='), (sa.column('kind'), '='), (sa.column('period'), '&&'), using='gist', name='ex_regime_one_period'),
    sa.ForeignKeyConstraint(['area'], ['area.code'], name=op.f('fk_regime_area')),
    sa.ForeignKeyConstraint(['kind'], ['pass_kind.number'], name=op.f('fk_regime_kind')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_regime'))
    )
    op.create_table('routing',
    sa.Column('category', sa.Text(), nullable=False),
    sa.Column('effective_from', sa.Date(), nullable=False),
    sa.Column('sector', sa.SmallInteger(), nullable=False),
    sa.ForeignKeyConstraint(['category'], ['goods_category.code'], name=op.f('fk_routing_category')),
    sa.ForeignKeyConstraint(['sector'], ['sector.number'], name=op.f('fk_routing_sector')),
    sa.PrimaryKeyConstraint('category', 'effective_from', name=op.f('pk_routing'))
    )
    op.create_table('serial_counter',
    sa.Column('area', sa.CHAR(length=6), nullable=False),
    sa.Column('last_serial', sa.Integer(), nullable=False),
    sa.CheckConstraint('last_serial BETWEEN 0 AND 999999', name=op.f('ck_serial_counter_six_digits')),
    sa.ForeignKeyConstraint(['area'], ['area.code'], name=op.f('fk_serial_counter_area')),
    sa.PrimaryKeyConstraint('area', name=op.f('pk_serial_counter'))
    )
    op.create_table('application',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('slip', sa.Text(), nullable=False, comment='受理回执 number the applicant quotes'),
    sa.Column('form_token', sa.Uuid(), nullable=False, comment='one filled form makes one application'),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('firm_id', sa.Uuid(), nullable=True),
    sa.Column('holder_name', sa.Text(), nullable=False),
    sa.Column('contact_phone', sa.Text(), nullable=False),
    sa.Column('area', sa.CHAR(length=6), nullable=True, comment='county the applicant applies in'),
    sa.Column('body_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.SmallInteger(), nullable=True),
    sa.Column('plate', sa.Text(), nullable=True),
    sa.Column('plate_colour', sa.SmallInteger(), nullable=True),
    sa.Column('goods', sa.SmallInteger(), nullable=True),
    sa.Column('goods_words', sa.Text(), nullable=True),
    sa.Column('origin', sa.CHAR(length=6), nullable=True),
    sa.Column('destination', sa.CHAR(length=6), nullable=True),
    sa.Column('stops', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('roads', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('not_before', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('hours', sa.SmallInteger(), nullable=True),
    sa.Column('drivers', postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment='[{name, phone, last4}]'),
    sa.Column('replaces', sa.CHAR(length=12), nullable=True),
    sa.Column('submitted_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('taken_by', sa.Uuid(), nullable=True),
    sa.Column('lease_until', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('decided_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('refuse_code', sa.Text(), nullable=True),
    sa.Column('refuse_words', sa.Text(), nullable=True),
    sa.Column('pass_number', sa.CHAR(length=12), nullable=True),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('updated_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.CheckConstraint("(state = 'in_review') = (taken_by IS NOT NULL)", name=op.f('ck_application_in_review_is_taken')),
    sa.CheckConstraint("(state = 'issued') = (pass_number IS NOT NULL)", name=op.f('ck_application_issued_has_number')),
    sa.CheckConstraint("(state = 'refused') = (refuse_code IS NOT NULL)", name=op.f('ck_application_refused_has_code')),
    sa.CheckConstraint("channel IN ('online', 'counter', 'roadside', 'command_line')", name=op.f('ck_application_channel')),
    sa.CheckConstraint("refuse_code IS NULL OR refuse_code IN ('false_data', 'no_answer', 'not_key_goods', 'not_needed', 'vehicle_barred', 'wrong_body')", name=op.f('ck_application_refuse_code')),
    sa.CheckConstraint("state IN ('draft', 'in_review', 'issued', 'refused', 'returned', 'submitted', 'withdrawn')", name=op.f('ck_application_state')),
    sa.CheckConstraint("state IN ('draft', 'withdrawn') OR (submitted_at IS NOT NULL AND body_id IS NOT NULL AND plate IS NOT NULL AND plate_colour IS NOT NULL AND kind IS NOT NULL AND goods IS NOT NULL AND origin IS NOT NULL AND destination IS NOT NULL AND not_before IS NOT NULL AND hours > 0)", name=op.f('ck_application_submitted_is_complete')),
    sa.CheckConstraint('(taken_by IS NULL) = (lease_until IS NULL)', name=op.f('ck_application_lease_with_taker')),
    sa.CheckConstraint('cardinality(stops) <= 3 AND cardinality(roads) <= 7', name=op.f('ck_application_route_fits_credential')),
    sa.ForeignKeyConstraint(['area'], ['area.code'], name=op.f('fk_application_area')),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_application_body_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['person.id'], name=op.f('fk_application_decided_by')),
    sa.ForeignKeyConstraint(['destination'], ['area.code'], name=op.f('fk_application_destination')),
    sa.ForeignKeyConstraint(['firm_id'], ['firm.id'], name=op.f('fk_application_firm_id')),
    sa.ForeignKeyConstraint(['goods'], ['goods_item.number'], name=op.f('fk_application_goods')),
    sa.ForeignKeyConstraint(['kind'], ['pass_kind.number'], name=op.f('fk_application_kind')),
    sa.ForeignKeyConstraint(['origin'], ['area.code'], name=op.f('fk_application_origin')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_application_person_id')),
    sa.ForeignKeyConstraint(['taken_by'], ['person.id'], name=op.f('fk_application_taken_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application')),
    sa.UniqueConstraint('form_token', name=op.f('uq_application_form_token')),
    sa.UniqueConstraint('pass_number', name=op.f('uq_application_pass_number')),
    sa.UniqueConstraint('slip', name=op.f('uq_application_slip'))
    )
    op.create_index('ix_application_firm', 'application', ['firm_id', 'id'], unique=False)
    op.create_index('ix_application_person', 'application', ['person_id', 'id'], unique=False)
    op.create_index('ix_application_plate', 'application', ['plate'], unique=False)
    op.create_index('ix_application_queue', 'application', ['body_id', 'state', 'submitted_at', 'id'], unique=False)
    op.create_table('body_seal',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('body_id', sa.Uuid(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('uploaded_by', sa.Uuid(), nullable=False),
    sa.Column('uploaded_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('approved_by', sa.Uuid(), nullable=True),
    sa.Column('approved_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('retired_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint('(approved_by IS NULL) = (approved_at IS NULL)', name=op.f('ck_body_seal_approved_together')),
    sa.CheckConstraint('approved_by <> uploaded_by', name=op.f('ck_body_seal_approved_by_another')),
    sa.ForeignKeyConstraint(['approved_by'], ['person.id'], name=op.f('fk_body_seal_approved_by')),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_body_seal_body_id')),
    sa.ForeignKeyConstraint(['sha256'], ['stored_file.sha256'], name=op.f('fk_body_seal_sha256')),
    sa.ForeignKeyConstraint(['uploaded_by'], ['person.id'], name=op.f('fk_body_seal_uploaded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_body_seal'))
    )
    op.create_index('uq_body_seal_current', 'body_seal', ['body_id'], unique=True, postgresql_where=sa.text('approved_at IS NOT NULL AND retired_at IS NULL'))
    op.create_table('driver_link',
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('plate', sa.Text(), nullable=False),
    sa.Column('number', sa.CHAR(length=12), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=True),
    sa.Column('revoked_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint('octet_length(token_hash) = 32', name=op.f('ck_driver_link_token_hash_length')),
    sa.ForeignKeyConstraint(['created_by'], ['person.id'], name=op.f('fk_driver_link_created_by')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_driver_link'))
    )
    op.create_index('ix_driver_link_pass', 'driver_link', ['plate', 'number'], unique=False)
    op.create_table('application_note',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('application_id', sa.Uuid(), nullable=False),
    sa.Column('field', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('by', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_application_note_application_id')),
    sa.ForeignKeyConstraint(['by'], ['person.id'], name=op.f('fk_application_note_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application_note'))
    )
    op.create_index(op.f('ix_application_note_application_id'), 'application_note', ['application_id'], unique=False)
    op.create_table('pass',
    sa.Column('plate', sa.Text(), nullable=False),
    sa.Column('number', sa.CHAR(length=12), nullable=False),
    sa.Column('plate_colour', sa.SmallInteger(), nullable=False),
    sa.Column('kind', sa.SmallInteger(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('state_reason', sa.Text(), nullable=True),
    sa.Column('state_changed_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('superseded_by', sa.CHAR(length=12), nullable=True),
    sa.Column('validity', postgresql.TSTZRANGE(), nullable=False),
    sa.Column('revision', sa.SmallInteger(), nullable=False),
    sa.Column('step', sa.Integer(), nullable=False, comment='counts the changes, so that lists apply them in order'),
    sa.Column('body_id', sa.Uuid(), nullable=False),
    sa.Column('application_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('firm_id', sa.Uuid(), nullable=True),
    sa.Column('holder_name', sa.Text(), nullable=False),
    sa.Column('issued_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('demo', sa.Boolean(), nullable=False),
    postgresql.ExcludeConstraint((sa.column('plate'), '='), (sa.column('plate_colour'), '='), (sa.column('validity'), '&&'), where=sa.text("state IN ('live', 'suspended')"), using='gist', name='ex_pass_one_vehicle_one_pass'),
    sa.CheckConstraint("(state = 'superseded') = (superseded_by IS NOT NULL)", name=op.f('ck_pass_superseded_by_a_pass')),
    sa.CheckConstraint("state IN ('live', 'revoked', 'superseded', 'surrendered', 'suspended')", name=op.f('ck_pass_state')),
    sa.CheckConstraint("state_reason IS NULL OR state_reason IN ('false_data', 'holder_request', 'issued_in_error', 'lost', 'misuse', 'policy_change')", name=op.f('ck_pass_state_reason')),
    sa.CheckConstraint('NOT isempty(validity) AND NOT lower_inf(validity) AND NOT upper_inf(validity)', name=op.f('ck_pass_validity_bounded')),
    sa.CheckConstraint('revision BETWEEN 0 AND 15', name=op.f('ck_pass_revision_fits_credential')),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_pass_application_id')),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_pass_body_id')),
    sa.ForeignKeyConstraint(['firm_id'], ['firm.id'], name=op.f('fk_pass_firm_id')),
    sa.ForeignKeyConstraint(['kind'], ['pass_kind.number'], name=op.f('fk_pass_kind')),
    sa.ForeignKeyConstraint(['number'], ['pass_number.number'], name=op.f('fk_pass_number')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_pass_person_id')),
    sa.PrimaryKeyConstraint('plate', 'number', name=op.f('pk_pass'))
    )
    op.create_index('ix_pass_application', 'pass', ['plate', 'application_id'], unique=True)
    op.create_index('ix_pass_body', 'pass', ['body_id', 'number'], unique=False)
    op.create_index('ix_pass_firm', 'pass', ['firm_id', 'number'], unique=False)
    op.create_index('ix_pass_person', 'pass', ['person_id', 'number'], unique=False)
    op.create_table('pass_sheet',
    sa.Column('plate', sa.Text(), nullable=False),
    sa.Column('number', sa.CHAR(length=12), nullable=False),
    sa.Column('revision', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('seal_id', sa.Uuid(), nullable=True),
    sa.Column('made_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['seal_id'], ['body_seal.id'], name=op.f('fk_pass_sheet_seal_id')),
    sa.ForeignKeyConstraint(['sha256'], ['stored_file.sha256'], name=op.f('fk_pass_sheet_sha256')),
    sa.PrimaryKeyConstraint('plate', 'number', 'revision', name=op.f('pk_pass_sheet'))
    )
    op.create_table('pass_revision',
    sa.Column('plate', sa.Text(), nullable=False),
    sa.Column('number', sa.CHAR(length=12), nullable=False),
    sa.Column('revision', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('key', sa.SmallInteger(), nullable=False),
    sa.Column('goods', sa.SmallInteger(), nullable=False),
    sa.Column('goods_words', sa.Text(), nullable=True),
    sa.Column('origin', sa.CHAR(length=6), nullable=False),
    sa.Column('destination', sa.CHAR(length=6), nullable=False),
    sa.Column('stops', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('roads', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('not_before', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('duration_minutes', sa.Integer(), nullable=False),
    sa.Column('drivers', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('check_code', sa.CHAR(length=6), nullable=False),
    sa.Column('payload', sa.LargeBinary(), nullable=False),
    sa.Column('signature', sa.LargeBinary(), nullable=False),
    sa.Column('issued_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('issued_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("check_code ~ '^[0-9A-HJKMNP-TV-Z]{6}$'", name=op.f('ck_pass_revision_check_code_crockford')),
    sa.CheckConstraint('cardinality(stops) <= 3 AND cardinality(roads) <= 7', name=op.f('ck_pass_revision_route_fits_credential')),
    sa.CheckConstraint('duration_minutes > 0', name=op.f('ck_pass_revision_duration')),
    sa.CheckConstraint('octet_length(payload) <= 53', name=op.f('ck_pass_revision_payload_length')),
    sa.CheckConstraint('octet_length(signature) = 64', name=op.f('ck_pass_revision_signature_length')),
    sa.ForeignKeyConstraint(['issued_by'], ['person.id'], name=op.f('fk_pass_revision_issued_by')),
    sa.ForeignKeyConstraint(['plate', 'number'], ['pass.plate', 'pass.number'], name='fk_pass_revision_pass'),
    sa.PrimaryKeyConstraint('plate', 'number', 'revision', name=op.f('pk_pass_revision'))
    )
    # A pass without the revision it names cannot be committed; checked at commit, for the two rows need each other.
    op.create_foreign_key('fk_pass_current_revision', 'pass', 'pass_revision', ['plate', 'number', 'revision'], ['plate', 'number', 'revision'], initially='DEFERRED', deferrable=True)


def downgrade() -> None:
    op.drop_constraint('fk_pass_current_revision', 'pass', type_='foreignkey')
    op.drop_table('pass_revision')
    op.drop_table('pass_sheet')
    op.drop_index('ix_pass_person', table_name='pass')
    op.drop_index('ix_pass_firm', table_name='pass')
    op.drop_index('ix_pass_body', table_name='pass')
    op.drop_index('ix_pass_application', table_name='pass')
    op.drop_table('pass')
    op.drop_index(op.f('ix_application_note_application_id'), table_name='application_note')
    op.drop_table('application_note')
    op.drop_index('ix_driver_link_pass', table_name='driver_link')
    op.drop_table('driver_link')
    op.drop_index('uq_body_seal_current', table_name='body_seal', postgresql_where=sa.text('approved_at IS NOT NULL AND retired_at IS NULL'))
    op.drop_table('body_seal')
    op.drop_index('ix_application_queue', table_name='application')
    op.drop_index('ix_application_plate', table_name='application')
    op.drop_index('ix_application_person', table_name='application')
    op.drop_index('ix_application_firm', table_name='application')
    op.drop_table('application')
    op.drop_table('serial_counter')
    op.drop_table('routing')
    op.drop_table('regime')
    op.drop_table('goods_item')
    op.drop_table('trust_list')
    op.drop_table('status_head')
    op.drop_table('status_entry')
    op.drop_index('uq_status_change_seq', table_name='status_change')
    op.drop_index('ix_status_change_unnumbered', table_name='status_change', postgresql_where=sa.text('seq IS NULL'))
    op.drop_table('status_change')
    op.drop_index('uq_signing_key_signing', table_name='signing_key', postgresql_where=sa.text("state = 'signing'"))
    op.drop_index('uq_signing_key_next', table_name='signing_key', postgresql_where=sa.text("state = 'next'"))
    op.drop_table('signing_key')
    op.drop_table('sector')
    op.drop_table('road')
    op.drop_table('pass_number')
    op.drop_table('pass_kind')
    op.drop_index('uq_list_key_purpose', table_name='list_key', postgresql_where=sa.text('retired_at IS NULL'))
    op.drop_table('list_key')
    op.drop_table('imported_trust')
    op.drop_table('goods_category')
    op.drop_index('ix_check_code_attempt_number', table_name='check_code_attempt')
    op.drop_table('check_code_attempt')
