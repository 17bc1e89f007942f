-- Applications under review, whom to ask about them (erasable alone), and their timeline.

create table reviews (
    receipt_number text primary key,
    office_code text not null,
    applicant_office_code text not null,
    kind text not null check (kind in ('mailbox_change', 'password_reissue')),
    state text not null check (state in (
        'under_review', 'clarification', 'approved', 'review_completed', 'in_service', 'withdrawn', 'voided')),
    revision integer not null check (revision > 0),
    company_name text not null,
    office_name text not null,
    received_at timestamptz not null,
    received_on date not null,
    review_starts_on date not null,
    contract_version integer not null,
    requested_start_date date,
    reason text not null,
    warnings jsonb not null,
    mailbox_change jsonb,
    password_reissue jsonb,
    opened_at timestamptz not null,
    moved_at timestamptz not null,
    moved_by text,
    approved_at timestamptz,
    approved_by text,
    decided_by text check (decided_by in ('reviewer', 'policy')),
    confirmed_start_date date,
    start_date_note text,
    system_setting_required boolean not null default false,
    system_setting_deadline date,
    calendar_version integer,
    schedule_version integer,
    completed_on date,
    mailbox_ids_issued jsonb,
    viewable_until date,
    issue_failure text,
    policy_declined_under integer,
    check (state not in ('approved', 'review_completed', 'in_service') or approved_at is not null),
    check (state not in ('review_completed', 'in_service') or completed_on is not null)
) with (fillfactor = 80);

comment on column reviews.moved_by is 'who made the last move; null where another service did';
comment on column reviews.policy_declined_under is 'schedule version under which the automatic policy left it to a person';

create index reviews_queue on reviews (state, review_starts_on, receipt_number);
create index reviews_order on reviews (review_starts_on, receipt_number);

create table review_contacts (
    receipt_number text not null,
    revision integer not null,
    contact jsonb not null,
    system_administrator jsonb not null,
    primary key (receipt_number, revision)
);

create table timeline_entries (
    receipt_number text not null,
    event_id uuid not null,
    occurred_at timestamptz not null,
    step text not null,
    actor text,
    details jsonb not null,
    primary key (receipt_number, event_id)
);
