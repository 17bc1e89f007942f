-- A compacted topic is published again every week by its owner, so that a lost one comes back by itself.

alter table schedules add column republished_at timestamptz;

comment on column schedules.republished_at is 'when this version was last published again, unchanged';
