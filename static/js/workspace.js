// What every page of the workspace does: the menu is open where there is room for it, and what went wrong is said first.
"use strict";

const menu = document.querySelector(".navigation .menu");
const isWide = window.matchMedia("(min-width: 768px)");
function fitMenu() {
  menu.open = isWide.matches;
}
if (menu) {
  fitMenu();
  isWide.addEventListener("change", fitMenu);
}

const trouble = document.querySelector(".errornote, ul.messagelist li.error");
if (trouble) {
  trouble.tabIndex = -1;
  trouble.focus();
}
