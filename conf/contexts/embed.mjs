// Install the pinned packages of this folder and write the context documents they hold as a C file.
//   node embed.mjs BUILD_FOLDER OUT.c
// Every file's SHA-256 is in contexts.json: other bytes stop the build. Nothing of a package is run but the two
// modules of plain data that have no JSON copy: alone, after their hash was found right, with nothing in reach.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const here = path.dirname(fileURLToPath(import.meta.url));
const [folder, out] = process.argv.slice(2);
const stop = (message) => {
  console.error(`contexts: ${message}`);
  process.exit(1);
};
if (!folder || !out) stop("usage: node embed.mjs BUILD_FOLDER OUT.c");

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const lock = readFileSync(path.join(here, "package-lock.json"));
const stamp = path.join(folder, "installed");
const fresh = () => existsSync(stamp) && readFileSync(stamp, "utf8") === sha256(lock);

if (!fresh()) {
  mkdirSync(folder, { recursive: true });
  rmSync(stamp, { force: true });
  for (const name of ["package.json", "package-lock.json"]) {
    cpSync(path.join(here, name), path.join(folder, name));
  }
  const cache = process.env.SEALGATE_NPM_CACHE;
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund"];
  const args = ["ci", ...quiet, "--prefer-offline", "--fetch-retries=1", "--fetch-retry-mintimeout=2000"];
  try {
    execFileSync("npm", cache ? [...args, "--cache", cache] : args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    if (error.code === "ENOENT") stop("npm is not installed; on Debian: apt-get install nodejs npm");
    const said = String(error.stderr ?? error).split("\n").filter((line) => /npm (ERR!|error)/.test(line));
    stop(
      `npm ci failed: ${said[0] ?? error}; it needs the npm registry once, or SEALGATE_NPM_CACHE naming a filled npm cache`,
    );
  }
  writeFileSync(stamp, sha256(lock));
}

const table = JSON.parse(readFileSync(path.join(here, "contexts.json"), "utf8"));
const moduleOf = (text) => {
  const module = { exports: null };
  vm.runInNewContext(text, { module }, { timeout: 1000 });
  return module.exports;
};
const documents = table.contexts.map(({ url, package: name, file, sha256: want }) => {
  const at = path.resolve(folder, "node_modules", name, file);
  if (!existsSync(at)) {
    rmSync(stamp, { force: true });
    stop(`${name}/${file} is missing; build again to install it afresh`);
  }
  const bytes = readFileSync(at);
  if (sha256(bytes) !== want) {
    rmSync(stamp, { force: true });
    stop(`${name}/${file} has SHA-256 ${sha256(bytes)}, conf/contexts/contexts.json wants ${want}`);
  }
  const text = bytes.toString("utf8");
  const json = file.endsWith(".js") ? moduleOf(text) : JSON.parse(text);
  return { url, bytes: Buffer.from(JSON.stringify(json)) };
});

const lines = [
  "/* Made by conf/contexts/embed.mjs from the packages pinned there. */",
  '#include "jsonld_int.h"',
  "",
];
documents.forEach(({ url, bytes }, i) => {
  lines.push(`/* ${url} */`, `static const unsigned char document_${i}[] = {`);
  for (let at = 0; at < bytes.length; at += 24) {
    lines.push(`    ${[...bytes.subarray(at, at + 24)].join(",")},`);
  }
  lines.push("};");
});
lines.push("static const struct jsonld_builtin rows[] = {");
documents.forEach(({ url }, i) => {
  lines.push(`    { ${JSON.stringify(url)}, document_${i}, sizeof(document_${i}) },`);
});
lines.push(
  "};",
  "",
  "const struct jsonld_builtin *",
  "jsonld_builtins(size_t *ret_n)",
  "{",
  "    *ret_n = sizeof(rows) / sizeof(rows[0]);",
  "    return rows;",
  "}",
  "",
);
writeFileSync(out, lines.join("\n"));
