// What every signed-in page does. Each module looks after one thing and works on pages where that thing is missing.
import "./requests.js";
import "./toasts.js";
import "./menus.js";
import "./dialogs.js";
import "./rail.js";
import "./theme-switch.js";
import "./shortcuts.js";
import "./focus.js";
import "./reveal.js";
import "./search.js";
