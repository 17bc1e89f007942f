-- Reissues, and the day keys that are still to be destroyed.

alter table issues
    add column kind text not null default 'mailbox_change' check (kind in ('mailbox_change', 'password_reissue')),
    alter column start_date drop not null,
    add constraint issues_start_date_by_kind check ((kind = 'mailbox_change') = (start_date is not null));

create table reissued_mailboxes (
    receipt_number text not null references issues (receipt_number),
    line smallint not null check (line >= 1),
    mailbox_id text not null references mailboxes (mailbox_id),
    primary key (receipt_number, line),
    unique (receipt_number, mailbox_id)
);

comment on table reissued_mailboxes is 'which mailboxes an application gave a new password; the newest one is the only one that works';

create index reissued_mailboxes_mailbox on reissued_mailboxes (mailbox_id);

create trigger reissued_mailboxes_keep_rows before update or delete on reissued_mailboxes
    for each row execute function keep_every_row();
create trigger reissued_mailboxes_keep_all before truncate on reissued_mailboxes
    for each statement execute function keep_every_row();

create table day_keys (
    closing_day date primary key,
    destroyed_at timestamptz
);

comment on table day_keys is 'every day whose key has wrapped something, so that none outlives its day; the keys themselves are kept elsewhere';

create index day_keys_alive on day_keys (closing_day) where destroyed_at is null;

create trigger day_keys_keep_rows before delete on day_keys for each row execute function keep_every_row();
create trigger day_keys_keep_all before truncate on day_keys for each statement execute function keep_every_row();

insert into day_keys (closing_day) select distinct closing_day from sealed_passwords;

alter table sealed_passwords
    add constraint sealed_passwords_day_key foreign key (closing_day) references day_keys (closing_day);

comment on column sealed_passwords.mailbox_id is 'primary key: a mailbox has at most one password that can be read';

create index sealed_passwords_closing_day on sealed_passwords (closing_day);

alter table notice_views add column mailbox_ids text[] not null default '{}';

comment on column notice_views.mailbox_ids is 'whose passwords were shown in clear; empty for an opened page';

create index notice_views_viewed_at on notice_views (viewed_at);
