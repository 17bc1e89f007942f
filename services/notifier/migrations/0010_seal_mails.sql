-- A mail's address and text are kept sealed, and only for a while; attempts get rows of their own.

alter table mails
    alter column address drop not null,
    alter column facts drop not null,
    add column sealed bytea,
    add column address_hash bytea,
    add column attempts_before integer not null default 0,
    add column first_tried_at timestamptz,
    add column resend_id uuid,
    drop constraint mails_state_check,
    add constraint mails_state_check check (state in ('queued', 'sending', 'sent', 'failed', 'suppressed'));

comment on column mails.address is 'no longer written: sealed holds it';
comment on column mails.facts is 'no longer written: sealed holds them';
comment on column mails.sealed is 'address, sender and facts, encrypted; null once the archive time is over';
comment on column mails.address_hash is 'keyed hash of the address; null once the archive time is over';
comment on column mails.attempts_before is 'attempts made before the last resend: they do not count against the limit';
comment on column mails.first_tried_at is 'first attempt since queued or resent';

create unique index mails_message_key on mails (message_key);
create index mails_waiting_for_address on mails (address_hash) where state = 'suppressed';
create index mails_archived on mails (ended_at) where sealed is not null and ended_at is not null;
create index mails_failed on mails (ended_at, mail_id) where state in ('failed', 'suppressed');

create table mail_attempts (
    mail_id bigint not null,
    attempt integer not null,
    ended_at timestamptz not null,
    outcome text not null check (
        outcome in ('accepted', 'refused_for_now', 'refused', 'reply_lost', 'held_back', 'bounced', 'delayed')
    ),
    reply_code integer,
    status text,
    resend_id uuid
);

comment on table mail_attempts is 'one row per attempt, and one per report about it; an attempt without a row belonged to a process that died';

create index mail_attempts_of_mail on mail_attempts (mail_id, attempt);

create table sending_minutes (
    minute timestamptz primary key,
    taken integer not null
);

comment on table sending_minutes is 'mails offered per minute by all replicas together, where a limit is set';
