"""The demo: a small world of mail (relay, mailboxes, people who answer) around the real worker."""
