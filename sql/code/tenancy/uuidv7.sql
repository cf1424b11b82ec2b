-- A version 7 UUID: 48 bits of milliseconds since 1970, 12 bits of the millisecond's fraction, 62 random bits. Ids made one
-- after the other by one backend ascend as far as its clock does. plpgsql, because a SQL function is planned at each call.
create or replace function uuidv7(p_at timestamptz default clock_timestamp()) returns uuid
language plpgsql volatile parallel safe
as $$
declare
    v_us bigint := extract(epoch from p_at) * 1000000;
begin
    -- Bytes 7 and 8: the version's four bits (7), then the fraction in 4096ths.
    return encode(
        set_bit(
            set_bit(
                overlay(
                    overlay(uuid_send(gen_random_uuid()) placing substring(int8send(v_us / 1000) from 3) from 1 for 6)
                    placing int2send((28672 + (v_us % 1000) * 4096 / 1000)::int2) from 7 for 2),
                71, 1),
            70, 0),
        'hex')::uuid;
end
$$;
