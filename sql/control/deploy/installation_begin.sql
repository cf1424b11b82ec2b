-- When the control plane was made.
select min(m.applied_at) as begin from tandem.control_migration as m
