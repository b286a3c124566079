"""The CI gate: expectations and thresholds against what the logs show."""
