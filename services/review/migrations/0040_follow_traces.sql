-- Where a subject's trace goes on, for what people and jobs decide; written only while tracing is on.
alter table event_sequences add column last_traceparent text;
