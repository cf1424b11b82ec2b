delete from tandem.code_object where path = any ($1)
