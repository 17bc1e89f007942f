-- Who decided, and who looked at personal data: written once, never changed. Only what is older than the kept years
-- may go, and only through drop_old_audit, which runs with the owner's rights; the service's login may insert and read.

create table staff_audit (
    audit_id uuid primary key,
    occurred_at timestamptz not null,
    login text not null,
    action text not null,
    receipt_number text,
    details jsonb not null
);

comment on column staff_audit.details is 'codes, dates, revisions and logins: no personal value, no secret';

create index staff_audit_receipt on staff_audit (receipt_number, occurred_at) where receipt_number is not null;
create index staff_audit_login on staff_audit (login, occurred_at);
create index staff_audit_occurred on staff_audit (occurred_at);

create function refuse_audit_change() returns trigger
language plpgsql as $$
begin
    if tg_op = 'DELETE' and current_setting('nss.dropping_old_audit', true) = 'yes'
        and current_user = (select tableowner from pg_tables where schemaname = 'public' and tablename = 'staff_audit')
    then
        return old;
    end if;
    raise exception 'staff_audit is append-only' using errcode = 'insufficient_privilege';
end
$$;

create trigger staff_audit_append_only before update or delete on staff_audit
    for each row execute function refuse_audit_change();
create trigger staff_audit_never_truncated before truncate on staff_audit
    for each statement execute function refuse_audit_change();

-- Years are counted back from the newest entry where that is earlier than `today`: a wrong clock cannot empty the table.
create function drop_old_audit(today date, kept_years integer, at_most integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    newest date := (select max(occurred_at)::date from staff_audit);
    dropped integer;
begin
    if kept_years < 7 then
        raise exception 'staff_audit is kept for at least seven years, not %', kept_years;
    end if;
    perform set_config('nss.dropping_old_audit', 'yes', true);
    delete from staff_audit where audit_id in (
        select audit_id from staff_audit
        where occurred_at < (least(today, newest) - make_interval(years => kept_years))
        order by occurred_at limit at_most);
    get diagnostics dropped = row_count;
    perform set_config('nss.dropping_old_audit', 'no', true);
    return dropped;
end
$$;

do $$
declare
    grantee_name text;
begin
    for grantee_name in
        select distinct grantee from information_schema.role_table_grants
        where table_schema = 'public' and table_name = 'staff_audit' and grantee <> current_user
    loop
        execute format('revoke update, delete, truncate, trigger on staff_audit from %I', grantee_name);
    end loop;
end
$$;
