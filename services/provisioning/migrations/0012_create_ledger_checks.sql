-- The comparison of the ledger with nss.mailbox.v1, the books outside this database, and with the mail server's list.

create table ledger_checkpoints (
    partition integer primary key,
    next_offset bigint not null check (next_offset >= 0)
);

comment on table ledger_checkpoints is 'up to where the ledger has been found to hold everything that the topic says';

create table ledger_checks (
    singleton boolean primary key check (singleton),
    is_current boolean not null,
    checked_at timestamptz not null,
    behind jsonb not null
);

comment on column ledger_checks.behind is 'what the ledger lacks, as a list of findings; at most a hundred are kept';

create table drift_reports (
    singleton boolean primary key check (singleton),
    compared_at timestamptz not null,
    compared_by text not null,
    accounts integer not null,
    findings jsonb not null
);

comment on table drift_reports is 'the latest comparison of the ledger with an exported account list of the mail server';
