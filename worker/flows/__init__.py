"""What happens: one function per use case. Gather, decide, apply; the transactions are owned here."""
