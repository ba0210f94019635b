"""Words of the line that phones and mail programs put under a mail, and of its home-made kin.

French, Dutch, German and English, with spellings of dialects. Data only; lower case, plain apostrophes.
"""

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
    "provenant de courrier",
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
    "von meiner",
    "von yahoo mail",
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
    "mail orange",
    "orange mail",
    "courrier pour",
    "mail voor",
    "mail für",
    "apple watch",
    "bluemail",
    "mail.com",
    "mailspring",
)

# An author who tells how he sent something begins like that too ("Envoyé via Proximus hier"): he says when, or to whom.
NO_TAGLINE = frozenset(
    "hier matin soir midi lundi mardi mercredi jeudi vendredi samedi dimanche vous votre reçu aujourd bien "
    "gisteren vandaag maandag dinsdag woensdag donderdag vrijdag zaterdag zondag u jullie ontvangen goed "
    "gestern heute montag dienstag mittwoch donnerstag freitag samstag sonntag ihnen erhalten "
    "yesterday today monday tuesday wednesday thursday friday saturday sunday you received".split()
)

# The words that such a line is made of. Of sending; "envoyée" is not there: it speaks of a photo or an invoice.
SENDING = frozenset(
    "envoyé envoye expédié écrit ecrit rédigé tapé provenant provenance "
    "verzonden verstuurd gestuurd gezonden gestuurt gesjikt getypt getikt geschreven "
    "gesendet geschickt gschickt jeschickt geschrieben gschriebn jeschrieben getippt jetippt gesandt "
    "sent typed written".split()
)
BY_MEANS_OF = frozenset(
    "de d du depuis à a partir par via avec sur vanaf vanuit vanop van op met uit von vom vun mit mat über aus auf "
    "from with on using by".split()
)
OF_MINE = frozenset(
    "mon ma mes mijn mijne mijnen m'n mn mien mijnne mein meinem meiner meinen meim mei meinm mengem minge my".split()
)
FOR = frozenset("pour voor für for".split())
THINGS = frozenset(
    "iphone ipad ios samsung galaxy android outlook proton protonmail yahoo gmx web huawei xiaomi oppo oneplus pixel "
    "smartphone smartphones mobile mobil téléphone telephone telefoon telefon gsm gsmke handy mobiltelefon windows "
    "blackberry nokia tutanota tuta spark k thunderbird orange courrier courriel mail mails mailspring bluemail "
    "fairphone motorola redmi sony tablet tablette portable natel foon gmail apple watch mac macbook mobieltje "
    "mobieltsje hotmail phone cellphone".split()
)
FILLING = frozenset(
    "com le la l un une het een de der dem einem an the en et und and app application appareil apparaat toestel gerät "
    "device message messagerie sécurisée sécurisé email e secure sicherer sichere beveiligde "
    "pro max plus mini ultra note edge lite fe se intelligent draagbare draagbaar nouveau nouvel nieuwe neuen new "
    "obtenez obtenir télécharger téléchargez downloaden download beziehen holen herunterladen laden sie sich get "
    "diese nachricht wurde o".split()
)
EXCUSES = (
    "brièveté",
    "concision",
    "fautes",
    "coquilles",
    "faute de frappe",
    "excuse",
    "beknopt",
    "tikfout",
    "typfout",
    "schrijffout",
    "taalfout",
    "tippfehler",
    "schreibfehler",
    "rechtschreib",
    "entschuldig",
    "kürze",
    "typo",
    "brevity",
    "spelling",
    "autocorrect",
    "autokorrekt",
)
