"""Words by which an author announces the mail of somebody else. Data only; lower case, plain apostrophes."""

# "Voici le mail de Proximus :", "zie onderstaande mail van de koper": somebody else's mail follows. Not "votre mail".
MAILS = (
    *("mail", "courriel", "message", "bericht", "nachricht"),
    *("réponse", "antwoord", "antwort", "answer", "reply", "replies"),
)
PLACES_OF_MAILS = (
    *("ci-dessous", "ci-après", "plus bas", "suivant", "voici"),
    *("hieronder", "onderstaand", "hierna", "volgende", "unten", "nachstehend", "folgende", "below", "following"),
)
WORDS_OF_RECEIVING = frozenset(
    "reçu reçois écrit répondu envoyé kreeg ontving ontvangen schreef antwoordde stuurde "
    "bekam bekommen erhielt erhalten schrieb antwortete schickte got received wrote replied answered sent".split()
)
YOURS = frozenset("votre vos ton ta tes uw je jouw jullie ihr ihre ihrer ihrem ihren dein deine deiner your".split())
