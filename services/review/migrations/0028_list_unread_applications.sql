-- Who has not seen what, found without passing over everything that person has seen.
--
-- Up to `listed_until` of a reader, an application that moved and was not looked at since stands in review_unread; what
-- moved later is compared with review_reads. The job list_unread moves `listed_until` on, so the second part is short.

create table review_readers (
    login text primary key,
    listed_until timestamptz not null
);

create table review_unread (
    login text not null,
    receipt_number text not null,
    in_state text not null,
    in_turn date not null,
    primary key (login, receipt_number)
);

comment on column review_unread.in_turn is 'counts_from of the application when it was listed: the order of the queue';

create index review_unread_state on review_unread (login, in_state, in_turn, receipt_number);
create index review_unread_all on review_unread (login, in_turn, receipt_number);

insert into review_readers (login, listed_until) select distinct login, '-infinity'::timestamptz from review_reads;

create index reviews_moved on reviews (moved_at);
create index reviews_abolition on reviews (counts_from, receipt_number)
    where jsonb_array_length(mailbox_change->'abolish') > 0;
create index reviews_reissue on reviews (counts_from, receipt_number) where kind = 'password_reissue';
