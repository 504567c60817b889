/**
 * Makes mocha load TypeScript by `import` alone. It tries `require` first and, when that fails on the syntax, hides the
 * error of the `import` that follows: a missing module would be reported as "Unexpected identifier".
 */
const { pathToFileURL } = require("node:url");

require.extensions[".ts"] = (module, path) => {
  // mocha awaits what it is given.
  module.exports = import(pathToFileURL(path).href);
};
