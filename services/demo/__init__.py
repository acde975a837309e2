"""A deployment on this machine, for development, and a community that is played through it.

`deployment.py` starts and stops everything; the rest is the demo: who writes what (`words.py`, `crowd.py`,
`cast.py`), the platform and the moderators' desk (`platform.py`, `desk.py`), simulated time (`play.py`), and
what must have come of it (`claims.py`, `account.py`).
"""
