// Small conveniences. Every page works without them.

const byAttribute = (name, act) => document.querySelectorAll(`[${name}]`).forEach((el) => act(el, el.getAttribute(name)));

// Copy: a button with data-copy names the element whose text it copies.
const live = document.createElement("span");
live.className = "unseen";
live.setAttribute("role", "status");
document.body.append(live);
byAttribute("data-copy", (button, id) => {
  const source = document.getElementById(id);
  if (!source || !navigator.clipboard) return;
  const words = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      button.textContent = live.textContent = "Copied";
    } catch {
      const all = document.createRange();
      all.selectNodeContents(source);
      getSelection().removeAllRanges();
      getSelection().addRange(all);
      live.textContent = "Selected; copy it with the keyboard";
    }
    setTimeout(() => { button.textContent = words; live.textContent = ""; }, 2000);
  });
});

// Print: a button with data-print prints the page.
byAttribute("data-print", (button) => {
  button.hidden = false;
  button.addEventListener("click", () => print());
});

// Show a password: a button with data-reveal names the input. It is hidden again when the form leaves.
byAttribute("data-reveal", (button, id) => {
  const input = document.getElementById(id);
  if (!input) return;
  const show = (on) => {
    input.type = on ? "text" : "password";
    button.textContent = on ? "Hide" : "Show";
    button.setAttribute("aria-label", on ? "Hide password" : "Show password");
  };
  button.hidden = false;
  show(false);
  button.addEventListener("click", () => show(input.type === "password"));
  input.form?.addEventListener("submit", () => show(false));
});

// Times: the tooltip tells the exact moment in the reader's own time zone; "2 h ago" keeps up while the page is open.
const { lang, dataset } = document.documentElement;
const written = (locale) => new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short" });
let exact;
try { exact = written(dataset.locale ?? lang); } catch { exact = written(lang); }
const times = [...document.querySelectorAll("time[datetime]")].map((el) => [el, new Date(el.dateTime)]).filter(([, at]) => !isNaN(at));
for (const [el, at] of times) el.title = exact.format(at);
const age = (seconds) =>
  seconds < 60 ? "just now" : seconds < 3600 ? `${Math.floor(seconds / 60)} min ago` : seconds < 86400 ? `${Math.floor(seconds / 3600)} h ago` : null;
setInterval(() => {
  for (const [el, at] of times) {
    const words = el.hasAttribute("data-ago") && age((Date.now() - at) / 1000);
    if (words) el.textContent = words;
  }
}, 30000);

// One submission at a time: the second press of a button does nothing until the page has been left or shown again.
const sent = new WeakSet();
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (sent.has(event.target)) event.preventDefault();
  else if (event.target.method === "post") sent.add(event.target);
  setTimeout(() => sent.delete(event.target), 4000);
});
addEventListener("pageshow", (event) => { if (event.persisted) document.querySelectorAll("form").forEach((f) => sent.delete(f)); });

// What went wrong is where reading goes on.
document.querySelector("[data-focus]")?.focus();
