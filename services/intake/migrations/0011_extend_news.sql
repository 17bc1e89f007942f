-- News with unread marks, and items that operators post with a text of their own.

alter table news_items
    add column message text,
    add column read_at timestamptz;

comment on column news_items.message is 'the text of an item that was posted; the others are worded by their kind';

create index news_items_unread on news_items (office_code, receipt_number) where read_at is null;
