// What the page needs beyond htmx: completion, the keyboard, dialogs, the drawer, the theme. No state of its own.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// Theme: kept in a cookie, so that the server draws the page right at once.
function switchTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
  const next = now === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax`;
}

// Drawer: the list of conversations on a narrow screen.
function switchDrawer() {
  const open = document.body.classList.toggle("has-drawer");
  $(".drawer-open").setAttribute("aria-expanded", String(open));
  $("#main").inert = open;
  (open ? $(".drawer-close") : $(".drawer-open")).focus();
}

document.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  if (on("[data-theme-switch]")) switchTheme();
  else if (on("[data-drawer]")) switchDrawer();
  else if (on("[data-opens]")) document.getElementById(on("[data-opens]").dataset.opens).showModal();
  else if (on("[data-close]")) on("dialog").close();
  else if (event.target.matches("dialog")) event.target.close();
  else if (on(".token button")) {
    const input = $("input[type=text]", on(".tokens"));
    on(".token").remove();
    input.focus();
  } else if (on(".tokens")) $("input[type=text]", on(".tokens")).focus();
  else if (on("#newest")) toNewest();
});

document.addEventListener("input", (event) => {
  const field = event.target;
  if (field.matches("[data-filter]")) filterPeople(field);
  if (field.matches("[data-count]")) countDown(field);
});

function filterPeople(field) {
  const wanted = fold(field.value.trim());
  for (const person of $$(".person")) person.hidden = !fold(person.dataset.name).includes(wanted);
  for (const section of $$(".people-list section")) section.hidden = !$(".person:not([hidden])", section);
  $("[data-none]").hidden = $$(".person:not([hidden])").length > 0;
}

function countDown(field) {
  let count = field.parentElement.querySelector(".f-count");
  if (!count) {
    count = document.createElement("span");
    count.className = "f-count";
    count.setAttribute("aria-hidden", "true");
    field.after(count);
  }
  count.textContent = `${field.value.length} / ${field.maxLength}`;
}

// Composer: what is sent leaves the box at once, so that one can write on; what was refused or lost comes back.
const composer = $("#composer");
let sent = { text: "", key: "" };

function putBack(text, key) {
  const field = $("#typed");
  if (field.value !== "") return;
  field.value = text;
  field.setSelectionRange(text.length, text.length);
  if (key) composer.elements.namedItem("key").value = key;
}
document.addEventListener("htmx:before:request", (event) => {
  if (event.target !== composer) return;
  const key = composer.elements.namedItem("key");
  const gives = event.detail.ctx.request.submitter?.matches(".give");
  sent = { text: gives ? "" : $("#typed").value, key: key.value };
  key.value = crypto.randomUUID();
  if (gives) return;
  $("#typed").value = "";
});
document.addEventListener("htmx:after:swap", () => {
  const kept = $("#kept")?.firstElementChild;
  if (!kept) return;
  putBack(kept.textContent, kept.dataset.key);
  kept.remove();
});

// Focus: a button that was pressed may go with its message. Then what came instead has the focus, never the page.
let pressedIn = null;

for (const act of ["pointerdown", "keydown"]) document.addEventListener(act, () => (pressedIn = null), true);
document.addEventListener("htmx:before:request", (event) => (pressedIn = event.target.closest?.(".message")?.id ?? null));
document.addEventListener("htmx:after:swap", () => {
  if (pressedIn && document.activeElement === document.body) focusIn(pressedIn);
});

function focusIn(id) {
  const left = id && document.getElementById(id);
  if (left?.contains(document.activeElement)) return;
  (left ? $("button, a", left) || left : $("#typed"))?.focus();
}

// Asking first: the press waits for the answer.
let asking = null;
let sure = null;

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.dataset.ask || form === sure) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    asking = form;
    const dialog = $("#ask");
    const [cancel, go] = $$("footer button", dialog);
    const button = $("button", form);
    $("#ask-title").textContent = go.textContent = button.textContent;
    $("#ask-question").textContent = form.dataset.ask;
    cancel.textContent = form.dataset.cancel;
    dialog.returnValue = "";
    dialog.showModal();
  },
  true,
);
$("#ask")?.addEventListener("close", (event) => {
  if (event.target.returnValue !== "yes" || !asking.isConnected) return;
  sure = asking;
  asking.requestSubmit();
  sure = null;
});

// Scrolling: stay at the newest message unless the reader has gone up to read.
const scroll = $("#scroll");
let atNewest = true;

function toNewest() {
  scroll.scrollTop = scroll.scrollHeight;
}
if (scroll) {
  scroll.addEventListener("scroll", () => {
    atNewest = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
    if (atNewest) $("#newest").hidden = true;
  });
  new MutationObserver((changes) => {
    if (atNewest) toNewest();
    else if (changes.some((change) => [...change.addedNodes].some((node) => node.classList?.contains("message")))) {
      $("#newest").hidden = false;
    }
  }).observe($("#messages"), { childList: true });
  new ResizeObserver(() => atNewest && toNewest()).observe(scroll);
  new ResizeObserver(() => atNewest && toNewest()).observe($("#messages"));
  document.fonts?.ready.then(() => atNewest && toNewest());
  toNewest();
}

// Toasts
function toast(text) {
  const line = document.createElement("p");
  line.className = "toast";
  line.textContent = text;
  $("#toasts").append(line);
}
const toasts = $("#toasts");
if (toasts) {
  new MutationObserver((changes) => {
    for (const change of changes) for (const line of change.addedNodes) setTimeout(() => line.remove(), 6000);
  }).observe(toasts, { childList: true });
  for (const fault of ["htmx:error", "htmx:response:error"]) {
    document.addEventListener(fault, (event) => {
      toast(toasts.dataset.failed);
      if (event.target === composer) putBack(sent.text, sent.key);
    });
  }
}

// Forms: opened when one arrives, closed when the answer says so; the first field with a problem gets the focus.
let openedIn = null;

document.addEventListener("htmx:after:swap", () => {
  const dialog = $("#form-dialog");
  const form = $("form", dialog);
  if (form && !dialog.open) {
    openedIn = pressedIn;
    dialog.showModal();
    const first = $("input[type=text], textarea, input[type=radio], input[type=checkbox]", form);
    first?.focus();
    $$("[data-count]", form).forEach(countDown);
  }
  if (!form && dialog.open) {
    dialog.close();
    pressedIn = openedIn;
    focusIn(openedIn);
  }
  if (!form) return;
  let focused = false;
  for (const field of $$(".field", form)) {
    const wrong = $(".f-problem", field).textContent.trim() !== "";
    const inputs = $$("input:not([type=hidden]), textarea", field);
    inputs.forEach((input) => (wrong ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid")));
    if (wrong && !focused && !field.contains(document.activeElement)) inputs[0]?.focus();
    focused ||= wrong;
  }
});

// A form that was left is gone: what stays in the dialog would open again with the next swap.
$("#form-dialog")?.addEventListener("close", (event) => event.target.replaceChildren());

// Completion: a list under the caret's word, for the composer (@, #, /) and for people fields (any text).
const list = $("#choices");
const known = JSON.parse($("#suggestions")?.textContent || "null");
let completing = null;

function candidates(field) {
  const before = field.value.slice(0, field.selectionStart);
  if (field.dataset.complete === "people") {
    const wanted = fold(field.value.trim());
    const chosen = $$("input[type=hidden]", field.parentElement).map((input) => input.value);
    const found = known.people.filter((one) => !chosen.includes(one.id) && fits(one, wanted));
    return { field, start: 0, found };
  }
  const command = /^\/\S*( \S*)?$/.exec(before);
  if (command && field.selectionStart === field.value.length) {
    const found = known.commands.filter((one) => one.insert.startsWith(before.toLowerCase()));
    if (found.length) return { field, start: 0, sign: "", found };
  }
  const word = /(?:^|[\s(])([@#])([\p{L}\p{N}.\-_]*)$/u.exec(before);
  if (!word) return null;
  const [, sign, typed] = word;
  const all = sign === "@" ? [...known.people, ...known.groups] : known.tags;
  return { field, start: before.length - typed.length, found: all.filter((one) => fits(one, fold(typed))) };
}

function fits(one, wanted) {
  const label = fold(one.label.replace(/^[@#]/, ""));
  return fold(one.insert).startsWith(wanted) || label.split(/[\s\-]/).some((word) => word.startsWith(wanted)) || label.startsWith(wanted);
}

function suggest(field) {
  const next = candidates(field);
  if (!next || !next.found.length) return stopSuggesting();
  next.found = next.found.slice(0, 8);
  completing = { ...next, at: 0 };
  list.replaceChildren(...next.found.map(drawChoice));
  if (!list.matches(":popover-open")) (field.closest("dialog") || document.body).append(list), list.showPopover();
  place(field);
  field.setAttribute("aria-expanded", "true");
  select(0);
}

function drawChoice(one, index) {
  const row = document.createElement("div");
  row.className = "choice";
  row.id = `choice-${index}`;
  row.setAttribute("role", "option");
  const words = document.createElement("span");
  words.className = "choice-words";
  for (const part of ["label", "hint"]) {
    const line = document.createElement("span");
    line.className = `choice-${part}`;
    line.textContent = one[part];
    words.append(line);
  }
  if (one.initials) {
    const avatar = document.createElement("span");
    avatar.className = `avatar hue-${one.hue}`;
    avatar.textContent = one.initials;
    avatar.setAttribute("aria-hidden", "true");
    row.append(avatar);
  }
  row.append(words);
  row.addEventListener("mousedown", (event) => {
    event.preventDefault();
    select(index);
    take();
  });
  return row;
}

// Positioned through the CSS object model: the page's policy allows no style attributes in its HTML.
function place(field) {
  const box = (field.closest(".composer, .tokens") || field).getBoundingClientRect();
  const above = box.top > innerHeight - box.bottom;
  list.style.left = `${Math.max(12, Math.min(box.left, innerWidth - list.offsetWidth - 12))}px`;
  list.style.top = above ? "auto" : `${box.bottom + 6}px`;
  list.style.bottom = above ? `${innerHeight - box.top + 6}px` : "auto";
}

function select(at) {
  const rows = $$(".choice", list);
  completing.at = (at + rows.length) % rows.length;
  rows.forEach((row, index) => row.setAttribute("aria-selected", String(index === completing.at)));
  rows[completing.at].scrollIntoView({ block: "nearest" });
  completing.field.setAttribute("aria-activedescendant", rows[completing.at].id);
}

function take() {
  const { field, start, found, at } = completing;
  const one = found[at];
  stopSuggesting();
  if (field.dataset.complete === "people") return addToken(field, one);
  const after = field.value.slice(field.selectionStart);
  const head = `${field.value.slice(0, start)}${one.insert} `;
  field.value = head + after.replace(/^ /, "");
  field.setSelectionRange(head.length, head.length);
  field.focus();
}

function addToken(field, one) {
  const box = field.parentElement;
  field.value = "";
  if ($$(".token", box).length >= Number(box.dataset.most)) return;
  const token = document.createElement("span");
  token.className = "token";
  const value = Object.assign(document.createElement("input"), { type: "hidden", name: box.dataset.people, value: one.id });
  const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
  remove.setAttribute("aria-label", `${box.dataset.remove} ${one.label}`);
  token.append(value, one.label, remove);
  field.before(token);
  field.focus();
}

function stopSuggesting() {
  if (!completing) return;
  completing.field.setAttribute("aria-expanded", "false");
  completing.field.removeAttribute("aria-activedescendant");
  completing = null;
  list.hidePopover();
}

document.addEventListener("input", (event) => event.target.matches("[data-complete]") && suggest(event.target));
document.addEventListener("focusout", (event) => event.target.matches("[data-complete]") && stopSuggesting());
addEventListener("resize", () => completing && place(completing.field));

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Escape" && document.body.classList.contains("has-drawer")) return switchDrawer();
  const field = event.target;
  if (!field.matches?.("[data-complete]")) return;
  if (completing && handleChoice(event)) return event.preventDefault();
  if (field.dataset.complete === "people") return inTokens(event, field);
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    if (field.value.trim()) field.form.requestSubmit($(".send", field.form));
  }
});

// Not every browser leaves a dialog open when the Escape that closes a list in it was handled.
let listEscaped = false;
document.addEventListener("cancel", (event) => listEscaped && event.preventDefault(), true);
document.addEventListener("keyup", () => (listEscaped = false));

function handleChoice(event) {
  if (event.key === "ArrowDown") select(completing.at + 1);
  else if (event.key === "ArrowUp") select(completing.at - 1);
  else if (event.key === "Escape") stopSuggesting(), (listEscaped = true);
  else if (event.key === "Tab" || event.key === "Enter") {
    // A command that is typed in full is sent, not completed once more.
    const whole = completing.sign === "" && completing.field.value.trim() === completing.found[completing.at].insert;
    if (whole) return stopSuggesting(), false;
    take();
  } else return false;
  return true;
}

function inTokens(event, field) {
  if (event.key === "Enter") event.preventDefault();
  if (event.key === "ArrowDown" && !completing) suggest(field);
  const last = $$(".token", field.parentElement).at(-1);
  if (event.key === "Backspace" && field.value === "" && last) last.remove();
}
