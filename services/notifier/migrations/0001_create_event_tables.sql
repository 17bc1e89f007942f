-- The outbox, the events already processed and the events that must wait. The same in every service.
-- Instants come from the service's clock: no default here says now().

create table event_sequences (
    subject text primary key,
    last_sequence bigint not null
);

create table event_outbox (
    seq bigint generated always as identity primary key,
    id uuid not null,
    aggregatetype text not null,
    aggregateid text not null,
    record_key bytea,
    type text not null,
    payload bytea,
    topic text not null,
    source text,
    specversion text,
    subject text,
    partitionkey text,
    sequence text,
    occurred_at text,
    dataschema text,
    causationid text,
    correlationid text,
    datacontenttype text,
    traceparent text,
    extra_headers jsonb,
    created_at timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);

comment on column event_outbox.aggregateid is 'record key; of a dead letter''s copy a readable form only';
comment on column event_outbox.extra_headers is 'list of [name, base64]: the exact headers of a dead letter''s copy, used instead of the ce_ columns';
comment on column event_outbox.record_key is 'the exact key of a dead letter''s copy, null if it had none; used where extra_headers is set';

create table event_outbox_archive (
    published_on date not null,
    seq bigint not null,
    id uuid not null,
    aggregatetype text not null,
    aggregateid text not null,
    record_key bytea,
    type text not null,
    payload bytea,
    topic text not null,
    source text,
    specversion text,
    subject text,
    partitionkey text,
    sequence text,
    occurred_at text,
    dataschema text,
    causationid text,
    correlationid text,
    datacontenttype text,
    traceparent text,
    extra_headers jsonb,
    created_at timestamptz not null
) partition by range (published_on);

create table event_outbox_archive_default partition of event_outbox_archive default;
create index event_outbox_archive_topic on event_outbox_archive (topic, seq);

-- Runs with the owner's rights, so that the service itself needs none on the schema.
create function roll_outbox_archive(today date, kept_days integer, days_ahead integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    day date;
    partition text;
    changed integer := 0;
begin
    for day in select generate_series(today, today + days_ahead, interval '1 day')::date loop
        partition := 'event_outbox_archive_' || to_char(day, 'YYYYMMDD');
        if to_regclass(partition) is null then
            execute format('create table %I (like event_outbox_archive including defaults)', partition);
            execute format(
                'with moved as (delete from event_outbox_archive_default where published_on = %L returning *)'
                ' insert into %I select * from moved', day, partition);
            execute format(
                'alter table event_outbox_archive attach partition %I for values from (%L) to (%L)',
                partition, day, day + 1);
            changed := changed + 1;
        end if;
    end loop;
    for partition in
        select child.relname from pg_inherits
        join pg_class child on child.oid = inhrelid
        where inhparent = 'event_outbox_archive'::regclass
            and child.relname ~ '^event_outbox_archive_[0-9]{8}$'
            and to_date(right(child.relname, 8), 'YYYYMMDD') < today - kept_days
    loop
        execute format('drop table %I', partition);
        changed := changed + 1;
    end loop;
    delete from event_outbox_archive_default where published_on < today - kept_days;
    return changed;
end
$$;

create table processed_events (
    source text not null,
    event_id uuid not null,
    topic text not null,
    status text not null check (status in ('done', 'held', 'dead')),
    processed_at timestamptz not null,
    primary key (source, event_id)
);

create index processed_events_processed_at on processed_events (processed_at);

create table held_events (
    position bigint generated always as identity primary key,
    subject text not null,
    topic text not null,
    source text not null,
    event_id uuid not null,
    event_type text,
    reason text not null check (reason in ('dead', 'waiting', 'future', 'behind')),
    awaited_subject text,
    record_key bytea,
    record_value bytea,
    record_headers jsonb not null,
    record_partition integer not null,
    record_offset bigint not null,
    error_class text,
    error_code text,
    attempts integer not null default 0,
    held_at timestamptz not null,
    unique (source, event_id)
);

create index held_events_queue on held_events (subject, topic, position);
create index held_events_awaited on held_events (awaited_subject) where reason = 'waiting';
