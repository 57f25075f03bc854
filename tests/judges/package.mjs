// Reads a Teams app's manifest and localisation files, as a JSON list, and prints for each what Microsoft's schemas
// object to. The package's own reader cannot be loaded (it needs fs-extra without asking npm for it), so this does as
// it does, with the same validator.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";

const home = createRequire(import.meta.url).resolve("@microsoft/app-manifest");
const require = createRequire(home);
const Ajv = require("ajv-draft-04").default;
const addFormats = require("ajv-formats").default;

function complaints(judged) {
  const [, version, name] = judged.$schema.match(/\/teams\/(v[\d.]+)\/([\w.]+)$/);
  const schema = JSON.parse(readFileSync(join(dirname(home), "json-schemas", "teams", version, name), "utf8"));
  // Some patterns of the localisation schema are no Unicode patterns.
  const ajv = new Ajv({ allErrors: true, strictTypes: false, unicodeRegExp: false });
  addFormats(ajv, ["uri", "email", "regex"]);
  const validate = ajv.compile(schema);
  validate(judged);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
}

console.log(JSON.stringify(JSON.parse(await text(process.stdin)).map(complaints)));
