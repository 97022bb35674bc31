"""What the doors share and is no input or output: MQTT packets, problems, paths and filters, limits."""
