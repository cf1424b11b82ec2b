-- BI logins, the revoked ones too, by age; of one tenant, or of all.
create or replace function find_bi_logins(p_tenant uuid default null) returns setof tandem.bi_login
language sql stable
as $$
    select * from tandem.bi_login as l where p_tenant is null or l.tenant = p_tenant order by l.created_at, l.login
$$;
