"""Every word that an out-of-office formula in four languages is made of, in lower case; any other word says something.

What tells a firm to do, pay, send, book or sign is left out on purpose, and so are ``he`` and ``she``: who writes that
somebody else is away writes himself.
"""

FRENCH = """
a absence absences absent absente absentes absents accès actuelle actuellement adresse adresser adressez adressée
afin ai ainsi annuel annuelle annuels appeler appelez après-midi au aujourd'hui automatique aux avance avant avec
avez avoir avons bien bonjour bonne bonsoir boîte bref brefs bureau bureaux c'est cas ce ces cet cette chef cher
chère clients collaborateur collaboratrice collègue collègues compris compréhension compter concernant congé congés
contact contacter contactez cordialement cordiales courriel courriels courrier courriers cours d' dans date de
demain demande demandes depuis des disponible disponibles du durant durée dès délais déplacement e-mail e-mails elle
en entre envoyé est et exceptionnellement ferai fermeture fermé fermée fermées fermés formation gsm heure heures
hors il inclus inclusivement indisponible injoignable interne j'ai je joignable joignables joindre jour jours jusqu'
jusqu'au jusqu'à juste l' l'absence la le les leur limité limitée limités lirai lire lu lue lus ma madame mail mails
maladie malheureusement maternité matin me meilleures meilleurs merci mes message messagerie messages messieurs midi
moment momentanément mon monsieur n n'ai n'est n'ont n'y ne nos notre nous nouveau numéro on ou où par parental
partir pas passé paternité patience pendant peu peut plus portable possible possibles pour pourrai pourrez pouvez
pouvoir prendrai prendre prenez prochain prochaine professionnel professionnelle présent présente puis période qu'
que question questions qui rapidement recevrai remercie remercions remplace remplacer remplacé remplacée rentre
rentrerai reprendrai reprends reprise ressources reste rester resterai retour retrouver reviendrai reviendrons
reviens reçu rouvrira rouvrirons réception récupération réduit répondrai répondre répondrons réponds réponse s'
s'adresser sa salutations sauf secrétariat sera serai serons seront service ses si sincères soir sommes son sont
sous suis suivant suivante suivantes sur tard temporairement tous tout toute toutes traiterai traiterons traité
traitée traités transféré transférée transférés transmis très tél téléphone tôt un une urgence urgences urgent
urgente urgentes urgents vacances vers veuillez via vos votre vous voyage week-end y à électronique électroniques
équipe été êtes
"""
DUTCH = """
aan aandacht aangelegenheden aanwezig achter adres afwezig afwezige afwezigheid al alle als alvast antwoord
antwoorden automatisch automatische avond bedankt begrip behandeld behandelen bel bellen ben bent beperkt beperkte
bereikbaar bereiken bereikt bericht berichten beschikbaar beste bij bijgevoegd binnen brengen buiten collega
collega's contact contacteer contacteren dag dagen dames dan dank de deze die dienst dienstreis dit door
doorgestuurd doorgezonden dringend dringende e-mail e-mails een eerste eigen einde en enkel er even feestdagen
gaarne geduld gedurende geen gelegen gelezen gelieve gesloten gevallen graag groet groeten gsm had heb hebben hebt
heeft helaas heren heropenen hervat het hier hoogachtend hun ik in inclusief indien is jaarlijks jaarlijkse je jouw
kan kantoor kantoren kunnen kunt laat later lees lezen ligt maar mag mail mailbox mailen mails mailt me meer meest
met mevrouw mij mijn mijnheer minder moeilijk mogelijk moment momenteel morgen na naar namens namiddag neem neemt
nemen niet nog nogmaals nummer of om onbereikbaar onder ondertussen onmiddellijk ons onze op opgevolgd opleiding
opnemen opnieuw opvolgen ouderschapsverlof over pas per periode persoon reactie reageren richt richten ronde sinds
snel spoed spoedgevallen spoedig spoedige steeds stuur t/m te team tel telefonisch telefoon telefoonnummer terecht
terug terugkeer terugkomst tijdelijk tijdens toch toegang tot tussen tussentijd u uit uur uw vakantie
vakantieperiode van vanaf vandaag vanwege veel verhinderd verlof vervangen vervanger vervanging vervangt via
volgende voor voormiddag vraag vragen vriendelijke wanneer was wat weer weg wegens welke wend wenden wij word worden
wordt zaken zal zeer zich ziek ziekte zijn zo zodra zou zullen zwangerschapsverlof
"""
GERMAN = """
ab abend abends abwesend abwesenheit abwesenheitsnotiz alle allen als am an anfrage anfragen angelegenheiten
anliegen anrufen ansprechpartner antwort antworten arbeitstag arbeitstage auch auf aus automatisch automatische
außer bald baldmöglichst beantworte beantworten beantwortet bearbeite bearbeiten bearbeitet bedarf befinde begrenzt
bei beim beste besten betriebsferien betriebsurlaub bin bis bitte büro da dahin damen dank danke danken dann das
dass dem den der derzeit des die dienstreise diese diesem dieser dort dringend dringende dringenden dringender durch
e-mail e-mails eilig eilige eiligen ein eine einem einen einer eingeschränkt eingeschränkten einschließlich
elternzeit emails erhalten erkrankt erneut erreichbar erreichen erst fall falls feiertage ferien fortbildung frau
freundliche freundlichem freundlichen fällen für ganztägig geehrte geehrter gelesen gern gerne geschlossen
geschäftsreise gruß grüße grüßen gut guten habe haben hallo handy herr herren herrn herzliche herzlichen heute hier
ich ihnen ihr ihre ihrem ihren ihrer im in inkl inklusive innerhalb ist jahresurlaub kann kehre kein keine keinen
kollege kollegen kollegin kolleginnen komme kommt kontaktieren krank krankheit krankheitsbedingt können kümmern
lassen leider lesen liebe lieber mail mails mein meine meinem meinen meiner melde melden mich mir mit mitarbeiter
mittag mobil mobilnummer montag morgen mutterschutz möglich nach nachmittag nachricht nachrichten nicht noch nummer
nur nächste nächsten oder per persönlich post postfach rückkehr rückmeldung schnellstmöglich sehr sein sich sie sind
so sobald sofort sowie stehe steht stellvertretend stellvertreter stellvertretung tag tage tagen team tel telefon
telefonisch telefonnummer uhr um und uns unser unsere unseren unter unterwegs urlaub verfügbar verfügung vergangen
verständnis vertreten vertreter vertreterin vertretung vertritt viele vielen vom von vor vormittag vorübergehend war
weihnachten weiter weitergeleitet wenden wenn werde werden wieder willkommen wir wird während wünsche zeit zeitraum
zu zugriff zum zur zurzeit zurück zurückkommen zwischen über
"""
ENGLISH = """
a able about access afternoon again all am an and annual answer any are as assistance at attend automated automatic
automatically autoreply available away back be because been before best business but by call can can't cannot
checking closed colleague colleagues contact contacting covering currently day days dear delay delayed delays desk
do due during e-mail e-mails email email's emails end enquiries enquiry evening every for forwarded free friday from
get getting greetings happy has have he'll hello helpdesk hi holiday holidays hospital i i'll i'm i've if ill
immediate in inbox inconvenience inquiries internet is issue issues it it's kind kindly later leave limited look
mail mailbox mails many maternity matter matters may me meantime message messages mobile moment monitor monitored
morning my need next no not note number of off office on once only open or our out parental paternity patience
period person phone please possible postal public question questions reach reached read reading received regards
regular regularly reopen replace replaced reply replying request requests resend respond responding response resume
return returning round sabbatical send shall sick sickness since sincerely slow slower some soon sorry sporadic
support team telephone than thank thanks that the there therefore this through thru till time to today tomorrow
touch training travel traveling travelling trip unable unavailable understanding until up urgent urgently vacation
vacations via warm we we'll we're week week's weekend when which while whilst will wish with within work working
would write yet you your yours
"""
WORDS = frozenset(f"{FRENCH} {DUTCH} {GERMAN} {ENGLISH}".split())

ABOUT_SOMEBODY = frozenset(
    "collègue collègues collega collega's kollege kollegin kollegen colleague colleagues".split()
)
"""Who is named only to say who replaces: elsewhere it is this person who is away."""
SIGNATURE_WORDS = frozenset(
    "de du des van der den von zu la le les et en und and rue straat straße str avenue bd srl bv bvba sa nv gmbh sprl "
    "ag ltd administrateur gérant gérante zaakvoerder geschäftsführer geschäftsführerin director manager".split()
)
