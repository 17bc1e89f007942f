"""Pure rules of notifier: which event leads to which mail, and when the next attempt is due."""
