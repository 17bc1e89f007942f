-- transactional: false
drop index concurrently mails_due;
