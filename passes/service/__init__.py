"""What is done with passes and applications, one file a verb. Never commits, never imports Flask."""
