drop table throttle_failures;
drop table throttle_buckets;
