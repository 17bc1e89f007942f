-- Web hooks: which systems without Kafka are told of which events, what is on its way to them, and what became of it.

create table hooks (
    hook_id uuid primary key,
    name text not null,
    url text not null,
    event_types text[] not null,
    office_codes text[] not null,
    data_class text not null check (data_class in ('public', 'business', 'personal')),
    state text not null default 'active' check (state in ('active', 'paused', 'removed')),
    paused_because text,
    secret bytea,
    former_secret bytea,
    former_secret_until timestamptz,
    failures integer not null default 0,
    rests_until timestamptz,
    created_at timestamptz not null
);

create unique index hooks_names on hooks (name) where state <> 'removed';

comment on column hooks.event_types is 'types that are sent; none named: all';
comment on column hooks.office_codes is 'offices whose events are sent; none named: all';
comment on column hooks.failures is 'attempts in a row in which the receiver did not answer; one that answers ends the row';
comment on column hooks.created_at is 'earlier events are sent by a replay alone';

create sequence hook_turns;

create table hook_deliveries (
    delivery_id bigint generated always as identity primary key,
    hook_id uuid not null references hooks,
    source text not null,
    event_id uuid not null,
    event_type text not null,
    subject text not null,
    turn bigint not null default nextval('hook_turns'),
    body bytea,
    state text not null default 'queued' check (state in ('queued', 'sending', 'delivered', 'failed')),
    attempts integer not null default 0,
    queued_at timestamptz not null,
    due_at timestamptz not null,
    give_up_at timestamptz not null,
    ended_at timestamptz,
    outcome text,
    status_code integer,
    unique (hook_id, source, event_id)
);

create index hook_deliveries_waiting on hook_deliveries (hook_id, turn) where state in ('queued', 'sending');
create index hook_deliveries_queues on hook_deliveries (hook_id, subject, turn) where state in ('queued', 'sending');
create index hook_deliveries_ended on hook_deliveries (ended_at) where ended_at is not null;

comment on column hook_deliveries.turn is 'order within a hook and subject; a replay draws a new one';
comment on column hook_deliveries.body is 'sealed; forgotten as soon as the delivery has ended';

create table hook_attempts (
    delivery_id bigint not null references hook_deliveries on delete cascade,
    ended_at timestamptz not null,
    outcome text not null,
    status_code integer,
    milliseconds integer not null
);

create index hook_attempts_by_delivery on hook_attempts (delivery_id);

create table hook_replays (
    replay_id uuid primary key,
    hook_id uuid not null references hooks,
    since timestamptz not null,
    asked_at timestamptz not null,
    claimed_until timestamptz,
    done_at timestamptz,
    queued integer
);

create table hook_orders (
    order_id uuid primary key,
    hook_id uuid not null references hooks,
    done_at timestamptz not null,
    operator text not null,
    action text not null,
    reason text not null,
    details jsonb not null
);

comment on table hook_orders is 'what operators did, and why';
