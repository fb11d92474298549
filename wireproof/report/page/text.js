"use strict";
// Every text of a server enters the page as text; no code of the page parses it as markup.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;

function escaped(char) {
  const point = char.codePointAt(0);
  if (point < 256) return "\\x" + point.toString(16).padStart(2, "0");
  return point < 65536 ? "\\u" + point.toString(16).padStart(4, "0") : "\\U" + point.toString(16).padStart(8, "0");
}

function line(text) {
  return Array.from(text, (char) => (UNSEEN.test(char) ? escaped(char) : char)).join("");
}

function make(tag, options = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "class") element.className = value;
    else if (name === "on") for (const [event, then] of Object.entries(value)) element.addEventListener(event, then);
    else element.setAttribute(name, value);
  }
  element.append(...children.map((child) => (typeof child === "string" ? line(child) : child)));
  return element;
}

// Appends text of several lines: line ends and tabs stay, any other control or format character becomes its escape.
function lines(parent, text) {
  let plain = "";
  for (const char of text) {
    if (char === "\n" || char === "\t" || !UNSEEN.test(char)) {
      plain += char;
      continue;
    }
    if (char === "\r") {
      plain += "␍";
      continue;
    }
    parent.append(plain);
    plain = "";
    const mark = document.createElement("span");
    mark.className = "control";
    mark.textContent = escaped(char);
    parent.append(mark);
  }
  parent.append(plain);
  return parent;
}
