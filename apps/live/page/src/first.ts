/** Runs before anything is painted: a theme that was chosen once is there from the first frame on. */
import { applyTheme, readTheme } from "./theme.js";

applyTheme(readTheme());
