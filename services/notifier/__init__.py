"""Notifier: tells applicant and system administrator by e-mail what became of an application."""
