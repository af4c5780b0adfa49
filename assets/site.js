"use strict";
// Sends a page's form once, and shows that it is on its way. Without JavaScript, and when someone comes back with the Back button, its visible button does it.
const [visit] = performance.getEntriesByType("navigation");
if (!visit || visit.type !== "back_forward") {
  document.querySelector(".spinner")?.removeAttribute("hidden");
  document.querySelector("form[data-auto-submit]")?.submit();
}
