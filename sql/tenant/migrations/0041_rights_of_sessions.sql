-- safety: locks-briefly
-- module: all
-- schema: internal
-- The console obeys roles: whoever could sign in before and has no role becomes administrator, so that nobody is locked out.

update users set role_ids = array(select r.id from role r where r.name = 'administrator')
where active and email is not null and role_ids = '{}';
