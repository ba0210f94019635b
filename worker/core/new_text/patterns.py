"""Words that clients write around quotes, in French, Dutch, German and English. Data only; each with its source.

Everything is lower case, with plain apostrophes. Rules that use them: ``attributions``, ``headers``, ``foreign``.
"""

# First words of one-line introductions: Gmail, Apple Mail, Thunderbird, Yahoo, Proton, Roundcube, K-9, mutt.
STARTS = ("le ", "en date du ", "op ", "am ", "on ", "den ")

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

# Labels of header blocks: Outlook (desktop, OWA, mobile), Thunderbird, Samsung, GMX, Zimbra, Open-Xchange, Lotus.
LABELS = {
    label: kind
    for kind, labels in {
        "from": ("de", "van", "von", "from", "expéditeur", "afzender", "absender", "sender"),
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
        ),
        "to": ("à", "a", "aan", "an", "to", "pour", "destinataire", "destinataires", "geadresseerde", "empfänger"),
        "cc": ("cc", "cci", "bcc", "copie", "copie à", "kopie", "kopie (cc)"),
        "subject": ("objet", "sujet", "onderwerp", "betreff", "subject"),
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

# Warnings that mail gateways put on top of mail from outside: Exchange rules, Outlook's first-contact tip, Mimecast.
BANNERS = (
    "external email",
    "external sender",
    "originated from outside",
    "came from outside",
    "from outside of the organi",
    "don't often get email from",
    "expéditeur externe",
    "mail externe",
    "e-mail externe",
    "message externe",
    "provient de l'extérieur",
    "extérieur de l'organisation",
    "extérieur de votre organisation",
    "n'obtenez pas souvent d'e-mail",
    "ne recevez pas souvent de courriers",
    "externe afzender",
    "externe e-mail",
    "externe mail",
    "van buiten de organisatie",
    "van buiten uw organisatie",
    "niet vaak e-mail van",
    "externer absender",
    "externe e-mail",
    "von außerhalb",
    "nicht häufig e-mails von",
    "nicht oft e-mails von",
)

# Notices that mail servers put under all mail of a company. Two of them in one paragraph make a disclaimer.
DISCLAIMERS = (
    "confidentiel",
    "exclusivement destiné",
    "exclusivement à l'intention",
    "destinataire",
    "par erreur",
    "avertir l'expéditeur",
    "détruire ce message",
    "toute diffusion",
    "toute utilisation",
    "vertrouwelijk",
    "uitsluitend bestemd",
    "uitsluitend bedoeld",
    "geadresseerde",
    "ten onrechte",
    "per vergissing",
    "de afzender",
    "te verwijderen",
    "vertraulich",
    "ausschließlich für",
    "irrtümlich",
    "adressat",
    "absender",
    "zu löschen",
    "vernichten sie",
    "confidential",
    "intended solely",
    "intended only",
    "intended recipient",
    "in error",
    "notify the sender",
    "disclaimer",
)
FEWEST_DISCLAIMERS = 2

# Advertising of virus scanners below a mail, one is enough: Avast, AVG, G Data, Norton.
SCANNERS = (
    "sans virus",
    "logiciel antivirus",
    "virusvrij",
    "gecontroleerd op virussen",
    "virenfrei",
    "auf viren geprüft",
    "virus-free",
    "checked for viruses",
    "www.avast.com",
    "www.avg.com",
)

# One-line taglines of phones and apps: how they begin, and what one of their words must be.
TAGLINES = (
    "envoyé de",
    "envoyé depuis",
    "envoyé à partir",
    "envoyé avec",
    "envoyé via",
    "envoyé par mon",
    "obtenez outlook",
    "obtenir outlook",
    "télécharger outlook",
    "téléchargez outlook",
    "provenance : courrier",
    "provenance: courrier",
    "verzonden vanaf",
    "verzonden vanuit",
    "verzonden met",
    "verzonden via",
    "verstuurd vanaf",
    "verstuurd met",
    "verstuurd via",
    "outlook voor",
    "download outlook",
    "outlook downloaden",
    "gesendet von",
    "gesendet mit",
    "gesendet über",
    "gesendet aus",
    "von meinem",
    "diese nachricht wurde von meinem",
    "outlook für",
    "holen sie sich outlook",
    "sent from",
    "sent with",
    "sent via",
    "get outlook",
)
DEVICES = (
    "iphone",
    "ipad",
    "ios",
    "samsung",
    "galaxy",
    "android",
    "outlook",
    "proton",
    "yahoo",
    "gmx",
    "web.de",
    "huawei",
    "xiaomi",
    "oppo",
    "oneplus",
    "pixel",
    "smartphone",
    "mobile",
    "téléphone",
    "telefoon",
    "gsm",
    "handy",
    "mobiltelefon",
    "windows",
    "blackberry",
    "nokia",
    "tutanota",
    "tuta",
    "spark",
    "k-9",
    "thunderbird",
    "orange",
    "proximus",
    "telenet",
    "courrier pour",
    "mail voor",
    "mail für",
)
