// Read a property as a program of the Web of Things does: node-wot fetches a description, consumes it, and reads.
// Arguments: address of the description, token or "", name of the property. Prints one line of JSON: a value, or an error.
const path = require("path");
const modules = path.join(__dirname, "..", "..", ".strangers", "node", "node_modules");
const { Servient } = require(path.join(modules, "@node-wot", "core"));
const { HttpClientFactory } = require(path.join(modules, "@node-wot", "binding-http"));

async function main() {
  const [address, token, property] = process.argv.slice(2);
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const answer = await fetch(address, { headers });
  if (!answer.ok) return { error: `description: ${answer.status}` };
  const description = await answer.json();
  const servient = new Servient();
  servient.addClientFactory(new HttpClientFactory());
  if (token) servient.addCredentials({ [description.id]: { token } });
  const wot = await servient.start();
  const thing = await wot.consume(description);
  try {
    const output = await thing.readProperty(property);
    return { value: await output.value(), type: answer.headers.get("content-type") };
  } catch (error) {
    return { error: String(error.message) };
  } finally {
    await servient.shutdown();
  }
}

main().then(
  (said) => console.log("said " + JSON.stringify(said)),
  (error) => console.log("said " + JSON.stringify({ error: String(error) })),
);
