-- Every version of every contract: a document of an application says what the register said when it was made.

create table contract_versions (
    office_code text not null,
    contract_version integer not null,
    register jsonb not null,
    decided_at timestamptz not null,
    primary key (office_code, contract_version)
);

insert into contract_versions (office_code, contract_version, register, decided_at)
select office_code, contract_version, register, updated_at from contracts;

alter table contracts add column published_at timestamptz;

update contracts set published_at = updated_at;

comment on column contracts.published_at is 'when the state was last sent to its compacted topic, which is done again every week';
create index contracts_published_at on contracts (published_at);
create index contracts_company on contracts (left(office_code, 3));
