"""``navette check``, the doctor: what of a set-up works, what does not, and what to do about it.

A check looks at one area and tells ``Verdict`` values (``verdicts``), one line each: ok, warning or fault, what was
found, what to do. ``everything`` lists the checks of a firm's settings, ``running`` runs them, each in a thread of its
own and within a time, so that nothing hangs and no fault of one stops another. What they say goes through a veil that
takes every secret of the settings out (``secrets``).

Checks change nothing and talk to the configured hosts only; no name is looked up but theirs. ``round_trip`` alone sends
mail, to an address of our own domain, when it is asked for.
"""
