"""Many cases, one after the other or side by side; killed anywhere, nothing is lost."""
