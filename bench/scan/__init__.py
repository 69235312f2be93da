"""The damage harness (`make bench-scan`): how often damaged prints are read by the app's own stages."""
