-- What each approval was based on: who, under which versions, with which checks; written once, never changed.

create table approval_records (
    event_id uuid primary key,
    receipt_number text not null,
    revision integer not null,
    approved_at timestamptz not null,
    decided_by text not null check (decided_by in ('reviewer', 'policy')),
    approved_by_login text,
    proposed_by_login text,
    policy_version integer not null,
    schedule_version integer not null,
    calendar_version integer not null,
    acknowledged text[] not null,
    checks jsonb not null,
    check ((decided_by = 'policy') = (approved_by_login is null))
);

create index approval_records_receipt on approval_records (receipt_number, approved_at);

create function refuse_approval_record_change() returns trigger
language plpgsql as $$
begin
    raise exception 'approval_records is append-only' using errcode = 'insufficient_privilege';
end
$$;

create trigger approval_records_append_only before update or delete on approval_records
    for each row execute function refuse_approval_record_change();
