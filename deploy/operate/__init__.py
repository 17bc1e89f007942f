"""What operators and deployments do through the `nss` command."""
