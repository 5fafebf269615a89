// Runs once, when the conversation is made: `element` holds it, `trigger` calls Python and `watch`
// tells when Python has changed it. A new question is brought to the top, and the page stays
// there while the answer is written below it.
let turns = 0;
let flagged = null; // the turn whose "Not right" was pressed, until the page says so

element.addEventListener("click", (event) => {
  const example = event.target.closest(".fn-welcome button");
  if (example) trigger("pick", { question: example.textContent });
  const wrong = event.target.closest(".fn-wrong");
  if (wrong) {
    flagged = Number(wrong.dataset.turn);
    trigger("wrong", { turn: flagged });
  }
  const kept = event.target.closest("a")?.getAttribute("href")?.match(/^#case-(\d+)$/);
  if (kept) {
    event.preventDefault();
    trigger("revise", { turn: Number(kept[1]) });
  }
});

watch("value", () => {
  const all = element.querySelectorAll(".fn-turn");
  if (all.length > turns) bringUp(all[all.length - 1]);
  turns = all.length;
  const link = element.querySelector(`a[href="#case-${flagged}"]`);
  if (link) { // the button that had the focus is gone
    link.focus();
    flagged = null;
  }
});

function bringUp(turn) {
  const frame = element.closest("#fn-chat");
  frame.scrollTop += turn.getBoundingClientRect().top - frame.getBoundingClientRect().top - 16;
}
