"""The moderators' console: pages made on the server, over the same questions and decisions as the API.

`app.py` of the API mounts it with `install`. Pages work without a script; htmx and `keys.js` make them
quicker.
"""

from __future__ import annotations

from services.api.console.mounting import install

__all__ = ["install"]
