"""What authors write that looks like something a program writes: one text, one trap. Data only.

Each must come out whole above and below any quote, with what we sent known and not.
"""

ATTRIBUTIONS = [
    "Le 12 mars, Proximus a écrit que la facture est payée.",
    "Le 12/10/2026 à 14:20, Lenoir m'a écrit : « payez vite ». J'ai payé.",
    "Marc a écrit le 3 mars : tout est en ordre.",
    "Proximus a écrit :\nvotre contrat est clos\nQue faire ?",
    "Op 12 maart schreef Telenet dat alles betaald is.",
    "Op 14/09/2026 om 10:30 schreef de drukker mij: vervallen.",
    "Telenet schreef op 3 maart dat het contract loopt.",
    "Am 12. März schrieb die Druckerei, dass alles bezahlt ist.",
    "Am 14.09.2026 um 10:30 Uhr schrieb mir Herr Maes: erledigt.",
    "Herr Maes schrieb am 3. März, die Rechnung sei bezahlt.",
    "On 12 March Hertz wrote that the van is returned.",
    "On 12/10/2026 at 14:20 he wrote to me: paid in cash.",
    "Tom wrote on Monday that it is private.",
    "Selon Proximus, la facture est payée :\nje ne suis pas d'accord",
    "Selon la banque : tout va bien.",
    "Citation de mon père : qui paie ses dettes s'enrichit.",
    "Quoting Tom: never again.",
    "Citeren mag, zegt hij:\ndoe maar",
    "Zitat von meinem Chef: erst zahlen, dann fragen.",
    "Le 3 : payé. Le 4 : privé. Le 5 : à vérifier.",
    "Op 3/10: betaald. Op 4/10: privé.",
    "Am 3.10.: bezahlt. Am 4.10.: privat.",
    "On 3/10: paid. On 4/10: private.",
    "On en reparle le 12/10/2026 à 14:20 avec anne@lambert.example",
    "Le 12/10/2026 14:20 rendez-vous avec Monsieur Maes a été écrit dans l'agenda",
    "Sophie ---voilà--- comme promis",
    "Total ---118,40--- à payer le 12/10/2026",
    "---- urgent ----\nmerci de rappeler",
    "---- Marc a écrit le chèque ----\nvoilà",
    "12/10/2026 14:20 carte\n13/10/2026 09:10 liquide",
]
LABELS = [
    "De : Proximus",
    "De : Proximus\nÀ : moi\nLe montant est faux.",
    "De : Namur\nÀ : Liège\nDate : 12/10/2026\nKm : 62",
    "Van: Gent\nNaar: Brugge\nDatum: 12/10/2026\nKm: 50",
    "Von: Eupen\nNach: Aachen\nDatum: 12.10.2026",
    "From: Ghent\nTo: Bruges\nDate: 12/10/2026\nKm: 50",
    "Objet : resto\nDate : 12/10/2026\nMontant : 86,50 EUR",
    "Onderwerp: restaurant\nDatum: 12/10/2026\nBedrag: 86,50",
    "Betreff: Restaurant\nDatum: 12.10.2026\nBetrag: 86,50",
    "Subject: dinner\nDate: 12/10/2026\nAmount: 86.50",
    "Date : lundi\nObjet : formation\nCoût : 300",
    "Sent: yesterday\nTo: your office",
    "Cc : je mets Marc en copie\nObjet : rien de spécial",
    "Betaald:\nVan: zichtrekening\nAan: Telenet\nBedrag: 60 EUR",
    "Virement\nDe : BE68 5390 0754 7034\nÀ : Martens\nMontant : 450 EUR\nDate : 12/10/2026",
    "A : oui\nB : non\nC : peut-être",
    "1) De : le garage\n2) À : 10h",
    "From: the garage. Sent: the invoice. Subject: the van.",
    "Message d'origine : voir la farde bleue.",
    "Oorspronkelijk bericht: zie map.",
    "Le message original est perdu.",
    "Ursprüngliche Nachricht verloren, bitte nochmal.",
    "Original message lost, please resend.",
]
TAGLINES = [
    "Je t'ai envoyé la photo de mon iPhone",
    "Envoyé depuis mon gsm ce matin, avez-vous reçu ?",
    "Envoyé via Proximus hier",
    "Bonjour,\n\nEnvoyée de mon iPhone hier soir, la photo du ticket.",
    "Bonjour,\n\nFacture envoyée de mon gsm",
    "Bonjour,\n\nLa photo est envoyée depuis mon iPhone",
    "Bonjour,\n\nEnvoyé de mon iPhone, je paie la facture demain",
    "Bonjour,\n\nEnvoyé de mon iPhone mais sans le ticket",
    "Bonjour,\n\nmon iPhone, mon iPad, mon Samsung",
    "Bonjour,\n\nUn iPhone pour mon fils",
    "Bonjour,\n\niPhone 15 pro max",
    "Bonjour,\n\nAchat : iPhone via Proximus",
    "Dag Anne,\n\nFactuur vanop mijn iPhone gestuurd",
    "Dag Anne,\n\nVerzonden vanaf mijn iPhone maar de factuur zit er nog niet bij",
    "Dag Anne,\n\nGestuurd met de post",
    "Dag Anne,\n\nIk heb de foto met mijn gsm gestuurd",
    "Dag Anne,\n\nMijn iPhone werd niet gestuurd door Proximus",
    "Dag Anne,\n\nVia Outlook verstuurd op 3/10",
    "Dag Anne,\n\nGsm van mijn vrouw",
    "Hallo,\n\nvon meinem Handy habe ich die Rechnung geschickt",
    "Hallo,\n\nGesendet von meinem Steuerberater",
    "Hallo,\n\nHandy von meinem Sohn",
    "Hallo,\n\nmit der Post geschickt",
    "Hallo,\n\nRechnung mit Outlook gesendet",
    "Hi,\n\nSent my iPhone back to Apple",
    "Hi,\n\nI sent it from my iPhone",
    "Hi,\n\nSent from my office yesterday",
    "Hi,\n\nThe phone bill from my mobile was sent",
    "Hi,\n\nBought with my phone",
    "Hi,\n\nGet Outlook to open it, then tell me what you see",
    "Met mijn gsm gestuurd",
    "2. Met mijn gsm gestuurd",
    "Von meinem Handy",
]
DISCLAIMERS = [
    "Bonjour,\n\nCe message est confidentiel, merci de ne pas le montrer à mon associé.",
    "Bonjour,\n\nCe message est confidentiel : toute diffusion est interdite, dit mon avocat. Il a été envoyé par erreur.",
    "Bonjour,\n\nLe document est confidentiel et son destinataire est le notaire, pas moi.",
    "Bonjour,\n\nVous avez reçu ce message par erreur, le destinataire était le notaire. Merci de détruire ma pièce jointe.",
    "Bonjour,\n\nCe courriel est confidentiel. Si vous l'avez reçu par erreur, je vous prie de me prévenir.",
    "Bonjour,\n\nDans ce mail figure une clause de confidentialité : le destinataire ne peut rien diffuser. Que dois-je faire ?",
    "Bonjour,\n\nAvertissement",
    "Bonjour,\n\nConfidentiel !",
    "Dag,\n\nDit bericht is vertrouwelijk: de geadresseerde is mijn vrouw.",
    "Dag,\n\nDeze e-mail is vertrouwelijk. Ik stuurde hem per vergissing naar de verkeerde geadresseerde, gelieve te vernietigen.",
    "Dag,\n\nDe factuur werd gescand door mijn vrouw.",
    "Dag,\n\nDe afzender van het pakket heeft ten onrechte btw gerekend.",
    "Dag,\n\nDeze mail kreeg ik van Telenet, is dat vertrouwelijk?",
    "Hallo,\n\ndiese Nachricht ist vertraulich, der Absender hat sie irrtümlich an mich geschickt.",
    "Hallo,\n\nder Adressat ist verzogen, die Rechnung kam irrtümlich zu uns.",
    "Hallo,\n\nDiese E-Mail bitte löschen, ich habe sie irrtümlich an den falschen Adressaten geschickt. Vertraulich!",
    "Hi,\n\nThis is confidential: I was charged in error.",
    "Hi,\n\nThis email is confidential. I sent it to the wrong recipient in error, please delete it and notify the sender, that is me.",
    "Hi,\n\nThe invoice was sent in error, the intended recipient is my brother.",
    "Hi,\n\nDisclaimer: I am no accountant.",
    "Hi,\n\nThis message has three parts. One: the invoice was booked in error. Two: the intended recipient is Tom. Three: it is confidential.",
    "Bonjour,\n\nL'antivirus dit : sans virus. Tant mieux.",
    "Bonjour,\n\nattention, ce mail provient de l'extérieur de l'organisation, dit mon antivirus",
    "Bonjour,\n\n[EXT] veut dire quoi ?",
]
DISCLAIMERS += [
    "Voici.\n\nCe message concerne Lenoir : il a été facturé par erreur à un autre destinataire, l'expéditeur est prévenu.",
    "Hier.\n\nDit bericht gaat over de bon die ten onrechte naar de geadresseerde ging. De afzender weet ervan.",
    "Da.\n\nDiese Nachricht betrifft das Paket: es ging irrtümlich an den falschen Adressaten, der Absender weiß es.",
    (
        "Here.\n\nThis message is about the parcel: the addressee is wrong, it came by mistake, please notify the sender and "
        "delete it from the list."
    ),
]
PREFIXES = [
    "> mille euros comme avance",
    "> oui\n> non\n> carte",
    "> ok",
    "Proximus m'a répondu :\n> votre contrat est clos\n\nQue faire ?",
    "Le chiffre est > 1000\n> 2000 même",
    "=> privé\n=> carte",
    "-> payé cash\n-> payé carte",
    ">> voir annexe",
    "Les règles :\n> un\n> deux\n> trois\nVoilà.",
]
DASHES = [
    "-----\nvoilà\n-----",
    "Merci.\n-- \nP.S. n'oubliez pas Lenoir",
    "Merci.\n--\nEt le garage, c'est payé ?",
    "- un\n- deux\n- trois",
    "-- un\n-- deux",
    "----------\nLe reste suit",
    "________________________________\nVoir plus bas",
    "==========\nFacture Lenoir\n==========\npayée",
    "* * *\nUn autre point : le leasing",
    "***** Important *****\npayé deux fois",
    "----- Total : 118,40 -----\nà payer",
    "--- voir ma réponse au-dessus ---",
    "~~~~\nRien d'autre",
    "Oui.\n\n— Sophie",
    "Oui\n---\nNon\n---\nPeut-être",
]
OURS_REPEATED = [
    "Facture 2026-114\nProximus, 12/10/2026, 118,40 EUR\nest payée",
    "facture 2026-114 de Proximus ? Il nous manque ce document pour la déclaration TVA aussi",
    "2. Comment l’avez-vous payé ?\nPar carte",
    "La facture 2026-114 de Proximus, je ne l'ai pas.",
    "Il nous manque ce document aussi",
    "avant le 20 janvier, facture 2026-114 de Proximus",
]
SHORT = [
    "oui",
    "ok",
    "👍",
    "?",
    "12",
    "a",
    "2.340,50 EUR",
    "BE68 5390 0754 7034",
    "+32 475 12 34 56",
    "sophie@boulangerie.example",
    "Le 3",
    "n'existe pas",
    "1. oui 2. privé",
    "oui\n\nnon\n\ncarte",
    "Sophie Martin\nRue Neuve 3\n1000 Bruxelles",
    "Le garage :\n\n\npayé\n\n\nLe reste :\n\nprivé",
    "http://exemple.example/facture?id=3",
    "| a | b |\n| 1 | 2 |",
    "Voir annexe.",
    "Merci !",
]
ALL = [*ATTRIBUTIONS, *LABELS, *TAGLINES, *DISCLAIMERS, *PREFIXES, *DASHES, *OURS_REPEATED, *SHORT]

# A mail of somebody else that the author pasted, with his words around it. Above the quote only.
PASTED = [
    (
        "Voici le mail de Proximus :\n\nDe : Proximus <info@proximus.example>\nEnvoyé : lundi 2 novembre 2026 10:00\n"
        "À : Sophie Martin\nObjet : votre contrat\n\nVotre contrat est clos."
    ),
    (
        "Dit kreeg ik van Telenet:\n\nVan: Telenet <klant@telenet.example>\nVerzonden: maandag 2 november 2026 10:00\n"
        "Aan: Sophie Martin\nOnderwerp: uw contract\n\nUw contract is afgesloten.\n\nDus wat nu? Sophie"
    ),
    (
        "Zie onderstaande mail van de koper.\n\nVan: Kenny Broos <kenny@broos.example>\nVerzonden: maandag 2 maart 2026 12:08\n"
        "Aan: Els Jacobs\nOnderwerp: vito\n\nGeld is overgeschreven. Grtz Kenny"
    ),
    (
        "Hier die Mail der Druckerei:\n\nVon: Druckerei Maes <maes@druck.example>\nGesendet: Montag, 2. November 2026 10:00\n"
        "An: Sophie Martin\nBetreff: Ihre Rechnung\n\nDie Rechnung ist hinfällig.\n\nAlso nichts zu tun."
    ),
    (
        "See what Hertz says:\n\nFrom: Hertz <billing@hertz.example>\nSent: Monday, November 2, 2026 10:00 AM\n"
        "To: Sophie Martin\nSubject: your rental\n\nThe van was returned.\n\nSo it is business."
    ),
    "Proximus me répond.\n\nDe : Proximus\nEnvoyé : lundi 2 novembre 2026 10:00\nObjet : RE: réclamation 77\n\nRefusé.",
    (
        "Le fournisseur :\n\n*De :* Lenoir <lenoir@garage.example>\n*Envoyé :* lundi 2 novembre 2026 10:00\n"
        "*À :* sophie@boulangerie.example\n*Objet :* pneus\n\nLes pneus sont pour la camionnette."
    ),
    (
        "J'ai reçu deux mails.\n\nDe : Lenoir <lenoir@garage.example>\nEnvoyé : lundi 2 novembre 2026 10:00\n"
        "À : Sophie Martin\nObjet : pneus\n\nPneus payés.\n\nDe : Colruyt <no@colruyt.example>\n"
        "Envoyé : mardi 3 novembre 2026 11:00\nÀ : Sophie Martin\nObjet : ticket\n\nTicket perdu.\n\nVoilà."
    ),
    (
        "Mail de la banque ci-dessous.\n\nDate : 2/11/2026 10:00\nDe : ING <info@ing.example>\nÀ : Sophie Martin\n"
        "Sujet : frais\n\nFrais de 12 EUR."
    ),
    (
        "Ci-dessous la réponse du notaire.\n\nDe : Etude Simon <simon@notaire.example>\nEnvoyé : 2 novembre 2026 10:00\n"
        "À : Sophie Martin <sophie@boulangerie.example>\nCc : Marc Martin\nObjet : acte\n\nL'acte est signé.\n\nBien à vous,\n"
        "Sophie"
    ),
    "Le mail de Marc :\n\nLe 5 novembre 2026 à 09:00, Marc Martin <marc@martin.example> a écrit :\n\nC'est payé.\n\nVoilà.",
]
