// Runs once, when the sources panel is made: `element` holds it, `trigger` calls Python and `watch`
// tells when Python has changed it. Links in the conversation say what to do:
// #cite-2-1 opens source 1 of answer 2, #near-2-1 its nearest passage, #copy-2 and #save-2 take
// the answer away. For an answer the panel does not show, Python is asked for its panel first.
const LINK = /^#(cite|near|copy|save)-(\d+)(?:-(\d+))?$/;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let followed = null; // the link to go back to on Escape
let wanted = null; // what that link asks for, until it is done

const shownTurn = () => element.querySelector(".fn-sources")?.dataset.turn;

function act() {
  if (!wanted || shownTurn() !== wanted.turn) return;
  const { action, turn, number } = wanted;
  wanted = null;
  if (action === "copy") copy(element.querySelector(".fn-markdown").value);
  else if (action === "save") save(element.querySelector(".fn-json").value);
  else open(element.querySelector(`#${action}-${turn}-${number}`));
}

function open(card) {
  if (!card) return;
  for (const other of element.querySelectorAll("details[open]")) other.open = other.contains(card);
  card.open = true;
  const folded = card.parentElement.closest("details");
  if (folded) folded.open = true;
  card.querySelector("summary").focus({ preventScroll: true });
  const place = card.querySelector("mark") ?? card;
  place.scrollIntoView({ block: "center", behavior: calm.matches ? "auto" : "smooth" });
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // not a secure context, or not allowed: the old way
    const area = document.body.appendChild(document.createElement("textarea"));
    area.value = text;
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  confirmOn(followed, "Copied");
}

function save(text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = "answer.json";
  link.click();
  URL.revokeObjectURL(link.href);
  confirmOn(followed, "Saved");
}

function confirmOn(href, word) {
  const link = document.querySelector(`a[href="${href}"]`);
  if (!link) return;
  const label = link.textContent;
  link.textContent = word;
  setTimeout(() => { link.textContent = label; }, 1500);
}

document.addEventListener("click", (event) => {
  const href = event.target.closest?.("a")?.getAttribute("href") ?? "";
  const link = href.match(LINK);
  if (!link) return;
  event.preventDefault();
  const [, action, turn, number] = link;
  followed = href;
  wanted = { action, turn, number };
  if (shownTurn() === turn) act();
  else trigger("cite", { turn: Number(turn) });
});

function back() {
  const link = document.querySelector(`a[href="${followed}"]`);
  link?.focus({ preventScroll: true });
  link?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && element.contains(document.activeElement)) back();
});

element.addEventListener("click", (event) => {
  if (!event.target.closest(".fn-back")) return;
  event.preventDefault();
  back();
});

watch("value", act);
