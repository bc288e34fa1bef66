"""Qualitative figures: pictures of cases and of their repairs in rows and columns, for print."""
