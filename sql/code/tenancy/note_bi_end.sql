-- Notes that an operator ended a session of a BI login.
create or replace function note_bi_end(p_actor text, p_login text, p_detail jsonb) returns bigint
language sql
as $$
    select append_control_audit(p_actor, 'bi.end',
        (select l.tenant from tandem.bi_login as l where l.login = p_login), p_login, p_detail)
$$;
