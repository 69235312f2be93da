"""house

Revision: 0001, after: 
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


QUEUE = Path(__file__).parent.parent / "procrastinate_3_10.sql"
"""The schema of the job library as of the version this revision was made with; later versions bring migrations."""
DROP_QUEUE = """
DO $$
DECLARE found record;
BEGIN
    FOR found IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'procrastinate%' LOOP
        EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', found.name);
    END LOOP;
    FOR found IN SELECT oid::regprocedure AS name FROM pg_proc WHERE proname LIKE 'procrastinate%' LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', found.name);
    END LOOP;
    FOR found IN SELECT typname AS name FROM pg_type WHERE typname LIKE 'procrastinate%' AND typtype IN ('e', 'c') LOOP
        EXECUTE format('DROP TYPE IF EXISTS %I CASCADE', found.name);
    END LOOP;
END
$$
"""


def upgrade() -> None:
    op.create_table('area',
    sa.Column('code', sa.CHAR(length=6), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=True),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('parent', sa.CHAR(length=6), nullable=True),
    sa.Column('synthetic', sa.Boolean(), nullable=False),
    sa.CheckConstraint("code ~ '^[0-9]{6}$'", name=op.f('ck_area_code_digits')),
    sa.CheckConstraint("level IN ('province', 'prefecture', 'county')", name=op.f('ck_area_level')),
    sa.ForeignKeyConstraint(['parent'], ['area.code'], name=op.f('fk_area_parent')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_area'))
    )
    op.create_index(op.f('ix_area_parent'), 'area', ['parent'], unique=False)
    op.create_table('audit_event',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('actor_kind', sa.Text(), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('tag', sa.Text(), nullable=False),
    sa.Column('subject_kind', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Text(), nullable=False),
    sa.Column('from_state', sa.Text(), nullable=True),
    sa.Column('to_state', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('content_hash', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint('octet_length(content_hash) = 32', name=op.f('ck_audit_event_content_hash_length')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_event'))
    )
    op.create_index('ix_audit_event_actor', 'audit_event', ['actor_id', 'at'], unique=False)
    op.create_index('ix_audit_event_subject', 'audit_event', ['subject_kind', 'subject_id', 'at'], unique=False)
    op.create_table('audit_head',
    sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.Column('signed_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('jws', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('position', name=op.f('pk_audit_head'))
    )
    op.create_table('login_attempt',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('subject', sa.LargeBinary(), nullable=False, comment="SHA-256 of the login or of the client's address"),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('succeeded', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_login_attempt'))
    )
    op.create_index('ix_login_attempt_subject', 'login_attempt', ['subject', 'at'], unique=False)
    op.create_table('message',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('unique_key', sa.Text(), nullable=False),
    sa.Column('recipient_id', sa.Uuid(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('template', sa.Text(), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('sent_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('read_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("channel = 'inbox' OR address IS NOT NULL", name=op.f('ck_message_email_has_address')),
    sa.CheckConstraint("channel IN ('inbox', 'email')", name=op.f('ck_message_channel')),
    sa.CheckConstraint("state IN ('queued', 'sent', 'caught', 'failed')", name=op.f('ck_message_state')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('unique_key', name=op.f('uq_message_unique_key'))
    )
    op.create_index('ix_message_queued', 'message', ['id'], unique=False, postgresql_where=sa.text("state = 'queued'"))
    op.create_index('ix_message_recipient', 'message', ['recipient_id', 'channel', 'id'], unique=False)
    op.create_table('stored_file',
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f('ck_stored_file_sha256_hex')),
    sa.CheckConstraint('size >= 0', name=op.f('ck_stored_file_size')),
    sa.PrimaryKeyConstraint('sha256', name=op.f('pk_stored_file'))
    )
    op.create_table('task_progress',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('result_sha256', sa.Text(), nullable=True),
    sa.Column('problem', sa.Text(), nullable=True),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('finished_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("state <> 'done' OR done = total", name=op.f('ck_task_progress_done_is_complete')),
    sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name=op.f('ck_task_progress_state')),
    sa.CheckConstraint('done >= 0 AND done <= total', name=op.f('ck_task_progress_done_within_total')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_task_progress'))
    )
    op.create_table('worker_seen',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_worker_seen'))
    )
    op.create_table('audit_pending',
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['audit_event.id'], name=op.f('fk_audit_pending_event_id')),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_audit_pending'))
    )
    op.create_table('audit_seal',
    sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('previous', sa.LargeBinary(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.Column('sealed_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('octet_length(previous) = 32 AND octet_length(hash) = 32', name=op.f('ck_audit_seal_hash_length')),
    sa.CheckConstraint('position > 0', name=op.f('ck_audit_seal_position_positive')),
    sa.ForeignKeyConstraint(['event_id'], ['audit_event.id'], name=op.f('fk_audit_seal_event_id')),
    sa.PrimaryKeyConstraint('position', name=op.f('pk_audit_seal')),
    sa.UniqueConstraint('event_id', name=op.f('uq_audit_seal_event_id'))
    )
    op.create_table('body',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('area', sa.CHAR(length=6), nullable=False),
    sa.Column('duty', sa.Text(), nullable=False),
    sa.Column('sector', sa.SmallInteger(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=False),
    sa.Column('merged_into', sa.Uuid(), nullable=True),
    sa.Column('merged_on', sa.Date(), nullable=True),
    sa.Column('synthetic', sa.Boolean(), nullable=False),
    sa.CheckConstraint("duty IN ('issuing', 'control_group', 'checkpoint', 'hotline', 'command')", name=op.f('ck_body_duty')),
    sa.CheckConstraint('(merged_into IS NULL) = (merged_on IS NULL)', name=op.f('ck_body_merged_together')),
    sa.CheckConstraint('merged_into <> id', name=op.f('ck_body_not_merged_into_itself')),
    sa.ForeignKeyConstraint(['area'], ['area.code'], name=op.f('fk_body_area')),
    sa.ForeignKeyConstraint(['merged_into'], ['body.id'], name=op.f('fk_body_merged_into')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_body')),
    sa.UniqueConstraint('code', name=op.f('uq_body_code'))
    )
    op.create_index('ix_body_routing', 'body', ['area', 'sector'], unique=False, postgresql_where=sa.text("duty = 'issuing'"))
    op.create_table('firm',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('credit_code', sa.Text(), nullable=False),
    sa.Column('area', sa.CHAR(length=6), nullable=False),
    sa.Column('phone', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.CheckConstraint("state IN ('pending', 'approved', 'suspended')", name=op.f('ck_firm_state')),
    sa.ForeignKeyConstraint(['area'], ['area.code'], name=op.f('fk_firm_area')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_firm')),
    sa.UniqueConstraint('credit_code', name=op.f('uq_firm_credit_code'))
    )
    op.create_table('person',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('login', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('phone', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('identity_number', sa.Text(), nullable=True),
    sa.Column('area', sa.CHAR(length=6), nullable=True),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('body_id', sa.Uuid(), nullable=True),
    sa.Column('firm_id', sa.Uuid(), nullable=True),
    sa.Column('checkpoint_code', sa.Text(), nullable=True),
    sa.Column('totp_secret', sa.Text(), nullable=True),
    sa.Column('totp_last_step', sa.Integer(), nullable=True),
    sa.Column('totp_required', sa.Boolean(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('locale', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.CheckConstraint("login = lower(login) AND login <> ''", name=op.f('ck_person_login_lower')),
    sa.CheckConstraint('body_id IS NULL OR firm_id IS NULL', name=op.f('ck_person_one_employer')),
    sa.ForeignKeyConstraint(['area'], ['area.code'], name=op.f('fk_person_area')),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_person_body_id')),
    sa.ForeignKeyConstraint(['firm_id'], ['firm.id'], name=op.f('fk_person_firm_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
    sa.UniqueConstraint('login', name=op.f('uq_person_login'))
    )
    op.create_index(op.f('ix_person_body_id'), 'person', ['body_id'], unique=False)
    op.create_index(op.f('ix_person_firm_id'), 'person', ['firm_id'], unique=False)
    op.create_table('api_token',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('holder', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('scopes', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('firm_id', sa.Uuid(), nullable=True),
    sa.Column('checkpoint_code', sa.Text(), nullable=True),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('last_used_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("holder <> 'device' OR checkpoint_code IS NOT NULL", name=op.f('ck_api_token_device_token_has_checkpoint')),
    sa.CheckConstraint("holder <> 'firm' OR firm_id IS NOT NULL", name=op.f('ck_api_token_firm_token_has_firm')),
    sa.CheckConstraint("holder IN ('device', 'firm', 'exchange')", name=op.f('ck_api_token_holder')),
    sa.CheckConstraint('octet_length(token_hash) = 32', name=op.f('ck_api_token_token_hash_length')),
    sa.ForeignKeyConstraint(['firm_id'], ['firm.id'], name=op.f('fk_api_token_firm_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_api_token_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_token')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_api_token_token_hash'))
    )
    op.create_table('login_session',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('device_name', sa.Text(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('second_step_owed', sa.Boolean(), nullable=False),
    sa.CheckConstraint('expires_at > created_at', name=op.f('ck_login_session_expires_later')),
    sa.CheckConstraint('octet_length(token_hash) = 32', name=op.f('ck_login_session_token_hash_length')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_login_session_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_login_session')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_login_session_token_hash'))
    )
    op.create_index(op.f('ix_login_session_person_id'), 'login_session', ['person_id'], unique=False)
    op.create_table('one_time_code',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('code_hash', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('used_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('wrong_tries', sa.SmallInteger(), nullable=False),
    sa.CheckConstraint('wrong_tries >= 0', name=op.f('ck_one_time_code_wrong_tries')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_one_time_code_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_one_time_code'))
    )
    op.create_index(op.f('ix_one_time_code_person_id'), 'one_time_code', ['person_id'], unique=False)
    op.create_table('role_grant',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('granted_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('granted_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("role IN ('applicant', 'issuing_officer', 'control_officer', 'checkpoint_staff', 'checkpoint_lead', 'operator', 'liaison', 'inspector', 'command', 'administrator')", name=op.f('ck_role_grant_role')),
    sa.ForeignKeyConstraint(['granted_by'], ['person.id'], name=op.f('fk_role_grant_granted_by')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_role_grant_person_id')),
    sa.PrimaryKeyConstraint('person_id', 'role', name=op.f('pk_role_grant'))
    )
    op.get_bind().exec_driver_sql(QUEUE.read_text().replace("%", "%%"))


def downgrade() -> None:
    op.get_bind().exec_driver_sql(DROP_QUEUE.replace("%", "%%"))
    op.drop_table('role_grant')
    op.drop_index(op.f('ix_one_time_code_person_id'), table_name='one_time_code')
    op.drop_table('one_time_code')
    op.drop_index(op.f('ix_login_session_person_id'), table_name='login_session')
    op.drop_table('login_session')
    op.drop_table('api_token')
    op.drop_index(op.f('ix_person_firm_id'), table_name='person')
    op.drop_index(op.f('ix_person_body_id'), table_name='person')
    op.drop_table('person')
    op.drop_table('firm')
    op.drop_index('ix_body_routing', table_name='body', postgresql_where=sa.text("duty = 'issuing'"))
    op.drop_table('body')
    op.drop_table('audit_seal')
    op.drop_table('audit_pending')
    op.drop_table('worker_seen')
    op.drop_table('task_progress')
    op.drop_table('stored_file')
    op.drop_index('ix_message_recipient', table_name='message')
    op.drop_index('ix_message_queued', table_name='message', postgresql_where=sa.text("state = 'queued'"))
    op.drop_table('message')
    op.drop_index('ix_login_attempt_subject', table_name='login_attempt')
    op.drop_table('login_attempt')
    op.drop_table('audit_head')
    op.drop_index('ix_audit_event_subject', table_name='audit_event')
    op.drop_index('ix_audit_event_actor', table_name='audit_event')
    op.drop_table('audit_event')
    op.drop_index(op.f('ix_area_parent'), table_name='area')
    op.drop_table('area')
