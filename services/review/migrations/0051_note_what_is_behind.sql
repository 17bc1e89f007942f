-- That the topics know more is marked before it is read from them what it is: with long topics that takes minutes.

alter table topic_memory add column is_noted boolean not null default true;

comment on column topic_memory.is_noted is 'false from the moment the topics were found to know more, until subjects_behind is complete';
