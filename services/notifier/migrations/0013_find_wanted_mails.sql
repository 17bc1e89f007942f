-- The operators' filter, written once: an argument that is null does not matter.

create function wanted_mails(
    ids bigint[], number text, which text, to_role text, in_state text, failure text,
    since timestamptz, until timestamptz
) returns setof mails language sql stable as $$
    select * from mails
    where (ids is null or mail_id = any(ids))
        and (number is null or receipt_number = number)
        and (which is null or mail = which)
        and (to_role is null or role = to_role)
        and (in_state is null or state = in_state)
        and (failure is null or failure_class = failure)
        and (since is null or queued_at >= since)
        and (until is null or queued_at < until)
$$;
