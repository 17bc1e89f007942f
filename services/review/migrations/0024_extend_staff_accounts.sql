-- Lockout after failed logins, first passwords that must be changed, and logins through an identity provider.

alter table staff_accounts
    add column failed_logins integer not null default 0,
    add column locked_until timestamptz,
    add column must_change_password boolean not null default false,
    add column password_changed_at timestamptz,
    add column oidc_subject text unique;

comment on column staff_accounts.oidc_subject is 'issuer and subject of the identity provider, bound at the first login through it';

-- One row per login that was begun at the identity provider and has not come back yet.
create table oidc_logins (
    state_hash bytea primary key,
    nonce text not null,
    code_verifier text not null,
    target text not null,
    expires_at timestamptz not null
);
