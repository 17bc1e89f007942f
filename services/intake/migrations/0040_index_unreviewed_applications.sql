-- What review has not taken up yet, counted every minute for the operators.
create index applications_unreviewed on applications (received_at) where status = 'received';
