#!/usr/bin/env bash
# Install MQTT.js, a client of others that tests/journeys/test_mqtt_js.py speaks with, into .mqtt-js. Needs node and npm.
set -eu
cd "$(dirname "$0")/.."

wanted="mqtt@5.16.0"
[ "$(cat .mqtt-js/stamp 2>/dev/null)" = "$wanted" ] && exit 0
command -v npm >/dev/null 2>&1 || { printf 'npm is not installed (Debian: nodejs, npm)\n'; exit 1; }
rm -rf .mqtt-js
mkdir .mqtt-js
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --prefix .mqtt-js "$wanted"
printf '%s' "$wanted" >.mqtt-js/stamp
