"""The rules of review: pure values and functions; time and ids are arguments."""
