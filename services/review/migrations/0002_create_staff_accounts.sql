-- Who may log in to the review console, and their sessions.

create table staff_accounts (
    login text primary key,
    display_name text not null,
    roles text[] not null check (cardinality(roles) > 0),
    password_hash text not null,
    created_at timestamptz not null,
    disabled_at timestamptz
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
