drop table peppers;
drop table signing_keys;
