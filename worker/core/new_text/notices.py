"""Words that machines add to a mail: banners, disclaimers; and what an author announces below.

French, Dutch, German and English. Data only; lower case, plain apostrophes.
"""

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

# The same as a word alone in its line.
TAGS = frozenset(
    "[ext] [extern] [external] [externe] [extérieur] [external email] [external mail] [external sender] [mail externe] "
    "[e-mail externe] [externe mail] [externe e-mail]".replace("] ", "]|").split("|")
)

# What the notices say that mail servers and firms put under all mail. An author may say one of these himself.
DISCLAIMERS = (
    "confidentiel",
    "exclusivement destiné",
    "exclusivement à l'intention",
    "intention exclusive",
    "attention exclusive",
    "usage exclusif",
    "destinataire",
    "par erreur",
    "avertir l'expéditeur",
    "informer l'expéditeur",
    "l'expéditeur",
    "détruire",
    "toute diffusion",
    "toute utilisation",
    "toute reproduction",
    "décline toute responsabilité",
    "susceptible d'altération",
    "avant d'imprimer",
    "vertrouwelijk",
    "uitsluitend bestemd",
    "uitsluitend bedoeld",
    "geadresseerde",
    "bestemmeling",
    "ten onrechte",
    "per vergissing",
    "per abuis",
    "bij vergissing",
    "de afzender",
    "te verwijderen",
    "te vernietigen",
    "openbaarmaking",
    "aansprakelijkheid",
    "algemene voorwaarden",
    "voor u deze e-mail print",
    "vertraulich",
    "ausschließlich für",
    "irrtümlich",
    "versehentlich",
    "adressat",
    "empfänger bestimmt",
    "richtige empfänger",
    "absender",
    "zu löschen",
    "vernichten sie",
    "unbefugte",
    "nicht gestattet",
    "weitergabe",
    "confidential",
    "privileged",
    "intended solely",
    "intended only",
    "intended recipient",
    "addressee",
    "in error",
    "by mistake",
    "notify the sender",
    "delete it",
    "accept no liability",
    "unauthorised",
    "unauthorized",
    "before printing",
    "disclaimer",
)
FEWEST_DISCLAIMERS = 2

# They speak of the mail they stand under,
THIS_MAIL = (
    *("ce message", "ce courriel", "cet e-mail", "cet email", "ce mail", "cette communication", "le présent"),
    *("dit bericht", "dit e-mail", "deze e-mail", "deze email", "deze mail", "de inhoud van dit"),
    *("diese e-mail", "dieser e-mail", "diese mail", "diese nachricht", "dieser nachricht", "diese email"),
    *("this message", "this e-mail", "this email", "this mail", "this communication", "this transmission"),
)
# and to somebody who got it by mistake: nobody else does.
WRONG_READERS = (
    *("par erreur", "pas le destinataire", "pas l'un des destinataires", "pas le bon destinataire"),
    *("per vergissing", "bij vergissing", "per abuis", "ten onrechte", "niet de geadresseerde", "niet de bestemmeling"),
    *("irrtümlich", "versehentlich", "nicht der richtige", "nicht der vorgesehene", "nicht der beabsichtigte"),
    *("in error", "by mistake", "not the intended", "not the addressee", "not an intended"),
)
# They put a case, and say for whom the mail is; who tells what happened does neither.
CASES = (
    *("si vous", "si ce", "si cet", "s'il vous", "indien u", "als u", "mocht u", "indien dit", "indien deze"),
    *("wenn sie", "sollten sie", "falls sie", "sollte diese", "if you", "if this", "should you"),
)
FORMAL = (
    *CASES,
    *("exclusi", "uitsluitend", "solely", "intended only", "intended for", "ausschließlich", "strictement"),
    *("responsabilité", "aansprakelijk", "haftung", "liability", "conditions générales", "algemene voorwaarden"),
)
# Titles of such notices, in a line of their own.
NOTICE_TITLES = frozenset(
    (
        "disclaimer",
        "legal notice",
        "confidentiality notice",
        "confidentiality",
        "avis de confidentialité",
        "avis juridique",
        "avertissement",
        "clause de confidentialité",
        "mention légale",
        "vrijwaring",
        "juridische kennisgeving",
        "vertraulichkeitshinweis",
        "haftungsausschluss",
        "rechtlicher hinweis",
    )
)

# Advertising and seals of scanners below a mail, one is enough: Avast, AVG, G Data, Norton, Mimecast, Symantec.
SCANNERS = (
    "sans virus",
    "logiciel antivirus",
    "cet e-mail a été analysé",
    "cet email a été analysé",
    "ce message a été analysé",
    "ce courriel a été analysé",
    "virusvrij",
    "gecontroleerd op virussen",
    "deze e-mail werd gescand",
    "deze e-mail is gescand",
    "dit bericht werd gescand",
    "dit bericht is gescand",
    "virenfrei",
    "auf viren geprüft",
    "diese e-mail wurde gescannt",
    "diese e-mail wurde geprüft",
    "virus-free",
    "checked for viruses",
    "this email has been scanned",
    "this e-mail has been scanned",
    "this message has been scanned",
    "www.avast.com",
    "www.avg.com",
)

SCANNER_NAMES = (
    "avast",
    "avg",
    "norton",
    "g data",
    "mimecast",
    "kaspersky",
    "bitdefender",
    "eset",
    "mcafee",
    "symantec",
)

# Who says one of these speaks himself,
FIRST_PERSON = frozenset("je j moi mon ma mes ik mij mijn ich mir mich mein meine meinen meinem meiner i my".split())
# or of something.
OWN_WORDS = frozenset(
    "je j moi me m mon ma mes ik mij mijn ich mich mir mein meine meinen meinem meiner i my myself "
    "tu toi t jij jou jouw dir dich dein deine bonjour svp hallo hello envoyé verstuurd gestuurd geschickt "
    "facture factures factuur facturen rechnung rechnungen invoice invoices tva btw mwst vat eur euro euros ticket "
    "photo foto bijlage".split()
)

# "My answers below, in red": the author wrote inside the quote. One of these, with a word of answering or alone.
PLACES_OF_ANSWERS = (
    "ci-dessous",
    "ci-après",
    "plus bas",
    "dans le texte",
    "dans votre m",
    "dans ton m",
    "sous vos questions",
    "entre les lignes",
    "hieronder",
    "onderaan",
    "in uw mail",
    "in je mail",
    "in de tekst",
    "bij uw vragen",
    "bij je vragen",
    "tussen de",
    "unten",
    "untenstehend",
    "weiter unten",
    "im text",
    "in ihrer mail",
    "zwischen den",
    "below",
    "inline",
    "in-line",
    "in line",
    "in your mail",
    "in your email",
    "in the text",
    "between the lines",
)
COLOURS_OF_ANSWERS = (
    "en rouge",
    "en bleu",
    "en vert",
    "en gras",
    "en couleur",
    "in het rood",
    "in het blauw",
    "in het groen",
    "in rood",
    "in blauw",
    "in groen",
    "in het vet",
    "in kleur",
    "in rot",
    "in blau",
    "in grün",
    "rot markiert",
    "blau markiert",
    "farbig",
    "fett",
    "in red",
    "in blue",
    "in green",
    "in bold",
    "in colour",
    "in color",
)
WORDS_OF_ANSWERING = (
    "répon",
    "repon",
    "remarque",
    "commentaire",
    "complét",
    "antwoord",
    "opmerking",
    "aangevuld",
    "ingevuld",
    "antwort",
    "anmerkung",
    "ergänz",
    "kommentar",
    "answer",
    "repl",
    "respon",
    "comment",
    "remark",
)

# How an author goes on below dashes of his own: no signature begins like that.
POSTSCRIPTS = ("p.s", "ps ", "ps:", "n.b", "nb ", "nb:", "post scriptum", "postscriptum")
