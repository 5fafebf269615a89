// Runs once, when the list of cases is made: `element` holds it, `trigger` calls Python and `watch`
// tells when Python has changed it.
let edited = null; // the case in the editor, whose button gets the focus back when it is saved

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const row = button?.closest("[data-case]");
  if (!row) return;
  const name = row.dataset.case;
  if (button.matches(".fn-edit")) {
    edited = name;
    trigger("edit", { case: name });
  }
  else if (confirm("Delete this case?")) trigger("remove", { case: name });
});

watch("value", () => {
  const row = [...element.querySelectorAll("[data-case]")].find((r) => r.dataset.case === edited);
  row?.querySelector(".fn-edit").focus();
  edited = null;
});
