alter table notes drop column idempotency_key;
