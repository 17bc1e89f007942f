-- The tokens of programs, and the answers their posts got.

create table api_tokens (
    token_id uuid primary key,
    office_code text not null,
    name text not null,
    token_hash bytea not null unique,
    created_at timestamptz not null,
    created_by text not null,
    expires_at timestamptz not null,
    revoked_at timestamptz
);

comment on column api_tokens.token_hash is 'SHA-256; the token itself is shown once and kept nowhere';
create index api_tokens_office_code on api_tokens (office_code, created_at);

-- Answers to posts of programs, so that a post that is sent again gets the same answer.
create table api_answers (
    office_code text not null,
    idempotency_key text not null,
    request_sha256 bytea not null,
    status integer not null,
    body text not null,
    answered_at timestamptz not null,
    primary key (office_code, idempotency_key)
);

comment on column api_answers.body is 'the JSON text as it was sent; empty only inside the transaction that claims the key';
create index api_answers_answered_at on api_answers (answered_at);
