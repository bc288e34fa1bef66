"""Methods side by side: their predictions are exported, then scored and compared."""
