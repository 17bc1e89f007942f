-- A start date may move to the same day twice, for two reasons: each is known by the event that gave it.

create table start_date_reasons (
    event_id uuid primary key,
    receipt_number text not null,
    reason text not null,
    recorded_at timestamptz not null
);

comment on table start_date_notes is 'no longer written: start_date_reasons holds them';
