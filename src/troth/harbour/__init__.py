"""Harbour Lane, the demonstration neighbourhood: organisations, homes, people, and things that really speak.

Rules
- It is a guest like any other: it sets itself up over the JSON interface and its things speak MQTT and HTTP through the
  front door. It is started as a program (`python -m troth.harbour`), never imported.
- Everything it measures is a pure function of time and a seed; nothing here was sensed anywhere.
- Of Troth it knows MQTT packets, names, the clock and errors.

Source: people.md, "Harbour Lane" and "The first minute".
Left out: a guest who objects, the flood alert on its emergency ground, gains with numbers; their grounds come later.
"""
