// A form that came back with errors says so first, wherever the page was scrolled to.
document.getElementById("form-errors")?.focus();
