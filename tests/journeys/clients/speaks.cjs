// MQTT.js, a client that others wrote, as a thing and as a listener; what it saw goes out as one JSON object.
// Called with: the folder where `mqtt` is installed, port, protocol version (4 or 5), the thing's and the reader's token.
"use strict";

const [folder, port, version, thingToken, readerToken] = process.argv.slice(2);
const mqtt = require(`${folder}/node_modules/mqtt`);
const LEVEL = "things/station/level";

function options(name, password) {
  return { username: "me", password, clientId: name, protocolVersion: Number(version), reconnectPeriod: 0, clean: true };
}

function refused(error) {
  return error.code ?? error.message;
}

async function main() {
  const url = `mqtt://127.0.0.1:${port}`;
  const seen = {};
  seen.stranger = await mqtt.connectAsync(url, options("stranger", "wrong"), false).then(() => "let in", refused);

  const thing = await mqtt.connectAsync(url, options("thing", thingToken));
  await thing.publishAsync(LEVEL, "1", { qos: 1 });
  seen.wrong = await thing.publishAsync(LEVEL, "true", { qos: 1 }).then((packet) => packet?.reasonCode ?? 0, refused);

  const reader = await mqtt.connectAsync(url, options("reader", readerToken));
  const heard = [];
  const three = new Promise((resolve) => {
    reader.on("message", (topic, payload, packet) => {
      heard.push([topic, JSON.parse(payload).v, packet.retain]);
      if (heard.length === 1) {
        thing.publish(LEVEL, "2", { qos: 0 });
        thing.publish(LEVEL, "3", { qos: 1 });
      }
      if (heard.length === 3) resolve();
    });
  });
  const granted = await reader.subscribeAsync("things/+/level", { qos: 1 });
  seen.granted = granted.map((each) => each.qos);
  seen.denied = await reader.subscribeAsync("things/none/level").then((all) => all.map((each) => each.qos), refused);
  await three;
  seen.heard = heard;
  await Promise.all([thing.endAsync(), reader.endAsync()]);
  process.stdout.write(JSON.stringify(seen));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
