"""What is right: pure rules. Standard library and storage.records; no clock, no randomness, no logging, no I/O."""
