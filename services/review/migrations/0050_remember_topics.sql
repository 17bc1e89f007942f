-- What a restored database is recognised by: where the topics stood when they were last compared with it.

create table topic_memory (
    only_row boolean primary key default true check (only_row),
    positions jsonb not null,
    acts_on jsonb not null,
    is_current boolean not null,
    looked_at timestamptz not null
);

comment on column topic_memory.positions is 'next offset by "topic/partition": the end of own topics, what was committed of the others';
comment on column topic_memory.acts_on is 'event types handled then, each with the instant from which it was; earlier ones were passed by';
comment on column topic_memory.is_current is 'false from the moment the topics were found to know more, until a repair';

create table subjects_behind (
    subject text primary key,
    remembered bigint not null,
    told bigint not null
);

comment on table subjects_behind is 'subjects of which own topics tell more than the database gave numbers for; emptied by a repair';
comment on column subjects_behind.remembered is 'up to which sequence the database holds what it told';
