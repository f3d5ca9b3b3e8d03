// Checks a contract's text as it is typed; without it the button does the same.
"use strict";
(() => {
  const form = document.getElementById("text-form");
  const shown = document.getElementById("checked");
  if (!form || !shown) return;
  let waiting = 0;
  let asked = 0;
  form.elements.text.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const number = ++asked;
      const sent = new URLSearchParams({ csrf: form.elements.csrf.value, text: form.elements.text.value });
      try {
        const answer = await fetch(form.dataset.check, { method: "POST", body: sent, redirect: "error" });
        if (answer.ok && number === asked) shown.innerHTML = await answer.text();
      } catch {
        // What was found last stays; the button still checks.
      }
    }, 400);
  });
})();
