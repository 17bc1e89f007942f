-- The ID notice page: sessions opened by one-time tickets, the tickets that were used, and who looked.

create table web_sessions (
    token_hash bytea primary key,
    account text not null,
    attributes jsonb not null,
    authenticated_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null
);

create index web_sessions_account on web_sessions (account);

create table burned_tickets (
    jti uuid primary key,
    expires_at timestamptz not null
);

create index burned_tickets_expires_at on burned_tickets (expires_at);

create table notice_views (
    id uuid primary key,
    receipt_number text not null references issues (receipt_number),
    acting_office text not null,
    action text not null check (action in ('opened', 'revealed')),
    window_open boolean not null,
    viewed_at timestamptz not null
);

comment on table notice_views is 'audit: one row per opened or revealed ID notice';

create index notice_views_receipt on notice_views (receipt_number, viewed_at);
