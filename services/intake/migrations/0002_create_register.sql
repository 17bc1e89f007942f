-- The contract register, the mailboxes of each office as the applicant sees them, and the registration schedule.

create table contracts (
    office_code text primary key,
    contract_version integer not null,
    register jsonb not null,
    updated_at timestamptz not null
);

comment on column contracts.register is 'the data of the contract''s latest nss.contract.published.v1';

create table mailboxes (
    mailbox_id text primary key,
    office_code text not null,
    kind text not null check (kind in ('smtp_pop3', 'edifact')),
    active_from date not null,
    abolished_on date
);

create index mailboxes_office_code on mailboxes (office_code);
comment on column mailboxes.abolished_on is 'set when an abolition is decided; the day may still lie ahead';

create table schedule (
    only_row boolean primary key default true check (only_row),
    schedule_version integer not null,
    published jsonb not null
);
