-- As 0013, with the audit that can be cut, and an auditor who sees every book: reissues, and when each day's key died.

create or replace function grant_provisioning_rights(app text, relay text, mail_server text, auditor text) returns void
language plpgsql as $$
declare
    login text;
    readable text;
begin
    foreach login in array array[app, relay, mail_server, auditor] loop
        execute format('revoke all on all tables in schema public from %I', login);
        execute format('revoke all on all sequences in schema public from %I', login);
        execute format('revoke all on all functions in schema public from %I', login);
        execute format('grant usage on schema public to %I', login);
    end loop;

    -- app: rows of every table, but no row of the books ever goes away, and the audit is written by triggers.
    execute format('grant select, insert, update, delete on all tables in schema public to %I', app);
    execute format('grant usage, select on all sequences in schema public to %I', app);
    execute format('revoke delete on mailboxes, offices, issues, refused_approvals, day_keys from %I', app);
    execute format('revoke update, delete on notice_views, audit_seals, reissued_mailboxes from %I', app);
    execute format('revoke insert, update, delete on audit_entries, audit_anchors, schema_migrations from %I', app);
    execute format('revoke insert, update on audit_unsealed from %I', app);
    execute format('revoke all on mail_server_logins, mail_server_refused, mail_server_erasable from %I', app);
    execute format('grant execute on function write_audit_entry(timestamptz, text, text, jsonb) to %I', app);
    execute format('grant execute on function cut_audit(bigint, timestamptz, timestamptz) to %I', app);
    execute format('grant execute on function forget_notice_views(timestamptz, integer) to %I', app);
    execute format('grant execute on function roll_outbox_archive(date, integer, integer) to %I', app);

    -- relay: what is to be published, and its archive.
    execute format('grant select, insert, update, delete on event_outbox, event_outbox_archive to %I', relay);
    execute format('grant select on schema_migrations to %I', relay);

    -- mail server: who may log in and who may not, and what may be erased.
    execute format('grant select on mail_server_logins, mail_server_refused, mail_server_erasable to %I', mail_server);

    -- auditor: the books and the audit, nothing from which a secret could be won. `day_keys` has days and no key.
    foreach readable in array array[
        'mailboxes', 'offices', 'issues', 'reissued_mailboxes', 'refused_approvals', 'notice_views', 'day_keys',
        'audit_entries', 'audit_seals', 'audit_unsealed', 'audit_anchors', 'ledger_checks', 'ledger_checkpoints',
        'drift_reports', 'calendar', 'schema_migrations', 'mail_server_refused', 'mail_server_erasable'
    ] loop
        execute format('grant select on %I to %I', readable, auditor);
    end loop;
end
$$;

-- It runs with the owner's rights and drops what is old: no reader may call it.
revoke execute on function roll_outbox_archive(date, integer, integer) from public;
