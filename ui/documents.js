// Runs once, when the documents tab is made: `element` holds the form and the list. Files go to
// the HTTP interface, not through Gradio; Python is told with `trigger` and renders what follows.
const say = (text, kind = "") => {
  const line = element.querySelector(".fn-upload-status");
  line.textContent = text;
  line.dataset.kind = kind;
};

function request(method, address, body, progress) {
  return new Promise((resolve) => {
    const call = new XMLHttpRequest();
    call.open(method, address);
    call.responseType = "json";
    if (progress) call.upload.onprogress = progress;
    call.onloadend = () => resolve({ status: call.status, body: call.response });
    call.send(body);
  });
}

const problem = ({ status, body }) =>
  body?.detail ?? (status ? `The server answered ${status}.` : "The server cannot be reached.");

async function send(files, replace = false) {
  if (!files.length) return;
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const most = Number(element.querySelector("form").dataset.most);
  if (size > most) return say(`Too large: ${most >> 20} MB can be sent at once.`, "error");
  const form = new FormData();
  for (const file of files) form.append("files", file);
  const percent = (e) => say(e.loaded < e.total
    ? `Sending ${Math.round((100 * e.loaded) / e.total)} %` : "Indexing…", "busy");
  const answer = await request("POST", `v1/documents${replace ? "?replace=true" : ""}`, form, percent);
  if (answer.status === 409 && !replace && confirm(`${answer.body.detail}\n\nReplace?`)) {
    return send(files, true);
  }
  if (answer.status !== 201) say(problem(answer), "error");
  else say(`Added: ${answer.body.stored.join(", ")}`, "done");
  trigger("changed");
}

async function remove(button) {
  if (!confirm(`Delete ${button.dataset.source} from the documents folder?`)) return;
  button.disabled = true;
  const answer = await request("DELETE", `v1/documents/${button.dataset.document}`);
  if (answer.status === 200) say(`Deleted: ${button.dataset.source}`, "done");
  else say(problem(answer), "error");
  trigger("changed");
}

element.addEventListener("change", async (event) => {
  if (!event.target.matches("input[type=file]")) return;
  await send([...event.target.files]);
  event.target.value = "";
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.(".fn-delete");
  if (button) remove(button);
});
element.addEventListener("dragover", (event) => {
  event.preventDefault();
  element.classList.add("fn-dropping");
});
element.addEventListener("dragleave", () => element.classList.remove("fn-dropping"));
element.addEventListener("drop", (event) => {
  event.preventDefault();
  element.classList.remove("fn-dropping");
  send([...event.dataTransfer.files]);
});
