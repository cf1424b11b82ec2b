-- Whether the procedures of the build with this schema are there: they come in one transaction.
select to_regnamespace($1) is not null as is_there
