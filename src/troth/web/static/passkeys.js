// Makes a passkey, and has one sign: the two things that a browser does only for a script. Everything else is forms.
"use strict";
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
  const text = (data) => btoa(String.fromCharCode(...new Uint8Array(data))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  async function made(options) {
    const exclude = (options.excludeCredentials ?? []).map((each) => ({ ...each, id: bytes(each.id) }));
    const user = { ...options.user, id: bytes(options.user.id) };
    const key = await navigator.credentials.create({ publicKey: { ...options, user, challenge: bytes(options.challenge), excludeCredentials: exclude } });
    const { clientDataJSON, attestationObject } = key.response;
    return { id: key.id, rawId: key.id, type: key.type, response: { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) } };
  }

  async function signed(options) {
    const allow = (options.allowCredentials ?? []).map((each) => ({ ...each, id: bytes(each.id) }));
    const key = await navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: allow } });
    const { clientDataJSON, authenticatorData, signature, userHandle } = key.response;
    const response = { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature) };
    if (userHandle?.byteLength) response.userHandle = text(userHandle);
    return { id: key.id, rawId: key.id, type: key.type, response };
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const told = form.querySelector("[data-told]");
    if (!window.PublicKeyCredential) { told.textContent = form.dataset.none; continue; }
    if (location.hostname !== form.dataset.host) { told.textContent = form.dataset.elsewhere; continue; }
    form.querySelector("button").hidden = false;
    told.textContent = "";
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      told.textContent = "";
      try {
        const body = new URLSearchParams(new FormData(form));
        body.set("do", "begin");
        const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "application/json" }, credentials: "same-origin" });
        const said = await answer.json();
        if (!answer.ok) { told.textContent = [said.detail, said.hint].filter(Boolean).join(". "); return; }
        const make = form.dataset.passkey === "make";
        form.elements.answer.value = JSON.stringify(await (make ? made : signed)(said.publicKey));
        form.submit();
      } catch (error) {
        told.textContent = error.name === "InvalidStateError" ? form.dataset.there : form.dataset.failed;
      }
    });
  }
})();
