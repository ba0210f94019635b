"""What is kept. Knows nothing of worker."""
