"""Words that clients write around quotes, in French, Dutch, German and English. Data only; each with its source.

Everything is lower case, with plain apostrophes. Rules that use them: ``attributions``, ``headers``, ``foreign``.
"""

# First words of one-line introductions: Gmail, Apple Mail, Thunderbird, Yahoo, Proton, Roundcube, K-9, mutt.
# Also of Italian, Spanish and Portuguese programs, whose owners write to us in our languages.
STARTS = ("le ", "en date du ", "op ", "am ", "on ", "den ", "il giorno ", "il ", "el ", "em ")

# The same without a date and a verb: Horde (de, en, nl, fr, es, it), with an address right before the colon.
QUOTING = (
    "zitat von ",
    "quoting ",
    "citeren ",
    "citaat van ",
    "citation de ",
    "selon ",
    "citando a ",
    "citando ",
    "mensaje citado por ",
    "citazione di ",
    "scrive ",
)

# Their verbs, in any place: Gmail and Apple (fr "a écrit :", en "wrote:"), Gmail nl ("schreef X <…>:"), Outlook.com nl
# ("heeft … geschreven"), Gmail de ("schrieb X <…>:"), GMX ("hat am … geschrieben"), The Bat ("writes").
VERBS = (
    "a écrit",
    "a ecrit",
    "écrivait",
    "a envoyé",
    "schreef",
    "geschreven",
    "schrieb",
    "geschrieben",
    "schreibt",
    "wrote",
    "writes",
    "ha scritto",
    "escribió",
    "escreveu",
)

# What a person says who tells of a mail himself ("Le 12 mars, Proximus m'a écrit :"): no program does.
PRONOUNS = frozenset(
    (
        *("m", "j", "t", "je", "tu", "nous", "vous", "lui", "leur"),
        *("ik", "mij", "me", "je", "jij", "wij", "we", "ons", "hem", "haar", "hen", "u"),
        *("ich", "mir", "mich", "wir", "uns", "sie", "ihnen", "ihm"),
        *("i", "you", "us", "him", "them"),
    )
)

# Introductions that begin with the name: Thunderbird nl ("X schreef op DATE:"), Thunderbird de and GMX ("X schrieb am
# DATE:"), Thunderbird fr ("X a écrit le DATE :"), Outlook for Mac, Evolution.
NAME_FIRST = (
    "schreef op",
    "schreef in bericht",
    "schrieb am",
    "schrieb:",
    "a écrit le",
    "a écrit :",
    "a écrit:",
    "wrote on",
    "wrote:",
    "heeft op",
    "hat am",
)

# Labels of header blocks: Outlook (desktop, OWA, mobile), Thunderbird, Samsung, GMX, Zimbra, Open-Xchange, Lotus, SFR.
# The last ones of each kind: Italian, Spanish, Portuguese, Polish, Romanian programs.
LABELS = {
    label: kind
    for kind, labels in {
        "from": ("de", "van", "von", "from", "expéditeur", "afzender", "absender", "sender", "da", "od", "de la"),
        "sent": (
            "envoyé",
            "envoyé le",
            "date",
            "date d'envoi",
            "verzonden",
            "verstuurd",
            "datum",
            "verzonden op",
            "gesendet",
            "gesendet am",
            "sent",
            "message du",
            "inviato",
            "enviado",
            "enviado el",
            "data",
            "fecha",
            "wysłano",
            "trimis",
        ),
        "to": (
            "à",
            "a",
            "aan",
            "an",
            "to",
            "pour",
            "destinataire",
            "destinataires",
            "geadresseerde",
            "empfänger",
            "para",
            "do",
            "către",
        ),
        "cc": ("cc", "cci", "bcc", "copie", "copie à", "kopie", "kopie (cc)", "dw"),
        "subject": (
            "objet",
            "sujet",
            "onderwerp",
            "betreff",
            "subject",
            "oggetto",
            "asunto",
            "assunto",
            "temat",
            "subiect",
        ),
        "other": (
            "pièces jointes",
            "bijlagen",
            "anlagen",
            "attachments",
            "importance",
            "urgentie",
            "wichtigkeit",
            "priorité",
            "répondre à",
            "beantwoorden",
            "antwort an",
            "reply-to",
            "reply to",
        ),
    }.items()
    for label in labels
}

# The words between the dashes: Outlook, Samsung, Thunderbird, Zimbra, Proton, Yahoo, Lotus Notes.
ORIGINALS = frozenset(
    (
        "message d'origine",
        "message original",
        "mail original",
        "courriel original",
        "message initial",
        "message précédent",
        "oorspronkelijk bericht",
        "oorspronkelijke bericht",
        "origineel bericht",
        "originele bericht",
        "oorspronkelijke mail",
        "ursprüngliche nachricht",
        "originalnachricht",
        "original-nachricht",
        "originale nachricht",
        "ursprüngliche mail",
        "original message",
        "original mail",
        "original email",
        "reply message",
        "previous message",
    )
)

# The same for forwards: what follows is the message. Gmail, Thunderbird, Apple Mail, Outlook for Mac, Samsung, Zimbra.
FORWARDS = frozenset(
    (
        "forwarded message",
        "begin forwarded message",
        "message transféré",
        "message transmis",
        "message réexpédié",
        "mail transféré",
        "début du message transféré",
        "début du message réexpédié",
        "doorgestuurd bericht",
        "doorgezonden bericht",
        "begin doorgestuurd bericht",
        "begin van doorgestuurd bericht",
        "weitergeleitete nachricht",
        "anfang der weitergeleiteten nachricht",
        "beginn der weitergeleiteten nachricht",
    )
)
