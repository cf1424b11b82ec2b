-- safety: locks-briefly
-- Whether the server may call an identity provider in a private network. Those that an operator set go on as they are.
alter table tandem.oidc_provider add column if not exists private_network boolean not null default false;
comment on column tandem.oidc_provider.private_network is
    'Whether an operator allowed that the issuer, and what it names, lies in a private network or on this machine.';
update tandem.oidc_provider as p
set private_network = true
where (
    select a.actor from tandem.audit as a
    where a.action = 'oidc.put' and a.tenant = p.tenant
    order by a.seq desc
    limit 1
) like 'cli:%';
