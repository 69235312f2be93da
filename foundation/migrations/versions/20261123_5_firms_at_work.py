"""Firms at work: library, batches, counter, changes of a pass, messages by more ways, webhooks

Revision: 0005, after: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

CHANNELS = "('online', 'api', 'counter', 'roadside', 'command_line')"
ROLES = "'applicant', 'firm_lead', 'issuing_officer', 'control_officer', 'checkpoint_staff', 'checkpoint_lead', 'operator', 'liaison', 'inspector', 'command', 'administrator'"

CHECKS = {
    ("application", "channel"): (f"channel IN {CHANNELS}", "channel IN ('online', 'counter', 'roadside', 'command_line')"),
    ("application", "purpose"): ("purpose IN ('new', 'renew', 'other_vehicle', 'other_driver', 'amend')", None),
    ("application", "about_a_pass"): ("(purpose = 'new') = (about IS NULL)", None),
    ("application", "has_applicant"): ("person_id IS NOT NULL OR firm_id IS NOT NULL OR entered_by IS NOT NULL", None),
    ("application", "counter_has_officer"): ("channel <> 'counter' OR entered_by IS NOT NULL", None),
    ("pass", "channel"): (f"channel IN {CHANNELS}", None),
    ("message", "channel"): ("channel IN ('inbox', 'email', 'sms')", "channel IN ('inbox', 'email')"),
    ("message", "state"): ("state IN ('held', 'queued', 'sending', 'sent', 'caught', 'unknown', 'failed', 'stopped')", "state IN ('queued', 'sent', 'caught', 'failed')"),
    ("message", "email_has_address"): (None, "channel = 'inbox' OR address IS NOT NULL"),
    ("message", "sent_has_address"): ("channel = 'inbox' OR address IS NOT NULL", None),
    ("message", "inbox_has_recipient"): ("channel <> 'inbox' OR recipient_id IS NOT NULL", None),
    ("message", "queued_has_time"): ("state <> 'queued' OR next_try_at IS NOT NULL", None),
    ("message", "time_is_of_waiting"): ("next_try_at IS NULL OR state IN ('queued', 'unknown')", None),
    ("message", "sending_has_time"): ("state <> 'sending' OR tried_at IS NOT NULL", None),
    ("role_grant", "role"): (f"role IN ({ROLES})", f"role IN ({ROLES})".replace("'firm_lead', ", "")),
}
"""What a table checks from this revision on, and what it checked before."""
CHANNEL_OF_PASSES = """
    UPDATE pass SET channel = coalesce(
        (SELECT application.channel FROM application WHERE application.id = pass.application_id), 'command_line')
"""
FIRST_PEOPLE_LEAD = """
    INSERT INTO role_grant (person_id, role, granted_at)
    SELECT DISTINCT ON (firm_id) id, 'firm_lead', created_at FROM person WHERE firm_id IS NOT NULL
    ORDER BY firm_id, active DESC, id
"""
LEADS_APPLY = """
    INSERT INTO role_grant (person_id, role, granted_at, granted_by)
    SELECT person_id, 'applicant', granted_at, granted_by FROM role_grant WHERE role = 'firm_lead'
    ON CONFLICT DO NOTHING
"""
"""Who was a lead applied as well; before this revision there was no other word for it."""


def replace_checks(*, upwards: bool) -> None:
    for (table, name), (after, before) in CHECKS.items():
        was, becomes = (before, after) if upwards else (after, before)
        named = op.f(f'ck_{table}_{name}')
        if was:
            op.drop_constraint(named, table, type_='check')
        if becomes:
            op.create_check_constraint(named, table, becomes)


def upgrade() -> None:
    op.create_table('api_use',
    sa.Column('holder_id', sa.Uuid(), nullable=False),
    sa.Column('minute', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('asked', sa.Integer(), nullable=False),
    sa.CheckConstraint('asked > 0', name=op.f('ck_api_use_asked')),
    sa.PrimaryKeyConstraint('holder_id', 'minute', name=op.f('pk_api_use'))
    )
    op.create_table('idempotent_answer',
    sa.Column('holder_id', sa.Uuid(), nullable=False, comment='the token that asked'),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('question_hash', sa.LargeBinary(), nullable=False),
    sa.Column('status', sa.SmallInteger(), nullable=False),
    sa.Column('answer', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('headers', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('octet_length(question_hash) = 32', name=op.f('ck_idempotent_answer_question_hash_length')),
    sa.PrimaryKeyConstraint('holder_id', 'key', name=op.f('pk_idempotent_answer'))
    )
    op.create_index('ix_idempotent_answer_created', 'idempotent_answer', ['created_at'], unique=False)
    op.create_table('webhook_event',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('unique_key', sa.Text(), nullable=False),
    sa.Column('firm_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('subject', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['firm_id'], ['firm.id'], name=op.f('fk_webhook_event_firm_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_event')),
    sa.UniqueConstraint('unique_key', name=op.f('uq_webhook_event_unique_key'))
    )
    op.create_index('ix_webhook_event_firm', 'webhook_event', ['firm_id', 'id'], unique=False)
    op.create_table('batch',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('slip', sa.Text(), nullable=False, comment='受理回执 number of the whole batch'),
    sa.Column('firm_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True, comment='who sent it'),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('file_name', sa.Text(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('problem', sa.Text(), nullable=True, comment='code of the problem that made the file unreadable'),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment='sheet, header row, columns, facts of the problem'),
    sa.Column('version', sa.Integer(), nullable=False, comment='counts changes of rows, so that what is accepted is what was seen'),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('read_rows', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('accepted_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.CheckConstraint("(state = 'accepted') = (accepted_at IS NOT NULL)", name=op.f('ck_batch_accepted_has_time')),
    sa.CheckConstraint("(state = 'unreadable') = (problem IS NOT NULL)", name=op.f('ck_batch_unreadable_has_problem')),
    sa.CheckConstraint("channel IN ('online', 'api')", name=op.f('ck_batch_channel')),
    sa.CheckConstraint("state IN ('reading', 'unreadable', 'ready', 'accepting', 'accepted', 'discarded')", name=op.f('ck_batch_state')),
    sa.CheckConstraint('num_nonnulls(firm_id, person_id) >= 1', name=op.f('ck_batch_has_owner')),
    sa.ForeignKeyConstraint(['firm_id'], ['firm.id'], name=op.f('fk_batch_firm_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_batch_person_id')),
    sa.ForeignKeyConstraint(['sha256'], ['stored_file.sha256'], name=op.f('fk_batch_sha256')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_batch')),
    sa.UniqueConstraint('slip', name=op.f('uq_batch_slip'))
    )
    op.create_index('ix_batch_firm', 'batch', ['firm_id', 'id'], unique=False)
    op.create_index('ix_batch_person', 'batch', ['person_id', 'id'], unique=False)
    op.create_index('uq_batch_firm_file', 'batch', ['firm_id', 'sha256'], unique=True, postgresql_where=sa.text("firm_id IS NOT NULL AND state NOT IN ('discarded', 'unreadable')"))
    op.create_index('uq_batch_person_file', 'batch', ['person_id', 'sha256'], unique=True, postgresql_where=sa.text("firm_id IS NULL AND state NOT IN ('discarded', 'unreadable')"))
    op.create_index('ix_api_token_firm', 'api_token', ['firm_id'], unique=False, postgresql_where=sa.text("holder = 'firm'"))
    op.create_table('invitation',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('firm_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('invited_by', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('accepted_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('accepted_by', sa.Uuid(), nullable=True),
    sa.Column('revoked_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("role IN ('applicant', 'firm_lead')", name=op.f('ck_invitation_role')),
    sa.CheckConstraint('(accepted_by IS NULL) = (accepted_at IS NULL)', name=op.f('ck_invitation_accepted_together')),
    sa.CheckConstraint('accepted_at IS NULL OR revoked_at IS NULL', name=op.f('ck_invitation_accepted_or_revoked')),
    sa.CheckConstraint('octet_length(token_hash) = 32', name=op.f('ck_invitation_token_hash_length')),
    sa.ForeignKeyConstraint(['accepted_by'], ['person.id'], name=op.f('fk_invitation_accepted_by')),
    sa.ForeignKeyConstraint(['firm_id'], ['firm.id'], name=op.f('fk_invitation_firm_id')),
    sa.ForeignKeyConstraint(['invited_by'], ['person.id'], name=op.f('fk_invitation_invited_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_invitation_token_hash'))
    )
    op.create_index(op.f('ix_invitation_firm_id'), 'invitation', ['firm_id'], unique=False)
    op.create_table('library_driver',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('firm_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('phone', sa.Text(), nullable=False),
    sa.Column('identity_number', sa.Text(), nullable=True),
    sa.Column('last4', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('archived_at', sa.TIMESTAMP(timezone=True), nullable=True, comment='left the firm, or taken out'),
    sa.CheckConstraint("last4 ~ '^[0-9]{3}[0-9X]$'", name=op.f('ck_library_driver_last4')),
    sa.CheckConstraint('identity_number IS NULL OR right(identity_number, 4) = last4', name=op.f('ck_library_driver_last4_of_identity')),
    sa.CheckConstraint('num_nonnulls(firm_id, person_id) = 1', name=op.f('ck_library_driver_one_owner')),
    sa.ForeignKeyConstraint(['firm_id'], ['firm.id'], name=op.f('fk_library_driver_firm_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_library_driver_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_library_driver'))
    )
    op.create_index('uq_library_driver_firm', 'library_driver', ['firm_id', 'name', 'last4'], unique=True, postgresql_where=sa.text('archived_at IS NULL'))
    op.create_index('uq_library_driver_person', 'library_driver', ['person_id', 'name', 'last4'], unique=True, postgresql_where=sa.text('archived_at IS NULL'))
    op.create_table('notice',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('area', sa.CHAR(length=6), nullable=False, comment='passes issued here or touching it'),
    sa.Column('category', sa.Text(), nullable=True),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('urgent', sa.Boolean(), nullable=False),
    sa.Column('by_sms', sa.Boolean(), nullable=False),
    sa.Column('per_minute', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('cursor', sa.Text(), nullable=True),
    sa.Column('found', sa.Integer(), nullable=False, comment='holders put into the outbox so far'),
    sa.Column('gathered_at', sa.TIMESTAMP(timezone=True), nullable=True, comment='when the last holder was found'),
    sa.Column('released_at', sa.TIMESTAMP(timezone=True), nullable=True, comment='when messages were last let go, for the pace'),
    sa.Column('reach', postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment='whom it would reach when it was written: holders, without_account, emails, text_messages'),
    sa.Column('created_by', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('started_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('finished_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'draft') = (started_at IS NULL)", name=op.f('ck_notice_started_has_time')),
    sa.CheckConstraint("(state = 'sent') = (finished_at IS NOT NULL)", name=op.f('ck_notice_sent_has_time')),
    sa.CheckConstraint("state IN ('draft', 'sending', 'paused', 'sent', 'stopped')", name=op.f('ck_notice_state')),
    sa.CheckConstraint('per_minute > 0', name=op.f('ck_notice_per_minute')),
    sa.ForeignKeyConstraint(['area'], ['area.code'], name=op.f('fk_notice_area')),
    sa.ForeignKeyConstraint(['category'], ['goods_category.code'], name=op.f('fk_notice_category')),
    sa.ForeignKeyConstraint(['created_by'], ['person.id'], name=op.f('fk_notice_created_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice'))
    )
    op.create_table('pass_handover',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('plate', sa.Text(), nullable=False),
    sa.Column('number', sa.CHAR(length=12), nullable=False),
    sa.Column('revision', sa.SmallInteger(), nullable=False),
    sa.Column('handed_to', sa.Text(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('document_last4', sa.Text(), nullable=False),
    sa.Column('handed_by', sa.Uuid(), nullable=False),
    sa.Column('body_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("document IN ('identity_card', 'driving_licence', 'vehicle_licence', 'business_licence')", name=op.f('ck_pass_handover_document')),
    sa.CheckConstraint("document_last4 ~ '^[0-9A-Z]{4}$'", name=op.f('ck_pass_handover_document_last4')),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_pass_handover_body_id')),
    sa.ForeignKeyConstraint(['handed_by'], ['person.id'], name=op.f('fk_pass_handover_handed_by')),
    sa.ForeignKeyConstraint(['number'], ['pass_number.number'], name=op.f('fk_pass_handover_number')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pass_handover'))
    )
    op.create_index('ix_pass_handover_pass', 'pass_handover', ['plate', 'number'], unique=False)
    op.create_table('saved_route',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('firm_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('origin', sa.CHAR(length=6), nullable=False),
    sa.Column('destination', sa.CHAR(length=6), nullable=False),
    sa.Column('stops', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('roads', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('goods', sa.SmallInteger(), nullable=True),
    sa.Column('goods_words', sa.Text(), nullable=True),
    sa.Column('hours', sa.SmallInteger(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('archived_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint('cardinality(stops) <= 3 AND cardinality(roads) <= 7', name=op.f('ck_saved_route_route_fits_credential')),
    sa.CheckConstraint('hours IS NULL OR hours > 0', name=op.f('ck_saved_route_hours')),
    sa.CheckConstraint('num_nonnulls(firm_id, person_id) = 1', name=op.f('ck_saved_route_one_owner')),
    sa.ForeignKeyConstraint(['destination'], ['area.code'], name=op.f('fk_saved_route_destination')),
    sa.ForeignKeyConstraint(['firm_id'], ['firm.id'], name=op.f('fk_saved_route_firm_id')),
    sa.ForeignKeyConstraint(['goods'], ['goods_item.number'], name=op.f('fk_saved_route_goods')),
    sa.ForeignKeyConstraint(['origin'], ['area.code'], name=op.f('fk_saved_route_origin')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_saved_route_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_route'))
    )
    op.create_index('uq_saved_route_firm', 'saved_route', ['firm_id', 'name'], unique=True, postgresql_where=sa.text('archived_at IS NULL'))
    op.create_index('uq_saved_route_person', 'saved_route', ['person_id', 'name'], unique=True, postgresql_where=sa.text('archived_at IS NULL'))
    op.create_table('vehicle',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('firm_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('plate', sa.Text(), nullable=False),
    sa.Column('plate_colour', sa.SmallInteger(), nullable=False),
    sa.Column('words', sa.Text(), nullable=True, comment='what the firm calls it'),
    sa.Column('papers_end_on', sa.Date(), nullable=True, comment='last day of its 道路运输证'),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('archived_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("plate <> ''", name=op.f('ck_vehicle_plate_given')),
    sa.CheckConstraint('num_nonnulls(firm_id, person_id) = 1', name=op.f('ck_vehicle_one_owner')),
    sa.ForeignKeyConstraint(['firm_id'], ['firm.id'], name=op.f('fk_vehicle_firm_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_vehicle_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_vehicle'))
    )
    op.create_index('uq_vehicle_firm', 'vehicle', ['firm_id', 'plate', 'plate_colour'], unique=True, postgresql_where=sa.text('archived_at IS NULL'))
    op.create_index('uq_vehicle_person', 'vehicle', ['person_id', 'plate', 'plate_colour'], unique=True, postgresql_where=sa.text('archived_at IS NULL'))
    op.create_table('webhook_endpoint',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('firm_id', sa.Uuid(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('generation', sa.SmallInteger(), nullable=False),
    sa.Column('paused', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=True),
    sa.Column('removed_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("url ~ '^https?://'", name=op.f('ck_webhook_endpoint_url_http')),
    sa.CheckConstraint('generation >= 1', name=op.f('ck_webhook_endpoint_generation')),
    sa.ForeignKeyConstraint(['created_by'], ['person.id'], name=op.f('fk_webhook_endpoint_created_by')),
    sa.ForeignKeyConstraint(['firm_id'], ['firm.id'], name=op.f('fk_webhook_endpoint_firm_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_endpoint'))
    )
    op.create_index('ix_webhook_endpoint_firm', 'webhook_endpoint', ['firm_id'], unique=False, postgresql_where=sa.text('removed_at IS NULL'))
    op.create_table('batch_review',
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('body_id', sa.Uuid(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('submitted_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('taken_by', sa.Uuid(), nullable=True),
    sa.Column('lease_until', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('finished_at', sa.TIMESTAMP(timezone=True), nullable=True, comment='when nothing of it waited any more'),
    sa.Column('run_id', sa.Uuid(), nullable=True, comment='the newest decision on many of its applications at once'),
    sa.CheckConstraint('(taken_by IS NULL) = (lease_until IS NULL)', name=op.f('ck_batch_review_lease_with_taker')),
    sa.CheckConstraint('total > 0', name=op.f('ck_batch_review_total')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.id'], name=op.f('fk_batch_review_batch_id')),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_batch_review_body_id')),
    sa.ForeignKeyConstraint(['run_id'], ['task_progress.id'], name=op.f('fk_batch_review_run_id')),
    sa.ForeignKeyConstraint(['taken_by'], ['person.id'], name=op.f('fk_batch_review_taken_by')),
    sa.PrimaryKeyConstraint('batch_id', 'body_id', name=op.f('pk_batch_review'))
    )
    op.create_index('ix_batch_review_queue', 'batch_review', ['body_id', 'submitted_at'], unique=False, postgresql_where=sa.text('finished_at IS NULL'))
    op.create_table('webhook_delivery',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('endpoint_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('attempts', sa.SmallInteger(), nullable=False),
    sa.Column('next_try_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('last_status', sa.SmallInteger(), nullable=True),
    sa.Column('last_problem', sa.Text(), nullable=True),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('delivered_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'delivered') = (delivered_at IS NOT NULL)", name=op.f('ck_webhook_delivery_delivered_has_time')),
    sa.CheckConstraint("state IN ('queued', 'delivered', 'given_up')", name=op.f('ck_webhook_delivery_state')),
    sa.CheckConstraint('attempts >= 0', name=op.f('ck_webhook_delivery_attempts')),
    sa.ForeignKeyConstraint(['endpoint_id'], ['webhook_endpoint.id'], name=op.f('fk_webhook_delivery_endpoint_id')),
    sa.ForeignKeyConstraint(['event_id'], ['webhook_event.id'], name=op.f('fk_webhook_delivery_event_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_delivery'))
    )
    op.create_index('ix_webhook_delivery_due', 'webhook_delivery', ['endpoint_id', 'next_try_at', 'event_id'], unique=False, postgresql_where=sa.text("state = 'queued'"))
    op.create_index('ix_webhook_delivery_endpoint', 'webhook_delivery', ['endpoint_id', 'id'], unique=False)
    op.create_index('uq_webhook_delivery_event_id_endpoint_id', 'webhook_delivery', ['event_id', 'endpoint_id'], unique=True)
    op.create_table('batch_row',
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False, comment='row of the file, counted from 1 as the program shows it'),
    sa.Column('plain', postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment='the cells by field of an application, as text'),
    sa.Column('repairs', postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment='[{field, code, was}]'),
    sa.Column('problems', postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment='[{field, code, facts}]'),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('application_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("(state = 'accepted') = (application_id IS NOT NULL)", name=op.f('ck_batch_row_accepted_has_application')),
    sa.CheckConstraint("state <> 'good' OR jsonb_array_length(problems) = 0", name=op.f('ck_batch_row_good_has_no_problem')),
    sa.CheckConstraint("state IN ('good', 'bad', 'left_out', 'accepted')", name=op.f('ck_batch_row_state')),
    sa.CheckConstraint('position > 0', name=op.f('ck_batch_row_position')),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_batch_row_application_id')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.id'], name=op.f('fk_batch_row_batch_id')),
    sa.PrimaryKeyConstraint('batch_id', 'position', name=op.f('pk_batch_row')),
    sa.UniqueConstraint('application_id', name=op.f('uq_batch_row_application_id'))
    )
    op.create_index('ix_batch_row_state', 'batch_row', ['batch_id', 'state', 'position'], unique=False)
    op.add_column('application', sa.Column('purpose', sa.Text(), server_default='new', nullable=False))
    op.add_column('application', sa.Column('about', sa.CHAR(length=12), nullable=True, comment='the pass that is renewed or changed'))
    op.add_column('application', sa.Column('entered_by', sa.Uuid(), nullable=True, comment='the officer who entered it at the counter'))
    op.add_column('application', sa.Column('batch_id', sa.Uuid(), nullable=True))
    op.add_column('application', sa.Column('decided_rule', sa.Text(), nullable=True, comment='code of the rule that decided without a person'))
    op.alter_column('application', 'person_id',
               existing_type=sa.UUID(),
               nullable=True)
    op.drop_constraint(op.f('uq_application_pass_number'), 'application', type_='unique')
    op.create_index('uq_application_pass_number', 'application', ['pass_number'], unique=True, postgresql_where=sa.text("purpose NOT IN ('amend', 'other_driver')"))
    op.create_index('ix_pass_firm_ends', 'pass', ['firm_id', sa.literal_column('upper(validity)')], unique=False, postgresql_where=sa.text("state IN ('live', 'suspended')"))
    op.create_index('ix_application_batch', 'application', ['batch_id', 'body_id', 'state', 'id'], unique=False)
    op.create_index('ix_application_firm_state', 'application', ['firm_id', 'state', 'id'], unique=False)
    op.create_index('ix_application_entered', 'application', ['entered_by', 'id'], unique=False, postgresql_where=sa.text('entered_by IS NOT NULL'))
    op.create_index('ix_application_single', 'application', ['body_id', 'state', 'submitted_at', 'id'], unique=False, postgresql_where=sa.text("batch_id IS NULL AND state IN ('submitted', 'in_review')"))
    op.create_index('uq_application_about', 'application', ['about'], unique=True, postgresql_where=sa.text("state IN ('submitted', 'in_review', 'returned')"))
    op.create_foreign_key(op.f('fk_application_entered_by'), 'application', 'person', ['entered_by'], ['id'])
    op.create_foreign_key(op.f('fk_application_batch_id'), 'application', 'batch', ['batch_id'], ['id'])
    op.add_column('message', sa.Column('notice_id', sa.Uuid(), nullable=True))
    op.add_column('message', sa.Column('urgent', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('message', sa.Column('next_try_at', sa.TIMESTAMP(timezone=True), nullable=True, comment='queued: when it goes out; unknown: when the gateway is asked about it'))
    op.add_column('message', sa.Column('tried_at', sa.TIMESTAMP(timezone=True), nullable=True, comment='when it was last handed to a server'))
    op.alter_column('message', 'last_error', existing_type=sa.Text(), existing_nullable=True, comment="a code, never a server's sentence")
    op.add_column('message', sa.Column('provider_id', sa.Text(), nullable=True, comment='what the gateway calls it, for its receipts'))
    op.alter_column('message', 'recipient_id',
               existing_type=sa.UUID(),
               nullable=True,
               comment='NULL for a driver without an account')
    op.drop_index(op.f('ix_message_queued'), table_name='message', postgresql_where="(state = 'queued'::text)")
    op.create_index('ix_message_due', 'message', ['channel', 'urgent', 'next_try_at'], unique=False, postgresql_where=sa.text("state = 'queued'"))
    op.create_index('ix_message_notice', 'message', ['notice_id', 'state', 'channel', 'id'], unique=False, postgresql_where=sa.text('notice_id IS NOT NULL'))
    op.create_index('ix_message_state', 'message', ['channel', 'state', 'id'], unique=False, postgresql_where=sa.text("channel <> 'inbox'"))
    op.add_column('pass', sa.Column('channel', sa.Text(), nullable=True))
    op.execute(CHANNEL_OF_PASSES)
    op.alter_column('pass', 'channel', nullable=False)
    op.execute("UPDATE message SET next_try_at = created_at WHERE state = 'queued'")
    replace_checks(upwards=True)
    op.execute(FIRST_PEOPLE_LEAD)


def downgrade() -> None:
    op.execute(LEADS_APPLY)
    op.execute("DELETE FROM role_grant WHERE role = 'firm_lead'")
    replace_checks(upwards=False)
    op.drop_column('pass', 'channel')
    op.drop_index('ix_message_state', table_name='message', postgresql_where=sa.text("channel <> 'inbox'"))
    op.drop_index('ix_message_notice', table_name='message', postgresql_where=sa.text('notice_id IS NOT NULL'))
    op.drop_index('ix_message_due', table_name='message', postgresql_where=sa.text("state = 'queued'"))
    op.create_index(op.f('ix_message_queued'), 'message', ['id'], unique=False, postgresql_where="(state = 'queued'::text)")
    op.alter_column('message', 'recipient_id',
               existing_type=sa.UUID(),
               nullable=False,
               comment=None,
               existing_comment='NULL for a driver without an account')
    op.drop_column('message', 'provider_id')
    op.alter_column('message', 'last_error', existing_type=sa.Text(), existing_nullable=True, comment=None, existing_comment="a code, never a server's sentence")
    op.drop_column('message', 'tried_at')
    op.drop_column('message', 'next_try_at')
    op.drop_column('message', 'urgent')
    op.drop_column('message', 'notice_id')
    op.drop_constraint(op.f('fk_application_batch_id'), 'application', type_='foreignkey')
    op.drop_constraint(op.f('fk_application_entered_by'), 'application', type_='foreignkey')
    op.drop_index('uq_application_about', table_name='application', postgresql_where=sa.text("state IN ('submitted', 'in_review', 'returned')"))
    op.drop_index('ix_application_firm_state', table_name='application')
    op.drop_index('ix_application_entered', table_name='application', postgresql_where=sa.text('entered_by IS NOT NULL'))
    op.drop_index('ix_application_single', table_name='application', postgresql_where=sa.text("batch_id IS NULL AND state IN ('submitted', 'in_review')"))
    op.drop_index('ix_pass_firm_ends', table_name='pass', postgresql_where=sa.text("state IN ('live', 'suspended')"))
    op.drop_index('ix_application_batch', table_name='application')
    op.drop_index('uq_application_pass_number', table_name='application', postgresql_where=sa.text("purpose NOT IN ('amend', 'other_driver')"))
    op.create_unique_constraint(op.f('uq_application_pass_number'), 'application', ['pass_number'], postgresql_nulls_not_distinct=False)
    op.alter_column('application', 'person_id',
               existing_type=sa.UUID(),
               nullable=False)
    op.drop_column('application', 'decided_rule')
    op.drop_column('application', 'batch_id')
    op.drop_column('application', 'entered_by')
    op.drop_column('application', 'about')
    op.drop_column('application', 'purpose')
    op.drop_index('ix_batch_row_state', table_name='batch_row')
    op.drop_table('batch_row')
    op.drop_index('uq_webhook_delivery_event_id_endpoint_id', table_name='webhook_delivery')
    op.drop_index('ix_webhook_delivery_endpoint', table_name='webhook_delivery')
    op.drop_index('ix_webhook_delivery_due', table_name='webhook_delivery', postgresql_where=sa.text("state = 'queued'"))
    op.drop_table('webhook_delivery')
    op.drop_index('ix_batch_review_queue', table_name='batch_review', postgresql_where=sa.text('finished_at IS NULL'))
    op.drop_table('batch_review')
    op.drop_index('ix_webhook_endpoint_firm', table_name='webhook_endpoint', postgresql_where=sa.text('removed_at IS NULL'))
    op.drop_table('webhook_endpoint')
    op.drop_index('uq_vehicle_person', table_name='vehicle', postgresql_where=sa.text('archived_at IS NULL'))
    op.drop_index('uq_vehicle_firm', table_name='vehicle', postgresql_where=sa.text('archived_at IS NULL'))
    op.drop_table('vehicle')
    op.drop_index('uq_saved_route_person', table_name='saved_route', postgresql_where=sa.text('archived_at IS NULL'))
    op.drop_index('uq_saved_route_firm', table_name='saved_route', postgresql_where=sa.text('archived_at IS NULL'))
    op.drop_table('saved_route')
    op.drop_index('ix_pass_handover_pass', table_name='pass_handover')
    op.drop_table('pass_handover')
    op.drop_table('notice')
    op.drop_index('uq_library_driver_person', table_name='library_driver', postgresql_where=sa.text('archived_at IS NULL'))
    op.drop_index('uq_library_driver_firm', table_name='library_driver', postgresql_where=sa.text('archived_at IS NULL'))
    op.drop_table('library_driver')
    op.drop_index(op.f('ix_invitation_firm_id'), table_name='invitation')
    op.drop_index('ix_api_token_firm', table_name='api_token', postgresql_where=sa.text("holder = 'firm'"))
    op.drop_table('invitation')
    op.drop_index('uq_batch_person_file', table_name='batch', postgresql_where=sa.text("firm_id IS NULL AND state NOT IN ('discarded', 'unreadable')"))
    op.drop_index('uq_batch_firm_file', table_name='batch', postgresql_where=sa.text("firm_id IS NOT NULL AND state NOT IN ('discarded', 'unreadable')"))
    op.drop_index('ix_batch_person', table_name='batch')
    op.drop_index('ix_batch_firm', table_name='batch')
    op.drop_table('batch')
    op.drop_index('ix_webhook_event_firm', table_name='webhook_event')
    op.drop_table('webhook_event')
    op.drop_index('ix_idempotent_answer_created', table_name='idempotent_answer')
    op.drop_table('idempotent_answer')
    op.drop_table('api_use')
