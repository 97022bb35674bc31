"""What an archive of everything about somebody says of itself.

Source: docs/reference/export.md.
"""

from typing import Final

__all__ = ["READ_ME"]

READ_ME: Final = """Everything about you

This is what this place has about you and what you can read of it, as it was when it was put together.
Of the people who live with you nothing is in it.

account.json          who you are here, where you live, and how you come in
choices.json          what you may decide, and what you have decided
erasure.json          what would go if you had yourself erased, and what somebody has had kept
rights.json           what you have asked for by right, and what you have said is wrong
things.json           the things where you live: what they sense, who made them, what is done with their data
grounds.json          what your homes have ordered, and why more is allowed there without asking you
happened.json         emergencies in your homes, what authorities asked about them, as far as you may be told, and
                      firms that were invited to connect things there
observations/N.csv    all that you may read of one stream; things.json says which one N is
book.jsonl            your book: who read what of you, when, what for, how much, and on what that rested
statements.jsonl      everything that was said by you or about you, to be read
statements/*.cbor     the same, as it was signed (COSE_Sign1, RFC 9052)
statements/*.troth-proof, book/*.troth-proof
                      proofs that these things stand in the record, one for each
manifest.json         every file with its size and SHA-256, and what could not be written ("left_out")

A line of a .jsonl file is one JSON value. Times are UTC. A CSV file has a header; a text in it that a
spreadsheet would take for a formula has an apostrophe before it.

Is this file whole, and is all of it true? On any computer, without this place:
  troth export check ARCHIVE.zip --trust KEY
or one proof alone:
  troth verify FILE.troth-proof --trust KEY
KEY is the verifier key of this place's log. It stands in manifest.json too, but get it another way than
from this file: whoever could change the file could change that as well.
"""
