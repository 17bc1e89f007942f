"""Review: the Center's queue, decisions and registration schedule; holds an application from receipt to completion."""
