"""What every room stands on: the base of the models, the database and its one transaction, the clock,
problems with a code, parsing, jobs, the outbox and the settings."""
