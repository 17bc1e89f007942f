-- Addresses that bounced, known by their keyed hash alone; what operators did, with their reasons.

create table suppressions (
    suppression_id uuid primary key,
    address_hash bytea not null,
    mail_id bigint not null,
    status text,
    suppressed_at timestamptz not null,
    released_at timestamptz
);

create unique index suppressions_in_force on suppressions (address_hash) where released_at is null;

create table operator_actions (
    action_id uuid primary key,
    done_at timestamptz not null,
    operator text not null,
    action text not null check (action in ('resend', 'release', 'send_test')),
    reason text not null,
    details jsonb not null
);

create table digests (
    cause text not null,
    day date not null,
    facts jsonb not null,
    message_key text not null,
    state text not null default 'queued' check (state in ('queued', 'sending', 'sent', 'failed')),
    attempts integer not null default 0,
    due_at timestamptz not null,
    covers_until timestamptz not null,
    primary key (cause, day)
);

comment on table digests is 'mails to the Center''s desk about what could not be delivered: one per cause and day';
