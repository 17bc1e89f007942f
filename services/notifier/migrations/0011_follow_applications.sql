-- When an application ended, from which its people's data are counted; and why a start date moved.

alter table application_contacts add column erased_at timestamptz;

create table application_ends (
    receipt_number text primary key,
    ended_at timestamptz not null,
    contacts_erased_at timestamptz
);

create index application_ends_to_erase on application_ends (ended_at) where contacts_erased_at is null;

create table start_date_notes (
    receipt_number text not null,
    new_start_date date not null,
    note text not null,
    recorded_at timestamptz not null,
    primary key (receipt_number, new_start_date)
);
