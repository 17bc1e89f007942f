-- Who works on which application for a while, and who has seen it since it last moved.

create table review_claims (
    receipt_number text primary key,
    login text not null,
    display_name text not null,
    claimed_at timestamptz not null,
    expires_at timestamptz not null check (expires_at > claimed_at)
);

create index review_claims_login on review_claims (login, expires_at);

create table review_reads (
    login text not null,
    receipt_number text not null,
    read_at timestamptz not null,
    primary key (login, receipt_number)
);
