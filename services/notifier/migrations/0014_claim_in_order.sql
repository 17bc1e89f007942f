-- transactional: false
-- Claiming reads in this order; without the second column every claim sorts all mails of the same instant.
create index concurrently mails_due_in_order on mails (due_at, mail_id) where state in ('queued', 'sending');
