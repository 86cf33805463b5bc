// Writes the example of a serial number anew while its pattern is typed.
"use strict";
const output = document.querySelector("[data-serial-example]");
const parts = JSON.parse(output.dataset.serialExample);
const field = (name) => document.querySelector(`[name="${name}"]`);
const names = ["pattern", "letter", "department", "width"];

function write() {
  const values = {
    letter: field("letter").value,
    department: parts.codes[field("department").value] || "00",
    year: parts.year,
    sequence: "1".padStart(Number(field("width").value) || 1, "0"),
  };
  output.textContent = field("pattern").value.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

if (names.every(field)) {
  for (const name of names) field(name).addEventListener("input", write);
}
