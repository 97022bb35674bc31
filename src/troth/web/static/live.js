// Makes quick what works without it: new values come by themselves, and an answer is given without leaving the page.
// It fetches the same page again and puts its living parts (data-live, by id) in place: values often, curves now and then.
"use strict";
(() => {
  const VALUES_MS = 2000, CURVES_EVERY = 15, GIVE_UP = 3;
  const said = document.getElementById("said"), offline = document.getElementById("offline");
  let beat = 0, missed = 0, busy = false;

  const opened = (part) => new Map([...part.querySelectorAll("details[id]")].map((each) => [each.id, each.open]));
  const handle = (node) => node.id ? `#${CSS.escape(node.id)}` : node.getAttribute("href") ? `a[href="${CSS.escape(node.getAttribute("href"))}"]` : null;

  // Puts the living parts of a fetched page in place; tells whether one changed after which everything must be looked at.
  function take(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const shape = (from) => from.getElementById("main")?.dataset.shape;
    if (shape(fresh) !== shape(document)) return location.reload(); // something joined or was closed: the page has other parts
    let turned = false;
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(part.id);
      if (!next || next.innerHTML === part.innerHTML) continue;
      turned ||= "turn" in part.dataset;
      const held = part.contains(document.activeElement) && document.activeElement !== document.body ? handle(document.activeElement) : null;
      const were = opened(part);
      part.replaceChildren(...next.childNodes);
      if (!("live" in next.dataset)) delete part.dataset.live; // it has come: nothing more to wait for
      for (const [id, open] of were) { const each = document.getElementById(id); if (each) each.open = open; }
      if (held) part.querySelector(held)?.focus({ preventScroll: true });
    }
    return turned;
  }

  async function fetched(address, options) {
    const answer = await fetch(address, { headers: { accept: "text/html" }, credentials: "same-origin", ...options });
    const html = await answer.text();
    return { ok: answer.ok, html };
  }

  async function look(everything) {
    const address = new URL(location.href);
    address.hash = "";
    address.searchParams.set("live", everything ? "all" : "values"); // what this page does by itself is no use of a visit
    try {
      const { ok, html } = await fetched(address);
      missed = 0;
      if (offline) offline.hidden = true;
      if (ok && take(html) && !everything) await look(true);
    } catch { if (++missed >= GIVE_UP && offline) offline.hidden = false; }
  }

  async function turn() {
    if (document.hidden || busy) return;
    busy = true;
    beat = (beat + 1) % CURVES_EVERY;
    await look(beat === 0);
    busy = false;
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form.offer") || !event.submitter) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    for (const each of form.querySelectorAll("button")) each.disabled = true;
    busy = true;
    try {
      const { ok, html } = await fetched(form.action, { method: "POST", body });
      if (!ok) throw new Error("not taken");
      take(html);
      const state = form.querySelector(".state");
      state?.focus({ preventScroll: true });
      if (said && state) said.textContent = state.textContent.trim();
    } catch {
      for (const each of form.querySelectorAll("button")) each.disabled = false;
      event.submitter.insertAdjacentElement("beforebegin", Object.assign(document.createElement("input"), { type: "hidden", name: "decision", value: event.submitter.value }));
      form.submit();
    }
    busy = false;
  });

  if (document.querySelector("[data-live]")) setInterval(turn, VALUES_MS);
  addEventListener("pageshow", (event) => { if (event.persisted) look(true); });
})();
