// Runs once, when the conversation is made: `element` holds it, `trigger` calls Python and `watch`
// tells when Python has changed it. A new question is brought to the top, and the page stays
// there while the answer is written below it.
let turns = 0;

element.addEventListener("click", (event) => {
  const button = event.target.closest(".fn-welcome button");
  if (button) trigger("pick", { question: button.textContent });
});

watch("value", () => {
  const all = element.querySelectorAll(".fn-turn");
  if (all.length > turns) bringUp(all[all.length - 1]);
  turns = all.length;
});

function bringUp(turn) {
  const frame = element.closest("#fn-chat");
  frame.scrollTop += turn.getBoundingClientRect().top - frame.getBoundingClientRect().top - 16;
}
