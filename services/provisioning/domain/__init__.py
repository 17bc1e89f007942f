"""The rules of provisioning: pure, with time, ids and randomness as arguments."""
