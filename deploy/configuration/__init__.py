"""What every service can be set to: the committed table, and what is in force in an environment."""
