-- The queue's order: the day the promised answer counts from, put off by the days an application lay with the applicant.

alter table reviews
    add column paused_days integer not null default 0 check (paused_days >= 0),
    add column counts_from date generated always as (review_starts_on + paused_days) stored,
    add column search_text text generated always as (lower(normalize(company_name || ' ' || office_name, nfkc))) stored;

comment on column reviews.search_text is 'a search copy: names themselves are never normalised';
comment on column reviews.paused_days is 'calendar days by which clarifications put off the day the answer counts from';

create index reviews_desk_state on reviews (state, counts_from, receipt_number);
create index reviews_desk_all on reviews (counts_from, receipt_number);
create index reviews_office on reviews (office_code, received_at);
create index reviews_issue_failed on reviews (counts_from, receipt_number) where issue_failure is not null;
create index timeline_entries_mail_trouble on timeline_entries (receipt_number, step)
    where step in ('mail_failed', 'mail_deferred');
