-- Whether BI logins that make models are held to views (control/bootstrap/guard_models.sql).
select exists (select from pg_event_trigger as e where e.evtname = 'tandem_bi_models' and e.evtenabled in ('O', 'A')) as guarded
