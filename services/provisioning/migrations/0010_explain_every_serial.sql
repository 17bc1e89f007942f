-- The ledger explains every serial: when and why a row came, what became of it, and rules no statement can step over.

alter table mailboxes
    add column entered_at timestamptz not null default '-infinity',
    add column started_at timestamptz,
    add column ended_at timestamptz,
    add column end_cause text check (
        end_cause in ('abolition', 'voided_before_start', 'voided_after_start', 'office_closure', 'before_opening')),
    add column content_erasable_from date,
    add column change text not null default 'entered',
    add column changed_at timestamptz not null default '-infinity';

alter table mailboxes
    alter column entered_at drop default,
    alter column change drop default,
    alter column changed_at drop default,
    alter column kind drop not null,
    alter column active_from drop not null,
    drop constraint mailboxes_cause_check,
    add constraint mailboxes_cause_check check (cause in ('opening_balance', 'opening_gap', 'issued')),
    add constraint mailboxes_gap_check check (
        (cause = 'opening_gap') = (kind is null) and (cause = 'opening_gap') = (active_from is null)),
    add constraint mailboxes_end_check check (
        (status in ('abolished', 'void')) = (ended_at is not null) and (ended_at is null) = (end_cause is null)
        and (content_erasable_from is null or ended_at is not null));

comment on column mailboxes.cause is 'opening_gap: a serial spent before these books were opened, of which nothing more is known';
comment on column mailboxes.change is 'what was last done to the row, at changed_at; the audit keeps every change';
comment on column mailboxes.content_erasable_from is 'day from which the mail store may erase the content; null while it must be kept';

create index mailboxes_erasable on mailboxes (content_erasable_from, mailbox_id) where content_erasable_from is not null;

alter table issues
    add column voided_at timestamptz,
    add column office_closed_at timestamptz;

comment on column issues.office_closed_at is 'the office closed before the start date: nothing of this application starts';

drop index issues_to_start;
create index issues_to_start on issues (start_date, receipt_number)
    where started_at is null and voided_at is null and office_closed_at is null;
create index issues_office on issues (office_code);

alter table offices add column closing_done_for date;

comment on column offices.closing_done_for is 'the closed_on whose closing has been carried out';

create index offices_to_close on offices (closed_on, office_code)
    where closed_on is not null and closed_on is distinct from closing_done_for;

create table refused_approvals (
    receipt_number text primary key,
    revision integer not null,
    reason_code text not null,
    refused_at timestamptz not null
);

comment on table refused_approvals is 'the newest revision of each application that could not be issued; older ones are not issued any more';

create function keep_every_row() returns trigger language plpgsql as $$
begin
    raise exception '% keeps every row', tg_table_name using errcode = 'check_violation';
end
$$;

create trigger mailboxes_keep_rows before delete on mailboxes for each row execute function keep_every_row();
create trigger mailboxes_keep_all before truncate on mailboxes for each statement execute function keep_every_row();
create trigger offices_keep_rows before delete on offices for each row execute function keep_every_row();
create trigger offices_keep_all before truncate on offices for each statement execute function keep_every_row();

create function guard_ledger_row() returns trigger language plpgsql as $$
begin
    if new.mailbox_id <> old.mailbox_id or new.office_code <> old.office_code or new.serial <> old.serial
        or new.entered_at <> old.entered_at or new.receipt_number is distinct from old.receipt_number
        or new.line is distinct from old.line
    then
        raise exception 'the identity of a ledger row does not change' using errcode = 'check_violation';
    end if;
    if old.cause = 'opening_gap' and new.cause = 'opening_balance' and new.status = 'active' then
        return new;
    end if;
    if new.cause <> old.cause or new.kind is distinct from old.kind then
        raise exception 'the cause and the kind of a ledger row do not change' using errcode = 'check_violation';
    end if;
    if old.status in ('abolished', 'void') and new.status <> old.status then
        raise exception 'an ID that has ended is never used again' using errcode = 'check_violation';
    end if;
    return new;
end
$$;

create trigger mailboxes_guard before update on mailboxes for each row execute function guard_ledger_row();

create function guard_counter() returns trigger language plpgsql as $$
begin
    if new.highest_serial < old.highest_serial then
        raise exception 'the counter of an office never falls' using errcode = 'check_violation';
    end if;
    return new;
end
$$;

create trigger offices_guard_counter before update on offices for each row
    when (new.highest_serial <> old.highest_serial) execute function guard_counter();

create function check_counted() returns trigger language plpgsql as $$
begin
    if exists (
        select from entered join offices on offices.office_code = entered.office_code
        where entered.serial > offices.highest_serial
    ) then
        raise exception 'an ID above its office''s counter' using errcode = 'check_violation';
    end if;
    return null;
end
$$;

create trigger mailboxes_counted after insert on mailboxes referencing new table as entered
    for each statement execute function check_counted();

create function check_explained() returns trigger language plpgsql as $$
begin
    if (select count(*) from mailboxes where office_code = new.office_code and serial <= new.highest_serial)
        <> new.highest_serial
    then
        raise exception 'a serial without a ledger row' using errcode = 'check_violation';
    end if;
    return null;
end
$$;

create constraint trigger offices_explained after insert or update of highest_serial on offices
    deferrable initially deferred for each row execute function check_explained();
