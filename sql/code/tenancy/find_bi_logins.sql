-- A tenant's BI logins, the revoked ones too, by age.
create or replace function find_bi_logins(p_tenant uuid) returns setof tandem.bi_login
language sql stable
as $$
    select * from tandem.bi_login as l where l.tenant = p_tenant order by l.created_at, l.login
$$;
