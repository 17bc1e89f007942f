"""Provisioning: issues mailbox IDs and passwords, starts and ends their service, and alone shows the passwords."""
