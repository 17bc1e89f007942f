-- What the form said in every revision, without personal data: contacts stand in review_contacts, erasable alone.

create table review_revisions (
    receipt_number text not null,
    revision integer not null check (revision > 0),
    seen_at timestamptz not null,
    requested_start_date date,
    reason text not null,
    mailbox_change jsonb,
    password_reissue jsonb,
    warnings jsonb not null,
    primary key (receipt_number, revision)
);

comment on column review_revisions.seen_at is 'when review took the revision over';

insert into review_revisions (
    receipt_number, revision, seen_at, requested_start_date, reason, mailbox_change, password_reissue, warnings)
select receipt_number, revision, opened_at, requested_start_date, reason, mailbox_change, password_reissue, warnings
from reviews;
