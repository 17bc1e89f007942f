"""The mail server's side: Dovecot as a POP3 server whose accounts are provisioning's, and nothing else."""
