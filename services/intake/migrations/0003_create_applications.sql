-- Drafts, applications with each revision's content, their timeline, their mails, and the news of each office.

create table drafts (
    form_token uuid primary key,
    office_code text not null,
    typed jsonb not null,
    saved_at timestamptz not null,
    expires_at timestamptz not null
);

create index drafts_expires_at on drafts (expires_at);
create index drafts_office_code on drafts (office_code, saved_at desc);

create table applications (
    receipt_number text primary key,
    form_token uuid not null unique,
    kind text not null check (kind in ('mailbox_change', 'password_reissue')),
    status text not null check (
        status in ('received', 'under_review', 'clarification', 'review_completed', 'in_service', 'withdrawn', 'voided')
    ),
    revision integer not null,
    applicant_office_code text not null,
    office_code text not null,
    received_at timestamptz not null,
    received_on date not null,
    requested_start_date date,
    confirmed_start_date date,
    start_date_note text,
    completed_on date,
    system_setting_deadline date,
    viewable_from timestamptz,
    viewable_until date,
    mailbox_ids_issued text[] not null default '{}',
    mailbox_ids_abolished text[] not null default '{}',
    started_on date
);

-- One open mailbox application per office (E7).
create unique index applications_one_open on applications (office_code)
    where kind = 'mailbox_change' and status in ('received', 'under_review', 'clarification');
create index applications_applicant on applications (applicant_office_code, received_at desc, receipt_number desc);

create table application_revisions (
    receipt_number text not null references applications,
    revision integer not null,
    content jsonb not null,
    primary key (receipt_number, revision)
);

comment on column application_revisions.content is 'the data of the event that announced this revision; holds the contact';

create table timeline_entries (
    entry_id bigint generated always as identity primary key,
    receipt_number text not null references applications,
    event_id uuid not null unique,
    kind text not null,
    actor text not null check (actor in ('applicant', 'center', 'system')),
    occurred_at timestamptz not null,
    mail text,
    role text
);

create index timeline_entries_receipt_number on timeline_entries (receipt_number, occurred_at, entry_id);

create table application_mails (
    receipt_number text not null references applications,
    mail text not null,
    role text not null,
    state text not null check (state in ('sent', 'deferred', 'failed')),
    changed_at timestamptz not null,
    primary key (receipt_number, mail, role)
);

create table news_items (
    news_id bigint generated always as identity primary key,
    office_code text not null,
    event_id uuid not null,
    category text not null,
    kind text not null,
    receipt_number text,
    occurred_at timestamptz not null,
    unique (event_id, office_code)
);

create index news_items_newest on news_items (office_code, occurred_at desc, news_id desc);

-- One sequence per year, ready beforehand: taking a number locks nothing and the service needs no right to create.
do $$
begin
    for year in 2018..2050 loop
        execute format('create sequence receipt_numbers_%s as integer no cycle', year);
    end loop;
end
$$;
