"""Pure rules of intake: values in, decisions out; no clock, no database, no randomness."""
