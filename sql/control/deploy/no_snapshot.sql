-- Sent as a script it takes the place of the last statement's portal, and with it goes its snapshot: an index that is made beside this
-- transaction would wait for that for ever.
select
