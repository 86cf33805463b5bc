// A file may be dropped on the field's frame, and its name is shown in it; without this the field works as any other.
"use strict";
const frame = document.querySelector("[data-drop]");
const field = frame.querySelector("input[type=file]");
const chosen = frame.querySelector("[data-chosen]");
const nothing = chosen.textContent;

function show() {
  chosen.textContent = field.files.length ? field.files[0].name : nothing;
}

frame.classList.add("enhanced");
field.addEventListener("change", show);
for (const name of ["dragenter", "dragover"]) {
  frame.addEventListener(name, (event) => {
    event.preventDefault();
    frame.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) {
  frame.addEventListener(name, () => frame.classList.remove("over"));
}
frame.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) {
    field.files = event.dataTransfer.files;
    show();
  }
});
show();
