"""Routes of children and of those who answer for them: in `routes.py` they have one line each.

All of them are a person's about a child of theirs, or about themself; of every other child there is nothing for anybody.
"""

from typing import Final

__all__ = ["FOR_CHILDREN", "PAGES_OF_CHILDREN"]

FOR_CHILDREN: Final = (
    "GET /api/children",
    "POST /api/children/{person}/choices",
    "POST /api/children/{person}/objections",
    "GET /api/children/{child}",
    "POST /api/children/{child}/private",
    "POST /api/children/{child}/private/{restriction}/end",
    "POST /api/children/{child}/place-rules",
    "POST /api/children/{child}/place-rules/{rule}/end",
    "GET /api/children/{child}/export",
    "POST /api/children/{child}/export",
    "DELETE /api/children/{child}/export",
    "GET /api/children/{child}/export/archive",
    "GET /api/children/{child}/erasure",
    "POST /api/children/{child}/erasure",
    "POST /api/children/{child}/wishes",
    "POST /api/wishes",
)
PAGES_OF_CHILDREN: Final = (
    "GET /mine/children",
    "POST /mine/children",
    "GET /mine/children/{child}",
    "POST /mine/children/{child}",
    "GET /mine/children/{child}/everything-about-a-child.zip",
)
