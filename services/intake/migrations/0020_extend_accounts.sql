-- One-time initial passwords, closed accounts, wrong passwords counted by address too, and the audit of accounts.

alter table office_accounts
    add column must_change_password boolean not null default false,
    add column initial_password_ends_at timestamptz,
    add column closed_at timestamptz;

comment on column office_accounts.must_change_password is 'the password was given out by an operator and opens one page';
comment on column office_accounts.initial_password_ends_at is 'a password that was given out works up to this instant';

create table address_failures (
    address text primary key,
    failures integer not null,
    blocked_until timestamptz not null,
    last_failed_at timestamptz not null
);

comment on table address_failures is 'wrong passwords by network address, whatever office code they were tried for';

create table account_audit (
    audit_id bigint generated always as identity primary key,
    office_code text not null,
    act text not null,
    actor text not null,
    at timestamptz not null,
    concerns text
);

create index account_audit_office on account_audit (office_code, at);
create index account_audit_at on account_audit (at);

comment on column account_audit.actor is 'office, or the login of the operator';
comment on column account_audit.concerns is 'the sister office of a grant';
