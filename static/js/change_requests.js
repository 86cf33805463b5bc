// The inbox by keyboard, and printing. The letters count only while the focus is inside the list (WCAG 2.1.4), where
// it is put for a reviewer.
"use strict";

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

const list = document.querySelector(".request-list #result_list");
if (list) {
  const rows = [...list.querySelectorAll("tbody tr")];
  const open = (row) => row.querySelector("th a, td a");
  const region = list.parentElement.closest("[tabindex]");
  const isReviewing = document.body.classList.contains("reviewing");
  if (isReviewing && document.activeElement === document.body) region.focus({ preventScroll: true });
  region.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input[type=text]")) return;
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    if (event.key === "j" || event.key === "k") {
      const next = event.key === "j" ? Math.min(at + 1, rows.length - 1) : Math.max(at - 1, 0);
      open(rows[next])?.focus();
    } else if (event.key === "x" && at >= 0) {
      rows[at].querySelector("input[type=checkbox]")?.click();
    } else {
      return;
    }
    event.preventDefault();
  });
}
