"""Measured claims: each figure beside a floor or a limit, as a ratio taken in one run. Run with `make bench`."""
