alter table security_events add column details jsonb;

comment on column security_events.details is 'What else is worth knowing, by kind: of refresh_reuse the generations and the last rotation, of key events the kids, or how many.';
