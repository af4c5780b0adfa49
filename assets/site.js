"use strict";
// Sends a page's form once, and shows that it is on its way. Without JavaScript, and when someone comes back with the Back button, its visible button does it.
const [visit] = performance.getEntriesByType("navigation");
if (!visit || visit.type !== "back_forward") {
  document.querySelector(".spinner")?.removeAttribute("hidden");
  document.querySelector("form[data-auto-submit]")?.submit();
}

// A form whose session is over: it waits here while its author signs in, and needs no second window.
const keep = document.querySelector("[data-keep]");
if (keep) {
  keep.removeAttribute("target");
  for (const part of document.querySelectorAll("[data-without-script]")) part.hidden = true;
  keep.addEventListener("click", () => {
    sessionStorage.setItem("kept", document.getElementById(keep.dataset.keep).value);
  });
}
const kept = document.querySelector("form[data-kept]");
if (kept && sessionStorage.getItem("kept")) {
  kept.elements.kept.value = sessionStorage.getItem("kept");
  sessionStorage.removeItem("kept");
  kept.submit();
}

// The console: comfort only, everything works without it.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const value = document.getElementById(button.dataset.copy);
  if (!value || !navigator.clipboard) continue;
  const text = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(value.value ?? value.textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = text; }, 2000);
  });
}
for (const place of document.querySelectorAll("[data-drop]")) {
  const input = place.querySelector("input[type=file]");
  const over = (is) => (event) => { event.preventDefault(); place.classList.toggle("over", is); };
  place.addEventListener("dragover", over(true));
  place.addEventListener("dragleave", over(false));
  place.addEventListener("drop", (event) => {
    over(false)(event);
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });
}
// A test of a connection goes on in another tab: whoever comes back sees its result.
document.querySelector("form[data-reload]")?.addEventListener("submit", () => {
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) location.reload();
  });
});
// Times in the reader's own zone, UTC beside; of the last day as people say it.
const zone = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const ago = new Intl.RelativeTimeFormat("en");
for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (Number.isNaN(at.getTime())) continue;
  const utc = time.title || time.textContent;
  const local = zone.format(at);
  const minutes = Math.round((Date.now() - at) / 60000);
  // Who lives by UTC needs it once.
  const both = at.getTimezoneOffset() === 0 ? utc : `${local} (${utc})`;
  time.title = both;
  if (!time.closest("[data-relative]")) {
    if (time.textContent === utc) time.textContent = both;
    continue;
  }
  if (minutes >= 0 && minutes < 1440) {
    const text = minutes < 60 ? ago.format(-minutes, "minute") : ago.format(-Math.round(minutes / 60), "hour");
    time.textContent = minutes < 1 ? "just now" : text;
  } else if (!time.dataset.said) {
    time.textContent = local;
  }
  const beside = document.createElement("span");
  beside.className = "second";
  beside.textContent = utc;
  time.after(beside);
}
// For browsers that do not scroll to it by style.
for (const strip of document.querySelectorAll(".sections, .tabs")) {
  const current = strip.querySelector("[aria-current]");
  if (current) strip.scrollLeft = current.offsetLeft - strip.offsetLeft - 12;
}
