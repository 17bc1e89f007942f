-- What each login may do, and rows that belong to an office.
-- Logins are made by the deployment, because their names and passwords differ from place to place; it then calls
-- grant_provisioning_rights, as often as it likes. Owner: migrations alone.

create view mail_server_logins as
    select accounts.mailbox_id, accounts.password_hash
    from mail_server_accounts as accounts
    join mailboxes on mailboxes.mailbox_id = accounts.mailbox_id
    where accounts.active and mailboxes.status = 'active';

comment on view mail_server_logins is 'who may log in at this moment: active in the ledger, and with a password';

create view mail_server_refused as
    select mailbox_id from mailboxes where status <> 'active';

comment on view mail_server_refused is 'who may not log in, whatever other list of accounts the mail server has';

create view mail_server_erasable as
    select mailbox_id, content_erasable_from
    from mailboxes
    where content_erasable_from is not null;

comment on view mail_server_erasable is 'mailboxes that have ended, and from which day their content may be erased';

alter table mailboxes enable row level security;
alter table issues enable row level security;
alter table sealed_passwords enable row level security;
alter table notice_views enable row level security;

-- A transaction that acts for an office says so and sees that office alone; events and jobs act for all of them.
create function is_visible_office(office_code text) returns boolean language sql stable as $$
    select coalesce(current_setting('nss.office', true), '') in ('', office_code)
$$;

create policy own_office on mailboxes using (is_visible_office(office_code));
create policy own_office on issues using (is_visible_office(office_code));
create policy own_office on sealed_passwords using (is_visible_office(left(mailbox_id, 6)));
create policy own_office on notice_views
    using (exists (select from issues where issues.receipt_number = notice_views.receipt_number));

create function grant_provisioning_rights(app text, relay text, mail_server text, auditor text) returns void
language plpgsql as $$
declare
    login text;
    readable text;
begin
    foreach login in array array[app, relay, mail_server, auditor] loop
        execute format('revoke all on all tables in schema public from %I', login);
        execute format('grant usage on schema public to %I', login);
    end loop;

    -- app: rows of every table, but no row of the books ever goes away, and the audit is written by triggers.
    execute format('grant select, insert, update, delete on all tables in schema public to %I', app);
    execute format('grant usage, select on all sequences in schema public to %I', app);
    execute format('revoke delete on mailboxes, offices, issues, refused_approvals from %I', app);
    execute format('revoke update, delete on notice_views, audit_seals from %I', app);
    execute format('revoke insert, update, delete on audit_entries, schema_migrations from %I', app);
    execute format('revoke insert, update on audit_unsealed from %I', app);
    execute format('revoke all on mail_server_logins, mail_server_refused, mail_server_erasable from %I', app);
    execute format('grant execute on function write_audit_entry(timestamptz, text, text, jsonb) to %I', app);

    -- relay: what is to be published, and its archive.
    execute format('grant select, insert, update, delete on event_outbox, event_outbox_archive to %I', relay);
    execute format('grant select on schema_migrations to %I', relay);

    -- mail server: who may log in and who may not, and what may be erased.
    execute format('grant select on mail_server_logins, mail_server_refused, mail_server_erasable to %I', mail_server);

    -- auditor: the books and the audit, nothing from which a secret could be won.
    foreach readable in array array[
        'mailboxes', 'offices', 'issues', 'refused_approvals', 'notice_views', 'audit_entries', 'audit_seals',
        'audit_unsealed', 'ledger_checks', 'ledger_checkpoints', 'drift_reports', 'calendar', 'schema_migrations'
    ] loop
        execute format('grant select on %I to %I', readable, auditor);
    end loop;
end
$$;

revoke execute on function write_audit_entry(timestamptz, text, text, jsonb) from public;

comment on function grant_provisioning_rights is 'gives each login exactly its rights, whatever it had before; run by the owner after migrations';
