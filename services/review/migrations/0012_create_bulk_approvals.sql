-- Many clean applications approved at once: one row per application, decided in the transaction that writes its result.

create table bulk_approvals (
    bulk_id uuid primary key,
    login text not null,
    display_name text not null,
    is_lead boolean not null,
    requested_at timestamptz not null
);

create table bulk_approval_items (
    bulk_id uuid not null references bulk_approvals,
    position integer not null,
    receipt_number text not null,
    revision integer not null,
    confirmed_start_date date,
    outcome text check (outcome in ('approved', 'refused', 'moved_on')),
    details jsonb not null default '{}',
    decided_at timestamptz,
    primary key (bulk_id, position),
    unique (bulk_id, receipt_number),
    check ((outcome is null) = (decided_at is null))
);

create index bulk_approval_items_open on bulk_approval_items (bulk_id, position) where outcome is null;
