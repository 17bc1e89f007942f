-- Office accounts, the count of failed logins, and the sessions of the portal.

create table office_accounts (
    office_code text primary key,
    password_hash text not null,
    created_at timestamptz not null,
    password_changed_at timestamptz not null
);

-- Kept for every office code that was tried, known or not, so that both answer alike.
create table login_failures (
    office_code text primary key,
    failures integer not null,
    blocked_until timestamptz not null,
    last_failed_at timestamptz not null
);

create table web_sessions (
    token_hash bytea primary key,
    account text not null,
    attributes jsonb not null,
    authenticated_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null
);

create index web_sessions_account on web_sessions (account);
