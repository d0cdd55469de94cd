// Whether mermaid reads a file. Its packages are in the folder that MERMAID names.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(`${process.env.MERMAID}/`));
const { JSDOM } = require("jsdom");
const { window } = new JSDOM("<!doctype html><body></body>");
Object.assign(globalThis, { window, document: window.document });
const entry = pathToFileURL(`${process.env.MERMAID}/node_modules/mermaid/dist/mermaid.core.mjs`);
const { default: mermaid } = await import(entry);
await mermaid.parse(readFileSync(process.argv[2], "utf8"));
