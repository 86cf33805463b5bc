// The contacts' pages: arrow keys in search results, stored forms and suggestions taken over, what is said when the
// sign-in has ended, and who leaves typing behind is asked. All of it is a help; without it the pages work by their
// buttons.
"use strict";

const search = document.querySelector("[data-search]");

function hits() {
  return [...document.querySelectorAll("[data-hit]")];
}

document.addEventListener("keydown", (event) => {
  if (!search || !["ArrowDown", "ArrowUp", "Escape"].includes(event.key) || event.isComposing) return;
  const links = hits();
  const index = links.indexOf(document.activeElement);
  if (index < 0 && document.activeElement !== search) return;
  if (event.key === "ArrowDown" && links.length) links[Math.min(index + 1, links.length - 1)].focus();
  else if (event.key === "ArrowUp" && index > 0) links[index - 1].focus();
  else if (index >= 0) search.focus();
  else return;
  event.preventDefault();
});

// What the server would store takes the place of what was typed, unless somebody has typed on meanwhile.
const sent = new Map();
document.addEventListener("htmx:beforeRequest", (event) => {
  const input = event.target.querySelector(".form-control");
  if (input) sent.set(input.id, input.value);
});
document.addEventListener("htmx:afterSwap", (event) => {
  for (const notice of event.target.querySelectorAll("[data-stored-for]")) {
    const input = document.getElementById(notice.dataset.storedFor);
    if (input.tagName === "INPUT" && input.value === sent.get(input.id)) input.value = notice.dataset.stored;
  }
  const field = event.target.closest(".form-field");
  if (!field || !event.target.classList.contains("field-state")) return;
  const isWrong = event.target.querySelector(".field-error") !== null;
  field.classList.toggle("has-error", isWrong);
  field.querySelector("input, select").setAttribute("aria-invalid", String(isWrong));
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill]");
  if (!button) return;
  const input = document.getElementById(button.dataset.fill);
  input.value = button.dataset.value;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  input.focus();
});

// Too many searches: the sentence stands where the results would.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 429) event.detail.shouldSwap = true;
});

document.addEventListener("htmx:responseError", (event) => {
  const isSearch = event.target.closest("[role=search]") !== null;
  const { status } = event.detail.xhr;
  if (status === 401 || (isSearch && status === 403)) {
    document.getElementById(isSearch ? "search-trouble" : "trouble").hidden = false;
  }
});

// Whoever leaves a form that was changed and not sent is asked, in the browser's own words.
const guarded = document.querySelector("[data-guarded]");
if (guarded) {
  let isChanged = "unsaved" in guarded.dataset;
  for (const kind of ["input", "change"]) guarded.addEventListener(kind, () => { isChanged = true; });
  document.addEventListener("submit", (event) => {
    if (event.target === guarded || event.target.id === "discard-kept") isChanged = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (isChanged) event.preventDefault();
  });
}

document.getElementById("form-errors")?.focus();
