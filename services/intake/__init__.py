"""Intake: the contract register, what applicants see and do, and the receipt of applications."""
