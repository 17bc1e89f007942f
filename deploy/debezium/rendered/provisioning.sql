-- Rendered by `python -m deploy.debezium.render`; do not edit.
-- In the database of provisioning, by its owner; the first and the last line by an administrator.
create role nss_provisioning_debezium login replication;
create publication nss_outbox for table event_outbox where (extra_headers is null) with (publish = 'insert');
do $$ begin execute format('grant connect on database %I to nss_provisioning_debezium', current_database()); end $$;
grant usage on schema public to nss_provisioning_debezium;
grant select on event_outbox to nss_provisioning_debezium;
select pg_create_logical_replication_slot('nss_provisioning_outbox', 'pgoutput', failover => true);
