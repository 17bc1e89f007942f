-- The audit: one row per change of the ledger and per look at a notice, never altered, sealed into a chain of hashes.
-- Rows are written by triggers, so that no statement can change the ledger without them; a job seals them afterwards.

create table audit_entries (
    entry bigint generated always as identity primary key,
    happened_at timestamptz not null,
    action text not null,
    subject text not null,
    detail jsonb not null
);

create index audit_entries_subject on audit_entries (subject, entry);

create table audit_unsealed (
    entry bigint primary key references audit_entries (entry)
);

comment on table audit_unsealed is 'entries that the sealing job has still to take up';

create table audit_seals (
    position bigint primary key check (position >= 1),
    entry bigint not null unique references audit_entries (entry),
    hash bytea not null check (octet_length(hash) = 32)
);

comment on column audit_seals.hash is 'SHA-256 over the hash before it and the entry; see domain/audit.py';

create trigger audit_entries_keep_rows before update or delete on audit_entries
    for each row execute function keep_every_row();
create trigger audit_entries_keep_all before truncate on audit_entries
    for each statement execute function keep_every_row();
create trigger audit_seals_keep_rows before update or delete on audit_seals
    for each row execute function keep_every_row();
create trigger audit_seals_keep_all before truncate on audit_seals
    for each statement execute function keep_every_row();

-- These run with the owner's rights: the service itself may not write entries in any other way.

create function audit_mailboxes() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    with written as (
        insert into audit_entries (happened_at, action, subject, detail)
        select changed_at, 'mailbox.' || change, mailbox_id, jsonb_strip_nulls(jsonb_build_object(
            'cause', cause, 'status', status, 'kind', kind, 'receipt_number', receipt_number, 'line', line,
            'active_from', active_from, 'abolition_receipt_number', abolition_receipt_number,
            'abolished_on', abolished_on, 'end_cause', end_cause, 'content_erasable_from', content_erasable_from))
        from changed
        order by mailbox_id
        returning entry
    )
    insert into audit_unsealed select entry from written;
    return null;
end
$$;

create trigger mailboxes_audit_insert after insert on mailboxes referencing new table as changed
    for each statement execute function audit_mailboxes();
create trigger mailboxes_audit_update after update on mailboxes referencing new table as changed
    for each statement execute function audit_mailboxes();

create function write_audit_entry(happened_at timestamptz, action text, subject text, detail jsonb) returns void
language sql security definer set search_path = public, pg_temp as $$
    with written as (
        insert into audit_entries (happened_at, action, subject, detail) values ($1, $2, $3, $4) returning entry
    )
    insert into audit_unsealed select entry from written
$$;

create function audit_notice_view() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform write_audit_entry(new.viewed_at, 'notice.' || new.action, new.receipt_number,
        to_jsonb(new) - 'viewed_at' - 'action' - 'receipt_number');
    return null;
end
$$;

create trigger notice_views_audit after insert on notice_views
    for each row execute function audit_notice_view();
