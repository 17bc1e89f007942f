-- Review's own picture of every office's mailboxes, from contracts and nss.mailbox.v1; rebuilt by reading both again.

create table office_mailboxes (
    mailbox_id text primary key,
    office_code text not null,
    kind text check (kind in ('smtp_pop3', 'edifact')),
    active_from date,
    receipt_number text,
    abolished_on date,
    abolished_by text,
    is_voided boolean not null default false,
    reissued_on date
);

comment on column office_mailboxes.receipt_number is 'the application it was issued for; null for one that was there before';
comment on column office_mailboxes.kind is 'null where only an abolition has been told so far';

create index office_mailboxes_office on office_mailboxes (office_code, mailbox_id);
create index office_mailboxes_receipt on office_mailboxes (receipt_number);
create index office_mailboxes_abolished_by on office_mailboxes (abolished_by) where abolished_by is not null;
