// The console's keys. Everything that they do can be done without them, and they rest while somebody writes.
"use strict";

document.documentElement.classList.add("scripted");

const writing = (element) =>
  element.isContentEditable || element.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");

const rows = () => [...document.querySelectorAll("[data-row] .row-link")];

function step(by) {
  const all = rows();
  if (!all.length) return false;
  const at = all.findIndex((link) => link.closest("[data-row]").contains(document.activeElement));
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by));
  all[next].focus();
  all[next].scrollIntoView({ block: "nearest" });
  return true;
}

function choose(key) {
  const radio = document.querySelector(`#decision input[data-key="${key}"]`);
  if (!radio) return false;
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  document.getElementById("reason").focus();
  return true;
}

function submit() {
  const form = document.getElementById("decision");
  if (!form) return false;
  form.requestSubmit(document.getElementById("decide-next") || form.querySelector("button.main"));
  return true;
}

function search() {
  const field = document.getElementById("find");
  if (!field) return false;
  field.focus();
  field.select();
  return true;
}

function open(name) {
  const dialog = document.getElementById(name);
  if (!dialog || dialog.open) return Boolean(dialog);
  dialog.showModal();
  return true;
}

function back() {
  if (!document.body.dataset.page || document.body.dataset.page === "queue") return false;
  window.location.assign("/queue");
  return true;
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  a: () => choose("a"),
  t: () => choose("t"),
  w: () => choose("w"),
  e: () => choose("e"),
  n: submit,
  u: back,
  "/": search,
  "?": () => open("help"),
};

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    if (open("goto")) event.preventDefault();
    return;
  }
  if (event.ctrlKey && event.key === "Enter" && event.target.id === "reason") {
    if (submit()) event.preventDefault();
    return;
  }
  if (event.key === "Escape" && writing(event.target) && !event.target.closest("dialog")) {
    event.target.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const act = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
  if (act && act()) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) open(opener.dataset.opens);
});
