// Hold a dashboard against a schema: no word that Grafana does not know, none of another
// type than it has there.
//
//   node check.mjs SCHEMA DASHBOARD

import { readFileSync } from "node:fs";
import Ajv from "ajv";

const [schema, dashboard] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path)));
// Grafana's own descriptions are no keywords of JSON Schema.
const holds = new Ajv({ strict: false, allErrors: true }).compile(schema);
if (holds(dashboard)) {
  console.log(`Grafana knows every word of ${dashboard.panels.length} panels`);
} else {
  for (const error of holds.errors)
    console.error(`${error.instancePath}: ${error.message} ${JSON.stringify(error.params)}`);
  process.exitCode = 1;
}
