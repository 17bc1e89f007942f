"""Invented data for a stack to start with, after the manual's own example, and the demo that plays it."""
