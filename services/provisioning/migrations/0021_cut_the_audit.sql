-- The audit is kept for seven years. What is older is let go at the front of the chain alone, and an anchor keeps the
-- last hash of what has gone, so that the rest still proves itself.

create table audit_anchors (
    position bigint primary key check (position >= 1),
    entry bigint not null,
    hash bytea not null check (octet_length(hash) = 32),
    happened_before timestamptz not null,
    cut_at timestamptz not null
);

comment on table audit_anchors is 'where the chain of seals was cut: position and hash of the last seal that has gone; the newest is where the rest begins';

create trigger audit_anchors_keep_rows before update or delete on audit_anchors
    for each row execute function keep_every_row();
create trigger audit_anchors_keep_all before truncate on audit_anchors
    for each statement execute function keep_every_row();

-- Seven years by the clock of this server, whatever the service says: who takes over its login cannot choose the time.
create function guard_anchor() returns trigger language plpgsql as $$
declare
    begins_after bigint := coalesce((select max(position) from audit_anchors), 0);
    kept_from timestamptz := least(new.happened_before, clock_timestamp() - interval '7 years');
    outlived bigint := (
        select count(*) from audit_seals join audit_entries on audit_entries.entry = audit_seals.entry
        where position > begins_after and position <= new.position and happened_at < kept_from);
begin
    if outlived <> new.position - begins_after then
        raise exception 'the audit is let go from its front, and after seven years' using errcode = 'check_violation';
    end if;
    if not exists (
        select from audit_seals where position = new.position and entry = new.entry and hash = new.hash
    ) then
        raise exception 'an anchor is a seal of the chain' using errcode = 'check_violation';
    end if;
    return new;
end
$$;

create trigger audit_anchors_guard before insert on audit_anchors for each row execute function guard_anchor();

-- A row of the audit may go once an anchor stands for it; nothing else takes one away or alters it.
create function keep_until_anchored() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'audit_seals' then
        if exists (select from audit_anchors where position >= old.position) then
            return old;
        end if;
    elsif exists (
        select from audit_seals join audit_anchors on audit_anchors.position >= audit_seals.position
        where audit_seals.entry = old.entry
    ) then
        return old;
    end if;
    raise exception '% keeps every row that no anchor stands for', tg_table_name using errcode = 'check_violation';
end
$$;

drop trigger audit_entries_keep_rows on audit_entries;
drop trigger audit_seals_keep_rows on audit_seals;
create trigger audit_entries_keep_rows before update on audit_entries for each row execute function keep_every_row();
create trigger audit_seals_keep_rows before update on audit_seals for each row execute function keep_every_row();
create trigger audit_entries_keep_until_anchored before delete on audit_entries
    for each row execute function keep_until_anchored();
create trigger audit_seals_keep_until_anchored before delete on audit_seals
    for each row execute function keep_until_anchored();

-- Entries go before their seals, which say what may go.
alter table audit_seals alter constraint audit_seals_entry_fkey deferrable initially immediate;

create function cut_audit(up_to bigint, older_than timestamptz, this_instant timestamptz) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    begins_after bigint := coalesce((select max(position) from audit_anchors), 0);
begin
    insert into audit_anchors (position, entry, hash, happened_before, cut_at)
    select position, entry, hash, older_than, this_instant from audit_seals where position = up_to;
    perform write_audit_entry(this_instant, 'audit.cut', position::text,
        jsonb_build_object('hash', encode(hash, 'hex'), 'let_go', up_to - begins_after))
    from audit_anchors where position = up_to;
    set constraints audit_seals_entry_fkey deferred;
    delete from audit_entries using audit_seals
    where audit_seals.entry = audit_entries.entry and audit_seals.position <= up_to;
    delete from audit_seals where position <= up_to;
    set constraints audit_seals_entry_fkey immediate;
end
$$;

revoke execute on function cut_audit(bigint, timestamptz, timestamptz) from public;

comment on function cut_audit is 'lets go of the front of the audit, up to that position; the rules are those of audit_anchors';

-- Looks at notices stand in the audit as well; here they serve the page, and go when they are as old.
create function forget_notice_views(viewed_before timestamptz, at_most integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    forgotten integer;
begin
    delete from notice_views where id in (
        select id from notice_views
        where viewed_at < least(viewed_before, clock_timestamp() - interval '7 years')
        order by viewed_at limit at_most);
    get diagnostics forgotten = row_count;
    return forgotten;
end
$$;

revoke execute on function forget_notice_views(timestamptz, integer) from public;
