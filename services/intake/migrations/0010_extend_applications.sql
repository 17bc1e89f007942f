-- What becomes of an application after its receipt: clarifications, withdrawal, void, moved dates, reissue, its end.

alter table applications
    add column mailbox_ids_reissued text[] not null default '{}',
    add column withdrawal_requested_at timestamptz,
    add column withdrawn_at timestamptz,
    add column voided_at timestamptz,
    add column void_reason_code text,
    add column void_note text,
    add column system_setting_completed_on date,
    add column window_closed_at timestamptz,
    add column ended_at timestamptz,
    add column contact_erased_at timestamptz;

comment on column applications.withdrawal_requested_at is 'set while review has not answered the request';
comment on column applications.ended_at is 'when its course ended; personal data is erased a while after';

-- The applications a sister office made for this one; its own are in applications_applicant.
create index applications_of_sisters on applications (office_code, received_at desc, receipt_number desc)
    where office_code <> applicant_office_code;
create index applications_to_erase on applications (ended_at)
    where ended_at is not null and contact_erased_at is null;
create index applications_in_clarification on applications (office_code) where status = 'clarification';

create table clarifications (
    clarification_id uuid primary key,
    receipt_number text not null references applications,
    revision integer not null,
    question text not null,
    reason_code text not null,
    requested_at timestamptz not null,
    answer_by date,
    closed_at timestamptz,
    outcome text check (outcome in ('corrected', 'returned', 'withdrawn', 'voided', 'outdated')),
    check ((closed_at is null) = (outcome is null))
);

create index clarifications_receipt_number on clarifications (receipt_number, requested_at);
-- One open question per application.
create unique index clarifications_one_open on clarifications (receipt_number) where closed_at is null;

alter table timeline_entries
    add column next_on date,
    add column note text;

comment on column timeline_entries.next_on is 'the day that matters next, as known when the entry was made';

-- A draft that corrects an application; its form token is the clarification it answers.
alter table drafts add column corrects text;

alter table mailboxes
    add column issued_by text,
    add column abolished_by text;

comment on column mailboxes.issued_by is 'receipt number of the application; null for opening mailboxes';
comment on column mailboxes.abolished_by is 'receipt number of the application that gives it up';
create index mailboxes_issued_by on mailboxes (issued_by) where issued_by is not null;
create index mailboxes_abolished_by on mailboxes (abolished_by) where abolished_by is not null;
