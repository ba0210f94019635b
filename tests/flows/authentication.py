"""What the MX of the firm writes on top of a mail about its sender."""


def result(verdict: str, domain: str = "fiduciaire.example", by: str = "mx.firm.example") -> str:
    return f"Authentication-Results: {by}; dmarc={verdict} header.from={domain}\r\n"
