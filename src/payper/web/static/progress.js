// Asks every second how far something has come, and puts the answer in its place, until nothing in it is live any more.
"use strict";
(() => {
  const place = document.querySelector("[data-live]");
  if (!place) return;
  let failures = 0;
  const again = () => setTimeout(ask, 1000 * Math.min(10, 1 + failures));
  const ask = async () => {
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
      if (!answer.ok) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.querySelector("main");
      failures = 0;
      if (!next) return location.reload();
      const live = next.querySelector("[data-live]");
      document.querySelector("main").replaceChildren(...next.childNodes);
      document.title = page.title;
      if (live) again();
    } catch {
      failures += 1;
      again();
    }
  };
  again();
})();
