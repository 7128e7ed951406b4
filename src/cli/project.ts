import { fileURLToPath } from 'node:url';

/** The project's folder: commands work from any folder. */
export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Local state of the CLI; git ignores it. */
export const LOCAL_FOLDER = `${PROJECT}.router`;
export const DEV_VARS = `${PROJECT}.dev.vars`;
