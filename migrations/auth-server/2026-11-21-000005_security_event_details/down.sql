alter table security_events drop column details;
