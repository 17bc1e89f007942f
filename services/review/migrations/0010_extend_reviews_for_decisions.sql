-- What decisions leave on an application: an open question, a proposal for a second approver, a void, a system setting.

alter table reviews
    add column clarification jsonb,
    add column clarification_asked_at timestamptz,
    add column clarification_reminded_at timestamptz,
    add column proposal jsonb,
    add column approved_by_login text,
    add column proposed_by text,
    add column proposed_by_login text,
    add column setting_completed_on date,
    add column void_reason text,
    add column void_note text;

comment on column reviews.clarification is 'the open question; what became of earlier ones stands on the timeline';
comment on column reviews.proposal is 'what a first approver decided, until a second one agrees or sends it back';

-- Approval is impossible while a question is open: an approved application has none, one with a question is not approved.
alter table reviews add constraint reviews_question_is_open
    check ((state = 'clarification') = (clarification is not null) and (clarification is null) = (clarification_asked_at is null));
alter table reviews add constraint reviews_proposal_awaits_second
    check (proposal is null or state = 'under_review');
-- Two approvers are two people.
alter table reviews add constraint reviews_two_approvers
    check (proposed_by_login is null or proposed_by_login is distinct from approved_by_login);
alter table reviews add constraint reviews_void_has_reason
    check ((state = 'voided') = (void_reason is not null));

create index reviews_unreminded on reviews (clarification_asked_at)
    where state = 'clarification' and clarification_reminded_at is null;
create index reviews_setting_due on reviews (system_setting_deadline, receipt_number)
    where state = 'review_completed' and system_setting_required and setting_completed_on is null;
create index reviews_held_by_office on reviews (office_code)
    where state in ('under_review', 'review_completed');
create index contracts_closing on contracts (office_code) where closed_on is not null;
