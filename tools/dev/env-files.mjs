/** The variables of the files .env, for programs that `npm start` runs: by the code of Nx, so that they are those of `nx run`. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * Sets variables that are not set yet: from .local.env, .env.local and .env, the first of them that names one. Nx puts the
 * values of variables in the place of $NAME, whatever the quotes (\$ stands for a $), and Node alone does not. So this gives false, and
 * sets what .env holds as Node reads it, where Nx is not installed yet.
 * @param {string} root the workspace's absolute path
 * @returns {boolean}
 */
export function loadEnvFiles(root) {
  const require = createRequire(join(root, "package.json"));
  try {
    require("nx/src/utils/dotenv.js").loadRootEnvFiles(root);
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND")) throw error;
    const file = join(root, ".env");
    if (existsSync(file)) process.loadEnvFile(file);
    return false;
  }
}
