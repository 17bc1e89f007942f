-- Office counters, the ID ledger, what each approval gave, sealed passwords and the mail server's view.
-- Instants come from the service's clock: no default here says now().

create table offices (
    office_code text primary key check (office_code ~ '^[A-Z0-9]{3}[0-9]{3}$'),
    contract_version integer not null,
    company_abbreviation text not null,
    system_class text not null check (system_class in ('sea', 'air', 'common')),
    customs text not null,
    billing_code text not null,
    smtp_pop3_from date,
    edifact_from date,
    closed_on date,
    highest_serial smallint not null check (highest_serial between 0 and 99)
);

comment on table offices is 'the newest known contract of each office, as far as issuing needs it, and its counter';
comment on column offices.highest_serial is 'highest serial ever issued; never falls';

create table calendar (
    singleton boolean primary key check (singleton),
    schedule_version integer not null,
    calendar_version integer not null,
    covers_until date not null,
    closures date[] not null,
    openings date[] not null
);

create table issues (
    receipt_number text primary key,
    revision integer not null,
    office_code text not null references offices (office_code),
    start_date date not null,
    issued_at timestamptz not null,
    viewable_until date,
    closing_notice_on date,
    first_viewed_at timestamptz,
    closing_announced_at timestamptz,
    window_closed_at timestamptz,
    started_at timestamptz,
    check ((viewable_until is null) = (closing_notice_on is null))
);

comment on table issues is 'what one approval gave; at most one per application';
comment on column issues.viewable_until is 'last day of the password window; null when no password was issued';

create index issues_to_start on issues (start_date, receipt_number) where started_at is null;
create index issues_to_announce on issues (closing_notice_on, receipt_number)
    where closing_announced_at is null and window_closed_at is null;
create index issues_to_close on issues (viewable_until, receipt_number) where window_closed_at is null;

create table mailboxes (
    mailbox_id text primary key,
    office_code text not null references offices (office_code),
    serial smallint not null check (serial between 1 and 99),
    kind text not null check (kind in ('smtp_pop3', 'edifact')),
    cause text not null check (cause in ('opening_balance', 'issued')),
    receipt_number text references issues (receipt_number),
    line smallint check (line >= 1),
    status text not null check (status in ('issued', 'active', 'abolished', 'void')),
    active_from date not null,
    abolition_receipt_number text references issues (receipt_number),
    abolished_on date,
    unique (receipt_number, line),
    check (mailbox_id = office_code || lpad(serial::text, 2, '0')),
    check ((cause = 'issued') = (receipt_number is not null and line is not null)),
    check ((abolition_receipt_number is null) = (abolished_on is null))
);

comment on table mailboxes is 'the ID ledger: every ID ever issued, why it exists and what became of it; no row is deleted';
comment on column mailboxes.abolished_on is 'day from which logins are refused; planned until the status is abolished';

create index mailboxes_office on mailboxes (office_code);
create index mailboxes_abolition on mailboxes (abolition_receipt_number) where abolition_receipt_number is not null;

create table sealed_passwords (
    mailbox_id text primary key references mailboxes (mailbox_id),
    receipt_number text not null references issues (receipt_number),
    closing_day date not null,
    wrapped_key bytea not null,
    ciphertext bytea not null
);

comment on table sealed_passwords is 'exists inside the password window only; the key of the closing day is kept outside this database';

create index sealed_passwords_receipt on sealed_passwords (receipt_number);

create table mailbox_credentials (
    mailbox_id text primary key references mailboxes (mailbox_id),
    password_hash text not null check (password_hash like '{ARGON2ID}%')
);

create table mail_server_accounts (
    mailbox_id text primary key references mailboxes (mailbox_id),
    password_hash text check (password_hash like '{ARGON2ID}%'),
    active boolean not null,
    check (password_hash is not null or not active)
);

comment on table mail_server_accounts is 'what the mail server reads; a row appears when service starts or ends';
