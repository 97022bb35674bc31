"""Doors at which things speak: MQTT and HTTP."""
