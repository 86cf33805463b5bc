// Moves the progress bar of a batch; when the work has ended, shows the page anew.
"use strict";
const panel = document.querySelector("[data-progress]");
const bar = panel.querySelector("progress");
const text = panel.querySelector("[data-progress-text]");
const tag = document.getElementById("batch-state");

async function ask() {
  try {
    const response = await fetch(panel.dataset.progress, { headers: { Accept: "application/json" } });
    if (response.redirected) {
      location.reload(); // the login has ended
      return;
    }
    if (response.ok) {
      const state = await response.json();
      if (!state.working) {
        location.reload();
        return;
      }
      show(state);
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // the network was away for a moment: ask again
  }
  setTimeout(ask, 1000);
}

function show(state) {
  if (state.total) {
    bar.max = state.total;
    bar.value = state.done;
  } else {
    bar.removeAttribute("value");
  }
  tag.textContent = state.state;
  if (text.textContent !== state.text) text.textContent = state.text;
}

setTimeout(ask, 1000);
