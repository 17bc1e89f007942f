-- Whom to write about an application (a copy per revision), and every mail with its fate.

create table application_contacts (
    receipt_number text not null,
    revision integer not null,
    office_code text not null,
    company_name text not null,
    office_name text not null,
    received_on date not null,
    contact_name text not null,
    contact_email text not null,
    contact_department text not null,
    administrator_name text not null,
    administrator_email text not null,
    recorded_at timestamptz not null,
    primary key (receipt_number, revision)
);

create table mails (
    mail_id bigint generated always as identity primary key,
    receipt_number text not null,
    office_code text not null,
    event_id uuid not null,
    traceparent text,
    mail text not null,
    template_version integer not null,
    role text not null check (role in ('contact', 'administrator')),
    address text not null,
    facts jsonb not null,
    message_key text not null,
    state text not null default 'queued' check (state in ('queued', 'sending', 'sent', 'failed')),
    attempts integer not null default 0,
    ambiguous boolean not null default false,
    due_at timestamptz not null,
    queued_at timestamptz not null,
    ended_at timestamptz,
    reply_code integer,
    failure_class text,
    unique (receipt_number, event_id, role)
);

comment on column mails.due_at is 'queued: next attempt; sending: until then the attempt belongs to whoever claimed it';

create index mails_due on mails (due_at) where state in ('queued', 'sending');
