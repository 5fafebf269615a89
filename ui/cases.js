// Runs once, when the list of cases is made: `element` holds it and `trigger` calls Python.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const row = button?.closest("[data-case]");
  if (!row) return;
  const name = row.dataset.case;
  if (button.matches(".fn-edit")) trigger("edit", { case: name });
  else if (confirm("Delete this case?")) trigger("remove", { case: name });
});
