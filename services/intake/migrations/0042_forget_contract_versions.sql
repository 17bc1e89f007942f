-- Superseded versions of contracts name people: they go, or lose the names where documents still need the rest.

alter table contract_versions add column people_erased_at timestamptz;

comment on column contract_versions.people_erased_at is 'when the people that no document prints were taken out';
create index contract_versions_naming_people on contract_versions (decided_at) where people_erased_at is null;
