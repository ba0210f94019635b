"""Readers of formats that hostile files break: one long-lived child process with little memory, little time, no say.

::

    parent (reader.LimitedReader)            child (python -m worker.mail.limited.child)
      question, path, folder for files  ──▶    a module per question: pdf, archives, office, tnef, smime, ubl, images
      Told | Unread                     ◀──    a small JSON answer; files it unpacked lie in the folder

Each message is four bytes of length, big endian, and JSON. The child is started at the first question, limited by
RLIMIT_AS, RLIMIT_CPU (per question) and RLIMIT_FSIZE, killed when it says nothing for too long, and started anew after
a death. Whatever a file does, the worker gets an answer: a file that kills its reader is ``Unread``, and unreadable to
us. What the child says is a hostile file's word: ``answers`` checks every type and length again.
"""
