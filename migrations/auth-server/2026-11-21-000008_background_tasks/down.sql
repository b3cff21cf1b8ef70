drop table background_tasks;
