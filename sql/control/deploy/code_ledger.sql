select path, encode(sha256, 'hex') as sha256, names from tandem.code_object order by path for update
