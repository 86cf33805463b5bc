// A text that is there to be copied selects itself.
"use strict";
for (const area of document.querySelectorAll("[data-select-all]")) {
  area.addEventListener("focus", () => area.select());
}
