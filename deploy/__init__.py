"""Running NSS: the `nss` command, the local stack and the tools of operators."""
