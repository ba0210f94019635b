"""What is done. Arrows go down only: cli, tasks → app → wiring → flows, mail → core → storage.records."""
