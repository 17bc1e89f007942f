-- Required system settings that are not complete: what the clock voids, and what it notes when that comes too late (T6).

create index reviews_setting_missing on reviews (system_setting_deadline, receipt_number)
    where system_setting_required and setting_completed_on is null;
