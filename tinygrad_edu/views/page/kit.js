/* Kit: what the scripts of all pages are made with.

   data, words         what the page was given
   say(key, given)     a word of the table, filled in
   make(tag, …)        an element; strings in it are text, never markup
   formula(text)       mathematics: single letters italic, all else upright
   announce(text)      what a screen reader says next
   inFrame, tellFrame  whether a notebook shows the page in a frame; a message to the script around that frame
*/

const { data, words } = JSON.parse(document.getElementById("tinygrad-data").textContent);

function say(key, given = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => given[name] ?? "");
}

/** An element. `onclick: f` listens; null, undefined and false leave an attribute or a child out. */
function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

function button(label, title, onclick, attributes = {}) {
  return make("button", { type: "button", title, "aria-label": title === label ? null : title, onclick, ...attributes },
    label);
}

// -- mathematics -----------------------------------------------------------------------------------------------------

const WORD = /\d[\d.]*(?:e[+−-]?\d+)?|(?![ΣΠ])\p{L}[\p{L}\p{N}\p{M}_′″‴']*/gu;

/** Single letters italic, also with an index, a power or primes; functions, words, numbers and signs upright. */
function formula(text) {
  const made = document.createDocumentFragment();
  let end = 0;
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const letter = /^\p{L}\p{M}*/u.exec(word)?.[0];
    if (letter && isItalic(letter[0]) && isIndex(word.slice(letter.length))) {
      made.append(text.slice(end, index), make("i", {}, letter));
      end = index + letter.length;
    }
  }
  made.append(text.slice(end));
  return make("span", { class: "formula" }, made);
}

function isItalic(letter) {
  return letter.toUpperCase() !== letter.toLowerCase() && !(letter >= "Α" && letter <= "Ω");
}

function isIndex(text) {
  return [...text].every((each) => /[_′″‴'\p{N}]/u.test(each) || (/\p{Lm}/u.test(each) && each.normalize("NFKD") !== each));
}

// -- around the page -------------------------------------------------------------------------------------------------

const speaker = make("div", { class: "unseen", role: "status", "aria-live": "polite" });

function announce(text) {
  if (!speaker.isConnected) document.body.append(speaker);
  speaker.textContent = text;
}

const inFrame = window.parent !== window;

function tellFrame(facts) {
  if (inFrame) window.parent.postMessage({ tinygrad: facts }, "*");
}

if (inFrame) {
  document.documentElement.dataset.framed = "";
  addEventListener("message", ({ source, data: message }) => {
    const theme = source === window.parent ? message?.tinygrad?.theme : null;
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    if (theme === "auto") delete document.documentElement.dataset.theme;
  });
}
