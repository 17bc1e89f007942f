-- Review's part of each office's contract, and every published schedule with its calendar.

create table contracts (
    office_code text primary key,
    contract_version integer not null,
    company_name text not null,
    office_name text not null,
    processing_modes text[] not null,
    contract_ends_on date,
    closed_on date
);

create table schedules (
    schedule_version integer primary key,
    calendar_version integer not null,
    registration_days jsonb not null,
    closures jsonb not null,
    openings jsonb not null,
    covers_until date not null,
    published_at timestamptz not null,
    published_by text not null
);
