"""Elements of HTML that mail programs put around quotes, headers and signatures. Data only; each with its source.

The names are those of ``BodyLine.origin``: the parser has taken the prefixes away that the next program puts in front
(Outlook ``x_``, Yahoo ``yiv…`` and ``ydp…``, Gmail ``m_…``, Hotmail ``ecx``).
"""

# All inside is quoted, the header too. What stands inside such an element but was not sent is known by comparison only.
QUOTES = frozenset(
    (
        "yahoo_quoted",  # Yahoo web, class ydp…yahoo_quoted and id ydp…yahoo_quoted_123
        "protonmail_quote",  # Proton: a div with introduction, and the blockquote in it
        "tutanota_quote",  # Tuta
        "quote",  # GMX and web.de: name="quote"
        "quoted-content",  # GMX and web.de, inside the former
        "mail-editor-reference-message-container",  # Outlook mobile and the new Outlook
        "ms-outlook-mobile-reference-message",  # Outlook mobile
        "OLK_SRC_BODY_SECTION",  # Outlook for Mac 2011
        "__QUOTED_TEXT__",  # Zimbra, data-marker
        "messageReplySection",  # Spark, name="messageReplySection"
        "spark_quote",  # Spark
        "zmail_extra",  # Zoho
        "front-blockquote",  # Front
        "missive_quote",  # Missive
        "hs_reply",  # HubSpot
    )
)

# The line or block above a quote.
HEADINGS = frozenset(
    (
        "gmail_attr",  # Gmail since 2018
        "divRplyFwdMsg",  # Outlook on the web, new Outlook, Outlook mobile
        "OutlookMessageHeader",  # Outlook 2003
        "moz-cite-prefix",  # Thunderbird
        "reply-intro",  # Roundcube
        "airmail_on",  # Airmail
        "__HEADERS__",  # Zimbra, data-marker
    )
)

# From here on all is quoted: a program that has no element around what it quotes.
BEGINNINGS = frozenset(
    (
        "divRplyFwdMsg",  # Outlook on the web
        "OutlookMessageHeader",  # Outlook 2003
        "stopSpelling",  # Hotmail: hr#stopSpelling
        "zwchr",  # Zimbra: hr#zwchr
        "__DIVIDER__",  # Zimbra, data-marker
    )
)
# The same, but authors and signatures have such elements too: only with a header in what follows.
LIKELY_BEGINNINGS = frozenset(
    (
        "outlook_border",  # Outlook desktop and for Mac, Windows Mail: the thin line above the header block
        "appendonsend",  # Outlook on the web: an empty div before the rule
    )
)

# What a program marked as a signature.
SIGNATURES = frozenset(
    (
        "Signature",  # Outlook on the web
        "ms-outlook-mobile-signature",  # Outlook mobile
        "gmail_signature",  # Gmail; data-smartmail survives where the class is renamed
        "gmail_signature_prefix",  # its dashes
        "protonmail_signature_block",  # Proton
        "composer_signature",  # Samsung
        "moz-signature",  # Thunderbird
        "ymail_android_signature",  # Yahoo on Android
        "messageSignatureSection",  # Spark, name="messageSignatureSection"
        "AppleMailSignature",  # Apple Mail
        "bloop_sign",  # Airmail
        "__SIG_PRE__",  # Zimbra, data-marker
        "__SIG_POST__",  # Zimbra, data-marker
    )
)
